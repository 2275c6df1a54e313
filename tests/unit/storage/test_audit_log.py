"""The audit log: what each line says, always one line, and which lines a file already holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.events import Event, OrderAccepted, OrderCanceled, OrderExecuted, OrderRejected, OrderReplaced
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import (
    CancelReason,
    Liquidity,
    OrderStatus,
    OrderType,
    RejectCode,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from exchange.storage.audit_lines import AuditFormat, file_stem, seq_of
from exchange.storage.audit_log import repair_logs, unwritten
from exchange.utils.helpers import NS_PER_S, DamagedFileError, utc_text
from exchange.utils.logger import LineLogger

INSTRUMENTS = {"ACME": Instrument("ACME")}
TIME = 1_767_323_045_123_456_789
TIME_TEXT = "2026-01-02T03:04:05.123456789Z"


def accepted(**changes: Any) -> OrderAccepted:
    event = OrderAccepted(
        user="alice",
        seq=16,
        timestamp=TIME,
        order_id=42,
        client_order_id="my-1",
        symbol="ACME",
        terms=Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 101_250_000_000, 100),
    )
    return event._replace(terms=event.terms._replace(**changes))


def executed(seq: int = 17, user: str = "alice") -> OrderExecuted:
    return OrderExecuted(
        user=user,
        seq=seq,
        timestamp=TIME,
        order_id=42,
        client_order_id="my-1",
        symbol="ACME",
        side=Side.BUY,
        trade_id=9,
        price=10_125,
        quantity=40,
        remaining_quantity=60,
        status=OrderStatus.PARTIALLY_FILLED,
        liquidity=Liquidity.MAKER,
    )


def replaced(**changes: Any) -> OrderReplaced:
    event = OrderReplaced(
        "alice", 18, TIME, 42, "my-2", "ACME", 10_120, 80, 40, OrderStatus.PARTIALLY_FILLED, False
    )
    return event._replace(**changes)


def canceled() -> OrderCanceled:
    return OrderCanceled("alice", 19, TIME, 42, "my-2", "ACME", 40, CancelReason.USER_REQUESTED)


LINES = [
    (accepted(), "seq=16 ACCEPTED order 42 (my-1) BUY ACME 100 @ 101.25 remaining 100 NEW LIMIT GTC"),
    (
        accepted(post_only=True, self_trade_prevention=SelfTradePrevention.CANCEL_BOTH),
        "seq=16 ACCEPTED order 42 (my-1) BUY ACME 100 @ 101.25 remaining 100 NEW LIMIT GTC POST_ONLY CANCEL_BOTH",
    ),
    (
        accepted(price_nanos=None, order_type=OrderType.MARKET, time_in_force=TimeInForce.IOC),
        "seq=16 ACCEPTED order 42 (my-1) BUY ACME 100 remaining 100 NEW MARKET IOC",
    ),
    (
        executed(),
        "seq=17 EXECUTED order 42 (my-1) BUY ACME 40 @ 101.25 remaining 60 PARTIALLY_FILLED trade 9 MAKER",
    ),
    (
        replaced(),
        "seq=18 REPLACED order 42 (my-2) ACME 80 @ 101.20 remaining 40 PARTIALLY_FILLED priority lost",
    ),
    (
        replaced(price=None, priority_kept=True),
        "seq=18 REPLACED order 42 (my-2) ACME 80 remaining 40 PARTIALLY_FILLED priority kept",
    ),
    (canceled(), "seq=19 CANCELED order 42 (my-2) ACME canceled 40 USER_REQUESTED"),
]


def audit_format() -> AuditFormat:
    return AuditFormat(INSTRUMENTS.__getitem__)


@pytest.mark.parametrize(("entry", "line"), LINES, ids=[line.split(" order")[0] for _, line in LINES])
def test_each_event_is_one_readable_line(entry: Any, line: str) -> None:
    assert audit_format()([[entry]]) == {"logs_alice": [f"{TIME_TEXT} {line}"]}
    assert seq_of(f"{TIME_TEXT} {line}".encode()) == entry.seq


def test_a_line_with_a_blanked_byte_or_a_torn_end_of_its_head_is_damaged() -> None:
    [line] = [line.encode() for line in audit_format()([[executed()]])["logs_alice"]]
    for index in range(len(line)):
        assert seq_of(line[:index] + b"\0" + line[index + 1 :]) is None
    assert seq_of(b"") is None
    assert seq_of(line[:40]) is None


# Of this second and the next, so many ns after its beginning, with any number of digits.
NEAR_TIMES = st.builds(
    lambda second, digit_count, beyond: TIME // NS_PER_S * NS_PER_S + second * NS_PER_S + 10**digit_count + beyond,
    st.integers(0, 1),
    st.integers(0, 8),
    st.integers(-1, 1),
)


@given(st.lists(NEAR_TIMES | st.integers(0, 2**63 - 1), min_size=1))
def test_times_are_written_in_full_whatever_order_they_come_in(times: list[int]) -> None:
    to_lines = audit_format()
    events = [executed()._replace(timestamp=time) for time in times]
    assert [line[:30] for line in to_lines([events])["logs_alice"]] == [utc_text(time) for time in times]


def test_each_user_has_a_file_of_their_own() -> None:
    found = audit_format()([[executed(3)], [executed(1, "bob")]])
    seqs = {stem: [line.split()[1] for line in lines] for stem, lines in found.items()}
    assert seqs == {"logs_alice": ["seq=3"], "logs_bob": ["seq=1"]}


def test_what_the_logs_hold_is_not_written_again_and_only_private_events_are_written() -> None:
    refusal = OrderRejected("my-3", RejectCode.BAD_VALUE, "no")
    happened: list[Event] = [executed(1), executed(2), refusal, executed(3), executed(1, "bob")]
    assert unwritten(happened, {"alice": 2}) == [executed(3), executed(1, "bob")]


def write_log(directory: Path, user: str, entries: list[Any]) -> Path:
    path = directory / f"{file_stem(user)}.txt"
    path.write_text("".join(f"{line}\n" for lines in audit_format()([entries]).values() for line in lines))
    return path


def test_every_way_to_cut_the_last_line_is_completed_by_the_replay_exactly_once(tmp_path: Path) -> None:
    events = [executed(1), executed(2), executed(3)]
    path = write_log(tmp_path, "alice", events)
    whole = path.read_bytes()
    failures: list[Exception] = []
    for kept_bytes in [0, 1, *range(2 * len(whole) // 3 - 1, len(whole) + 1)]:
        path.write_bytes(whole[:kept_bytes])
        last_seqs = repair_logs(tmp_path, {})
        assert last_seqs == {"alice": whole[:kept_bytes].count(b"\n")}
        logger = LineLogger(tmp_path, audit_format(), failures.append)
        logger.append(unwritten(events, last_seqs))
        logger.close()
        assert path.read_bytes() == whole
    assert failures == []


def test_logs_are_cut_to_what_the_journal_knows(tmp_path: Path) -> None:
    write_log(tmp_path, "alice", [executed(1), executed(2), executed(3)])
    write_log(tmp_path, "bob", [executed(1, "bob")])
    assert repair_logs(tmp_path, {"alice": 1}, seqs_max={"alice": 2}) == {"alice": 2, "bob": 0}
    assert (tmp_path / "logs_bob.txt").read_bytes() == b""


def test_a_log_damaged_where_it_was_safely_stored_is_refused(tmp_path: Path) -> None:
    path = write_log(tmp_path, "alice", [executed(1), executed(2)])
    path.write_bytes(path.read_bytes().replace(b"seq=2", b"seq=x"))
    with pytest.raises(DamagedFileError, match="logs_alice.txt: damaged at byte"):
        repair_logs(tmp_path, {"alice": 2})


def test_a_log_that_lost_lines_it_had_safely_is_refused_but_an_emptied_one_starts_anew(tmp_path: Path) -> None:
    path = write_log(tmp_path, "alice", [executed(1), executed(2)])
    with pytest.raises(DamagedFileError, match="ends at seq 2, 3 were safely stored"):
        repair_logs(tmp_path, {"alice": 3})
    path.write_bytes(b"")
    assert repair_logs(tmp_path, {"alice": 3}) == {"alice": 0}


def test_a_log_that_was_taken_away_starts_anew(tmp_path: Path) -> None:
    assert repair_logs(tmp_path, {"alice": 7}) == {}
    assert repair_logs(tmp_path / "missing", {}) == {}
