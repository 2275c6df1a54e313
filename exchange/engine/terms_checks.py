"""Which terms of an order go together (RULES 2, 6, 7, 8); each refusal names the value and the rule."""

from __future__ import annotations

from typing import Final, Optional

from exchange.engine.checks import Refusal
from exchange.engine.instrument import Instrument, nanos_text
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, RejectCode, TimeInForce

_MARKET: Final = OrderType.MARKET
_RESTING = frozenset({TimeInForce.GTC, TimeInForce.DAY})
# RULES 7: an iceberg is shown in so many parts at most.  Each is a trade of its own, so without a bound two short
# lines, one who hides a billion behind one and one who takes it, would keep the engine busy until memory ends.
PARTS_MAX: Final = 10_000


def terms_refusal(terms: Terms, instrument: Instrument) -> Optional[Refusal]:
    """RULES 2, 6, 7, 8: terms that don't go together."""
    has_price = terms.order_type is OrderType.LIMIT or terms.order_type is OrderType.STOP_LIMIT
    is_stop = terms.order_type is OrderType.STOP or terms.order_type is OrderType.STOP_LIMIT
    for name, is_needed, value in (
        ("price", has_price, terms.price_nanos),
        ("stop_price", is_stop, terms.stop_price_nanos),
    ):
        if is_needed and value is None:
            return Refusal(RejectCode.MISSING_FIELD, f"{name} is missing: {terms.order_type.value} needs one")
        if value is not None and not is_needed:
            return _bad(name, nanos_text(value), f"does not go with order_type {terms.order_type.value}")
    return _time_in_force_refusal(terms, is_stop) or _display_refusal(terms, instrument)


def _time_in_force_refusal(terms: Terms, is_stop: bool) -> Optional[Refusal]:
    time_in_force, rests = terms.time_in_force, terms.time_in_force in _RESTING
    if terms.post_only and (terms.order_type is not OrderType.LIMIT or not rests):
        return _bad("post_only", "true", "goes only with a LIMIT order that may rest (GTC or DAY)")
    if terms.order_type is _MARKET and time_in_force is TimeInForce.GTC:
        return _bad("time_in_force", "GTC", "does not go with a MARKET order (IOC, FOK or DAY)")
    if is_stop and not rests:
        return _bad("time_in_force", time_in_force.value, "does not go with a stop, which waits (GTC or DAY)")
    return None


def _display_refusal(terms: Terms, instrument: Instrument) -> Optional[Refusal]:
    display_quantity = terms.display_quantity
    if display_quantity is None:
        return None
    if terms.price_nanos is None or terms.time_in_force not in _RESTING:
        return _bad("display_quantity", display_quantity, "goes only with a LIMIT or STOP_LIMIT that may rest")
    if not instrument.min_quantity <= display_quantity < terms.quantity:
        rule = f"must be from {instrument.min_quantity} to less than the quantity {terms.quantity}"
        return _bad("display_quantity", display_quantity, rule)
    if display_quantity % instrument.lot_size:
        return _bad("display_quantity", display_quantity, f"must be a multiple of the lot {instrument.lot_size}")
    if terms.quantity > display_quantity * PARTS_MAX:
        rule = f"would show the quantity {terms.quantity} in more than {PARTS_MAX} parts"
        return _bad("display_quantity", display_quantity, rule)
    return None


def parts_refusal(terms: Terms, quantity: int) -> Optional[Refusal]:
    """RULES 7: a larger total of an order with `terms` that would be shown in too many parts."""
    shown = terms.display_quantity
    if shown is None or quantity <= terms.quantity or quantity <= shown * PARTS_MAX:
        return None
    return _bad("quantity", quantity, f"would be shown in more than {PARTS_MAX} parts of {shown}")


def _bad(name: str, value: object, rule: str) -> Refusal:
    return Refusal(RejectCode.BAD_VALUE, f"{name} {value}: {rule}")


def does_not_go(name: str, price_nanos: int, order_type: OrderType) -> Refusal:
    """RULES 8, 19: a replace names a price that the order has none of."""
    return _bad(name, nanos_text(price_nanos), f"an order of type {order_type.value} has none now")
