"""How an arriving order trades: price–time priority, self-trade prevention, what happens to the rest.

    arriving order ──► while it crosses the best opposite level:
                          first in the queue is its own user's?  → self-trade prevention decides (RULES 15)
                          otherwise                              → trade at the resting order's price (RULES 1)
                       what is left: canceled (MARKET, IOC) or rests (GTC, DAY)

`Matcher` owns the trade ids and tells the accounts what was filled.  It refuses nothing: an order that gets here
has been accepted.  Where an instrument's price band will one day stop an order short, `match` takes its limit.
"""

from __future__ import annotations

from exchange.engine.account import Account
from exchange.engine.events import Event, OrderCanceled, OrderExecuted, OrderReplaced
from exchange.engine.order import Order
from exchange.engine.orderbook import BookSide, OrderBook
from exchange.engine.trade import Trade
from exchange.engine.words import CancelReason, Liquidity, OrderType, SelfTradePrevention, Side, TimeInForce

# A NamedTuple's own constructor is a Python function; this makes the same object at 60 % of the cost.
_make = tuple.__new__
_BUY = Side.BUY
_MARKET = OrderType.MARKET
_GTC = TimeInForce.GTC
_DAY = TimeInForce.DAY
_NO_PREVENTION = SelfTradePrevention.NONE
_IOC_REMAINDER = CancelReason.IOC_REMAINDER
_MARKET_REMAINDER = CancelReason.MARKET_REMAINDER
_MAKER = Liquidity.MAKER
_TAKER = Liquidity.TAKER


class Matcher:
    """Executes orders against books, and ends them.  `last_trade_id` counts over all instruments.

    `accounts` is the engine's own dict; the matcher reads it and writes each account's event count, positions and
    done orders.
    """

    def __init__(self, accounts: dict[str, Account]) -> None:
        self._accounts = accounts
        self.last_trade_id = 0

    def match(self, taker: Order, book: OrderBook, timestamp: int, events: list[Event]) -> None:
        """Trade `taker` as far as it goes, then let it rest or cancel what is left (RULES 1, 2, 3, 5)."""
        own_side, opposite = (book.bids, book.asks) if taker.side is _BUY else (book.asks, book.bids)
        limit_price = taker.price
        while taker.remaining_quantity:
            level = opposite.best()
            if level is None or not opposite.crosses(level.price, limit_price):
                break
            maker = level.first
            assert maker is not None
            if maker.user == taker.user and taker.self_trade_prevention is not _NO_PREVENTION:
                self._prevent_self_trade(taker, maker, opposite, timestamp, events)
            else:
                self._trade(taker, maker, book, opposite, timestamp, events)
        if not taker.remaining_quantity:
            return
        terms = taker.terms
        if terms.time_in_force is _GTC or terms.time_in_force is _DAY:
            own_side.add(taker)
        else:
            reason = _MARKET_REMAINDER if terms.order_type is _MARKET else _IOC_REMAINDER
            self.cancel(taker, reason, timestamp, events)

    def _trade(
        self, taker: Order, maker: Order, book: OrderBook, opposite: BookSide, timestamp: int, events: list[Event]
    ) -> None:
        """One execution between the arriving and the first resting order."""
        price = maker.price
        assert price is not None
        quantity = min(taker.remaining_quantity, maker.remaining_quantity)
        taker.fill(quantity)
        maker.fill(quantity)
        if maker.remaining_quantity:
            opposite.reduce(maker, quantity)
        else:
            opposite.remove(maker, quantity)
        book.last_trade_price = price
        book.day.note(price, quantity)
        self.last_trade_id += 1
        buy, sell = (taker, maker) if taker.side is _BUY else (maker, taker)
        events.append(
            Trade(
                self.last_trade_id,
                taker.symbol,
                price,
                quantity,
                buy.order_id,
                sell.order_id,
                buy.user,
                sell.user,
                taker.side,
                timestamp,
            )
        )
        price_nanos = price * book.instrument.tick_size_nanos
        self._tell_fill(maker, price, price_nanos, quantity, _MAKER, timestamp, events)
        self._tell_fill(taker, price, price_nanos, quantity, _TAKER, timestamp, events)

    def _tell_fill(
        self,
        order: Order,
        price: int,
        price_nanos: int,
        quantity: int,
        liquidity: Liquidity,
        timestamp: int,
        events: list[Event],
    ) -> None:
        account = self._accounts[order.user]
        account.position(order.symbol).apply_fill(order.side, price_nanos, quantity)
        account.seq += 1
        events.append(
            _make(
                OrderExecuted,
                (
                    order.user,
                    account.seq,
                    timestamp,
                    order.order_id,
                    order.client_order_id,
                    order.symbol,
                    order.side,
                    self.last_trade_id,
                    price,
                    quantity,
                    order.remaining_quantity,
                    order.status,
                    liquidity,
                    None,
                    None,
                ),
            )
        )
        if not order.remaining_quantity:
            account.end(order)

    def _prevent_self_trade(
        self, taker: Order, maker: Order, opposite: BookSide, timestamp: int, events: list[Event]
    ) -> None:
        """The two orders would trade and are one user's: the arriving order's instruction decides (RULES 15)."""
        prevention = taker.self_trade_prevention
        if prevention is SelfTradePrevention.DECREMENT:
            self._decrement(taker, maker, opposite, timestamp, events)
            return
        if prevention is not SelfTradePrevention.CANCEL_NEWEST:
            opposite.remove(maker, maker.remaining_quantity)
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
            opposite.remove(maker, by_quantity)
            self.cancel(maker, CancelReason.SELF_TRADE, timestamp, events)
        else:
            opposite.reduce(maker, by_quantity)
        if taker_goes:
            self.cancel(taker, CancelReason.SELF_TRADE, timestamp, events)
        if maker_goes and taker_goes:
            return
        larger = taker if maker_goes else maker
        larger.resize(larger.quantity - by_quantity)
        self.tell_replaced(larger, True, timestamp, events)

    def cancel(self, order: Order, reason: CancelReason, timestamp: int, events: list[Event]) -> None:
        """End an order that no longer rests in a book, and tell its user."""
        canceled_quantity = order.cancel()
        account = self._accounts[order.user]
        account.seq += 1
        account.end(order)
        events.append(
            _make(
                OrderCanceled,
                (
                    order.user,
                    account.seq,
                    timestamp,
                    order.order_id,
                    order.client_order_id,
                    order.symbol,
                    canceled_quantity,
                    reason,
                ),
            )
        )

    def tell_replaced(self, order: Order, priority_kept: bool, timestamp: int, events: list[Event]) -> None:
        """Tell the user what price, quantity and client order id an order has now."""
        account = self._accounts[order.user]
        account.seq += 1
        events.append(
            OrderReplaced(
                order.user,
                account.seq,
                timestamp,
                order.order_id,
                order.client_order_id,
                order.symbol,
                order.price,
                order.quantity,
                order.remaining_quantity,
                order.status,
                priority_kept,
            )
        )
