"""What the engine keeps for one user: name and credential, orders they may name, event count, positions."""

from __future__ import annotations

from collections import Counter, deque
from typing import Final, NamedTuple, Optional

from exchange.engine.order import Order
from exchange.engine.words import Side

# Looked up once: on CPython 3.11 `Side.BUY` costs 75 ns, a module global 5 ns.
_BUY: Final = Side.BUY
# RULES 14: how many client order ids of done orders stay reserved, per user.
DONE_ORDERS_REMEMBERED: Final = 1_000


class Position:
    """One user's position in one symbol, at average cost (RULES 25).  Integers throughout.

    `net_quantity` is bought minus sold; `cost` is what that net position cost, negative when short; `cost` and
    `realised_pnl` are in 10⁻⁹ currency units; `volume` counts every unit bought or sold.  `fees` is all that was
    paid on fills, `endowed_cost` what the units that the operator gave would have cost (RULES 26, 27).
    """

    __slots__ = ("net_quantity", "cost", "realised_pnl", "volume", "fees", "endowed_cost")

    def __init__(
        self,
        net_quantity: int = 0,
        cost: int = 0,
        realised_pnl: int = 0,
        volume: int = 0,
        fees: int = 0,
        endowed_cost: int = 0,
    ) -> None:
        self.net_quantity = net_quantity
        self.cost = cost
        self.realised_pnl = realised_pnl
        self.volume = volume
        self.fees = fees
        self.endowed_cost = endowed_cost

    def change(self, signed: int, price_nanos: int) -> None:
        """Add units at a price (negative: take them off): first what is held the other way is closed."""
        if self.net_quantity and (self.net_quantity > 0) != (signed > 0):
            signed = self._reduce(price_nanos, signed)
        self.net_quantity += signed
        self.cost += price_nanos * signed

    def endow(self, quantity: int, price_nanos: int) -> None:
        """The operator gives so many units at that average price, for nothing."""
        self.change(quantity, price_nanos)
        self.endowed_cost += quantity * price_nanos

    @property
    def cash_flow(self) -> int:
        """What was earned less what was paid: sold − bought − fees + settled."""
        return self.realised_pnl - self.cost + self.endowed_cost - self.fees

    def _reduce(self, price_nanos: int, signed: int) -> int:
        """Close as much as `signed` allows and realise its gain; returns what is left to open the other way.

        The cost of the closed part is rounded toward zero; what the rounding leaves stays in the cost of the rest,
        so over the life of a position nothing is gained or lost by it.
        """
        held = self.net_quantity
        closed = min(abs(held), abs(signed))
        if held > 0:
            cost_closed = self.cost * closed // held
            self.realised_pnl += price_nanos * closed - cost_closed
            self.net_quantity -= closed
            self.cost -= cost_closed
            return signed + closed
        cost_closed = -self.cost * closed // -held
        self.realised_pnl += cost_closed - price_nanos * closed
        self.net_quantity += closed
        self.cost += cost_closed
        return signed - closed


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
    `live_quantities` are, while positions are limited, what remains of the live orders by symbol and side.
    `orders` holds by id every live order and those done ones that are still remembered, `orders_by_client_id` the
    same orders by every client order id they had; `live_order_count` says how many of them are live, and
    `live_order_counts` how many of each symbol they ever had an order in.
    """

    __slots__ = (
        "user",
        "credential",
        "is_blocked",
        "seq",
        "orders",
        "orders_by_client_id",
        "live_order_count",
        "live_order_counts",
        "positions",
        "done_client_order_ids",
        "endowed_cash",
        "live_quantities",
    )

    def __init__(self, user: str) -> None:
        self.user = user
        self.credential: Optional[str] = None
        self.is_blocked = False
        self.seq = 0
        self.orders: dict[int, Order] = {}
        self.orders_by_client_id: dict[str, Order] = {}
        self.live_order_count = 0
        self.live_order_counts: dict[str, int] = {}
        self.positions: dict[str, Position] = {}
        # Oldest first; at most DONE_ORDERS_REMEMBERED.
        self.done_client_order_ids: deque[str] = deque()
        self.endowed_cash: Optional[int] = None
        self.live_quantities: Optional[dict[tuple[str, Side], int]] = None

    def enter(self, order: Order) -> None:
        """A new live order."""
        self.orders[order.order_id] = self.orders_by_client_id[order.client_order_id] = order
        self.live_order_count += 1
        counts = self.live_order_counts
        counts[order.symbol] = counts.get(order.symbol, 0) + 1
        if self.live_quantities is not None:
            self.count(order, order.remaining_quantity)

    def fill(self, order: Order, quantity: int, price_nanos: int, fee: Optional[int]) -> None:
        """Book a fill of one of the user's orders, already counted on the order itself."""
        if self.live_quantities is not None:
            self.count(order, -quantity)
        position = self.positions.get(order.symbol)
        if position is None:
            position = self.position(order.symbol)
        position.volume += quantity
        position.change(quantity if order.side is _BUY else -quantity, price_nanos)
        if fee is not None:
            position.fees += fee

    def remember(self, order: Order) -> None:
        """Let the order be found by its ids, live or done."""
        self.orders[order.order_id] = order
        self.orders_by_client_id[order.client_order_id] = order

    def end(self, order: Order) -> None:
        """A live order is done: remember it for a while."""
        self.live_order_count -= 1
        self.live_order_counts[order.symbol] -= 1
        self.reserve(order.client_order_id)

    def find(self, order_id: Optional[int], client_order_id: Optional[str]) -> Optional[Order]:
        """The order of this user named by one of its ids, live or remembered; None if there is none."""
        if order_id is not None:
            return self.orders.get(order_id)
        assert client_order_id is not None
        return self.orders_by_client_id.get(client_order_id)

    def rename(self, order: Order, client_order_id: str) -> None:
        """Give a live order a new client order id; the old one still names it, and is reserved like a done one."""
        old_client_order_id, order.client_order_id = order.client_order_id, client_order_id
        self.orders_by_client_id[client_order_id] = order
        self.reserve(old_client_order_id)

    def reserve(self, client_order_id: str) -> None:
        """The order of this id is done or has another id now: remember it, forget the oldest.  O(1)."""
        done = self.done_client_order_ids
        done.append(client_order_id)
        if len(done) > DONE_ORDERS_REMEMBERED:
            forgotten = done.popleft()
            order = self.orders_by_client_id.pop(forgotten)
            if order.client_order_id == forgotten:
                del self.orders[order.order_id]

    def position(self, symbol: str) -> Position:
        """The user's position in `symbol`, a flat one if there was none."""
        position = self.positions.get(symbol)
        if position is None:
            position = self.positions[symbol] = Position()
        return position

    def state(self) -> UserState:
        """What the operator is told."""
        return UserState(self.user, self.live_order_count, self.is_blocked, self.credential is not None)

    def live_orders(self, symbol: Optional[str] = None) -> list[Order]:
        """The user's live orders, of one symbol or (None) of all, in arrival order.

        Looks from the newest order back to the oldest that is asked for, so O(1) where there is none.
        """
        count = self.live_order_count if symbol is None else self.live_order_counts.get(symbol, 0)
        newest_first = reversed(self.orders.values())
        live: list[Order] = []
        while len(live) < count:
            order = next(newest_first)
            if (symbol is None or order.symbol == symbol) and order.is_live:
                live.append(order)
        # A restored account has its orders book by book.
        live.sort(key=lambda order: order.order_id)
        return live

    def orders_ending_with_connections(self) -> tuple[int, ...]:
        """The ids of those of the user's live orders that end with their connections, in arrival order."""
        return tuple(order.order_id for order in self.live_orders() if order.ends_with_connection)

    @property
    def cash(self) -> Optional[int]:
        """Endowed − bought + sold − fees + settled, in 10⁻⁹ currency units (RULES 27); None as `endowed_cash`."""
        if self.endowed_cash is None:
            return None
        return self.endowed_cash + sum(position.cash_flow for position in self.positions.values())

    def limit_positions(self, is_limited: bool) -> None:
        """Keep the running totals that position limits ask for, or keep them no longer.  O(live orders)."""
        self.live_quantities = {} if is_limited else None
        if is_limited:
            for order in self.live_orders():
                self.count(order, order.remaining_quantity)

    def count(self, order: Order, change: int) -> None:
        """So much more (or, negative, less) remains of a live order."""
        totals = self.live_quantities
        if totals is not None:
            key = (order.symbol, order.side)
            totals[key] = totals.get(key, 0) + change

    def live_quantity(self, symbol: str, side: Side) -> int:
        """What remains of the user's live orders of one symbol and side, in units; while positions are limited."""
        assert self.live_quantities is not None, self.user
        return self.live_quantities.get((symbol, side), 0)

    def check_invariants(self) -> None:
        """Assert that the running counts are those of the live orders.  For tests."""
        live = Counter(order.symbol for order in self.orders.values() if order.is_live)
        assert self.live_order_count == sum(live.values()), self.user
        for symbol, count in self.live_order_counts.items():
            assert count == live.pop(symbol, 0), (self.user, symbol)
        assert not live, self.user
        if self.live_quantities is not None:
            kept = {key: total for key, total in self.live_quantities.items() if total}
            self.limit_positions(True)
            assert kept == self.live_quantities, (self.user, kept, self.live_quantities)
