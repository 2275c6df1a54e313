"""Runs a `Bot` in a market on a virtual clock: the very class that runs over TCP, told the same in the same order.

    market ──hear──► BotSession ──callbacks──► bot ──requests──► session ──► market
    scheduler ──when a timer is due──► BotSession

The bot knows no difference: its clock is the market's, its line a session.  What it raises ends it with its orders
canceled, as over TCP, and is kept in `failure`; the market goes on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Optional

from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.venue.latency import NO_LATENCY, Latency
from exchange.networking.client.bot.bot import Bot
from exchange.networking.client.bot.bot_failure import BotFailed
from exchange.networking.client.bot.bot_session import BotSession
from exchange.networking.client.message_to_event import TypedEvent
from exchange.networking.client.request_messages import request
from exchange.networking.client.typed_answers import LoggedIn
from exchange.networking.client.typed_events import OrderAccepted, OrderExecuted, OrderRejected

_COUNTED = (OrderAccepted, OrderExecuted, OrderRejected)


class DrivenBot:
    """`bot` trades as `user` (None: its class's name in lower case) from the moment this is made.

    `counts` tells how many orders of it were accepted, executed (fills) and rejected, by the event's type.
    """

    def __init__(
        self, market: VirtualMarket, bot: Bot, user: Optional[str] = None, latency: Latency = NO_LATENCY
    ) -> None:
        """Raises MarketError for a name that can't be a user's."""
        self.bot = bot
        self.user = user or type(bot).__name__.lower()
        self.failure: Optional[BotFailed] = None
        self.counts: Counter[type] = Counter()
        self._scheduler = market.scheduler
        self._session = market.join(self.user, latency)
        self._session.hear_all = self._hear_all
        self._session.on_closed = lambda: self._act(lambda: self._bot.disconnected("the exchange ended it"))
        self._bot = BotSession(bot, self._session, f"{self._session.rank}-")
        # When the bot is to be told that time has passed; None: not before it hears something.
        self._timer_ns: Optional[int] = None
        self._session.send(
            request("login", user=self.user, cancel_on_disconnect=bot.cancel_on_disconnect or None)
        )

    @property
    def is_done(self) -> bool:
        """Whether it has ended, all it had asked answered."""
        return self._bot.is_done

    def stop(self) -> None:
        """Have it end: `on_stop`, then its orders are canceled; once the market has gone on it `is_done`."""
        self._act(self._bot.stop)

    def _hear_all(self, told: list[TypedEvent]) -> None:
        hear = self._bot.hear
        for event in told:
            kind = type(event)
            if kind in _COUNTED:
                self.counts[kind] += 1
            # Here and not by `_act`: of all that the laboratory does this is done most often.
            try:
                if isinstance(event, LoggedIn):
                    self._bot.logged_in(event)
                else:
                    hear(event)
            except BotFailed as failed:
                self._fail(failed)
        self._set_timer()

    def _act(self, step: Callable[[], None]) -> None:
        """Have the bot act, then look when it wants to be called."""
        try:
            step()
        except BotFailed as failed:
            self._fail(failed)
        self._set_timer()

    def _fail(self, failed: BotFailed) -> None:
        self.failure = self.failure or failed

    def _set_timer(self) -> None:
        """Have the bot called when it wants to be."""
        due_ns = self._bot.next_timer_ns()
        if due_ns is not None and (self._timer_ns is None or due_ns < self._timer_ns):
            self._timer_ns = due_ns
            self._scheduler.put(due_ns, self._session.rank, lambda: self._wake(due_ns))

    def _wake(self, due_ns: int) -> None:
        if due_ns == self._timer_ns:  # Else something due earlier has come between.
            self._timer_ns = None
            self._act(lambda: self._bot.time_passes(self._scheduler.clock.now_ns))
