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
    OrderRejected,
    OrderReplaced,
    OrderState,
    PositionState,
    ReplaceRejected,
    RequestRejected,
)
from exchange.engine.instrument import Instrument, nanos_text
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import CancelReason, Liquidity, OrderStatus, RejectCode, SelfTradePrevention, Side

RESERVED_IDS = 1_000
REJECTIONS = (OrderRejected, CancelRejected, ReplaceRejected, RequestRejected)


class Refusal(NamedTuple):
    """Why a wish is refused, and the value that the refusal's text must name."""

    code: RejectCode
    named: str


class OracleOrder:
    """An order as the oracle sees it: what was asked, and what became of it."""

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
        price_nanos = self.asked.price_nanos
        self.price: Optional[int] = None if price_nanos is None else price_nanos // self.tick_size_nanos
        self.quantity = self.asked.quantity
        self.executed = 0
        self.canceled = 0
        self.is_over = False
        self.post_only = self.asked.post_only
        self.self_trade_prevention = self.asked.self_trade_prevention or instrument.self_trade_prevention
        self.ends_with_connection = command.ends_with_connection
        self.timestamp = timestamp

    @property
    def remaining(self) -> int:
        """What may still trade, in units."""
        return self.quantity - self.executed - self.canceled

    @property
    def terms(self) -> Terms:
        """What it asks for now."""
        prevention = self.self_trade_prevention
        return self.asked._replace(
            price_nanos=None if self.price is None else self.price * self.tick_size_nanos,
            quantity=self.quantity,
            self_trade_prevention=None if prevention is SelfTradePrevention.NONE else prevention,
        )

    @property
    def limit(self) -> int:
        """The price in ticks of an order that may rest: a MARKET order has none."""
        assert self.price is not None
        return self.price

    @property
    def status(self) -> OrderStatus:
        """Where the order is in its life, unless it is canceled: no event tells the status of one that is."""
        if self.remaining == 0:
            return OrderStatus.FILLED
        return OrderStatus.PARTIALLY_FILLED if self.executed else OrderStatus.NEW


class OraclePosition:
    """One user's position in one symbol, by average cost (RULES 25), in 10⁻⁹ currency units."""

    def __init__(self) -> None:
        self.net = 0
        self.cost = 0
        self.realised = 0
        self.volume = 0

    def add(self, quantity: int, price: int) -> None:
        """Book a fill at a price in 10⁻⁹ currency units: `quantity` positive when bought, negative when sold."""
        self.volume += abs(quantity)
        direction = 1 if quantity > 0 else -1
        closed = min(abs(quantity), abs(self.net)) if self.net * quantity < 0 else 0
        if closed:
            removed = abs(self.cost) * closed // abs(self.net)
            self.realised += -direction * (price * closed - removed)
            self.cost += direction * removed
            self.net += direction * closed
        opened = abs(quantity) - closed
        self.net += direction * opened
        self.cost += direction * opened * price

    def state(self, symbol: str, last_price: int) -> PositionState:
        """The position as `PositionsListed` tells it; `last_price` is that of its last trade."""
        unrealised = self.net * last_price - self.cost
        return PositionState(symbol, self.net, self.cost, self.realised, unrealised, self.volume)


def accepted(order: OracleOrder, seq: int) -> OrderAccepted:
    """The order is in."""
    return OrderAccepted(
        order.user,
        seq,
        order.timestamp,
        order.order_id,
        order.client_order_id,
        order.symbol,
        order.terms,
    )


def executed(order: OracleOrder, seq: int, trade: Trade, liquidity: Liquidity) -> OrderExecuted:
    """The order's own view of a trade that is already booked on it."""
    return OrderExecuted(
        order.user,
        seq,
        trade.timestamp,
        order.order_id,
        order.client_order_id,
        order.symbol,
        order.side,
        trade.trade_id,
        trade.price,
        trade.quantity,
        order.remaining,
        order.status,
        liquidity,
    )


def canceled(order: OracleOrder, seq: int, now: int, quantity: int, reason: CancelReason) -> OrderCanceled:
    """The order is over, and `quantity` of it canceled."""
    return OrderCanceled(
        order.user, seq, now, order.order_id, order.client_order_id, order.symbol, quantity, reason
    )


def replaced(order: OracleOrder, seq: int, now: int, priority_kept: bool) -> OrderReplaced:
    """The order as it is now."""
    return OrderReplaced(
        order.user,
        seq,
        now,
        order.order_id,
        order.client_order_id,
        order.symbol,
        order.price,
        order.quantity,
        order.remaining,
        order.status,
        priority_kept,
    )


def trade_between(maker: OracleOrder, taker: OracleOrder, trade_id: int, now: int) -> Trade:
    """All that both can trade, at the maker's price (RULES 1)."""
    buy, sell = (maker, taker) if maker.side is Side.BUY else (taker, maker)
    return Trade(
        trade_id,
        maker.symbol,
        maker.limit,
        min(maker.remaining, taker.remaining),
        buy.order_id,
        sell.order_id,
        buy.user,
        sell.user,
        taker.side,
        now,
    )


def state_of(order: OracleOrder, quantity_ahead: int) -> OrderState:
    """The order as `OrdersListed` tells it."""
    return OrderState(
        order.order_id,
        order.client_order_id,
        order.symbol,
        order.terms,
        order.remaining,
        order.status,
        order.timestamp,
        quantity_ahead,
    )


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


def assert_same_events(actual: list[Event], expected: list[Event], said: object = "") -> None:
    """Event by event exactly equal, but for a refusal's text, which must name the value that was refused."""
    assert len(actual) == len(expected), f"{said}\n  engine {actual}\n  oracle {expected}"
    for ours, theirs in zip(actual, expected, strict=True):
        if isinstance(ours, REJECTIONS) and isinstance(theirs, REJECTIONS):
            assert theirs.text in ours.text, f"{said}\n  the text names no {theirs.text!r}: {ours}"
            ours = ours._replace(text=theirs.text)
        assert type(ours) is type(theirs), f"{said}\n  engine {ours}\n  oracle {theirs}"
        assert ours == theirs, f"{said}\n  engine {ours}\n  oracle {theirs}"
