"""Fills read back from the audit logs: exactly the events that the logs were written from."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.events import (
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderReplaced,
    OrderTriggered,
    PrivateEvent,
)
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import (
    CancelReason,
    Liquidity,
    OrderStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from exchange.storage.audit_lines import AuditFormat, file_stem
from exchange.storage.audit_log_reader import AuditLogReader

INSTRUMENTS = {
    "ACME": Instrument("ACME"),
    "B.ND-1": Instrument("B.ND-1", tick_size_nanos=250_000_000),
    "NANO": Instrument("NANO", tick_size_nanos=1),
    "BIG": Instrument("BIG", tick_size_nanos=100 * 10**9),
}
USERS = ("alice", "bob")
# Names of orders that look like the lines they stand in.
TRICKY = (
    "1",
    "(",
    ") BUY ACME 1 @ 1.00 remaining 0 FILLED trade 1 MAKER",
    "x) SELL ACME 7 @ 2.00 remaining 0 FILLED trade 9 TAKER (y",
    "seq=5 EXECUTED order 1 (a) BUY ACME 1 @ 1 remaining 0 FILLED trade 1 MAKER",
)
client_order_ids = st.one_of(
    st.sampled_from(TRICKY), st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=64)
)
counts = st.integers(1, 2**62)
timestamps = st.integers(0, 4 * 10**18)


def optional(values: st.SearchStrategy[int]) -> st.SearchStrategy[Optional[int]]:
    return st.one_of(st.none(), values)


prices = st.integers(1, 10**9)


@st.composite
def private_events(draw: st.DrawFn, user: str, seq: int, kind: str) -> PrivateEvent:
    """An event of any content: whatever the engine may ever say, the line must hold it."""
    symbol = draw(st.sampled_from(sorted(INSTRUMENTS)))
    head = (user, seq, draw(timestamps), draw(counts), draw(client_order_ids), symbol)
    status = st.sampled_from([OrderStatus.NEW, OrderStatus.PARTIALLY_FILLED, OrderStatus.FILLED])
    if kind == "fill":
        amounts = (draw(counts), draw(prices), draw(counts), draw(st.integers(0, 2**62)))
        after = (draw(status), draw(st.sampled_from(Liquidity)))
        fee = draw(optional(st.integers(-(10**20), 10**20)))
        return OrderExecuted(*head, draw(st.sampled_from(Side)), *amounts, *after, draw(optional(counts)), fee)
    if kind == "canceled":
        return OrderCanceled(*head, draw(counts), draw(st.sampled_from(CancelReason)))
    if kind == "replaced":
        price, total, remaining = draw(optional(prices)), draw(counts), draw(counts)
        shown = (draw(optional(prices)), draw(optional(counts)))
        return OrderReplaced(*head, price, total, remaining, draw(status), draw(st.booleans()), *shown)
    if kind == "triggered":
        return OrderTriggered(*head, draw(prices))
    if kind == "expired":
        return OrderExpired(*head, draw(counts))
    tick = INSTRUMENTS[symbol].tick_size_nanos
    price, stop_price = draw(optional(prices.map(tick.__mul__))), draw(optional(prices.map(tick.__mul__)))
    prevention = draw(st.sampled_from([None, *(word for word in SelfTradePrevention if word.value != "NONE")]))
    words = (draw(st.sampled_from(Side)), draw(st.sampled_from(OrderType)), draw(st.sampled_from(TimeInForce)))
    terms = Terms(*words, price, draw(counts), draw(st.booleans()), prevention, stop_price, draw(optional(counts)))
    return OrderAccepted(*head, terms)


KINDS = ("fill", "accepted", "canceled", "replaced", "triggered", "expired")


@st.composite
def histories(draw: st.DrawFn) -> list[PrivateEvent]:
    """Events of both users, each user's numbered 1, 2, 3 …"""
    seqs = dict.fromkeys(USERS, 0)
    events: list[PrivateEvent] = []
    for user in draw(st.lists(st.sampled_from(USERS), max_size=30)):
        seqs[user] += 1
        events.append(draw(private_events(user, seqs[user], draw(st.sampled_from(KINDS)))))
    return events


def written(directory: Path, events: list[PrivateEvent]) -> AuditLogReader:
    """The history of logs that hold these events."""
    lines = AuditFormat(INSTRUMENTS.__getitem__)([events])
    for user in USERS:
        path = directory / f"{file_stem(user)}.txt"
        path.unlink(missing_ok=True)
        if file_stem(user) in lines:
            path.write_text("".join(line + "\n" for line in lines[file_stem(user)]))
    return AuditLogReader(directory, lambda: None, INSTRUMENTS.__getitem__)


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("logs")


@given(histories(), st.sampled_from(USERS), st.integers(1, 35))
def test_all_that_a_user_was_told_is_read_back_as_it_was(
    directory: Path, events: list[PrivateEvent], user: str, seq: int
) -> None:
    own = [event for event in events if event.user == user]
    expected = tuple(event for event in own if event.seq >= seq)
    assert written(directory, events).past_since(user, seq) == (expected, len(own))


@given(histories(), st.sampled_from(USERS), st.integers(1, 35))
def test_whatever_a_user_was_told_is_read_back_whole(
    directory: Path, events: list[PrivateEvent], user: str, seq: int
) -> None:
    expected = [event for event in events if event.user == user and event.seq >= seq]
    pieces = written(directory, events).events_since(user, seq)
    assert [event for piece in pieces for event in piece] == expected


def test_a_long_log_is_read_from_where_it_is_asked_for_and_gives_way_between_its_pieces(tmp_path: Path) -> None:
    events: list[PrivateEvent] = [fill(seq) for seq in range(1, 5_001)]
    written(tmp_path, events)
    ways_given: list[int] = []
    reader = AuditLogReader(tmp_path, lambda: None, INSTRUMENTS.__getitem__, lambda: ways_given.append(1))
    for seq, pauses_max in ((1, 15), (2_500, 10), (4_999, 1), (5_001, 1)):
        ways_given.clear()
        pieces = list(reader.events_since("alice", seq))
        assert [event for piece in pieces for event in piece] == events[seq - 1 :]
        assert len(ways_given) == max(0, len(pieces) - 1) <= pauses_max


LINES_OF_OLDER_VERSIONS = [
    (
        "ACCEPTED order 42 (my-1) BUY ACME 100 @ 101.25 remaining 100 NEW LIMIT GTC POST_ONLY CANCEL_BOTH",
        Terms(
            Side.BUY,
            OrderType.LIMIT,
            TimeInForce.GTC,
            101_250_000_000,
            100,
            True,
            SelfTradePrevention.CANCEL_BOTH,
        ),
    ),
    (
        "ACCEPTED order 42 (my-1) SELL ACME 100 remaining 100 NEW MARKET IOC",
        Terms(Side.SELL, OrderType.MARKET, TimeInForce.IOC, None, 100),
    ),
]


@pytest.mark.parametrize(("text", "terms"), LINES_OF_OLDER_VERSIONS, ids=["limit", "market"])
def test_lines_of_older_versions_can_be_read(tmp_path: Path, text: str, terms: Terms) -> None:
    (tmp_path / "logs_alice.txt").write_text(f"2026-01-02T03:04:05.123456789Z seq=1 {text}\n")
    reader = AuditLogReader(tmp_path, lambda: None, INSTRUMENTS.__getitem__)
    event = OrderAccepted("alice", 1, 1_767_323_045_123_456_789, 42, "my-1", "ACME", terms)
    assert list(reader.events_since("alice", 1)) == [[event]]


def fill(seq: int, client_order_id: str = "1") -> OrderExecuted:
    head = ("alice", seq, 10**18 + seq, 7, client_order_id, "ACME", Side.SELL)
    return OrderExecuted(*head, seq, 12_345, 10, 20, OrderStatus.PARTIALLY_FILLED, Liquidity.MAKER)


def test_a_log_of_many_blocks_is_read_whole_and_only_as_far_back_as_needed(tmp_path: Path) -> None:
    events: list[PrivateEvent] = [fill(seq, "x" * (seq % 64 + 1)) for seq in range(1, 3_001)]
    history = written(tmp_path, events)
    assert history.past_since("alice", 1) == (tuple(events), 3_000)
    assert history.past_since("alice", 2_990) == (tuple(events[2_989:]), 3_000)
    assert history.past_since("alice", 3_001) == ((), 3_000)


@given(histories(), st.sampled_from(USERS), st.integers(1, 5))
def test_of_very_much_the_older_part_is_fills_alone(
    directory: Path, events: list[PrivateEvent], user: str, whole_max: int
) -> None:
    own = [event for event in events if event.user == user]
    past, _ = written(directory, events).past_since(user, 1, whole_max)
    told = [event.seq for event in past]
    assert told == sorted(set(told))
    assert {event.seq for event in own[-whole_max:]} <= set(told)
    assert {event.seq for event in own if isinstance(event, OrderExecuted)} <= set(told)


@pytest.mark.parametrize("torn_bytes", [1, 20, 80])
def test_half_a_line_at_the_end_does_not_count(tmp_path: Path, torn_bytes: int) -> None:
    """It is being written this moment."""
    events: list[PrivateEvent] = [fill(seq) for seq in (1, 2, 3)]
    history = written(tmp_path, events)
    path = tmp_path / "logs_alice.txt"
    path.write_bytes(path.read_bytes()[:-torn_bytes])
    assert history.past_since("alice", 1) == (tuple(events[:2]), 2)


@pytest.mark.parametrize("content", [None, b"", b"half a li"])
def test_a_user_without_a_log_has_no_past(tmp_path: Path, content: bytes) -> None:
    if content is not None:
        (tmp_path / "logs_alice.txt").write_bytes(content)
    assert AuditLogReader(tmp_path, lambda: None, INSTRUMENTS.__getitem__).past_since("alice", 1) == ((), 0)


def test_what_was_handed_to_the_log_is_written_out_before_it_is_read(tmp_path: Path) -> None:
    def write_out() -> None:
        written(tmp_path, [fill(1)])

    assert AuditLogReader(tmp_path, write_out, INSTRUMENTS.__getitem__).past_since("alice", 1) == ((fill(1),), 1)


# --- fills after a trade ---------------------------------------------------------------------------------------


@st.composite
def traded(draw: st.DrawFn) -> list[PrivateEvent]:
    """Alice's log: fills in the order of their trades, some of them with herself, among other events."""
    events: list[PrivateEvent] = []
    trade_id = 0
    for kind in draw(st.lists(st.sampled_from(["other", "fill", "with herself"]), max_size=25)):
        if kind == "other":
            events.append(OrderCanceled("alice", len(events) + 1, 1, 1, "1", "ACME", 1, CancelReason.ADMIN))
            continue
        trade_id += draw(st.integers(1, 3))
        symbol = draw(st.sampled_from(["ACME", "BIG"]))
        sides = draw(st.permutations([Side.BUY, Side.SELL]))[: 2 if kind == "with herself" else 1]
        for side in sides:
            seq = len(events) + 1
            events.append(fill(seq)._replace(trade_id=trade_id, symbol=symbol, side=side))
    return events


@given(traded(), st.integers(0, 30), st.sampled_from([None, "ACME", "BIG"]), st.integers(1, 12))
def test_page_by_page_every_fill_after_a_trade_is_found_once_and_no_trade_is_split(
    directory: Path, events: list[PrivateEvent], after: int, symbol: Optional[str], limit: int
) -> None:
    own = [event for event in events if isinstance(event, OrderExecuted)]
    wanted = [event for event in own if event.trade_id > after and symbol in (None, event.symbol)]
    wanted.sort(key=lambda event: (event.trade_id, event.side is Side.SELL))
    history = written(directory, events)
    found: list[OrderExecuted] = []
    more = True
    while more:
        page, more = history.fills_after("alice", found[-1].trade_id if found else after, symbol, limit)
        assert len(page) <= max(limit, 2) and (page or not more)
        found += page
    assert found == wanted


@pytest.mark.parametrize("stretch", [1, 2_000], ids=["fills all over", "fills far between"])
def test_in_a_log_of_many_blocks_the_first_fill_after_a_trade_is_found(tmp_path: Path, stretch: int) -> None:
    """Whichever trade is asked for, and however long the log says nothing of fills."""
    events: list[PrivateEvent] = [
        fill(seq) if seq % stretch == 0 else OrderCanceled("alice", seq, 1, 1, "1", "ACME", 1, CancelReason.ADMIN)
        for seq in range(1, 10_001)
    ]
    history = written(tmp_path, events)
    for after in (0, 1, 1_999, 2_000, 5_000, 9_999):
        expected = next(event for event in events[after:] if isinstance(event, OrderExecuted))
        assert history.fills_after("alice", after, None, 1)[0] == (expected,)
    assert history.fills_after("alice", 10_000, None, 1) == ((), False)


@pytest.mark.parametrize("content", [None, b"", b"half a li"])
def test_who_never_traded_has_no_fills(tmp_path: Path, content: Optional[bytes]) -> None:
    if content is not None:
        (tmp_path / "logs_alice.txt").write_bytes(content)
    assert AuditLogReader(tmp_path, lambda: None, INSTRUMENTS.__getitem__).fills_after("alice", 0, None, 5) == (
        (),
        False,
    )
