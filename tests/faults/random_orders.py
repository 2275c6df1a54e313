"""A seeded flow of commands that keeps a book busy: orders that rest, cross and are changed or taken back.

Prices of both sides come from the same few ticks, so that about every second order trades and the book stays
small.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from random import Random

from exchange.engine.commands import CancelAll, CancelOrder, Command, GetOrders, NewOrder, ReplaceOrder
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, SelfTradePrevention, Side, TimeInForce

USERS = ("alice", "bob", "carol", "dave", "erin")
TICK_NANOS = 10_000_000
# Prices in ticks.
LOWEST, HIGHEST = 9_990, 10_010
QUANTITY_MAX = 50
RESTING = (TimeInForce.GTC, TimeInForce.GTC, TimeInForce.DAY)
# Changes and cancels name one of this many orders entered last.
RECENT_ORDERS = 30


class RandomOrders:
    """What `users` want next; each order has a client order id of its own: the prefix and a number."""

    def __init__(self, random: Random, users: Sequence[str] = USERS, client_order_id_prefix: str = "") -> None:
        self._random = random
        self._users = users
        self._prefix = client_order_id_prefix
        self._entered_count = 0
        self._recent: deque[tuple[str, str]] = deque(maxlen=RECENT_ORDERS)

    def next(self) -> Command:
        """One command."""
        kind = self._random.random()
        if kind < 0.6 or not self._recent:
            return self.new_order()
        if kind < 0.8:
            return CancelOrder(self._random.choice(self._users), None, self._random.choice(self._recent)[1])
        if kind < 0.98:
            return self.replace_order()
        user = self._random.choice(self._users)
        return CancelAll(user, None) if kind < 0.985 else GetOrders(user)

    def new_order(self) -> NewOrder:
        """Mostly one that may rest."""
        random = self._random
        user = random.choice(self._users)
        self._entered_count += 1
        client_order_id = f"{self._prefix}{self._entered_count}"
        self._recent.append((user, client_order_id))
        is_market = random.random() < 0.1
        return NewOrder(
            user,
            client_order_id,
            "ACME",
            Terms(
                random.choice((Side.BUY, Side.SELL)),
                OrderType.MARKET if is_market else OrderType.LIMIT,
                TimeInForce.IOC if is_market or random.random() < 0.1 else random.choice(RESTING),
                None if is_market else self._price_nanos(),
                random.randint(1, QUANTITY_MAX),
                False,
                random.choice((None, None, None, SelfTradePrevention.CANCEL_OLDEST)),
            ),
            random.random() < 0.3,
        )

    def replace_order(self) -> ReplaceOrder:
        """Of somebody's recent order, which may be done by now."""
        user, client_order_id = self._random.choice(self._recent)
        price_nanos = self._price_nanos() if self._random.random() < 0.5 else None
        quantity = self._random.randint(1, QUANTITY_MAX)
        return ReplaceOrder(user, None, client_order_id, price_nanos, quantity, None)

    def _price_nanos(self) -> int:
        return self._random.randint(LOWEST, HIGHEST) * TICK_NANOS
