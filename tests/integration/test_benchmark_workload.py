"""The public matching benchmark's two million messages must give the published consensus answer."""

from __future__ import annotations

import lzma
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tests.benchmarks.workload import (
    CANCEL,
    MODIFY,
    NEW,
    Message,
    Workload,
    benchmark_engine,
    read_messages,
    report_sha256,
)

CONSENSUS_SHA256 = "e9b2e3926854410b01a035aeb25dd05f1e597c233be8263de9eb49b6713d367e"
CONSENSUS_TRADE_COUNT = 62_474


def test_the_report_of_the_normal_workload_is_the_published_one(shared_data: Callable[[str], Path]) -> None:
    engine = benchmark_engine()
    workload = Workload(engine.process)
    messages = read_messages(shared_data("matching_benchmark_normal.bin.xz"))
    digest = report_sha256(line for message in messages for line in workload.play(message))
    assert workload.trade_count == CONSENSUS_TRADE_COUNT
    assert digest == CONSENSUS_SHA256
    engine.check_invariants()


def test_each_kind_of_message_is_reported_as_the_benchmark_does() -> None:
    workload = Workload(benchmark_engine().process)
    table = [
        (Message(NEW, 0, 0, 5, 0, 70, 100, 0), ["0,0,0,70,100,5"]),
        (Message(NEW, 1, 1, 8, 1, 71, 99, 0), ["0,1,1,71,99,8", "1,1,100,5,70,71", "2,1,1,71,99"]),
        (Message(CANCEL, 0, 0, 5, 2, 70, 100, 0), ["4,2,70"]),
        (Message(MODIFY, 0, 0, 5, 3, 70, 100, 0), ["5,3,70"]),
        (Message(CANCEL, 0, 0, 5, 4, 99, 100, 0), ["4,4,99"]),
        (Message(NEW, 1, 0, 3, 5, 72, 105, 0), ["0,5,1,72,105,3"]),
        (Message(NEW, 0, 0, 4, 6, 73, 101, 0), ["0,6,0,73,101,4"]),
        (Message(MODIFY, 0, 0, 9, 7, 73, 105, 0), ["1,7,105,3,72,73", "3,7,0,73,105,9"]),
        (Message(CANCEL, 0, 0, 9, 8, 73, 101, 0), ["2,8,0,73,105"]),
    ]
    assert [workload.play(message) for message, _lines in table] == [lines for _message, lines in table]


def test_the_digest_is_of_the_joined_lines_however_many_there_are() -> None:
    for count in (0, 1, 9_999, 10_000, 10_001, 20_000):
        lines = [str(number) for number in range(count)]
        assert report_sha256(lines) == sha256("\n".join(lines).encode()).hexdigest()


def test_a_file_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.xz"
    path.write_bytes(lzma.compress(b"100_WBEM" + bytes([1, 0, 0, 0, 2, 0, 0, 0]) + bytes(40)))
    with pytest.raises(ValueError, match="all of its 2 messages"):
        read_messages(path)
