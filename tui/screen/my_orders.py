"""The user's own orders as the screen shows them: what was asked, what the engine said, what is still open.

    SENT ──accepted──► WORKING ──fill──► PARTIAL ──fill──► FILLED
      └──refused──► REJECTED    └──────────┴──► CANCELED, EXPIRED      UNKNOWN: ended while nobody looked

Nothing becomes WORKING or FILLED before the engine said so.  `ahead` is what is shown before an order in its
level.  The engine tells it with the list of orders; after that it is counted: it begins with what the level holds
when the order joins it, falls with each trade there and with the level's total, and so is at most what is shown.
None: not known.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Optional

from exchange.networking.tcp_client import Message
from tui.screen.level_flashes import LadderSide
from tui.screen.list_sorting import BY_TIME, TIME, Sorting
from tui.screen.market_data import LevelTotal, Market, TapeTrade
from tui.screen.my_order import CANCELING, ORDER_COLUMNS, MyOrder, ShownState

# Orders that are over are kept for the panel up to this many.
DONE_ORDERS_MAX = 200


_STATE_OF_STATUS = {
    "NEW": ShownState.WORKING,
    "PARTIALLY_FILLED": ShownState.PARTIAL,
    "FILLED": ShownState.FILLED,
    "CANCELED": ShownState.CANCELED,
    "EXPIRED": ShownState.EXPIRED,
    "REJECTED": ShownState.REJECTED,
}


class MyOrders:
    """All orders known, oldest first, of all symbols."""

    def __init__(self, sorting: Sorting = BY_TIME) -> None:
        self._orders: dict[str, MyOrder] = {}
        self._by_order_id: dict[int, MyOrder] = {}
        # The open ones among them: every book message asks for these.
        self._open: dict[str, MyOrder] = {}
        # Whether somebody may have left a level before an order or behind it: `ahead` is too much then.
        self.are_places_doubtful = False
        self.sorting = sorting
        # The selected order, wherever its row goes, and where it was selected or ended (None: nobody has looked).
        self._selected: Optional[MyOrder] = None
        self._row: Optional[int] = None

    def __iter__(self) -> Iterator[MyOrder]:
        return iter(self._orders.values())

    def open(self, symbol: Optional[str] = None) -> list[MyOrder]:
        """The orders that may trade, oldest first; of one symbol or (None) of all."""
        return [order for order in self._open.values() if symbol in (None, order.symbol)]

    def shown(self) -> list[MyOrder]:
        """In the order of the panel: what is open, then what is over, each as `sorting` says.

        By time what is open has the newest last, what is over the newest first.
        """
        return self._sorted(self.open()) + self._sorted([order for order in self if not order.is_open][::-1])

    def _sorted(self, orders: list[MyOrder]) -> list[MyOrder]:
        column, is_turned = self.sorting
        if column == TIME:
            return orders[::-1] if is_turned else orders
        return sorted(orders, key=ORDER_COLUMNS[column], reverse=is_turned)

    @property
    def selected(self) -> Optional[MyOrder]:
        """The order that keys of the panel act on; None: none, or it has ended and no hand chose another."""
        return self._selected

    @property
    def selected_row(self) -> int:
        """Its row in `shown`, or where it was."""
        return next((row for row, order in enumerate(self.shown()) if order is self._selected), self._row or 0)

    def select(self, row: int) -> None:
        """The order in this row of `shown`, or in the nearest there is, is the selected one from now on."""
        shown = self.shown()
        self._row = max(0, min(row, len(shown) - 1)) if shown else None
        self._selected = None if self._row is None else shown[self._row]

    def select_further(self, rows: int) -> None:
        """So many rows down (below 0: up); where the selected order has ended the next one is one row down."""
        is_next_there = self._selected is None and self._row is not None and rows > 0
        self.select(self.selected_row + rows - is_next_there)

    def select_any(self) -> None:
        """Select the first order if none ever was."""
        if self._row is None and self._orders:
            self.select(0)

    def _selected_ended(self, row: int, *, is_wanted: bool) -> None:
        """Who canceled it goes on to the next; else no key may act on what has taken its place."""
        self._selected, self._row = None, row
        if is_wanted:
            self.select(row)

    def by_client_order_id(self, client_order_id: str) -> Optional[MyOrder]:
        """The order this user named so."""
        return self._orders.get(client_order_id)

    def find(self, message: Message) -> Optional[MyOrder]:
        """The order that an event or a rejection is about, None if it is not known."""
        order = self._by_order_id.get(message.get("order_id", -1))
        return order or self._orders.get(message.get("client_order_id", ""))

    def add_sent(self, order: MyOrder) -> None:
        """Remember an order that is being sent."""
        self._file(order)

    def _file(self, order: MyOrder) -> None:
        self._orders[order.client_order_id] = order
        if order.is_open:
            self._open[order.client_order_id] = order
        else:
            self._open.pop(order.client_order_id, None)

    def remove(self, order: MyOrder) -> None:
        """Forget it."""
        self._orders.pop(order.client_order_id, None)
        self._open.pop(order.client_order_id, None)
        if order is self._selected:
            self._selected_ended(0, is_wanted=False)
        if order.order_id is not None:
            self._by_order_id.pop(order.order_id, None)

    def accept(self, message: Message, market: Market) -> MyOrder:
        """The engine has it (`order_accepted`, an entry of `orders`, or of the history)."""
        order = self._orders.get(message["client_order_id"])
        if order is None:
            order = _from_message(message)
        order.order_id = message["order_id"]
        if order.order_id is not None:
            self._by_order_id[order.order_id] = order
        order.quantity, order.remaining = message["quantity"], message["remaining_quantity"]
        order.price = _ticks(message.get("price"), market)
        order.stop_price = _ticks(message.get("stop_price"), market)
        is_new_stop = message.get("type") == "order_accepted" and order.stop_price is not None
        order.is_waiting = message.get("waiting", is_new_stop)
        order.displayed = message.get("displayed_quantity", message.get("display_quantity"))
        order.ahead = message.get("quantity_ahead", order.ahead)
        order.state = _STATE_OF_STATUS.get(message["status"], ShownState.UNKNOWN)
        self._file(order)
        return order

    def set_status(self, order: MyOrder, message: Message) -> None:
        """Take the status and what remains from a private event."""
        row, is_wanted = self.selected_row if order is self._selected else None, order.asked == CANCELING
        order.state = _STATE_OF_STATUS.get(message["status"], ShownState.UNKNOWN)
        order.asked = ""
        order.displayed = message.get("displayed_quantity", order.displayed)
        if order.is_open or order.state is ShownState.FILLED:
            order.remaining = message["remaining_quantity"]
        self._file(order)
        if not order.is_open:
            if row is not None:
                self._selected_ended(row, is_wanted=is_wanted)
            self._forget_oldest()

    def reprice(self, order: MyOrder, message: Message, market: Market) -> None:
        """Take the prices of an `order_replaced`."""
        order.price = _ticks(message["price"], market)
        if "stop_price" in message:
            order.stop_price = _ticks(message["stop_price"], market)
            order.is_waiting = message.get("waiting", order.is_waiting)

    def rename(self, order: MyOrder, client_order_id: str) -> None:
        """The order goes by another client order id from now on."""
        if client_order_id != order.client_order_id:
            self._orders.pop(order.client_order_id, None)
            self._open.pop(order.client_order_id, None)
            order.client_order_id = client_order_id
            self._file(order)

    def believe(self, live: list[Message], markets: dict[str, Market], asked_at: float) -> int:
        """`live` are the orders the engine has, and no others are, but for those sent since it was asked.

        Returns how many open ones it did not know.
        """
        known = {message["client_order_id"] for message in live}
        vanished = [
            order
            for order in self.open()
            if order.client_order_id not in known and (order.sent_at is None or order.sent_at <= asked_at)
        ]
        for order in vanished:
            order.state = ShownState.UNKNOWN
            self._file(order)
        for message in live:
            market = markets.get(message["symbol"])
            if market is not None:
                order = self.accept(message, market)
                if order.asked_at is None or order.asked_at <= asked_at:
                    order.asked = ""
        return len(vanished)

    def join_level(self, order: MyOrder, market: Market) -> None:
        """The order was just accepted, or lost its place: all that its level is known to hold is ahead of it."""
        levels = market.bids if order.is_buy else market.asks
        order.ahead = None if order.price is None or order.is_waiting else levels.get(order.price, 0)

    def filled(self, order: MyOrder, message: Message, market: Market) -> None:
        """It traded.  What of an iceberg is shown anew has gone to the back of its level."""
        left = None if order.displayed is None else order.displayed - message["quantity"]
        self.set_status(order, message)
        if left is not None and order.displayed is not None and order.displayed > max(0, left) and order.is_open:
            self.join_level(order, market)
            order.ahead = None if order.ahead is None else max(0, order.ahead - order.displayed)
        elif message.get("liquidity") == "MAKER":
            order.ahead = 0

    def levels_changed(self, symbol: str, changes: list[LevelTotal]) -> None:
        """No more can be ahead of an order than its level holds beside it."""
        if not self._open:
            return
        totals = {(change.side is LadderSide.BID, change.price): change.quantity for change in changes}
        for order in self.open(symbol):
            total = totals.get((order.is_buy, order.price or 0))
            if total is not None and order.ahead is not None and order.is_working:
                self.are_places_doubtful = self.are_places_doubtful or order.ahead > 0
                order.ahead = min(order.ahead, max(0, total - order.in_book))

    def traded(self, symbol: str, trade: TapeTrade) -> None:
        """What trades at a level was ahead of every order that is still in it."""
        for order in self.open(symbol):
            is_hit = trade.is_buy is not None and order.is_buy != trade.is_buy
            if order.price == trade.price and is_hit and order.ahead is not None:
                order.ahead = max(0, order.ahead - trade.quantity)

    def _forget_oldest(self) -> None:
        done = [order for order in self if not order.is_open]
        for order in done[: max(0, len(done) - DONE_ORDERS_MAX)]:
            self.remove(order)


def _ticks(price: Optional[Decimal], market: Market) -> Optional[int]:
    return None if price is None else market.scale.ticks(price)


def _from_message(message: Message) -> MyOrder:
    return MyOrder(
        client_order_id=message["client_order_id"],
        symbol=message["symbol"],
        is_buy=message["side"] == "BUY",
        price=None,
        quantity=message["quantity"],
        remaining=message["remaining_quantity"],
        state=ShownState.WORKING,
        is_immediate=message.get("order_type") == "MARKET" or message.get("time_in_force") in ("IOC", "FOK"),
    )
