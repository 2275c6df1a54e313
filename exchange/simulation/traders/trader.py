"""One simulated user: a thread that shows its agent the market, sends what the agent wants and reads what comes.

    send what is due ─► read all that has come ─► … ─► stop or quota reached
        ─► read until every request is answered ─► read until all traders are that far ─► ping, read until its pong

The last two steps make the counts exact: a fill may come long after the order, set off by another trader's last
request.  No trader ever stops reading before that, or the engine would drop it as too slow.

When the engine goes away the trader tries for a while to come back.  It then hears of the fills that it missed,
and goes on with the orders that are still there; what was not answered stays unanswered.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple, Optional

from exchange.networking.tcp_client import BookFollower, BookLevel, ExchangeError, MessageClient
from exchange.simulation.counts import NS_PER_S, Tally
from exchange.simulation.errors import EngineAbsentError, EngineGoneError
from exchange.simulation.order_desk import OrderDesk
from exchange.simulation.traded_instrument import TradedInstrument
from exchange.simulation.traders.agent import Agent
from exchange.simulation.traders.market_view import MarketView
from exchange.simulation.traders.run_state import RunState
from exchange.simulation.traders.working_orders import WorkingOrders

# Requests without an answer that one trader may have, and how many it sends with one system call.
WINDOW = 64
BATCH = 16
# Messages read before the next request is due its turn, however many more are there.
READ_MAX = 256
# How often a trader that has lost the engine tries to come back.
RETRY_S = 0.25
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


class Seat(NamedTuple):
    """A place in the market: a client that is logged in, and the book it follows."""

    client: MessageClient
    book: BookFollower
    instrument: TradedInstrument


# Gives a user a seat, from the event with this number on (None: from now on).  Raises CannotStartError.
TakeSeat = Callable[[Optional[int]], Seat]


class Trader:
    """Owns its client, which is logged in and follows a book, and closes it.  `run` is the body of its thread.

    `take_seat` brings it back when the engine has been away.  `counts` may be read by others while it runs.
    """

    def __init__(self, seat: Seat, take_seat: TakeSeat, agent: Agent, plan: TraderPlan, run: RunState) -> None:
        self.tally = Tally(run.trades)
        self._seat = seat
        self._take_seat = take_seat
        self._agent = agent
        self._plan = plan
        self._run = run
        self._clock_ns = run.clock_ns
        self._desk = OrderDesk(seat.client, seat.instrument, self.tally, WINDOW, run.clock_ns)
        self._own = WorkingOrders(seat.instrument)
        self._reference = seat.instrument.nearest_ticks(START_PRICE)
        self._start_ns = self._heard_ns = run.clock_ns()
        # The rate counts from here: from where trading began, and after an outage from where it went on.
        self._paced_from = (self._start_ns, 0)

    def close(self) -> None:
        """Close the connection of a trader that does not run (any more)."""
        self._seat.client.close()

    def run(self) -> None:
        """Trade until the plan is fulfilled or the run stops.  Raises SimulationError."""
        try:
            self._trade_and_settle()
        finally:
            self.close()

    def _trade_and_settle(self) -> None:
        try:
            self._through_outages(self._trade_and_hear_all)
        finally:
            self._run.rendezvous.arrive()
        self._through_outages(self._settle)

    def _through_outages(self, step: Callable[[], None]) -> None:
        """Do `step`, again from its beginning whenever the engine was away in the middle of it."""
        while True:
            try:
                step()
            except (ExchangeError, EngineGoneError) as error:
                lost = EngineGoneError(f"the engine is gone: {error}")
                lost.__cause__ = error
            else:
                return
            if not self._come_back(lost):
                return

    def _come_back(self, lost: EngineGoneError) -> bool:
        """Wait until the engine is there again; returns False if the run is to stop meanwhile.

        Raises `lost` when patience is at an end, and CannotStartError when the user is not let in again.
        """
        outage = self._run.outage
        if not outage.patience_s:
            raise lost
        self.close()
        outage.begin(lost)
        deadline_ns = self._clock_ns() + int(outage.patience_s * NS_PER_S)
        while not self._run.stopping.wait(RETRY_S):
            try:
                self._sit_down(self._take_seat(self._desk.last_seq))
            except EngineAbsentError:
                if self._clock_ns() >= deadline_ns:
                    raise lost from None
            else:
                outage.end()
                return True
        return False

    def _sit_down(self, seat: Seat) -> None:
        self._seat = seat
        self._desk.move_to(seat.client)
        self._paced_from = (self._clock_ns(), self.tally.sent_count)
        self._heard_ns = self._clock_ns()

    def _trade_and_hear_all(self) -> None:
        """Trade, then read until every request is answered."""
        self._hear_of_what_was_missed()
        self._own.adopt(self._seat.client.order_rows())
        self._trade()
        while self._desk.pending_count:
            self._read(POLL_S)
            self._check_silence()

    def _hear_of_what_was_missed(self) -> None:
        """Its fills make the position; the orders themselves are asked for after it."""
        self._seat.client.ping()
        while self._read(0.0) is not None:
            continue

    def _settle(self) -> None:
        """Read until all traders are that far, and then everything that has happened up to now."""
        while not self._run.rendezvous.is_complete:
            self._read(POLL_S)
        self._seat.client.send_ping()
        self._heard_ns = self._clock_ns()
        while (kind := self._read(POLL_S)) != "pong":
            if kind is None:
                self._check_silence(owes_answer=True)

    def _trade(self) -> None:
        while not self._is_over():
            count = min(self._due_count(), self._desk.room, BATCH, self._quota_left())
            if count > 0:
                with self._seat.client.batch():
                    for _ in range(count):
                        self._send_next()
            self._read_some(self._wait_s())

    def _is_over(self) -> bool:
        if self._run.stopping.is_set() or not self._quota_left():
            return True
        duration_s = self._plan.duration_s
        return duration_s is not None and (self._clock_ns() - self._start_ns) / NS_PER_S >= duration_s

    def _quota_left(self) -> int:
        return BATCH if self._plan.quota is None else self._plan.quota - self.tally.sent_count

    def _due_count(self) -> int:
        """How many requests the rate asks for by now beyond those sent; without a limit, a whole batch."""
        if not self._plan.rate_per_s:
            return BATCH
        from_ns, sent_count = self._paced_from
        elapsed_s = (self._clock_ns() - from_ns) / NS_PER_S
        return sent_count + int(elapsed_s * self._plan.rate_per_s) + 1 - self.tally.sent_count

    def _wait_s(self) -> float:
        """How long to wait for messages: not at all while something may be sent, else until something may be."""
        if self._desk.room <= 0:
            return POLL_S
        if not self._plan.rate_per_s or not self._quota_left():
            return 0.0
        from_ns, sent_count = self._paced_from
        next_s = (self.tally.sent_count - sent_count) / self._plan.rate_per_s
        return min(POLL_S, max(0.0, next_s - (self._clock_ns() - from_ns) / NS_PER_S))

    def _send_next(self) -> None:
        intent = self._agent.next_intent(self._view())
        if not self._desk.pending_count:
            self._heard_ns = self._clock_ns()
        self._own.note_sent(intent, self._desk.send(intent))

    def _view(self) -> MarketView:
        bid, ask = self._ticks(self._seat.book.best_bid), self._ticks(self._seat.book.best_ask)
        seen = [price for price in (bid, ask) if price is not None]
        if seen:
            self._reference = self._agent.middle(seen[0], seen[-1])
        return MarketView(bid, ask, self._reference, self._own.resting, self._own.net_position)

    def _ticks(self, level: Optional[BookLevel]) -> Optional[int]:
        return None if level is None else self._seat.instrument.ticks(level.price)

    def _read_some(self, timeout_s: float) -> None:
        """Take the first message within `timeout_s` and, of all others that are here already, `READ_MAX`."""
        for _ in range(READ_MAX):
            if self._read(timeout_s) is None:
                self._check_silence()
                return
            timeout_s = 0.0

    def _read(self, timeout_s: float) -> Optional[str]:
        """Take one message; returns its type, or None if none came."""
        message = self._seat.client.poll_message(timeout_s)
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
