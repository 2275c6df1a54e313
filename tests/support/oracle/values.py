"""What the oracle is made of: its order and position, its events, and the refusals that need no book.

Where a request is refused the oracle's `text` is not the engine's sentence but the value that the sentence must
name; `assert_same_events` compares accordingly.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Union

from exchange.engine.commands import CancelOrder, NewOrder, ReplaceOrder
from exchange.engine.events import (
    CancelRejected,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderTriggered,
    PositionState,
    ReplaceRejected,
    RequestRejected,
)
from exchange.engine.instrument import Instrument, nanos_text
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import (
    CancelReason,
    Liquidity,
    OrderStatus,
    OrderType,
    RejectCode,
    SelfTradePrevention,
    TimeInForce,
)

RESERVED_IDS = 1_000
REJECTIONS = (OrderRejected, CancelRejected, ReplaceRejected, RequestRejected)
STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)
MAY_REST = (TimeInForce.GTC, TimeInForce.DAY)


class Refusal(NamedTuple):
    """Why a wish is refused, and the value that the refusal's text must name."""

    code: RejectCode
    named: str


class OracleOrder:
    """An order as the oracle sees it: what was asked, and what became of it.

    `shown` is what an iceberg in the book displays.  `is_waiting` says that it is a stop outside the book;
    `triggered_by` is then None, or the key that orders the queue of triggered stops, `triggered_at` the price of
    the trade that did it (RULES 8).
    """

    def __init__(self, order_id: int, command: NewOrder, instrument: Instrument, timestamp: int) -> None:
        self.order_id = order_id
        self.arrival = 0
        self.user = command.user
        self.client_order_id = command.client_order_id
        self.symbol = instrument.symbol
        self.asked = command.terms
        self.tick_size_nanos = instrument.tick_size_nanos
        self.side = self.asked.side
        self.order_type = self.asked.order_type
        self.time_in_force = self.asked.time_in_force
        self.price = self._ticks(self.asked.price_nanos)
        self.stop_price = self._ticks(self.asked.stop_price_nanos)
        self.display_quantity = self.asked.display_quantity
        self.shown = 0
        self.quantity = self.asked.quantity
        self.executed = 0
        self.canceled = 0
        self.is_over = False
        self.is_waiting = self.order_type in STOPS
        self.triggered_by: Optional[tuple[int, int, int]] = None
        self.triggered_at = 0
        self.post_only = self.asked.post_only
        self.self_trade_prevention = self.asked.self_trade_prevention or instrument.self_trade_prevention
        self.ends_with_connection = command.ends_with_connection
        self.timestamp = timestamp

    def _ticks(self, nanos: Optional[int]) -> Optional[int]:
        return None if nanos is None else nanos // self.tick_size_nanos

    def _nanos(self, ticks: Optional[int]) -> Optional[int]:
        return None if ticks is None else ticks * self.tick_size_nanos

    @property
    def remaining(self) -> int:
        """What may still trade, in units."""
        return self.quantity - self.executed - self.canceled

    @property
    def tradable(self) -> int:
        """What of a resting order trades before its turn is over: an iceberg's displayed part (RULES 7)."""
        return self.remaining if self.display_quantity is None else self.shown

    @property
    def displayed_quantity(self) -> Optional[int]:
        """What an iceberg's owner is told that it shows, or will when it enters; None for any other order."""
        if self.display_quantity is None:
            return None
        return min(self.display_quantity if self.is_waiting else self.shown, self.remaining)

    @property
    def terms(self) -> Terms:
        """What it asks for now."""
        prevention = self.self_trade_prevention
        return self.asked._replace(
            price_nanos=self._nanos(self.price),
            stop_price_nanos=self._nanos(self.stop_price),
            quantity=self.quantity,
            self_trade_prevention=None if prevention is SelfTradePrevention.NONE else prevention,
        )

    @property
    def is_for_one_call(self) -> bool:
        """Whether it may stay for no second uncross (RULES 19, 28)."""
        return self.price is None or self.time_in_force is TimeInForce.IOC

    @property
    def limit(self) -> int:
        """The price in ticks of an order that has one."""
        assert self.price is not None
        return self.price

    @property
    def status(self) -> OrderStatus:
        """Where the order is in its life, unless it is canceled: no event tells the status of one that is."""
        if self.remaining == 0:
            return OrderStatus.FILLED
        return OrderStatus.PARTIALLY_FILLED if self.executed else OrderStatus.NEW

    def show_peak(self) -> None:
        """Show the next part: the display quantity, or what is left if that is less."""
        if self.display_quantity is not None:
            self.shown = min(self.display_quantity, self.remaining)

    def use_peak(self, quantity: int) -> bool:
        """`quantity` of it was executed, already counted; True if what it showed was used up (RULES 7)."""
        if self.display_quantity is None:
            return False
        if quantity < self.shown:
            self.shown -= quantity
            return False
        # Whole peaks may have gone at once, in an uncross or on arrival: what is left is of the peak in use.
        beyond = (quantity - self.shown) % self.display_quantity
        self.shown = min(self.display_quantity - beyond, self.remaining)
        return True


class OraclePosition:
    """One user's position in one symbol, by average cost (RULES 25), in 10⁻⁹ currency units."""

    def __init__(self) -> None:
        self.net = 0
        self.cost = 0
        self.realised = 0
        self.volume = 0
        self.fees = 0

    def add(self, quantity: int, price_nanos: int) -> None:
        """Book a fill: `quantity` positive when bought, negative when sold."""
        self.volume += abs(quantity)
        self.move(quantity, price_nanos)

    def move(self, quantity: int, price_nanos: int) -> None:
        """What a fill does but for the volume: a settlement is no trade (RULES 27)."""
        direction = 1 if quantity > 0 else -1
        closed = min(abs(quantity), abs(self.net)) if self.net * quantity < 0 else 0
        if closed:
            removed = abs(self.cost) * closed // abs(self.net)
            self.realised += -direction * (price_nanos * closed - removed)
            self.cost += direction * removed
            self.net += direction * closed
        opened = abs(quantity) - closed
        self.net += direction * opened
        self.cost += direction * opened * price_nanos

    def state(self, symbol: str, last_price_nanos: Optional[int], has_fees: bool) -> PositionState:
        """The position as `PositionsListed` tells it; `last_price_nanos` None: there is nothing to value it by."""
        unrealised = 0 if last_price_nanos is None else self.net * last_price_nanos - self.cost
        fees = self.fees if has_fees else None
        return PositionState(symbol, self.net, self.cost, self.realised, unrealised, self.volume, fees)


def fee_nanos(price_nanos: int, quantity: int, rate_per_1e8: int) -> int:
    """RULES 26: price × quantity × rate, rounded half away from zero."""
    exact = price_nanos * quantity * abs(rate_per_1e8)
    rounded = (exact + 50_000_000) // 100_000_000
    return rounded if rate_per_1e8 >= 0 else -rounded


# --- events ---------------------------------------------------------------------------------------------------


def _head(order: OracleOrder, seq: int, now: int) -> tuple[str, int, int, int, str, str]:
    return (order.user, seq, now, order.order_id, order.client_order_id, order.symbol)


def accepted(order: OracleOrder, seq: int) -> OrderAccepted:
    """The order is in."""
    return OrderAccepted(*_head(order, seq, order.timestamp), order.terms)


def executed(
    order: OracleOrder, seq: int, trade: Trade, liquidity: Liquidity, fee: Optional[int]
) -> OrderExecuted:
    """The order's own view of a trade that is already booked on it."""
    return OrderExecuted(
        *_head(order, seq, trade.timestamp),
        order.side,
        trade.trade_id,
        trade.price,
        trade.quantity,
        order.remaining,
        order.status,
        liquidity,
        order.displayed_quantity,
        fee,
    )


def canceled(order: OracleOrder, seq: int, now: int, quantity: int, reason: CancelReason) -> OrderCanceled:
    """The order is over, and `quantity` of it canceled."""
    return OrderCanceled(*_head(order, seq, now), quantity, reason)


def expired(order: OracleOrder, seq: int, now: int, quantity: int) -> OrderExpired:
    """The order's day is over, and `quantity` of it has expired."""
    return OrderExpired(*_head(order, seq, now), quantity)


def triggered(order: OracleOrder, seq: int, now: int) -> OrderTriggered:
    """The stop is live."""
    assert order.stop_price is not None
    return OrderTriggered(*_head(order, seq, now), order.stop_price)


def replaced(order: OracleOrder, seq: int, now: int, priority_kept: bool) -> OrderReplaced:
    """The order as it is now."""
    return OrderReplaced(
        *_head(order, seq, now),
        order.price,
        order.quantity,
        order.remaining,
        order.status,
        priority_kept,
        order.stop_price if order.is_waiting else None,
        order.displayed_quantity,
    )


# --- refusals that need no book -------------------------------------------------------------------------------


def refusal_of_terms(terms: Terms, instrument: Instrument) -> Optional[Refusal]:
    """BAD_VALUE: what does not go together (RULES 2, 6, 7, 8)."""
    kind, time_in_force, shown = terms.order_type, terms.time_in_force, terms.display_quantity
    may_rest = time_in_force in MAY_REST
    if kind is OrderType.MARKET and time_in_force is TimeInForce.GTC:
        return Refusal(RejectCode.BAD_VALUE, "GTC")
    if kind in STOPS and not may_rest:
        return Refusal(RejectCode.BAD_VALUE, time_in_force.value)
    if terms.post_only and (kind is not OrderType.LIMIT or not may_rest):
        return Refusal(RejectCode.BAD_VALUE, "post_only")
    if shown is not None:
        is_iceberg_kind = kind in (OrderType.LIMIT, OrderType.STOP_LIMIT) and may_rest
        fits = instrument.min_quantity <= shown < terms.quantity and shown % instrument.lot_size == 0
        if not (is_iceberg_kind and fits and terms.quantity / shown <= 10_000):
            return Refusal(RejectCode.BAD_VALUE, "display_quantity")
    return None


def refusal_of_price(price_nanos: Optional[int], instrument: Instrument) -> Optional[Refusal]:
    """A price is a positive multiple of the tick (RULES 16); None, no price, is never refused."""
    if price_nanos is None or (price_nanos > 0 and price_nanos % instrument.tick_size_nanos == 0):
        return None
    return Refusal(RejectCode.PRICE_NOT_ON_TICK, nanos_text(price_nanos))


def refusal_of_quantity(quantity: int, instrument: Instrument) -> Optional[Refusal]:
    """A quantity is a multiple of the lot within [min, max] (RULES 16); the range is looked at first."""
    if not instrument.min_quantity <= quantity <= instrument.max_quantity:
        return Refusal(RejectCode.QUANTITY_OUT_OF_RANGE, str(quantity))
    if quantity % instrument.lot_size != 0:
        return Refusal(RejectCode.QUANTITY_NOT_ON_LOT, str(quantity))
    return None


def refusal_of_target(
    command: Union[CancelOrder, ReplaceOrder], order: Optional[OracleOrder]
) -> Optional[Refusal]:
    """Why the order that the command names can't be changed (RULES 13), or None where it can.

    `order` is what the user's own memory holds under that name: another user's order is not in it.
    """
    named = command.client_order_id if command.order_id is None else str(command.order_id)
    assert named is not None, command
    if order is None:
        return Refusal(RejectCode.UNKNOWN_ORDER, named)
    return Refusal(RejectCode.TOO_LATE, named) if order.is_over else None


def is_beyond(price: int, reference: int, percent_ppm: int) -> bool:
    """Whether a price is further than so many percent from a reference; exactly so many is not (RULES 17, 18)."""
    return abs(price - reference) * 1_000_000 > reference * percent_ppm


def assert_same_events(actual: list[Event], expected: list[Event], said: object = "") -> None:
    """Event by event exactly equal, but for a refusal's text, which must name the value that was refused."""
    assert len(actual) == len(expected), f"{said}\n  engine {actual}\n  oracle {expected}"
    for ours, theirs in zip(actual, expected, strict=True):
        if isinstance(ours, REJECTIONS) and isinstance(theirs, REJECTIONS):
            assert theirs.text in ours.text, f"{said}\n  the text names no {theirs.text!r}: {ours}"
            ours = ours._replace(text=theirs.text)
        assert type(ours) is type(theirs), f"{said}\n  engine {ours}\n  oracle {theirs}"
        assert ours == theirs, f"{said}\n  engine {ours}\n  oracle {theirs}"
