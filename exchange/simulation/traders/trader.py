"""One simulated user: a thread that shows its agent the market, sends what the agent wants and reads what comes.

    send what is due ─► read all that has come ─► … ─► stop or quota reached
        ─► read until every request is answered ─► read until all traders are that far ─► ping, read until its pong

The last two steps make the counts exact: a fill may come long after the order, set off by another trader's last
request.  No trader ever stops reading before that, or the engine would drop it as too slow.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple, Optional

from exchange.networking.tcp_client import BookFollower, BookLevel, ExchangeClient, ExchangeError
from exchange.simulation.errors import EngineGoneError
from exchange.simulation.order_desk import OrderDesk
from exchange.simulation.tally import NS_PER_S, Tally
from exchange.simulation.traded_instrument import TradedInstrument
from exchange.simulation.traders.agent import Agent
from exchange.simulation.traders.market_view import MarketView
from exchange.simulation.traders.working_orders import WorkingOrders

# Requests without an answer that one trader may have, and how many it sends with one system call.
WINDOW = 64
BATCH = 16
# Messages read before the next request is due its turn, however many more are there.
READ_MAX = 256
# How soon a trader that waits for messages sees that it is to stop.
POLL_S = 0.05
# An engine that owes an answer and says nothing for so long is taken for gone.
SILENCE_S_MAX = 30
# Where trading starts on an empty book, in currency.
START_PRICE = Decimal(100)


class TraderPlan(NamedTuple):
    """How much one trader sends.

    `quota` requests and for `duration_s`, None: no limit; `rate_per_s` of them, 0: as fast as it can.
    """

    quota: Optional[int]
    rate_per_s: float
    duration_s: Optional[float]


class Rendezvous:
    """Where traders meet at the end.  Each calls `arrive` once, from its thread; `_lock` guards the count."""

    def __init__(self, trader_count: int) -> None:
        self._lock = threading.Lock()
        self._missing_count = trader_count
        self._complete = threading.Event()

    def arrive(self) -> None:
        """This trader has an answer to everything it sent, or will never have."""
        with self._lock:
            self._missing_count -= 1
            if not self._missing_count:
                self._complete.set()

    @property
    def is_complete(self) -> bool:
        """Whether all have arrived."""
        return self._complete.is_set()


class Trader:
    """Owns its client, which is logged in and follows `book`, and closes it.  `run` is the body of its thread.

    `stopping` ends the sending, from any thread.  `tally` may be read by others while it runs.
    """

    def __init__(
        self,
        client: ExchangeClient,
        book: BookFollower,
        instrument: TradedInstrument,
        agent: Agent,
        plan: TraderPlan,
        stopping: threading.Event,
        rendezvous: Rendezvous,
        clock_ns: Callable[[], int],
    ) -> None:
        self.tally = Tally()
        self._client = client
        self._book = book
        self._instrument = instrument
        self._agent = agent
        self._plan = plan
        self._stopping = stopping
        self._rendezvous = rendezvous
        self._clock_ns = clock_ns
        self._desk = OrderDesk(client, instrument, self.tally, WINDOW, clock_ns)
        self._own = WorkingOrders(instrument)
        self._reference = instrument.nearest_ticks(START_PRICE)
        self._heard_ns = clock_ns()

    def close(self) -> None:
        """Close the connection of a trader that does not run (any more)."""
        self._client.close()

    def run(self) -> None:
        """Trade until the plan is fulfilled or `stopping` is set.  Raises EngineGoneError."""
        try:
            self._trade_and_settle()
        except (ExchangeError, TimeoutError) as error:
            raise EngineGoneError(f"the engine is gone: {error}") from error
        finally:
            self.close()

    def _trade_and_settle(self) -> None:
        try:
            self._own.adopt(self._client.orders())
            self._trade()
            while self._desk.pending_count:
                self._read(POLL_S)
                self._check_silence()
        finally:
            self._rendezvous.arrive()
        while not self._rendezvous.is_complete:
            self._read(POLL_S)
        self._read_to_pong()

    def _read_to_pong(self) -> None:
        """Read everything that has happened up to now."""
        self._client.send_ping()
        self._heard_ns = self._clock_ns()
        while (kind := self._read(POLL_S)) != "pong":
            if kind is None:
                self._check_silence(owes_answer=True)

    def _trade(self) -> None:
        start_ns = self._clock_ns()
        while not self._is_over(start_ns):
            count = min(self._due_count(start_ns), self._desk.room, BATCH, self._quota_left())
            if count > 0:
                with self._client.batch():
                    for _ in range(count):
                        self._send_next()
            self._read_some(self._wait_s(start_ns))

    def _is_over(self, start_ns: int) -> bool:
        if self._stopping.is_set() or not self._quota_left():
            return True
        duration_s = self._plan.duration_s
        return duration_s is not None and (self._clock_ns() - start_ns) / NS_PER_S >= duration_s

    def _quota_left(self) -> int:
        return BATCH if self._plan.quota is None else self._plan.quota - self.tally.sent_count

    def _due_count(self, start_ns: int) -> int:
        """How many requests the rate asks for by now beyond those sent; without a limit, a whole batch."""
        if not self._plan.rate_per_s:
            return BATCH
        elapsed_s = (self._clock_ns() - start_ns) / NS_PER_S
        return int(elapsed_s * self._plan.rate_per_s) + 1 - self.tally.sent_count

    def _wait_s(self, start_ns: int) -> float:
        """How long to wait for messages: not at all while something may be sent, else until something may be."""
        if self._desk.room <= 0:
            return POLL_S
        if not self._plan.rate_per_s or not self._quota_left():
            return 0.0
        next_s = self.tally.sent_count / self._plan.rate_per_s
        return min(POLL_S, max(0.0, next_s - (self._clock_ns() - start_ns) / NS_PER_S))

    def _send_next(self) -> None:
        intent = self._agent.next_intent(self._view())
        if not self._desk.pending_count:
            self._heard_ns = self._clock_ns()
        self._own.note_sent(intent, self._desk.send(intent))

    def _view(self) -> MarketView:
        bid, ask = self._ticks(self._book.best_bid), self._ticks(self._book.best_ask)
        seen = [price for price in (bid, ask) if price is not None]
        if seen:
            self._reference = self._agent.middle(seen[0], seen[-1])
        return MarketView(bid, ask, self._reference, self._own.resting, self._own.net_position)

    def _ticks(self, level: Optional[BookLevel]) -> Optional[int]:
        return None if level is None else self._instrument.ticks(level.price)

    def _read_some(self, timeout_s: float) -> None:
        """Take the first message within `timeout_s` and, of all others that are here already, `READ_MAX`."""
        for _ in range(READ_MAX):
            if self._read(timeout_s) is None:
                self._check_silence()
                return
            timeout_s = 0.0

    def _read(self, timeout_s: float) -> Optional[str]:
        """Take one message; returns its type, or None if none came."""
        message = self._client.poll(timeout_s)
        if message is None:
            return None
        self._heard_ns = self._clock_ns()
        self._desk.take(message)
        self._own.take(message)
        return str(message["type"])

    def _check_silence(self, *, owes_answer: bool = False) -> None:
        silent_s = (self._clock_ns() - self._heard_ns) / NS_PER_S
        if (owes_answer or self._desk.pending_count) and silent_s > SILENCE_S_MAX:
            raise EngineGoneError(f"the engine has not answered for {silent_s:.0f} s")
