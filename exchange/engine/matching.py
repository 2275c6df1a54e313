"""How an arriving order trades: price–time priority, self-trade prevention, what happens to the rest.

    arriving order ──► while it crosses the best opposite level and no further than its band (RULES 17):
                          too far from the static reference?     → the circuit breaker stops it (RULES 18)
                          first in the queue is its own user's?  → self-trade prevention decides (RULES 15)
                          otherwise                              → trade at the resting order's price (RULES 1)
                       what is left: canceled (MARKET, IOC) or rests (GTC, DAY)

`Matcher` owns the trade ids and tells the accounts what was filled.  It refuses nothing: an order that gets here
has been accepted.  Who calls it halts the instrument and lets triggered stops enter (`order_arrival`).
"""

from __future__ import annotations

from typing import Final, Optional

from exchange.engine.bands import would_halt
from exchange.engine.book_side import BookSide
from exchange.engine.events import Event, OrderExecuted
from exchange.engine.fees import fee_nanos
from exchange.engine.order import Iceberg, Order
from exchange.engine.order_changes import OrderChanges
from exchange.engine.orderbook import OrderBook
from exchange.engine.trade import Trade
from exchange.engine.words import CancelReason, Liquidity, SelfTradePrevention, Side, TimeInForce

# A NamedTuple's own constructor is a Python function; this makes the same object at 60 % of the cost.
_make: Final = tuple.__new__
_BUY: Final = Side.BUY
_GTC: Final = TimeInForce.GTC
_DAY: Final = TimeInForce.DAY
_IOC_REMAINDER: Final = CancelReason.IOC_REMAINDER
_HALTED: Final = CancelReason.HALTED
_MARKET_REMAINDER: Final = CancelReason.MARKET_REMAINDER
_MAKER: Final = Liquidity.MAKER
_TAKER: Final = Liquidity.TAKER


class Matcher(OrderChanges):
    """Executes orders against books, and changes and ends them.  `last_trade_id` counts over all instruments."""

    def __init__(self) -> None:
        self.last_trade_id = 0

    def match(
        self,
        taker: Order,
        book: OrderBook,
        timestamp: int,
        events: list[Event],
        worst_price: Optional[int] = None,
    ) -> bool:
        """Trade `taker` as far as it goes, then let it rest or cancel what is left (RULES 1, 2, 3, 5).

        A MARKET order goes no further than `worst_price`, the edge of its band (RULES 17).  Returns whether the
        circuit breaker stopped it: the caller halts the instrument (RULES 18).
        """
        is_buy = taker.side is _BUY
        own_side, opposite = (book.bids, book.asks) if is_buy else (book.asks, book.bids)
        limit_price = worst_price if taker.price is None else taker.price
        is_guarded = book.is_guarded
        while taker.remaining_quantity:
            level = opposite.best()
            if level is None:
                break
            # `BookSide.crosses` written out: it is asked for every order.
            if limit_price is not None and (
                level.price > limit_price if is_buy else level.price < limit_price
            ):
                break
            if is_guarded and would_halt(book, level.price):
                self._leave(taker, own_side, _HALTED, timestamp, events)
                return True
            maker = level.first
            assert maker is not None
            if maker.desk is taker.desk and taker.conditions.self_trade_prevention is not None:
                self._prevent_self_trade(taker, maker, opposite, timestamp, events)
            else:
                self._trade(taker, maker, book, opposite, timestamp, events)
        if taker.remaining_quantity:
            if taker.conditions.time_in_force is _GTC and type(taker) is Order and taker.price is not None:
                own_side.add(taker)
            else:
                reason = _MARKET_REMAINDER if taker.price is None else _IOC_REMAINDER
                self._leave(taker, own_side, reason, timestamp, events)
        return False

    def _leave(
        self, taker: Order, own_side: BookSide, reason: CancelReason, timestamp: int, events: list[Event]
    ) -> None:
        """What an arriving order could not trade rests, or is canceled for `reason` where it may not."""
        time_in_force = taker.conditions.time_in_force
        if taker.price is not None and (time_in_force is _GTC or time_in_force is _DAY):
            self.rest(taker, own_side)
        else:
            self.cancel(taker, reason, timestamp, events)

    def rest(self, order: Order, side: BookSide) -> None:
        """Put an order into the book; an iceberg shows what is left of the peak in use."""
        if type(order) is Iceberg:
            displayed_quantity = order.shown_now
            side.add(order)
            side.hide(order, displayed_quantity)
        else:
            side.add(order)

    def _trade(
        self, taker: Order, maker: Order, book: OrderBook, opposite: BookSide, timestamp: int, events: list[Event]
    ) -> None:
        """One execution between the arriving and the first resting order."""
        price, shown_quantity = maker.price, maker.remaining_quantity
        assert price is not None
        if type(maker) is not Order:
            shown_quantity -= maker.hidden_quantity
        quantity = taker.remaining_quantity
        if quantity >= shown_quantity:
            quantity = shown_quantity
        taker.fill(quantity)
        maker.fill(quantity)
        if quantity < shown_quantity:
            opposite.reduce(maker, quantity)
        elif maker.remaining_quantity:
            self._replenish(maker, opposite, quantity)
        else:
            opposite.remove(maker, quantity)
        price_nanos = price * book.tick_size_nanos
        maker_fee = taker_fee = None
        if book.has_fees:
            maker_fee = fee_nanos(book.instrument, _MAKER, price_nanos * quantity)
            taker_fee = fee_nanos(book.instrument, _TAKER, price_nanos * quantity)
        self._note_trade(book, price, quantity)
        if taker.side is _BUY:
            buy, sell, buy_fee, sell_fee = taker, maker, taker_fee, maker_fee
        else:
            buy, sell, buy_fee, sell_fee = maker, taker, maker_fee, taker_fee
        self._tell_trade(buy, sell, price, quantity, taker.side, timestamp, buy_fee, sell_fee, events)
        self._tell_fill(maker, price, quantity, price_nanos, _MAKER, timestamp, maker_fee, events)
        self._tell_fill(taker, price, quantity, price_nanos, _TAKER, timestamp, taker_fee, events)

    def trade_in_uncross(
        self, buy: Order, sell: Order, book: OrderBook, price: int, timestamp: int, events: list[Event]
    ) -> None:
        """One execution at the auction price, of orders that both rest; icebergs take part whole (RULES 20)."""
        quantity = min(buy.remaining_quantity, sell.remaining_quantity)
        _fill_at_rest(buy, book.bids, quantity)
        _fill_at_rest(sell, book.asks, quantity)
        price_nanos = price * book.tick_size_nanos
        fee = fee_nanos(book.instrument, _TAKER, price_nanos * quantity) if book.has_fees else None
        self._note_trade(book, price, quantity)
        self._tell_trade(buy, sell, price, quantity, None, timestamp, fee, fee, events)
        for order in (buy, sell):
            self._tell_fill(order, price, quantity, price_nanos, _TAKER, timestamp, fee, events)

    def _note_trade(self, book: OrderBook, price: int, quantity: int) -> None:
        self.last_trade_id += 1
        book.last_trade_price = price
        day = book.day
        day.volume += quantity
        if day.high is None or day.low is None or not day.low <= price <= day.high:
            day.note_extreme(price)
        if book.stops is not None:
            book.stops.note_trade(price)

    def _replenish(self, maker: Order, side: BookSide, quantity: int) -> None:
        """The displayed part of an iceberg is used up: show the next one, at the back of its level (RULES 7)."""
        assert isinstance(maker, Iceberg)
        side.reduce(maker, quantity)
        side.withdraw(maker)
        side.add(maker)
        side.hide(maker, min(maker.peak, maker.remaining_quantity))

    def _tell_trade(
        self,
        buy: Order,
        sell: Order,
        price: int,
        quantity: int,
        aggressor_side: Optional[Side],
        timestamp: int,
        buy_fee: Optional[int],
        sell_fee: Optional[int],
        events: list[Event],
    ) -> None:
        events.append(
            _make(
                Trade,
                (
                    self.last_trade_id,
                    buy.desk.symbol,
                    price,
                    quantity,
                    buy.order_id,
                    sell.order_id,
                    buy.desk.user,
                    sell.desk.user,
                    aggressor_side,
                    timestamp,
                    aggressor_side is None,
                    buy_fee,
                    sell_fee,
                ),
            )
        )

    def _tell_fill(
        self,
        order: Order,
        price: int,
        quantity: int,
        price_nanos: int,
        liquidity: Liquidity,
        timestamp: int,
        fee: Optional[int],
        events: list[Event],
    ) -> None:
        desk = order.desk
        account = desk.account
        desk.fill(order.side, quantity, price_nanos, fee)
        account.seq += 1
        events.append(
            _make(
                OrderExecuted,
                (
                    desk.user,
                    account.seq,
                    timestamp,
                    order.order_id,
                    order.client_order_id,
                    desk.symbol,
                    order.side,
                    self.last_trade_id,
                    price,
                    quantity,
                    order.remaining_quantity,
                    order.status,
                    liquidity,
                    None if type(order) is Order else order.displayed_quantity,
                    fee,
                ),
            )
        )
        if not order.remaining_quantity:
            account.end(order)

    def _prevent_self_trade(
        self, taker: Order, maker: Order, opposite: BookSide, timestamp: int, events: list[Event]
    ) -> None:
        """The two orders would trade and are one user's: the arriving order's instruction decides (RULES 15)."""
        prevention = taker.conditions.self_trade_prevention
        if prevention is SelfTradePrevention.DECREMENT:
            self._decrement(taker, maker, opposite, timestamp, events)
            return
        if prevention is not SelfTradePrevention.CANCEL_NEWEST:
            opposite.withdraw(maker)
            self.cancel(maker, CancelReason.SELF_TRADE, timestamp, events)
        if prevention is not SelfTradePrevention.CANCEL_OLDEST:
            self.cancel(taker, CancelReason.SELF_TRADE, timestamp, events)

    def _decrement(
        self, taker: Order, maker: Order, opposite: BookSide, timestamp: int, events: list[Event]
    ) -> None:
        """Cancel the smaller order and take as much off the larger; equal ones both go."""
        by_quantity = min(taker.remaining_quantity, maker.remaining_quantity)
        maker_goes = maker.remaining_quantity == by_quantity
        taker_goes = taker.remaining_quantity == by_quantity
        if maker_goes:
            opposite.withdraw(maker)
            self.cancel(maker, CancelReason.SELF_TRADE, timestamp, events)
        if taker_goes:
            self.cancel(taker, CancelReason.SELF_TRADE, timestamp, events)
        if maker_goes and taker_goes:
            return
        if maker_goes:
            self.resize(taker, taker.quantity - by_quantity)
            self.tell_replaced(taker, True, timestamp, events)
        else:
            self.shrink(maker, opposite, maker.quantity - by_quantity)
            self.tell_replaced(maker, True, timestamp, events)


def _fill_at_rest(order: Order, side: BookSide, quantity: int) -> None:
    """Execute so much of a resting order, more than an iceberg shows if need be; it keeps its place."""
    shown_before = order.remaining_quantity - order.hidden_quantity
    if isinstance(order, Iceberg):
        side.show(order)
    order.fill(quantity)
    if not order.remaining_quantity:
        side.remove(order, quantity)
        return
    side.reduce(order, quantity)
    if isinstance(order, Iceberg):
        used = quantity - shown_before
        side.hide(order, -used if used < 0 else order.shown_after(used))
