"""The checks a wish must pass before anything changes; each refusal names the value and the rule.

Pure functions that return None when all is well and otherwise a `Refusal`: the code for programs, the text for
people.  They look at books and orders and change neither.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from exchange.engine.events import RejectCode
from exchange.engine.instrument import Instrument, nanos_text
from exchange.engine.order import Order, OrderType, SelfTradePrevention, Side, TimeInForce
from exchange.engine.orderbook import OrderBook

_MARKET = OrderType.MARKET
_FOK = TimeInForce.FOK


class Refusal(NamedTuple):
    """Why a wish is refused."""

    code: RejectCode
    text: str


def price_refusal(instrument: Instrument, price_nanos: Optional[int]) -> Optional[Refusal]:
    """RULES 16: a price, where one is named, is a positive multiple of the tick size."""
    if price_nanos is None or (price_nanos > 0 and price_nanos % instrument.tick_size_nanos == 0):
        return None
    return Refusal(
        RejectCode.PRICE_NOT_ON_TICK,
        f"price {nanos_text(price_nanos)}: must be a positive multiple of the tick size "
        f"{nanos_text(instrument.tick_size_nanos)} of {instrument.symbol}",
    )


def quantity_refusal(instrument: Instrument, quantity: int) -> Optional[Refusal]:
    """RULES 16: a quantity is a multiple of the lot size and within the instrument's range."""
    if not instrument.min_quantity <= quantity <= instrument.max_quantity:
        return Refusal(
            RejectCode.QUANTITY_OUT_OF_RANGE,
            f"quantity {quantity}: must be from {instrument.min_quantity} to {instrument.max_quantity} "
            f"for {instrument.symbol}",
        )
    if quantity % instrument.lot_size:
        return Refusal(
            RejectCode.QUANTITY_NOT_ON_LOT,
            f"quantity {quantity}: must be a multiple of the lot size {instrument.lot_size} "
            f"of {instrument.symbol}",
        )
    return None


def unknown_symbol(symbol: str) -> Refusal:
    """The exchange does not list `symbol`."""
    return Refusal(RejectCode.UNKNOWN_SYMBOL, f"symbol {symbol}: not listed here")


def symbol_needed(listed: list[str]) -> Refusal:
    """A symbol was left out where there is more than one to choose from, or none."""
    return Refusal(
        RejectCode.MISSING_FIELD,
        f"symbol: may be left out only where exactly one instrument is listed; listed are {', '.join(listed)}"
        if listed
        else "symbol: no instrument is listed",
    )


def duplicate_client_order_id(client_order_id: str, order: Order) -> Refusal:
    """RULES 14: a client order id names one order."""
    return Refusal(
        RejectCode.DUPLICATE_CLIENT_ORDER_ID,
        f"client_order_id {client_order_id}: already names order {order.order_id} ({order.status.value})",
    )


def cannot_be_changed(
    order: Optional[Order], order_id: Optional[int], client_order_id: Optional[str]
) -> Optional[Refusal]:
    """RULES 13: only a live order of the user's own can be canceled or replaced.

    Another user's order gets the same answer as one that never was, so ids can't be probed.
    """
    name = f"client_order_id {client_order_id}" if order_id is None else f"order_id {order_id}"
    if order is None:
        return Refusal(RejectCode.UNKNOWN_ORDER, f"{name}: you have no such order")
    if not order.is_live:
        return Refusal(RejectCode.TOO_LATE, f"{name}: the order is already {order.status.value}")
    return None


def tick_size_changed(listed: Instrument, wanted: Instrument) -> Refusal:
    """Books and positions count in ticks, so the tick size of a listed instrument is fixed."""
    return Refusal(
        RejectCode.BAD_VALUE,
        f"tick_size {nanos_text(wanted.tick_size_nanos)}: {listed.symbol} is listed with "
        f"{nanos_text(listed.tick_size_nanos)}, and a tick size never changes",
    )


def would_take(order: Order) -> Refusal:
    """RULES 6: a post-only order must not trade on arrival."""
    return Refusal(
        RejectCode.WOULD_TAKE, f"post_only: the order would trade on arrival ({order.side.value} {order.symbol})"
    )


def book_refusal(order: Order, book: OrderBook) -> Optional[Refusal]:
    """RULES 2, 4, 6: the refusals that depend on what rests on the other side."""
    if order.order_type is _MARKET and book.opposite(order.side).best() is None:
        return Refusal(
            RejectCode.NO_LIQUIDITY, f"order_type MARKET: nothing to {order.side.value} in {order.symbol} now"
        )
    if order.post_only:
        assert order.price is not None
        return would_take(order) if would_trade(order.side, order.price, book) else None
    if order.time_in_force is _FOK and not can_fill(order, book):
        return Refusal(
            RejectCode.CANNOT_FILL, f"time_in_force FOK: quantity {order.quantity} can't be filled in full now"
        )
    return None


def would_trade(order_side: Side, price: int, book: OrderBook) -> bool:
    """Whether an order of `order_side` at `price` would trade on arrival (RULES 6)."""
    opposite = book.opposite(order_side)
    best = opposite.best()
    return best is not None and opposite.crosses(best.price, price)


def can_fill(order: Order, book: OrderBook) -> bool:
    """Whether all of `order` would trade on arrival (RULES 4).

    Own orders never count when self-trade prevention is on; where it would end or shrink the arriving order,
    nothing behind the first own order counts either.  O(levels crossed), or O(orders crossed) with prevention.
    """
    wanted = order.quantity
    opposite = book.opposite(order.side)
    prevention = order.self_trade_prevention
    for level in opposite.levels():
        if not opposite.crosses(level.price, order.price):
            break
        if prevention is SelfTradePrevention.NONE:
            wanted -= level.quantity
        else:
            for resting in level.orders():
                if resting.user != order.user:
                    wanted -= resting.remaining_quantity
                elif prevention is not SelfTradePrevention.CANCEL_OLDEST:
                    return wanted <= 0
        if wanted <= 0:
            return True
    return False
