"""Plays recorded order flow against a running exchange, and compares its executions with history.

    rows ──► flow translator ──► requests ──► order desk ──► the exchange
                                                                 │ messages
                              order desk, execution comparison ◄─┘

Everything goes over one connection as one user.  Requests of one connection are handled in the order sent, so no
execution overtakes the order it is to hit, without ever waiting for an answer; self-trade prevention is switched
off, order by order.  If the exchange matches by price and time as the recorded one did, the IOC order that stands
for an execution meets the very order that was executed in history.

Where history itself passed over the order that was next, the execution hits another here, and is counted as one
that did; then the level is put back as in history, so that nothing else differs because of it.  Orders that have
gone without a row, as in files that tell of the best few prices only, are canceled when a later row proves that
they have (`flow_translator`).

Others may trade in the book, too (`has_others`).  Then an execution may meet an order of theirs in place of
history's, which nobody would ever cancel, since history had executed it: that one is canceled here.

What can't be played is counted, never bent: rows about orders from before the recording began, executions of
hidden orders, prices between ticks.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from typing import Optional

from exchange.laboratory.flow.execution_comparison import ExecutionComparison
from exchange.laboratory.flow.flow_translator import FlowTranslator, ReplayRequest, SkipReason
from exchange.laboratory.flow.lobster_file import Row
from exchange.laboratory.flow.order_intents import Cancel
from exchange.networking.tcp_client import ExchangeError, Message, MessageClient
from exchange.simulation.counts import Tally
from exchange.simulation.errors import EngineGoneError
from exchange.simulation.replay.order_desk import OrderDesk
from exchange.simulation.replay.pace import Pace
from exchange.simulation.summary_lines import per_second, tally_lines
from exchange.simulation.traded_instrument import TradedInstrument
from exchange.utils.helpers import NS_PER_S

USER = "replay"
SYMBOL = "AAPL"
# Requests without an answer, and how many are sent with one system call.
WINDOW = 1_000
BATCH = 200
# An engine that owes an answer and says nothing for so long is taken for gone.
SILENCE_S_MAX = 30.0
# How soon a replay that waits for a row to be due sees that it is to stop.
POLL_S = 0.1
BAR_WIDTH = 20


class Replay:
    """One run over `rows` on `client`, which is logged in and has no feed.  Belongs to the thread that runs it.

    `id_prefix` must differ from every other run's of this user.  `speed` 1 is as recorded, None as fast as can be.
    The rows before `from_ns` (of the recorded time) are played at once.  `clock_ns` is monotonic.
    """

    def __init__(
        self,
        client: MessageClient,
        instrument: TradedInstrument,
        rows: Sequence[Row],
        id_prefix: str,
        speed: Optional[float] = None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        *,
        from_ns: int = 0,
        has_others: bool = False,
    ) -> None:
        self.rows = rows
        self.tally = Tally()
        self.comparison = ExecutionComparison()
        self.skipped: Counter[SkipReason] = Counter()
        self.between_ticks_count = 0
        self.done_count = 0
        self.elapsed_ns = 0
        self.translator = FlowTranslator(instrument.tick_size, id_prefix)
        self._client = client
        self._clock_ns = clock_ns
        # What the rows up to `done_count` ask for and is not sent yet.
        self._unsent: deque[ReplayRequest] = deque()
        self._pace = Pace(speed, clock_ns, from_ns)
        self._from_ns = from_ns
        self._has_others = has_others
        self._desk = OrderDesk(client, instrument, self.tally, WINDOW, clock_ns)

    def run(self, report: Callable[[], None], is_stopping: Callable[[], bool]) -> None:
        """Play until the rows are over or `is_stopping`; after every batch `report` is called.

        Raises EngineGoneError; what was counted up to then holds.
        """
        start_ns = self._clock_ns()
        try:
            while not is_stopping() and (self._unsent or self.done_count < len(self.rows)):
                self._send_batch()
                self._read_until_pending(WINDOW - BATCH)
                self._read_until_due()
                self.elapsed_ns = self._clock_ns() - start_ns
                report()
            self._read_until_pending(0)
            self._read_to_pong()
        except (ExchangeError, TimeoutError) as error:
            raise EngineGoneError(f"the engine is gone: {error}") from error
        finally:
            self.elapsed_ns = self._clock_ns() - start_ns

    @property
    def is_in_stretch(self) -> bool:
        """Whether all that came before the stretch has been played."""
        return self.done_count == len(self.rows) or self.rows[self.done_count].time_ns >= self._from_ns

    def toggle_pause(self) -> None:
        """Let the recorded flow stand still, or go on; for the thread that runs it."""
        self._pace.toggle_pause()

    def progress_text(self) -> str:
        """How far it is, as a bar and as the time of day that was recorded."""
        done = self.done_count / len(self.rows)
        bar = "#" * int(BAR_WIDTH * done)
        speed = per_second(self.done_count, self.elapsed_ns)
        rows = f"{self.done_count:,} of {len(self.rows):,} rows"
        pace = "paused" if self._pace.is_paused else f"{speed:,} rows/s"
        return f"[{bar:<{BAR_WIDTH}}] {done:4.0%} {rows}, {self._time_of_day()}, {pace}"

    def _time_of_day(self) -> str:
        """When the next row was recorded: `09:52:10`."""
        seconds = self.rows[min(self.done_count, len(self.rows) - 1)].time_ns // NS_PER_S
        return f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"

    def summary_lines(self) -> list[tuple[str, str]]:
        """What became of the rows; names and texts."""
        comparison = self.comparison
        return [
            ("rows", f"{self.done_count:,} of {len(self.rows):,}"),
            *((f"  {reason.value}", f"{self.skipped[reason]:,} not played") for reason in SkipReason),
            ("prices between ticks", f"{self.between_ticks_count:,} rows in all"),
            *tally_lines(self.tally, self.elapsed_ns),
            ("executions played", f"{comparison.played_count:,}"),
            ("  hit the same order", self._same_text()),
            ("  hit another, or more", f"{comparison.other_count:,}"),
            ("  hit none", f"{comparison.unfilled_count:,}"),
            ("gone unseen", f"{self.translator.gone_order_count:,} orders that a later row proved gone"),
            ("put back as in history", self._put_back_text()),
            ("trades not in history", f"{comparison.unexpected_trade_count:,}"),
            ("rows/s", f"{per_second(self.done_count, self.elapsed_ns):,}"),
        ]

    def _same_text(self) -> str:
        percent = self.comparison.same_percent
        return (
            "none, since there were no executions"
            if percent is None
            else (f"{self.comparison.same_count:,} ({percent:.2f} %)")
        )

    def _put_back_text(self) -> str:
        level_count, request_count = self.translator.put_back_level_count, self.translator.put_back_request_count
        levels = "1 level" if level_count == 1 else f"{level_count:,} levels"
        return f"{levels} where history passed over the next order, by {request_count:,} requests"

    def _send_batch(self) -> None:
        """Send the next requests, up to `BATCH` of them, as far as their rows are due."""
        with self._client.batch():
            for _ in range(BATCH):
                if not self._unsent:
                    self._translate_next_due()
                if not self._unsent:
                    return
                request = self._unsent.popleft()
                client_order_id = self._desk.send(request.intent)
                if request.maker_id is not None:
                    self.comparison.expect(client_order_id, request.maker_id)

    def _translate_next_due(self) -> None:
        """Count rows and queue what they ask for, until there is something to send or the next is not due."""
        while not self._unsent and self._wait_ns() == 0:
            row = self.rows[self.done_count]
            self.done_count += 1
            self.between_ticks_count += self.translator.is_between_ticks(row)
            requests, skip_reason = self.translator.translate(row)
            if skip_reason is not None:
                self.skipped[skip_reason] += 1
            self._unsent.extend(requests)

    def _wait_ns(self) -> Optional[int]:
        """How long until the next row is due, 0 if it is; None: there is none."""
        if self.done_count == len(self.rows):
            return None
        return max(0, self._pace.wait_ns(self.rows[self.done_count].time_ns))

    def _read_until_due(self) -> None:
        """Take what comes until the next row is due, but return soon: somebody may want to stop."""
        wait_ns = 0 if self._unsent else self._wait_ns()
        if wait_ns and (message := self._client.poll_message(min(POLL_S, wait_ns / NS_PER_S))) is not None:
            self._take(message)

    def _read_until_pending(self, pending_count: int) -> None:
        while self._desk.pending_count > pending_count:
            self._read()

    def _read_to_pong(self) -> None:
        """Read what came behind the last answer: its fills."""
        self._client.send_ping()
        while self._read() != "pong":
            continue

    def _read(self) -> str:
        message = self._client.poll_message(SILENCE_S_MAX)
        if message is None:
            raise EngineGoneError(f"the engine has not answered for {SILENCE_S_MAX:.0f} s")
        self._take(message)
        return str(message["type"])

    def _take(self, message: Message) -> None:
        self._desk.take(message)
        missed = self.comparison.take(message)
        if missed is not None and self._has_others:
            recorded_id = self.translator.recorded_id(missed)
            if not self.translator.remaining_of(recorded_id, missed):
                self._unsent.append(ReplayRequest(Cancel(missed)))


def book_holds_orders(client: MessageClient, symbol: str) -> bool:
    """Whether anything rests in the book; leaves no feed behind.  Raises ExchangeError or TimeoutError."""
    book = client.follow_book(symbol, depth=1)
    client.unsubscribe("book", symbol)
    return book.best_bid is not None or book.best_ask is not None
