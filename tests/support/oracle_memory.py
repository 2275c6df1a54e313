"""What the oracle remembers: every user's orders and positions, and the events of the command at hand."""

from __future__ import annotations

from typing import Optional

from exchange.engine.events import Event
from exchange.engine.words import CancelReason, Side
from tests.support.oracle_values import RESERVED_IDS, OracleOrder, OraclePosition, canceled, replaced


class Memory:
    """Who has which orders and positions, and what is told of them: lists to be filtered, nothing clever.

    `live` holds every resting order; `reserved` each user's ids that no new order may have, with their orders,
    oldest first.
    """

    def __init__(self) -> None:
        self.live: list[OracleOrder] = []
        self.reserved: dict[str, list[tuple[str, OracleOrder]]] = {}
        self.positions: dict[tuple[str, str], OraclePosition] = {}
        self._seqs: dict[str, int] = {}
        self._events: list[Event] = []
        self._now = 0

    def resting(self, symbol: str, side: Side) -> list[OracleOrder]:
        """One side of one book, in priority order: best price first, then arrival (RULES 1)."""
        sign = -1 if side is Side.BUY else 1
        orders = [order for order in self.live if order.symbol == symbol and order.side is side]
        return sorted(orders, key=lambda order: (sign * order.limit, order.arrival))

    def depth(self, symbol: str, side: Side) -> list[tuple[int, int, int]]:
        """(price in ticks, quantity, orders) of each level, best first."""
        orders = self.resting(symbol, side)
        levels: dict[int, list[int]] = {}
        for order in orders:
            levels.setdefault(order.limit, []).append(order.remaining)
        return [(price, sum(quantities), len(quantities)) for price, quantities in levels.items()]

    def orders_ending_with_connections(self) -> dict[str, tuple[int, ...]]:
        """Of each user who has some, the live orders that were entered as ending with their connection."""
        ending = [order for order in self.live if order.ends_with_connection]
        return {
            user: tuple(sorted(order.order_id for order in ending if order.user == user))
            for user in {order.user for order in ending}
        }

    def _live_of(self, user: str) -> list[OracleOrder]:
        return sorted((order for order in self.live if order.user == user), key=lambda order: order.order_id)

    def _find(self, user: str, order_id: Optional[int], client_order_id: Optional[str]) -> Optional[OracleOrder]:
        """The user's order of that name: live, or remembered by an id that is still reserved (RULES 14)."""
        live = [(order.client_order_id, order) for order in self._live_of(user)]
        for name, order in live + self.reserved.get(user, []):
            by_order_id = order.order_id == order_id and name == order.client_order_id
            if by_order_id or name == client_order_id:
                return order
        return None

    def _put_away(self, order: OracleOrder) -> None:
        order.is_over = True
        if order in self.live:
            self.live.remove(order)
        self._reserve(order)

    def _reserve(self, order: OracleOrder) -> None:
        """Its id of this moment is not free for another order, until it is the oldest of more than 1,000."""
        reserved = self.reserved.setdefault(order.user, [])
        reserved.append((order.client_order_id, order))
        del reserved[:-RESERVED_IDS]

    def _position(self, order: OracleOrder) -> OraclePosition:
        return self.positions.setdefault((order.user, order.symbol), OraclePosition())

    def _next_seq(self, user: str) -> int:
        self._seqs[user] = self._seqs.get(user, 0) + 1
        return self._seqs[user]

    def _end(self, order: OracleOrder, reason: CancelReason) -> None:
        """Cancel what remains of the order, and tell its user how much that was."""
        ended = order.remaining
        order.canceled += ended
        self._put_away(order)
        self._tell(canceled(order, self._next_seq(order.user), self._now, ended, reason))

    def _tell_replaced(self, order: OracleOrder, priority_kept: bool) -> None:
        self._tell(replaced(order, self._next_seq(order.user), self._now, priority_kept))

    def _tell(self, event: Event) -> None:
        self._events.append(event)
