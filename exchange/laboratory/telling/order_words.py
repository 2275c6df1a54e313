"""How explanations say an order's terms, reasons, times and names: one function for each, nothing of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional

from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import CancelReason
from exchange.laboratory.telling.book_picture import QueuedOrder
from exchange.utils.helpers import NS_PER_S, utc_text

_NAMES_MAX = 3
_REASONS = {
    CancelReason.USER_REQUESTED: "its user canceled the {0} left",
    CancelReason.IOC_REMAINDER: "it is IOC, which never rests: the {0} that found nobody was canceled (RULES 3)",
    CancelReason.MARKET_REMAINDER: "nobody was left to trade within what it may take: the {0} left of this order "
    "without a limit was canceled (RULES 2, 17)",
    CancelReason.SELF_TRADE: "it would have traded with an order of its own user: the {0} left was canceled "
    "(RULES 15)",
    CancelReason.DISCONNECTED: "its connection was lost, and it was to end with that: the {0} left was canceled",
    CancelReason.HALTED: "the circuit breaker halted trading, and it may not rest: the {0} left was canceled "
    "(RULES 18)",
    CancelReason.PRICE_OUT_OF_BAND: "its limit was outside the price band when it was triggered: the {0} left was "
    "canceled (RULES 17)",
    CancelReason.ADMIN: "the operator blocked its user: the {0} left was canceled (RULES 22)",
}


def asked_text(terms: Terms, instrument: Instrument) -> str:
    """What an order asks for: `BUY 100 at 10.05, LIMIT GTC`."""
    limit = limit_ticks(terms, instrument)
    price = "at any price" if limit is None else f"at {instrument.price_text(limit)}"
    options = [f"{terms.order_type.value} {terms.time_in_force.value}"]
    if terms.stop_price_nanos is not None:
        stop_price = terms.stop_price_nanos // instrument.tick_size_nanos
        options.append(f"stop {instrument.price_text(stop_price)}")
    if terms.display_quantity is not None:
        options.append(f"showing {terms.display_quantity:,} at a time")
    if terms.post_only:
        options.append("post-only")
    return f"{terms.side.value} {terms.quantity:,} {price}, {', '.join(options)},"


def limit_ticks(terms: Terms, instrument: Instrument) -> Optional[int]:
    """The limit price in ticks, None for any price."""
    return None if terms.price_nanos is None else terms.price_nanos // instrument.tick_size_nanos


def cancel_text(reason: CancelReason, quantity: int) -> str:
    """Why what was left of an order was canceled."""
    return _REASONS[reason].format(f"{quantity:,}")


def names_text(orders: Sequence[QueuedOrder]) -> str:
    """Whose orders these are, the first few by name."""
    named = [f"order {each.order_id} of {each.user}: {each.shown_quantity:,}" for each in orders[:_NAMES_MAX]]
    more = len(orders) - len(named)
    return ", ".join([*named, f"{more:,} more"] if more else named)


def time_text(timestamp_ns: int) -> str:
    """A time of day to the microsecond, in UTC."""
    return utc_text(timestamp_ns)[11:26]


def duration_text(duration_ns: int) -> str:
    """How long something lasted, in s or ms."""
    if duration_ns >= NS_PER_S:
        return f"{duration_ns / NS_PER_S:,.1f} s"
    return f"{duration_ns / 1_000_000:.3f} ms"
