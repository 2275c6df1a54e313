"""What an order asks for: one value, carried whole from the wire to the order, its events, journal and snapshot.

A new option is one more field here, with a default that means "not asked for"; the rule that acts on it is one
more place.  A Terms is never changed: a replaced order has a new one.

An order that is kept has no Terms of its own.  Side, price and quantity it has anyway; the rest, its conditions, a
million orders have in common (`KnownConditions`).  Its terms are put together when somebody asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, NamedTuple, Optional, Union

from exchange.engine.words import OrderType, SelfTradePrevention, Side, TimeInForce

Plain = Union[str, int, bool, None]
_BUY: Final = Side.BUY
_LIMIT: Final = OrderType.LIMIT
# Stop prices and displayed quantities have no end, and what is known is never forgotten.
_KNOWN_MAX: Final = 1_000


class Terms(NamedTuple):
    """Prices are in 10⁻⁹ currency units, quantities in units of the instrument.

    `price_nanos` is None exactly for MARKET and STOP, `stop_price_nanos` exactly for all but STOP and STOP_LIMIT.
    `quantity` is the total, executed part included.  `display_quantity` is how much of it is shown at a time, None
    for all (RULES 7).  `self_trade_prevention` None means, in a command, the instrument's default; in an
    accepted order it means none at all, and is the only way to say so.
    """

    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    price_nanos: Optional[int]
    quantity: int
    post_only: bool = False
    self_trade_prevention: Optional[SelfTradePrevention] = None
    stop_price_nanos: Optional[int] = None
    display_quantity: Optional[int] = None

    def plain(self) -> dict[str, Plain]:
        """The fields by name, as plain values; those that were not asked for are left out."""
        return {
            name: value._value_ if isinstance(value, Enum) else value
            for name, value in zip(self._fields, self, strict=True)
            if name not in _DEFAULTS or value != _DEFAULTS[name]
        }


class KnownConditions:
    """The conditions of one instrument's orders, the same object for all that ask alike.

    Conditions are terms as well: those of an order that asks for the same, to buy one unit at one tick.  So an
    option that is added to `Terms` is kept here without a word.  `everyday` are the conditions of LIMIT orders
    without options, by the text of their time in force; of others, up to `_KNOWN_MAX` are known, and an order
    beyond them has its own.
    """

    __slots__ = ("tick_size_nanos", "everyday", "_others")

    def __init__(self, tick_size_nanos: int) -> None:
        self.tick_size_nanos = tick_size_nanos
        self.everyday = {each.value: Terms(_BUY, _LIMIT, each, tick_size_nanos, 1) for each in TimeInForce}
        self._others: dict[Terms, Terms] = {}

    def of(self, terms: Terms) -> Terms:
        """The conditions of an order with such terms."""
        if terms.order_type is _LIMIT and terms[5:] == _NO_OPTIONS:
            return self.everyday[terms.time_in_force._value_]
        conditions = terms._replace(side=_BUY, price_nanos=self.tick_size_nanos, quantity=1)
        if len(self._others) < _KNOWN_MAX:
            return self._others.setdefault(conditions, conditions)
        return self._others.get(conditions, conditions)


def terms_under(conditions: Terms, side: Side, price: Optional[int], quantity: int) -> Terms:
    """The terms of an order under such conditions; `price` in ticks."""
    _, order_type, time_in_force, tick_size_nanos, _, *options = conditions
    assert isinstance(tick_size_nanos, int), conditions
    price_nanos = None if price is None else price * tick_size_nanos
    return tuple.__new__(Terms, (side, order_type, time_in_force, price_nanos, quantity, *options))


def from_plain(plain: Mapping[str, Any]) -> Terms:
    """What `Terms.plain` was made of.  Raises KeyError or TypeError for anything else."""
    if len(plain) == _REQUIRED_COUNT:  # Most orders ask for nothing else, and this costs a third.
        required = (
            _MEMBERS["side"](plain["side"]),
            _MEMBERS["order_type"](plain["order_type"]),
            _MEMBERS["time_in_force"](plain["time_in_force"]),
            plain["price_nanos"],
            plain["quantity"],
        )
        return tuple.__new__(Terms, (*required, *_DEFAULTS.values()))
    return Terms(**{name: _MEMBERS[name](value) if name in _MEMBERS else value for name, value in plain.items()})


def _member_of(words: type[Enum]) -> Callable[[Any], Any]:
    # A look-up in a dict costs a tenth of `Side("BUY")`.
    return {None: None, **{member.value: member for member in words}}.__getitem__


_DEFAULTS: dict[str, Any] = Terms._field_defaults
_NO_OPTIONS = tuple(_DEFAULTS.values())
_REQUIRED_COUNT = len(Terms._fields) - len(_DEFAULTS)
_MEMBERS = {
    "side": _member_of(Side),
    "order_type": _member_of(OrderType),
    "time_in_force": _member_of(TimeInForce),
    "self_trade_prevention": _member_of(SelfTradePrevention),
}
