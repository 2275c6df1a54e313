"""Plays recorded order flow against a running exchange, and compares its executions with history.

    recorded                          played
    NEW limit order            ──►    the same order, GTC
    REDUCTION by n             ──►    replace to a total smaller by n (keeps its priority)
    CANCELLATION               ──►    cancel
    EXECUTION of a resting one ──►    an IOC order of the other side, at its price and size

Everything goes over one connection as one user.  Requests of one connection are handled in the order sent, so no
execution overtakes the order it is to hit, without ever waiting for an answer; self-trade prevention is switched
off, order by order.  If the exchange matches by price and time as the recorded one did, the IOC order meets the
very order that was executed in history.  Where it does not, the two books have parted by that much: later rows
about either order may be refused, and are counted as such.

What can't be played is counted, never bent: rows about orders from before the recording began, executions of
hidden orders, prices between ticks.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Optional, Union

from exchange.engine.order import SelfTradePrevention, Side, TimeInForce
from exchange.networking.tcp_client import ExchangeClient, ExchangeError
from exchange.simulation.errors import EngineGoneError
from exchange.simulation.execution_comparison import ExecutionComparison
from exchange.simulation.intents import Cancel, Intent, Place, Replace
from exchange.simulation.order_desk import OrderDesk
from exchange.simulation.order_flow import PRICE_UNIT, Row, RowType
from exchange.simulation.summary import Tally, per_second, tally_lines
from exchange.simulation.terms import Terms

USER = "replay"
SYMBOL = "AAPL"
# Requests without an answer, and how many are sent with one system call.
WINDOW = 1_000
BATCH = 200
# An engine that owes an answer and says nothing for so long is taken for gone.
SILENCE_S_MAX = 30.0
BAR_WIDTH = 20


class SkipReason(Enum):
    """Why a row is not played; the value says it in a summary."""

    HIDDEN = "executions of hidden orders"
    OTHER = "halts and cross trades"
    UNKNOWN_ORDER = "about orders from before the recording"
    BETWEEN_TICKS = "at a price between ticks"


class FlowTranslator:
    """Rows into intents.  Pure but for its memory of the orders the file has entered.

    Client order ids are the prefix and the recorded order's id, so they are known before anything is sent.
    """

    def __init__(self, terms: Terms, id_prefix: str) -> None:
        self._tick_size = terms.tick_size
        self._id_prefix = id_prefix
        # Total quantity of each order of the file, by its id, as the file has reduced it so far.
        self._quantities: dict[int, int] = {}
        self._execution_count = 0

    def intent(self, row: Row) -> Union[Intent, SkipReason]:
        """What to ask for so that the row happens again, or why not."""
        if row.type is RowType.HIDDEN_EXECUTION:
            return SkipReason.HIDDEN
        if row.type in (RowType.HALT, RowType.CROSS_TRADE):
            return SkipReason.OTHER
        if row.type is not RowType.NEW and row.order_id not in self._quantities:
            return SkipReason.UNKNOWN_ORDER
        price = self._ticks(row)
        if price is None:
            return SkipReason.BETWEEN_TICKS
        if row.type is RowType.NEW:
            self._quantities[row.order_id] = row.quantity
            return self._place(row.side, row.quantity, price, TimeInForce.GTC, self.client_order_id(row))
        if row.type is RowType.EXECUTION:
            self._execution_count += 1
            taker_id = f"{self._id_prefix}x{self._execution_count}"
            return self._place(row.side.opposite, row.quantity, price, TimeInForce.IOC, taker_id)
        if row.type is RowType.REDUCTION:
            self._quantities[row.order_id] -= row.quantity
            return Replace(self.client_order_id(row), self._quantities[row.order_id])
        return Cancel(self.client_order_id(row))

    def is_between_ticks(self, row: Row) -> bool:
        """Whether the row's price can't be an order's here, whatever its type."""
        return row.type is not RowType.HALT and self._ticks(row) is None

    def client_order_id(self, row: Row) -> str:
        """What the order that the row is about is called here."""
        return f"{self._id_prefix}{row.order_id}"

    def _ticks(self, row: Row) -> Optional[int]:
        ticks, rest = divmod(row.price * PRICE_UNIT, self._tick_size)
        return None if rest else int(ticks)

    def _place(
        self, side: Side, quantity: int, price: int, time_in_force: TimeInForce, client_order_id: str
    ) -> Place:
        return Place(side, quantity, price, time_in_force, client_order_id, SelfTradePrevention.NONE)


class Replay:
    """One run over `rows` on `client`, which is logged in and has no feed.  Belongs to the thread that runs it.

    `id_prefix` must differ from every other run's of this user; `clock_ns` is monotonic.
    """

    def __init__(
        self,
        client: ExchangeClient,
        terms: Terms,
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
        self._client = client
        self._clock_ns = clock_ns
        self._translator = FlowTranslator(terms, id_prefix)
        self._desk = OrderDesk(client, terms, self.tally, WINDOW, clock_ns)

    def run(self, report: Callable[[], None], is_stopping: Callable[[], bool]) -> None:
        """Play until the rows are over or `is_stopping`; after every batch `report` is called.

        Raises EngineGoneError; what was counted up to then holds.
        """
        start_ns = self._clock_ns()
        try:
            while self.done_count < len(self.rows) and not is_stopping():
                self._send_batch(self.rows[self.done_count : self.done_count + BATCH])
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
            (
                "  where no earlier difference matters",
                f"{comparison.untouched_same_count:,} of {comparison.untouched_count:,} "
                f"({comparison.untouched_same_percent:.2f} %)",
            ),
            ("  hit another, or more", f"{comparison.other_count:,}"),
            ("  hit none", f"{comparison.unfilled_count:,}"),
            ("trades not in history", f"{comparison.unexpected_trade_count:,}"),
            ("rows/s", f"{per_second(self.done_count, self.elapsed_ns):,}"),
        ]

    def _send_batch(self, rows: Sequence[Row]) -> None:
        with self._client.batch():
            for row in rows:
                self._play(row)
        self.done_count += len(rows)

    def _play(self, row: Row) -> None:
        self.between_ticks_count += self._translator.is_between_ticks(row)
        intent = self._translator.intent(row)
        if isinstance(intent, SkipReason):
            self.skipped[intent] += 1
            return
        client_order_id = self._desk.send(intent)
        if row.type is RowType.EXECUTION:
            self.comparison.expect(client_order_id, self._translator.client_order_id(row))

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
