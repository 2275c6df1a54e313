"""What the oracle remembers: every user's orders and positions, and the events of the command at hand."""

from __future__ import annotations

from typing import Optional

from exchange.engine.events import Event, OrderState
from exchange.engine.instrument import Instrument
from exchange.engine.words import CancelReason, Phase, PhaseReason, Side
from tests.support.oracle.values import (
    RESERVED_IDS,
    OracleOrder,
    OraclePosition,
    canceled,
    expired,
    replaced,
)


class Market:
    """One instrument's state but for its orders: phase, prices that rules refer to.

    `until` is the earliest end of the phase in ns, None where it is open.  Prices are in ticks.
    """

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.phase = Phase.CONTINUOUS
        self.reason = PhaseReason.OPERATOR
        self.until: Optional[int] = None
        # RULES 18: whether the breaker's call was extended.  RULES 28: whether it is one of a row of calls, and
        # when it ends, which nobody is told.
        self.is_extended = False
        self.is_repeated = False
        self.call_end = 0
        self.last_price: Optional[int] = None
        self.last_auction_price: Optional[int] = None
        self.first_price_of_day: Optional[int] = None

    @property
    def reference(self) -> Optional[int]:
        """RULES 17: the last trade, else the instrument's reference price, else none."""
        return self.instrument.reference_price if self.last_price is None else self.last_price

    @property
    def static_reference(self) -> Optional[int]:
        """RULES 18: the last auction price, else the day's first trade, which is judged by the reference price."""
        for price in (self.last_auction_price, self.first_price_of_day):
            if price is not None:
                return price
        return self.instrument.reference_price


class Memory:
    """Who has which orders and positions, and what is told of them: lists to be filtered, nothing clever.

    `live` holds every live order, waiting stops included; `reserved` each user's ids that no new order may have,
    with their orders, oldest first.
    """

    def __init__(self) -> None:
        self.markets: dict[str, Market] = {}
        self.live: list[OracleOrder] = []
        self.reserved: dict[str, list[tuple[str, OracleOrder]]] = {}
        self.positions: dict[tuple[str, str], OraclePosition] = {}
        self._seqs: dict[str, int] = {}
        self._events: list[Event] = []
        self._now = 0
        self._arrival_count = 0

    @property
    def instruments(self) -> dict[str, Instrument]:
        """What is listed, by symbol."""
        return {symbol: market.instrument for symbol, market in self.markets.items()}

    def resting(self, symbol: str, side: Side) -> list[OracleOrder]:
        """One side of one book, in priority order: MARKET orders of a call, then best price, then arrival."""
        sign = -1 if side is Side.BUY else 1
        orders = [o for o in self.live if o.symbol == symbol and o.side is side and not o.is_waiting]
        return sorted(orders, key=lambda o: (o.price is not None, sign * (o.price or 0), o.arrival))

    def waiting(self, symbol: str) -> list[OracleOrder]:
        """The stops outside the book, triggered or not, by their ids."""
        return sorted((o for o in self.live if o.symbol == symbol and o.is_waiting), key=lambda o: o.order_id)

    def depth(self, symbol: str, side: Side) -> list[tuple[int, int, int]]:
        """(price in ticks, displayed quantity, orders) of each level, best first; MARKET orders are in none."""
        levels: dict[int, list[int]] = {}
        for order in self.resting(symbol, side):
            if order.price is not None:
                levels.setdefault(order.price, []).append(order.tradable)
        return [(price, sum(quantities), len(quantities)) for price, quantities in levels.items()]

    def orders_ending_with_connections(self) -> dict[str, tuple[int, ...]]:
        """Of each user who has some, the live orders that were entered as ending with their connection."""
        ending = [order for order in self.live if order.ends_with_connection]
        return {
            user: tuple(sorted(order.order_id for order in ending if order.user == user))
            for user in {order.user for order in ending}
        }

    def state_of(self, order: OracleOrder) -> OrderState:
        """The order as `OrdersListed` tells it."""
        ahead: Optional[int] = None
        if not order.is_waiting:
            queue = self.resting(order.symbol, order.side)
            before = queue[: queue.index(order)]
            ahead = sum(other.tradable for other in before if other.price == order.price)
        return OrderState(
            order.order_id,
            order.client_order_id,
            order.symbol,
            order.terms,
            order.remaining,
            order.status,
            order.timestamp,
            ahead,
            order.displayed_quantity,
            order.is_waiting,
        )

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

    def _take_place(self, order: OracleOrder) -> None:
        """At the back of its level."""
        self._arrival_count += 1
        order.arrival = self._arrival_count

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

    def _expire(self, order: OracleOrder) -> None:
        ended = order.remaining
        order.canceled += ended
        self._put_away(order)
        self._tell(expired(order, self._next_seq(order.user), self._now, ended))

    def _tell_replaced(self, order: OracleOrder, priority_kept: bool) -> None:
        self._tell(replaced(order, self._next_seq(order.user), self._now, priority_kept))

    def _tell(self, event: Event) -> None:
        self._events.append(event)
