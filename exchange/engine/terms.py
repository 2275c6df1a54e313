"""What an order asks for: one value, carried whole from the wire to the order, its events, journal and snapshot.

A new option is one more field here, with a default that means "not asked for"; the rule that acts on it is one
more place.  A Terms is never changed: a replaced order has a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, NamedTuple, Optional, Union

from exchange.engine.words import OrderType, SelfTradePrevention, Side, TimeInForce

Plain = Union[str, int, bool, None]


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
_REQUIRED_COUNT = len(Terms._fields) - len(_DEFAULTS)
_MEMBERS = {
    "side": _member_of(Side),
    "order_type": _member_of(OrderType),
    "time_in_force": _member_of(TimeInForce),
    "self_trade_prevention": _member_of(SelfTradePrevention),
}
