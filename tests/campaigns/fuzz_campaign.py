"""A fuzz campaign: conversations and strangers' visits with one engine until enough lines were sent.

What it checks throughout is told in `scripts/fuzz_wire.py`, the command that runs it.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from exchange.networking.wire.everyday import everyday
from tests.campaigns.fuzz_conversation import Conversation, FuzzError, Message, Trader, Wire, expect
from tests.campaigns.fuzz_lines import SYMBOL, Case, Due, LineMaker
from tests.campaigns.fuzz_visits import farewell, stranger
from tests.campaigns.fuzz_watch import BOOK_QUESTION, Watcher
from tests.faults.mixed_market import operate
from tests.support.everyday_lines import USER, disagreement, mutated_lines
from tests.support.watched_engine import EngineError, Vitals, WatchedEngine

USER_COUNT = 8
# Each conversation comes from another loopback address, since failed logins slow an address down.
ADDRESS_COUNT = 250
WINDOW_LINES = 200
WINDOWS_PER_CONVERSATION_MAX = 6
STRANGERS_SHARE = 0.5  # of conversations, most of which are short
WATCHED_SHARE = 0.5
PHASES_SHARE = 0.2  # of conversations, in another phase than CONTINUOUS
LAGGING_SHARE = 0.05  # of watchers, beside the first
# Of the second half of a campaign; in the first the histories that the exchange holds of each user fill up.
MEMORY_GROWTH_BYTES_MAX = 16 * 2**20
MEMORY_MARKS = 10
INSTRUMENTS = [
    {
        "symbol": SYMBOL,
        "maker_fee_bps": -0.5,
        "taker_fee_bps": 1.5,
        "price_band_percent": 2,
        "reference_price": 100,
    },
    {"symbol": "PROOF"},
]


class Figures(NamedTuple):
    """What a campaign did and cost."""

    line_count: int
    count_by_way: Counter[str]
    conversation_count: int
    watcher_count: int
    lagging_count: int
    elapsed_s: float
    before: Vitals
    after: Vitals
    memory_bytes: list[int]  # at the beginning and after each tenth of the lines
    verdict: str
    templates: str = ""

    def lines(self) -> list[str]:
        """For a person."""
        ways = ", ".join(f"{way} {count:,}" for way, count in sorted(self.count_by_way.items()))
        rate = self.line_count / self.elapsed_s
        table = [f"{self.line_count:,} lines in {self.elapsed_s:.0f} s ({rate:,.0f}/s): {ways}"]
        table.append(
            f"{self.conversation_count:,} connections, {self.watcher_count:,} of them followed the book, "
            f"{self.lagging_count:,} of these so slowly that they were spared updates"
        )
        for name, vitals in (("before", self.before), ("after", self.after)):
            table.append(f"{name:<7}{vitals.threads:>4} threads {vitals.descriptors:>4} descriptors")
        marks = " ".join(f"{size / 2**20:.1f}" for size in self.memory_bytes)
        table.append(f"memory in MiB, at the beginning and after each tenth: {marks}")
        return [*table, self.templates, f"journal, snapshots, ledger, logs: {self.verdict}"]


def proof(maker: LineMaker) -> list[Case]:
    """A sale and a purchase on a market of their own: whatever came before, they trade."""
    line = '{{"type":"new_order","symbol":"PROOF","client_order_id":{},"side":"{}","order_type":"LIMIT",{}}}'
    terms = '"quantity":1,"price":100'
    accepted = frozenset({"order_accepted"})
    return [
        Case(line.format(maker.order_id_text(), "SELL", terms).encode(), "proof", Due(accepted, None, ())),
        Case(
            line.format(maker.order_id_text(), "BUY", terms).encode(),
            "proof",
            Due(accepted, None, ("order_executed", "order_executed")),
        ),
    ]


# --- the campaign ----------------------------------------------------------------------------------------------


class Campaign:
    """Conversations with one engine until `line_count` lines were sent."""

    def __init__(self, engine: WatchedEngine, line_count: int, seed: int) -> None:
        self._engine = engine
        self._line_count = line_count
        self._chance = random.Random(seed)
        self._traders = [
            Trader(f"fuzzer{number}", LineMaker(self._chance, f"{number}-")) for number in range(USER_COUNT)
        ]
        self.sent_count = 0
        self.count_by_way: Counter[str] = Counter()
        self.conversation_count = 0
        self.watcher_count = 0
        self.lagging_count = 0

    def run(self) -> Figures:
        """All of it, and the engine's end.  Raises FuzzError, EngineError, OSError."""
        at_rest, start_s = self._engine.vitals(), time.monotonic()
        # Everybody claims their name, so that strangers find the names taken; their log files are open too.
        for trader in self._traders:
            self._trade(trader)
        before = self._engine.wait_until(
            lambda now: now.threads <= at_rest.threads, "all readers should have ended"
        )
        memory_bytes = [before.memory_bytes]
        while self.sent_count < self._line_count:
            if self._chance.random() < STRANGERS_SHARE:
                self._receive_stranger()
            self._trade(self._chance.choice(self._traders))
            if self.sent_count * MEMORY_MARKS >= self._line_count * len(memory_bytes):
                memory_bytes.append(self._engine.vitals().memory_bytes)
        elapsed_s = time.monotonic() - start_s
        after = self._engine.wait_for_rest(before)
        if after.memory_bytes - memory_bytes[len(memory_bytes) // 2] > MEMORY_GROWTH_BYTES_MAX:
            raise FuzzError(f"memory grows: {memory_bytes}")
        self._engine.stop()
        verdict = self._engine.verify()
        return Figures(
            self.sent_count,
            self.count_by_way,
            self.conversation_count,
            self.watcher_count,
            self.lagging_count,
            elapsed_s,
            before,
            after,
            memory_bytes,
            verdict,
        )

    def _connect(self) -> Wire:
        self.conversation_count += 1
        number = self.conversation_count % ADDRESS_COUNT
        return Wire(self._engine.port, f"127.0.1.{number + 1}")

    def _change_phase(self) -> bool:
        """At times the operator changes the phase while nobody is there; returns whether FUZZ trades on."""
        phase = "CONTINUOUS"
        if self._chance.random() < PHASES_SHARE:
            phase = self._chance.choice(("HALTED", "AUCTION", "PRE_OPEN", "CLOSED"))
        # From CLOSED a crossed book gets to trading only by a call.
        for step in ("AUCTION", "CONTINUOUS", phase):
            operate(self._engine.data_dir, {"do": "phase", "symbol": SYMBOL, "phase": step})
        return phase == "CONTINUOUS"

    def _trade(self, trader: Trader) -> None:
        is_trading = self._change_phase()
        wire, chance = self._connect(), self._chance
        conversation = Conversation(wire, trader)
        conversation.log_in()
        windows = []
        for _ in range(chance.randrange(1, WINDOWS_PER_CONVERSATION_MAX + 1)):
            cases = [trader.maker.case() for _ in range(WINDOW_LINES)]
            self._count(Counter(case.way for case in cases))
            windows.append([*cases, *proof(trader.maker)])
        watcher = self._watcher(trader) if is_trading and chance.random() < WATCHED_SHARE else None
        conversation.play(windows)
        if watcher is not None:
            watcher.check(lambda: self._visit(BOOK_QUESTION)[1])
            self.watcher_count += 1
            self.lagging_count += watcher.has_lagged
        if chance.random() < 0.2:
            wire.close(rudely=chance.random() < 0.5)
            return
        last_words = farewell(chance, trader.login_line())
        self._count(Counter({"farewell": last_words.line_count}))
        conversation.end(last_words)
        wire.close()

    def _watcher(self, trader: Trader) -> Watcher:
        """Another trader who follows the book from now on, behind at times with all that they asked for."""
        others = [other for other in self._traders if other is not trader]
        watcher_trader = self._chance.choice(others)
        watcher = Watcher(self._connect(), watcher_trader, self._chance)
        if self.watcher_count == 0 or self._chance.random() < LAGGING_SHARE:
            onlooker = self._connect()
            onlooker.send(b'{"type":"subscribe","channel":"trades","symbol":"PROOF"}\n')
            onlooker.next()
            watcher.fall_behind(b"".join([case.line + b"\n" for case in proof(watcher_trader.maker)]))
            onlooker.next()  # The trade: all that was asked for ahead of it has been answered, and not read.
            onlooker.close()
        return watcher

    def _receive_stranger(self) -> None:
        visit = stranger(self._chance, self._traders[0].maker)
        self._count(Counter({"stranger": visit.line_count}))
        expect(visit, tuple((message["type"], message.get("code")) for message in self._visit(visit.data)))

    def _visit(self, data: bytes) -> list[Message]:
        """All that somebody is told who says this and nothing more."""
        wire = self._connect()
        wire.send(data)
        wire.half_close()
        answers = list(wire.remainder())
        wire.close()
        return answers

    def _count(self, by_way: Counter[str]) -> None:
        self.count_by_way.update(by_way)
        self.sent_count += by_way.total()


def compare_templates(line_count: int, seed: int) -> str:
    """Hold the templates of everyday lines to the strict decoder, in process.  FuzzError where they disagree."""
    taken_count = 0
    for line in mutated_lines(random.Random(seed), line_count):
        disagreed = disagreement(line)
        if disagreed:
            raise FuzzError(disagreed)
        taken_count += everyday(line, USER) is not None
    return f"{line_count:,} mutated orders: a template took {taken_count:,}, each as the strict decoder does"


def run_campaign(data_dir: Path, line_count: int, seed: int) -> Figures:
    """A campaign against an engine of its own.  Raises FuzzError, which names the seed, EngineError, OSError."""
    instruments = data_dir / "fuzzed-instruments.json"
    data_dir.mkdir(parents=True, exist_ok=True)
    instruments.write_text(json.dumps(INSTRUMENTS))
    with WatchedEngine(data_dir, "--instruments", str(instruments)) as engine:
        campaign = Campaign(engine, line_count, seed)
        try:
            templates = compare_templates(line_count, seed)
            return campaign.run()._replace(templates=templates)
        except (FuzzError, EngineError, OSError) as failure:
            raise FuzzError(f"seed {seed}, about line {campaign.sent_count}: {failure}") from failure
