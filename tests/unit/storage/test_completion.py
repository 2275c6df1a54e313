"""What a replay gives is in ledger and logs exactly once, in pieces of any size."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.commands import ListInstrument
from exchange.engine.engine import Engine
from exchange.engine.events import Event
from exchange.engine.instrument import Instrument
from exchange.storage.audit_lines import AuditFormat, seq_of
from exchange.storage.audit_log import AuditLog, unwritten
from exchange.storage.completion import Completion
from exchange.storage.trade_writer import TradeWriter
from exchange.utils.logger import LineLogger
from tests.benchmarks.engine_growth import resting_orders

SYMBOL = "ACME"
ORDERS = 40


def happened() -> list[list[Event]]:
    """What some orders of three users lead to, each of which trades with the one before or rests."""
    engine = Engine()
    engine.process(ListInstrument(Instrument(SYMBOL)), 0)
    orders = [(order, order.terms._replace(price_nanos=10**11)) for order in resting_orders(ORDERS, 3)]
    return [engine.process(order._replace(terms=terms), time) for time, (order, terms) in enumerate(orders, 1)]


class Files:
    """Ledger and logs of a directory, open."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.failures: list[Exception] = []
        instruments = {SYMBOL: Instrument(SYMBOL)}.__getitem__
        self.ledger = TradeWriter(directory / "trades.jsonl", instruments, self.failures.append, 0)
        self.audit_log: AuditLog = LineLogger(directory, AuditFormat(instruments), self.failures.append)

    def seqs(self) -> dict[str, list[int]]:
        """What each log has now."""
        return {
            path.stem.removeprefix("logs_"): [seq_of(line) or 0 for line in path.read_bytes().splitlines()]
            for path in sorted(self._directory.glob("logs_*"))
        }

    def trade_ids(self) -> list[int]:
        """What the ledger has now."""
        lines = (self._directory / "trades.jsonl").read_bytes().splitlines()
        return [json.loads(line)["trade_id"] for line in lines]

    def close(self) -> None:
        """Write all that waits."""
        self.ledger.close()
        self.audit_log.close()


@given(st.integers(1, 100), st.integers(0, ORDERS))
def test_what_was_written_before_and_what_a_replay_gives_are_there_once(
    tmp_path_factory: pytest.TempPathFactory, events_at_once: int, written_before: int
) -> None:
    files = Files(tmp_path_factory.mktemp("data"))
    chunks = happened()
    before = Completion(files.ledger, files.audit_log, {}, events_at_once)
    for events in chunks[:written_before]:
        before.add(events)
    before.write_out()
    files.ledger.drain()
    written_seqs = {user: seqs[-1] for user, seqs in files.seqs().items()}
    again = Completion(files.ledger, files.audit_log, written_seqs, events_at_once)
    for events in chunks:
        again.add(events)
    again.write_out()
    files.close()
    everything = [event for events in chunks for event in events]
    told = unwritten(everything, {})
    assert files.seqs() == {
        user: [event.seq for event in told if event.user == user] for user in ("user0", "user1", "user2")
    }
    assert files.trade_ids() == list(range(1, 1 + len(everything) - len(told)))
    assert files.failures == []


def test_so_many_events_are_in_their_files_before_more_are_taken(tmp_path: Path) -> None:
    files = Files(tmp_path)
    completion = Completion(files.ledger, files.audit_log, {}, events_at_once=4)
    told = 0
    for events in happened():
        told += len(unwritten(events, {}))
        completion.add(events)
        assert told - 4 < sum(map(len, files.seqs().values())) <= told
    files.close()
