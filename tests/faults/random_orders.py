"""A seeded flow of commands that keeps books busy: orders that rest, cross and are changed or taken back.

Prices of both sides come from the same few ticks, so that about every second order trades and the books stay
small.  `Mix.PLAIN` are orders that every market has; `Mix.EVERY_RULE` adds icebergs, stops, FOK and post-only
orders, and MARKET orders for the next auction.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from enum import Enum
from random import Random
from typing import Optional

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
STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)


class Mix(Enum):
    """Which orders there are."""

    PLAIN = "plain"
    EVERY_RULE = "every rule"


class RandomOrders:
    """What `users` want next; each order has a client order id of its own: the prefix and a number."""

    def __init__(
        self,
        random: Random,
        users: Sequence[str] = USERS,
        client_order_id_prefix: str = "",
        symbols: Sequence[str] = ("ACME",),
        mix: Mix = Mix.PLAIN,
    ) -> None:
        self._random = random
        self._users = users
        self._prefix = client_order_id_prefix
        self._symbols = symbols
        self._mix = mix
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
        symbol = self._symbols[0] if len(self._symbols) == 1 else random.choice(self._symbols)
        terms = self._plain_terms() if self._mix is Mix.PLAIN else self._terms()
        return NewOrder(user, client_order_id, symbol, terms, random.random() < 0.3)

    def replace_order(self) -> ReplaceOrder:
        """Of somebody's recent order, which may be done by now."""
        user, client_order_id = self._random.choice(self._recent)
        price_nanos = self._price_nanos() if self._random.random() < 0.5 else None
        quantity = self._random.randint(1, QUANTITY_MAX)
        stop_price_nanos = None
        if self._mix is Mix.EVERY_RULE and self._random.random() < 0.1:
            stop_price_nanos = self._price_nanos()
        return ReplaceOrder(user, None, client_order_id, price_nanos, quantity, None, stop_price_nanos)

    def _plain_terms(self) -> Terms:
        random = self._random
        is_market = random.random() < 0.1
        return Terms(
            random.choice((Side.BUY, Side.SELL)),
            OrderType.MARKET if is_market else OrderType.LIMIT,
            TimeInForce.IOC if is_market or random.random() < 0.1 else random.choice(RESTING),
            None if is_market else self._price_nanos(),
            random.randint(1, QUANTITY_MAX),
            False,
            self._prevention(),
        )

    def _terms(self) -> Terms:
        """Of any kind there is.  Some are refused, by the phase or because they would trade, or could not."""
        random = self._random
        kind = random.random()
        if kind < 0.1:
            return self._market_terms()
        if kind < 0.25:
            return self._stop_terms()
        time_in_force = random.choice((*RESTING, *RESTING, *RESTING, TimeInForce.IOC, TimeInForce.FOK))
        quantity = random.randint(1, QUANTITY_MAX)
        return Terms(
            random.choice((Side.BUY, Side.SELL)),
            OrderType.LIMIT,
            time_in_force,
            self._price_nanos(),
            quantity,
            time_in_force in RESTING and random.random() < 0.08,
            self._prevention(),
            display_quantity=self._display_quantity(time_in_force, quantity),
        )

    def _market_terms(self) -> Terms:
        random = self._random
        time_in_force = random.choice((TimeInForce.IOC, TimeInForce.IOC, TimeInForce.DAY))
        side, quantity = random.choice((Side.BUY, Side.SELL)), random.randint(1, QUANTITY_MAX)
        return Terms(side, OrderType.MARKET, time_in_force, None, quantity, False, self._prevention())

    def _stop_terms(self) -> Terms:
        random = self._random
        order_type, time_in_force = random.choice(STOPS), random.choice(RESTING)
        is_limit = order_type is OrderType.STOP_LIMIT
        quantity = random.randint(1, QUANTITY_MAX)
        return Terms(
            random.choice((Side.BUY, Side.SELL)),
            order_type,
            time_in_force,
            self._price_nanos() if is_limit else None,
            quantity,
            False,
            self._prevention(),
            self._price_nanos(),
            self._display_quantity(time_in_force, quantity) if is_limit else None,
        )

    def _display_quantity(self, time_in_force: TimeInForce, quantity: int) -> Optional[int]:
        if time_in_force not in RESTING or quantity < 2 or self._random.random() > 0.25:
            return None
        return self._random.randint(1, quantity - 1)

    def _prevention(self) -> Optional[SelfTradePrevention]:
        plain = (SelfTradePrevention.CANCEL_OLDEST,)
        others = tuple(SelfTradePrevention) if self._mix is Mix.EVERY_RULE else plain
        choices: tuple[Optional[SelfTradePrevention], ...] = (None, None, None, *others)
        return self._random.choice(choices)

    def _price_nanos(self) -> int:
        return self._random.randint(LOWEST, HIGHEST) * TICK_NANOS
