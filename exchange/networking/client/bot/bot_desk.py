"""A bot's desk: sends what the bot asks, and keeps orders, positions, books and times as the exchange tells them.

It decides nothing and calls nobody: `bot_session` hands it every event and then tells the bot.  No clock, socket
or chance of its own: all that comes in is events and the time of its line, so the same input gives the same bot.

    connection lost ─► nothing is sent; what is asked meanwhile is refused (NOT_CONNECTED)
    logged in again ─► what was missed is heard, the engine's lists are taken over, and then
                         an order without an answer is sent again under its id, which makes exactly one order
                         a cancel without an answer is sent again
                         a change without an answer has not happened, and is refused (CONNECTION_LOST)
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Optional, Union

from exchange.networking.client import request_messages
from exchange.networking.client.bot import queue_position
from exchange.networking.client.bot.answer_times import BotTimes
from exchange.networking.client.bot.bot_line import BotLine
from exchange.networking.client.bot.followed_market import FollowedMarket
from exchange.networking.client.bot.held_position import HeldQuantity
from exchange.networking.client.bot.own_order import OwnOrder, RefusedRequest
from exchange.networking.client.bot.own_orders import OwnOrders, PrivateValue
from exchange.networking.client.bot.two_sided_quote import QuoteWish, TwoSidedQuote
from exchange.networking.client.message_json import Message, Price, exact_price, whole_quantity
from exchange.networking.client.request_messages import EnumOrName, request
from exchange.networking.client.typed_answers import Orders, Positions
from exchange.networking.client.typed_events import (
    BookSnapshot,
    BookUpdate,
    CancelRejected,
    OrderAccepted,
    OrderExecuted,
    OrderRejected,
    OrderReplaced,
    OrderTriggered,
    ReplaceRejected,
    SideWord,
    Trade,
)


class BotDesk:
    """Everything a bot has; `id_prefix` begins the ids of its orders, and no other bot of the user may have it."""

    def __init__(self, line: BotLine, id_prefix: str) -> None:
        self.line = line
        self.markets: dict[str, FollowedMarket] = {}
        self.orders = OwnOrders()
        self.held: dict[str, HeldQuantity] = {}
        self.cash: Optional[Decimal] = None
        self.times = BotTimes()
        # Whether what is sent would arrive, and whether the bot may still ask for something new.
        self.is_connected = False
        self.takes_orders = True
        self.is_stop_wanted = False
        # Fills that are told behind a gap are in the positions already.
        self.is_behind_gap = False
        # Refused here, and not yet told to the bot.
        self.refused: deque[RefusedRequest] = deque()
        self._id_prefix = id_prefix
        self._id_count = 0
        self._quotes: dict[str, TwoSidedQuote] = {}

    def holding(self, symbol: str) -> HeldQuantity:
        """What is held of a symbol."""
        return self.held.setdefault(symbol, HeldQuantity())

    # --- what the bot asks for ---------------------------------------------------------------------------------

    def place(
        self,
        side: SideWord,
        quantity: int,
        price: Optional[Price],
        *,
        symbol: str,
        order_type: Optional[EnumOrName] = None,
        stop_price: Optional[Price] = None,
        time_in_force: Optional[EnumOrName] = None,
        post_only: Optional[bool] = None,
        display_quantity: Optional[int] = None,
        self_trade_prevention: Optional[EnumOrName] = None,
    ) -> OwnOrder:
        """Send an order, options as for `ExchangeClient.send_order`.  Raises TypeError, ValueError."""
        quantity = whole_quantity(quantity)
        self._id_count += 1
        order = OwnOrder(f"{self._id_prefix}{self._id_count}", symbol, side, quantity)
        order.price = None if price is None else exact_price(price)
        order.stop_price = None if stop_price is None else exact_price(stop_price)
        order.request = request_messages.new_order(
            order.client_order_id,
            side,
            quantity,
            order.price,
            symbol=symbol,
            order_type=order_type,
            stop_price=order.stop_price,
            time_in_force=time_in_force,
            post_only=post_only,
            display_quantity=display_quantity,
            self_trade_prevention=self_trade_prevention,
        )
        order.order_type = order.request["order_type"]
        if self._can_send(order.request, order):
            order.sent_ns = self.line.now_ns()
            self.orders.add(order)
            self.line.send(order.request)
        else:
            order.refuse(self.refused[-1].code)
        return order

    def place_quote(self, symbol: str, side: SideWord, wish: QuoteWish) -> OwnOrder:
        """Send one side of a quote."""
        post_only = True if wish.is_post_only else None
        return self.place(side, wish.quantity, wish.price, symbol=symbol, post_only=post_only)

    def cancel(self, order: OwnOrder) -> None:
        """Send a cancel; nothing if the order is done or a cancel is on its way."""
        if order.is_done or order.is_canceling:
            return
        wish = request_messages.cancel_order(None, order.client_order_id)
        if self._can_send(wish, order):
            order.is_canceling = True
            self.line.send(wish)

    def replace(
        self,
        order: OwnOrder,
        *,
        price: Optional[Price] = None,
        quantity: Optional[int] = None,
        stop_price: Optional[Price] = None,
    ) -> None:
        """Send a change; `quantity` is the new total, what is filled included.  Nothing if the order is done."""
        if order.is_done:
            return
        wish = request_messages.replace_order(
            None,
            order.client_order_id,
            price=None if price is None else exact_price(price),
            quantity=None if quantity is None else whole_quantity(quantity),
            stop_price=None if stop_price is None else exact_price(stop_price),
            new_client_order_id=None,
        )
        if self.takes_orders and self._can_send(wish, order):
            order.replace_request = wish
            self.line.send(wish)

    def cancel_all(self, symbol: Optional[str] = None) -> None:
        """Send one cancel of everything, of one symbol or (None) of all."""
        wish = request("cancel_all", symbol=symbol)
        if self._can_send(wish, None):
            self.line.send(wish)

    def quote(self, symbol: str, bid: Optional[QuoteWish], ask: Optional[QuoteWish]) -> None:
        """Have these two stand in the book, and nothing else of this quote."""
        self._quotes.setdefault(symbol, TwoSidedQuote(symbol)).want(self, bid, ask)

    def _can_send(self, wish: Message, order: Optional[OwnOrder]) -> bool:
        """Whether it may be sent now; if not, why is in `refused`."""
        if not self.is_connected:
            code, text = "NOT_CONNECTED", "there is no connection to the exchange"
        elif not self.takes_orders and wish["type"] == "new_order":
            code, text = "STOPPING", "the bot is stopping"
        else:
            return True
        self._refuse(wish, code, text, order)
        return False

    def _refuse(self, wish: Message, code: str, text: str, order: Optional[OwnOrder]) -> None:
        """Have the bot told, when the callback that asked has returned."""
        order_id = None if order is None else order.order_id
        refused = RefusedRequest(wish["type"], code, text, wish.get("client_order_id"), order_id, order)
        self.refused.append(refused)

    # --- what the exchange says --------------------------------------------------------------------------------

    def hear_private(self, event: PrivateValue) -> Optional[OwnOrder]:
        """An event of an order; returns the order, None if it is one that nothing is known of."""
        if isinstance(event, OrderExecuted) and not self.is_behind_gap:
            self.holding(event.symbol).fill(event)
        order = self.orders.of_event(event)
        if order is None:
            return None
        shown_before, price_before, filled_before = order.shown_quantity, order.price, order.filled_quantity
        self.orders.apply(order, event)
        # What its new level shows of it already.
        self._place_in_queue(order, event, shown_before if order.price == price_before else 0)
        self._take_time(order, event, filled_before)
        return order

    def follow_up(self, order: OwnOrder) -> None:
        """After the bot has been told of `order`: move a quote that had to wait for this."""
        quote = self._quotes.get(order.symbol)
        if quote is not None and self.is_connected and self.takes_orders:
            quote.answered(self, order)

    def _place_in_queue(self, order: OwnOrder, event: PrivateValue, own_shown_quantity: int) -> None:
        market = self.markets.get(order.symbol)
        book = None if market is None else market.book
        if isinstance(event, (OrderAccepted, OrderTriggered)):
            order.quantity_ahead = queue_position.at_the_back(order, book)
        elif isinstance(event, OrderReplaced) and not event.priority_kept:
            order.quantity_ahead = queue_position.at_the_back(order, book, own_shown_quantity)
        elif isinstance(event, OrderExecuted) and event.liquidity == "MAKER":
            # The next part of an iceberg goes to the back of its level.
            order.quantity_ahead = 0 if event.displayed_quantity is None else None

    def _take_time(self, order: OwnOrder, event: PrivateValue, filled_before: int) -> None:
        if order.sent_ns is None:
            return
        if isinstance(event, OrderAccepted):
            self.times.acknowledgement.add(self.line.now_ns() - order.sent_ns)
        elif isinstance(event, OrderExecuted) and not filled_before:
            self.times.fill.add(self.line.now_ns() - order.sent_ns)

    def hear_refusal(
        self, event: Union[OrderRejected, CancelRejected, ReplaceRejected]
    ) -> Optional[RefusedRequest]:
        """A request was refused; None if it was sent again needlessly, which the bot need not know."""
        if isinstance(event, OrderRejected):
            return self._refused_order(event)
        order = self.orders.of_refusal(event)
        is_cancel = isinstance(event, CancelRejected)
        if order is not None and is_cancel:
            order.is_canceling = False
        elif order is not None:
            order.replace_request = None
        kind = "cancel_order" if is_cancel else "replace_order"
        return RefusedRequest(kind, event.code, event.text, event.client_order_id, event.order_id, order)

    def _refused_order(self, event: OrderRejected) -> Optional[RefusedRequest]:
        order = self.orders.find(None, event.client_order_id)
        if event.code == "DUPLICATE_CLIENT_ORDER_ID" and (order is None or order.request is None):
            return None
        if order is not None:
            order.refuse(event.code)
            self.orders.drop(order)
        return RefusedRequest("new_order", event.code, event.text, event.client_order_id, None, order)

    def hear_book(self, event: Union[BookSnapshot, BookUpdate]) -> Optional[FollowedMarket]:
        """A book has changed; returns its market if the bot's copy is current, subscribing again if it is not."""
        market = self.markets.get(event.symbol)
        if market is None:
            return None
        if not market.book.hear(event):
            self.line.send(request("subscribe", channel="book", symbol=event.symbol, depth=market.book.depth))
            return None
        queue_position.bound_by_level(self.orders.of_symbol(event.symbol), market.book)
        return market if market.book.is_current else None

    def hear_trade(self, event: Trade) -> Optional[FollowedMarket]:
        """Somebody has traded."""
        market = self.markets.get(event.symbol)
        if market is not None:
            market.hear_trade(event)
            queue_position.move_up(self.orders.of_symbol(event.symbol), event)
        return market

    def hear_orders(self, event: Orders) -> list[OwnOrder]:
        """The engine's own list; returns those that have ended without this side hearing how."""
        return self.orders.renew(event.orders)

    def hear_positions(self, event: Positions) -> None:
        """What is held, as the engine has it."""
        self.cash = event.cash
        for row in event.positions:
            self.holding(row.symbol).renew(row)

    # --- breaks ------------------------------------------------------------------------------------------------

    def lose_connection(self) -> None:
        """Nothing arrives from here on, and no copy of a book is current."""
        self.is_connected = False
        for market in self.markets.values():
            market.book.forget()

    def settle_unanswered(self) -> None:
        """Everything missed has been heard: see the head of this file."""
        self.is_behind_gap = False
        for order in self.orders.all():
            if order.request is not None:
                self.line.send(order.request)
            elif order.is_canceling:
                self.line.send(request_messages.cancel_order(None, order.client_order_id))
            if order.replace_request is not None:
                wish, order.replace_request = order.replace_request, None
                text = f"nobody answered the change of {order.client_order_id} before the connection was lost"
                self._refuse(wish, "CONNECTION_LOST", text, order)
