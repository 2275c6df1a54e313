"""What the engine keeps for one user: name and credential, orders they may name, event count, desks, positions."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, NamedTuple, Optional

from exchange.engine.desk import Desk, Position
from exchange.engine.order import Order
from exchange.engine.orderbook import OrderBook
from exchange.engine.words import Side

# RULES 14: how many client order ids of done orders stay reserved, per user.
DONE_ORDERS_REMEMBERED: Final = 1_000


def _dict_with_hashes() -> dict[str, Order]:
    """An empty dict that keeps the hash of each key beside it.

    CPython spares that where all keys have been texts, and so has to look at every text that a search comes by:
    among a million orders each is a miss of the cache, 8 % of what a message costs there.
    """
    orders: dict[Any, Any] = {None: None}
    del orders[None]
    return orders


class UserState(NamedTuple):
    """A user as the operator sees them."""

    user: str
    live_order_count: int
    is_blocked: bool
    is_claimed: bool


class Account:
    """One user as the engine knows them.

    `credential` is what the user's name was claimed with, None while it is not claimed.  No order of a user who
    `is_blocked` is taken, and none of theirs is live.  `seq` is the number of the user's last private event.
    `endowed_cash` is what the operator gave, in 10⁻⁹ currency units, None for who was never given anything.
    `orders` are, by every client order id that they had, the live orders and those done ones that are still
    remembered.  `desks` are, by symbol, the instruments that the user ever had an order in, `positions` those that
    they ever held something of.  `is_limited`: their desks keep what position limits ask for.
    """

    __slots__ = (
        "user",
        "credential",
        "is_blocked",
        "seq",
        "orders",
        "desks",
        "positions",
        "endowed_cash",
        "is_limited",
        "_orders_by_id",
        "_reserved",
        "_oldest",
    )

    def __init__(self, user: str) -> None:
        self.user = user
        self.credential: Optional[str] = None
        self.is_blocked = False
        self.seq = 0
        self.orders = _dict_with_hashes()
        self.desks: dict[Optional[str], Desk] = {}
        self.positions: dict[str, Position] = {}
        self.endowed_cash: Optional[int] = None
        self.is_limited = False
        # The same orders by id, kept from the first time that one is named so: hardly any client does.
        self._orders_by_id: Optional[dict[int, Order]] = None
        # A ring of at most DONE_ORDERS_REMEMBERED client order ids; the oldest stands at `_oldest`.
        self._reserved: list[str] = []
        self._oldest = 0

    # --- orders ------------------------------------------------------------------------------------------

    @property
    def live_order_count(self) -> int:
        """How many of the user's orders are live: each has one name that is not reserved, its last."""
        return len(self.orders) - len(self._reserved)

    def desk(self, book: OrderBook) -> Desk:
        """The user's desk for an instrument, a new one if there was none."""
        desk = self.desks.get(book.symbol)
        if desk is None:
            desk = self.desks[book.symbol] = Desk(self, book)
            desk.is_limited = self.is_limited
        return desk

    def enter(self, order: Order) -> None:
        """A new live order."""
        self.orders[order.client_order_id] = order
        if self._orders_by_id is not None:
            self._orders_by_id[order.order_id] = order
        desk = order.desk
        desk.live_order_count += 1
        if desk.is_limited:
            desk.count(order.side, order.remaining_quantity)

    def end(self, order: Order) -> None:
        """A live order is done: remember it for a while."""
        order.desk.live_order_count -= 1
        self.reserve(order.client_order_id)

    def reserve(self, client_order_id: str) -> None:
        """The order of this id is done or has another id now: remember it, forget the oldest (RULES 14).  O(1)."""
        reserved = self._reserved
        if len(reserved) < DONE_ORDERS_REMEMBERED:
            reserved.append(client_order_id)
            return
        oldest = self._oldest
        forgotten = reserved[oldest]
        reserved[oldest] = client_order_id
        self._oldest = oldest + 1 if oldest + 1 < DONE_ORDERS_REMEMBERED else 0
        if self._orders_by_id is not None:
            order = self.orders[forgotten]
            if order.client_order_id == forgotten:
                del self._orders_by_id[order.order_id]
        del self.orders[forgotten]

    def reserved(self) -> list[str]:
        """The client order ids that are kept from being used again, the one to be forgotten next first."""
        return self._reserved[self._oldest :] + self._reserved[: self._oldest]

    def find(self, order_id: Optional[int], client_order_id: Optional[str]) -> Optional[Order]:
        """The order of this user named by one of its ids, live or remembered; None if there is none.

        O(orders) the first time that `order_id` names one, else O(1).
        """
        if order_id is None:
            assert client_order_id is not None
            return self.orders.get(client_order_id)
        if self._orders_by_id is None:
            self._orders_by_id = {order.order_id: order for order in self.orders.values()}
        return self._orders_by_id.get(order_id)

    def rename(self, order: Order, client_order_id: str) -> None:
        """Give a live order a new client order id; the old one still names it, and is reserved like a done one."""
        old_client_order_id, order.client_order_id = order.client_order_id, client_order_id
        self.orders[client_order_id] = order
        self.reserve(old_client_order_id)

    def live_orders(self, symbol: Optional[str] = None) -> list[Order]:
        """The user's live orders, of one symbol or (None) of all, in arrival order.

        Looks from the newest name back to that of the oldest order that is asked for, so O(1) where there is none.
        """
        count = self.live_order_count
        if symbol is not None:
            desk = self.desks.get(symbol)
            count = 0 if desk is None else desk.live_order_count
        newest_first = reversed(self.orders.items())
        live: list[Order] = []
        while len(live) < count:
            client_order_id, order = next(newest_first)
            # An order that was renamed is found under each of its names, and taken under its last.
            if (
                order.is_live
                and (symbol is None or order.symbol == symbol)
                and order.client_order_id == client_order_id
            ):
                live.append(order)
        live.sort(key=lambda order: order.order_id)
        return live

    def orders_ending_with_connections(self) -> tuple[int, ...]:
        """The ids of those of the user's live orders that end with their connections, in arrival order."""
        return tuple(order.order_id for order in self.live_orders() if order.ends_with_connection)

    # --- what the user has -------------------------------------------------------------------------------

    def position(self, symbol: str) -> Position:
        """The user's position in `symbol`, a flat one if there was none."""
        position = self.positions.get(symbol)
        if position is None:
            position = self.positions[symbol] = Position()
        return position

    @property
    def cash(self) -> Optional[int]:
        """Endowed − bought + sold − fees + settled, in 10⁻⁹ currency units (RULES 27); None as `endowed_cash`."""
        if self.endowed_cash is None:
            return None
        return self.endowed_cash + sum(position.cash_flow for position in self.positions.values())

    def state(self) -> UserState:
        """What the operator is told."""
        return UserState(self.user, self.live_order_count, self.is_blocked, self.credential is not None)

    def limit_positions(self, is_limited: bool) -> None:
        """Keep the running totals that position limits ask for, or keep them no longer.  O(live orders)."""
        self.is_limited = is_limited
        for desk in self.desks.values():
            desk.is_limited = is_limited
            desk.live_buy_quantity = desk.live_sell_quantity = 0
        if is_limited:
            for order in self.live_orders():
                order.desk.count(order.side, order.remaining_quantity)

    def check_invariants(self) -> None:
        """Assert that the running counts are those of the live orders.  For tests."""
        live = {order.order_id: order for order in self.orders.values() if order.is_live}
        assert self.live_order_count == len(live), self.user
        counts = Counter(order.desk for order in live.values())
        totals = Counter[tuple[Desk, Side]]()
        for order in live.values():
            totals[order.desk, order.side] += order.remaining_quantity
        for desk in self.desks.values():
            assert desk.live_order_count == counts.pop(desk, 0), (self.user, desk.symbol)
            if desk.is_limited:
                kept = [desk.live_quantity(side) for side in Side]
                assert kept == [totals[desk, side] for side in Side], (self.user, desk.symbol, kept)
        assert not counts, self.user
        by_id = self._orders_by_id
        assert by_id is None or by_id == {order.order_id: order for order in self.orders.values()}, self.user
