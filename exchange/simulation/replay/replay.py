"""Plays recorded order flow against a running exchange, and compares its executions with history.

    rows ──► flow translator ──► requests ──► order desk ──► the exchange
                                                                 │ messages
                              order desk, execution comparison ◄─┘

Everything goes over one connection as one user.  Requests of one connection are handled in the order sent, so no
execution overtakes the order it is to hit, without ever waiting for an answer; self-trade prevention is switched
off, order by order.  If the exchange matches by price and time as the recorded one did, the IOC order that stands
for an execution meets the very order that was executed in history.

Where history itself passed over the order that was next, the execution hits another here, and is counted as one
that did; then the level is put back as in history, so that nothing else differs because of it (`flow_translator`).

What can't be played is counted, never bent: rows about orders from before the recording began, executions of
hidden orders, prices between ticks.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from exchange.networking.tcp_client import ExchangeClient, ExchangeError
from exchange.simulation.errors import EngineGoneError
from exchange.simulation.order_desk import OrderDesk
from exchange.simulation.replay.execution_comparison import ExecutionComparison
from exchange.simulation.replay.flow_translator import FlowTranslator, ReplayRequest, SkipReason
from exchange.simulation.replay.lobster_file import Row
from exchange.simulation.summary import per_second, tally_lines
from exchange.simulation.tally import Tally
from exchange.simulation.traded_instrument import TradedInstrument

USER = "replay"
SYMBOL = "AAPL"
# Requests without an answer, and how many are sent with one system call.
WINDOW = 1_000
BATCH = 200
# An engine that owes an answer and says nothing for so long is taken for gone.
SILENCE_S_MAX = 30.0
BAR_WIDTH = 20


class Replay:
    """One run over `rows` on `client`, which is logged in and has no feed.  Belongs to the thread that runs it.

    `id_prefix` must differ from every other run's of this user; `clock_ns` is monotonic.
    """

    def __init__(
        self,
        client: ExchangeClient,
        instrument: TradedInstrument,
        rows: Sequence[Row],
        id_prefix: str,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.rows = rows
        self.tally = Tally()
        self.comparison = ExecutionComparison()
        self.skipped: Counter[SkipReason] = Counter()
        self.between_ticks_count = 0
        self.done_count = 0
        self.elapsed_ns = 0
        self.translator = FlowTranslator(instrument, id_prefix)
        self._client = client
        self._clock_ns = clock_ns
        self._desk = OrderDesk(client, instrument, self.tally, WINDOW, clock_ns)

    def run(self, report: Callable[[], None], is_stopping: Callable[[], bool]) -> None:
        """Play until the rows are over or `is_stopping`; after every batch `report` is called.

        Raises EngineGoneError; what was counted up to then holds.
        """
        start_ns = self._clock_ns()
        try:
            requests = self._requests()
            while not is_stopping() and self._send_batch(requests):
                self._read_until_pending(WINDOW - BATCH)
                self.elapsed_ns = self._clock_ns() - start_ns
                report()
            self._read_until_pending(0)
            self._read_to_pong()
        except (ExchangeError, TimeoutError) as error:
            raise EngineGoneError(f"the engine is gone: {error}") from error
        finally:
            self.elapsed_ns = self._clock_ns() - start_ns

    def progress_text(self) -> str:
        """How far it is, as a bar."""
        done = self.done_count / len(self.rows)
        bar = "#" * int(BAR_WIDTH * done)
        speed = per_second(self.done_count, self.elapsed_ns)
        return f"[{bar:<{BAR_WIDTH}}] {done:4.0%} {self.done_count:,} of {len(self.rows):,} rows, {speed:,} rows/s"

    def summary_lines(self) -> list[tuple[str, str]]:
        """What became of the rows; names and texts."""
        comparison = self.comparison
        return [
            ("rows", f"{self.done_count:,} of {len(self.rows):,}"),
            *((f"  {reason.value}", f"{self.skipped[reason]:,} not played") for reason in SkipReason),
            ("prices between ticks", f"{self.between_ticks_count:,} rows in all"),
            *tally_lines(self.tally, self.elapsed_ns),
            ("executions played", f"{comparison.played_count:,}"),
            ("  hit the same order", f"{comparison.same_count:,} ({comparison.same_percent:.2f} %)"),
            ("  hit another, or more", f"{comparison.other_count:,}"),
            ("  hit none", f"{comparison.unfilled_count:,}"),
            ("put back as in history", self._put_back_text()),
            ("trades not in history", f"{comparison.unexpected_trade_count:,}"),
            ("rows/s", f"{per_second(self.done_count, self.elapsed_ns):,}"),
        ]

    def _put_back_text(self) -> str:
        level_count, request_count = self.translator.put_back_level_count, self.translator.put_back_request_count
        levels = "1 level" if level_count == 1 else f"{level_count:,} levels"
        return f"{levels} where history passed over the next order, by {request_count:,} requests"

    def _requests(self) -> Iterator[ReplayRequest]:
        """All that is to be asked for; counts the rows as it goes."""
        for row in self.rows:
            self.done_count += 1
            self.between_ticks_count += self.translator.is_between_ticks(row)
            requests = self.translator.requests(row)
            if isinstance(requests, SkipReason):
                self.skipped[requests] += 1
            else:
                yield from requests

    def _send_batch(self, requests: Iterator[ReplayRequest]) -> bool:
        """Send the next requests, up to `BATCH` of them; returns whether there were any."""
        sent_count = self.tally.sent_count
        with self._client.batch():
            for request in islice(requests, BATCH):
                client_order_id = self._desk.send(request.intent)
                if request.maker_id is not None:
                    self.comparison.expect(client_order_id, request.maker_id)
        return self.tally.sent_count > sent_count

    def _read_until_pending(self, pending_count: int) -> None:
        while self._desk.pending_count > pending_count:
            self._read()

    def _read_to_pong(self) -> None:
        """Read what came behind the last answer: its fills."""
        self._client.send_ping()
        while self._read() != "pong":
            continue

    def _read(self) -> str:
        message = self._client.poll(SILENCE_S_MAX)
        if message is None:
            raise EngineGoneError(f"the engine has not answered for {SILENCE_S_MAX:.0f} s")
        self._desk.take(message)
        self.comparison.take(message)
        return str(message["type"])


def book_holds_orders(client: ExchangeClient, symbol: str) -> bool:
    """Whether anything rests in the book; leaves no feed behind.  Raises ExchangeError or TimeoutError."""
    book = client.follow_book(symbol, depth=1)
    client.unsubscribe("book", symbol)
    return book.best_bid is not None or book.best_ask is not None
