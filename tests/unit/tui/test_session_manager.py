"""The client's order history: what it learns from the engine's messages, and that its file is never lost."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.networking.client.message_json import decode_message
from exchange.networking.tcp_client import Message
from tui.session_manager import ROWS_MORE_MAX, SessionManager, check_user, history_path
from tui.session_order import SessionOrderStatus


def order_accepted(order_id: int = 1, quantity: int = 10, price: str = "101.25", **fields: Any) -> Message:
    return {
        "type": "order_accepted",
        "seq": order_id,
        "order_id": order_id,
        "client_order_id": f"c{order_id}",
        "symbol": "ACME",
        "timestamp": 1_000 + order_id,
        "status": "NEW",
        "side": "BUY",
        "order_type": "LIMIT",
        "time_in_force": "GTC",
        "price": Decimal(price),
        "quantity": quantity,
        "remaining_quantity": quantity,
        **fields,
    }


def order_executed(order_id: int, quantity: int, remaining: int) -> Message:
    status = "PARTIALLY_FILLED" if remaining else "FILLED"
    fields = {"quantity": quantity, "remaining_quantity": remaining, "status": status, "price": Decimal("101.25")}
    return {"type": "order_executed", "seq": 50, "order_id": order_id, "client_order_id": f"c{order_id}", **fields}


def order_canceled(order_id: int, remaining: int) -> Message:
    fields = {"status": "CANCELED", "reason": "USER_REQUESTED", "remaining_quantity": remaining}
    return {"type": "order_canceled", "seq": 60, "order_id": order_id, **fields}


def history(path: Path, *messages: Message) -> SessionManager:
    manager = SessionManager(path, "alice")
    for message in messages:
        manager.apply(message)
    return manager


def table(manager: SessionManager) -> list[tuple[Any, ...]]:
    return [(o.order_id, o.executed_quantity, o.remaining_quantity, o.status.value) for o in manager.orders]


def test_an_order_goes_from_new_over_partially_filled_to_filled(tmp_path: Path) -> None:
    manager = history(tmp_path, order_accepted())
    assert table(manager) == [(1, 0, 10, "NEW")]
    assert manager.apply(order_executed(1, 4, 6))
    assert table(manager) == [(1, 4, 6, "PARTIALLY_FILLED")]
    assert manager.apply(order_executed(1, 6, 0))
    assert table(manager) == [(1, 10, 0, "FILLED")]
    assert manager.live_orders == []
    assert manager.last_seq == 50


@pytest.mark.parametrize(("kind", "status"), [("order_canceled", "CANCELED"), ("order_expired", "EXPIRED")])
def test_an_order_that_ends_early_keeps_what_was_executed(tmp_path: Path, kind: str, status: str) -> None:
    end = {"type": kind, "order_id": 1, "status": status, "remaining_quantity": 6}
    manager = history(tmp_path, order_accepted(), order_executed(1, 4, 6), end)
    assert table(manager) == [(1, 4, 0, status)]


def test_a_replaced_order_has_its_new_price_quantity_and_name(tmp_path: Path) -> None:
    change = {"client_order_id": "new", "price": Decimal("99.5"), "quantity": 20, "remaining_quantity": 16}
    replaced = {"type": "order_replaced", "order_id": 1, "status": "PARTIALLY_FILLED", **change}
    manager = history(tmp_path, order_accepted(), order_executed(1, 4, 6), replaced)
    order = manager.order(1)
    assert order is not None
    assert (order.client_order_id, order.price, order.quantity) == ("new", Decimal("99.5"), 20)
    assert table(manager) == [(1, 4, 16, "PARTIALLY_FILLED")]


def test_a_rejected_order_is_remembered_with_what_was_asked_for(tmp_path: Path) -> None:
    manager = SessionManager(tmp_path, "alice")
    manager.note_sent("c1", side="SELL", quantity=5, price=Decimal("3"), symbol="ACME", order_type="LIMIT")
    refusal = {"type": "order_rejected", "client_order_id": "c1", "code": "HALTED", "text": "ACME is halted"}
    assert manager.apply(refusal)
    order = manager.orders[0]
    assert (order.side, order.quantity, order.price) == ("SELL", 5, Decimal("3"))
    assert (order.status, order.reason) == (SessionOrderStatus.REJECTED, "HALTED: ACME is halted")


def test_an_order_sent_by_another_connection_may_be_rejected_too(tmp_path: Path) -> None:
    refusal = {"type": "order_rejected", "client_order_id": "x", "code": "HALTED", "text": "ACME is halted"}
    assert history(tmp_path, refusal).orders[0].quantity is None


@pytest.mark.parametrize(
    "message",
    [
        order_executed(7, 1, 0),
        order_canceled(7, 1),
        {"type": "cancel_rejected", "order_id": 7, "code": "TOO_LATE", "text": ""},
        {"type": "order_triggered", "order_id": 1, "stop_price": Decimal(1)},
        {"type": "pong"},
        {"type": "something a later engine says", "order_id": 1},
    ],
)
def test_what_is_of_no_known_order_or_of_no_order_changes_nothing(tmp_path: Path, message: Message) -> None:
    manager = history(tmp_path, order_accepted())
    before = manager.orders
    assert not manager.apply(message)
    assert manager.orders == before


def test_events_told_again_change_nothing(tmp_path: Path) -> None:
    events = [order_accepted(), order_executed(1, 4, 6), order_executed(1, 2, 4)]
    manager = history(tmp_path, *events)
    assert [manager.apply(event) for event in events] == [False] * 3
    assert table(manager) == [(1, 6, 4, "PARTIALLY_FILLED")]
    events.append(order_canceled(1, 4))
    manager.apply(events[-1])
    assert [manager.apply(event) for event in events] == [False] * 4
    assert table(manager) == [(1, 6, 0, "CANCELED")]


# --- the engine's word -----------------------------------------------------------------------------------------


def listed(order_id: int, remaining: int, **fields: Any) -> Message:
    status = "NEW" if remaining == 10 else "PARTIALLY_FILLED"
    return {**order_accepted(order_id), "remaining_quantity": remaining, "status": status, **fields}


def test_the_engines_list_of_live_orders_wins_over_the_file(tmp_path: Path) -> None:
    manager = history(tmp_path, order_accepted(1), order_accepted(2), order_accepted(3), order_canceled(3, 10))
    manager.reconcile([listed(2, 7), listed(9, 10)])
    assert table(manager) == [
        (1, 0, 0, "UNKNOWN"),
        (2, 3, 7, "PARTIALLY_FILLED"),
        (3, 0, 0, "CANCELED"),
        (9, 0, 10, "NEW"),
    ]


def test_how_an_order_ended_unseen_is_corrected_when_it_is_told_after_all(tmp_path: Path) -> None:
    manager = history(tmp_path, order_accepted(1), order_accepted(2))
    manager.reconcile([])
    manager.apply(order_executed(1, 10, 0))
    manager.apply(order_canceled(2, 10))
    assert table(manager) == [(1, 10, 0, "FILLED"), (2, 0, 0, "CANCELED")]


def test_a_fill_that_is_told_after_all_does_not_revive_an_order_that_is_over(tmp_path: Path) -> None:
    """After a gap the engine tells every fill, but not how the order ended."""
    manager = history(tmp_path, order_accepted(1))
    manager.reconcile([])
    assert manager.apply(order_executed(1, 4, 6))
    assert table(manager) == [(1, 4, 0, "UNKNOWN")]


def test_a_gap_is_behind_only_when_everything_in_it_was_told(tmp_path: Path) -> None:
    """Whoever loses the connection in the middle must ask for the rest of the fills again."""
    manager = history(tmp_path, order_accepted(1))
    before = manager.last_seq
    manager.apply({"type": "gap", "from": before + 1, "to": 90})
    manager.apply({"type": "orders", "orders": []})
    manager.apply({"type": "positions", "positions": []})
    assert manager.last_seq == before
    manager.apply(order_executed(1, 4, 6))
    assert manager.last_seq == 50
    manager.apply({"type": "pong"})
    assert manager.last_seq == 90


def test_an_engine_that_began_anew_reuses_ids_and_counts_without_hurting_the_history(tmp_path: Path) -> None:
    manager = history(tmp_path, order_accepted(1), order_accepted(2), order_executed(2, 10, 0))
    manager.apply({"type": "logged_in", "next_seq": 3})
    assert manager.last_seq == 2
    manager.reconcile([listed(1, 10, timestamp=9_001)])
    assert manager.apply(order_accepted(2, timestamp=9_002))
    assert table(manager) == [(1, 0, 0, "UNKNOWN"), (2, 10, 0, "FILLED"), (1, 0, 10, "NEW"), (2, 0, 10, "NEW")]


# --- the file --------------------------------------------------------------------------------------------------


def test_the_history_is_there_again_after_a_restart(tmp_path: Path) -> None:
    refusal = {"type": "order_rejected", "client_order_id": 'é\n"', "code": "HALTED", "text": "no \u2028 way"}
    market = order_accepted(2, order_type="MARKET", price="0")
    market["price"] = None
    manager = history(tmp_path, order_accepted(1, price="7"), order_executed(1, 4, 6), market, refusal)
    manager.save_if_changed()
    again = SessionManager(tmp_path, "alice")
    assert (again.orders, again.last_seq, again.notice) == (manager.orders, 50, None)
    assert again.apply(order_executed(1, 6, 0))
    assert type(again.orders[0].price) is Decimal


def test_the_file_is_json_with_exact_prices_under_the_name_of_the_user(tmp_path: Path) -> None:
    history(tmp_path, order_accepted(price="101.250000001")).save()
    path = tmp_path / "session_orders" / "orders_alice.json"
    assert '"price":101.250000001' in path.read_text()
    content = json.loads(path.read_text())
    assert (content["user"], content["orders"][0]["status"]) == ("alice", "NEW")
    assert [entry.name for entry in path.parent.iterdir()] == ["orders_alice.json"]


def test_nothing_is_written_while_nothing_changed(tmp_path: Path) -> None:
    manager = history(tmp_path, order_executed(7, 1, 0))
    manager.save_if_changed()
    assert not manager.path.exists()
    manager.apply(order_accepted())
    manager.save_if_changed()
    manager.path.unlink()
    manager.save_if_changed()
    assert not manager.path.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"user": "bob", "last_seq": 0, "orders": []}',
        b'{"user": "alice", "last_seq": "0", "orders": []}',
        b'{"user": "alice", "last_seq": 0, "orders": [7]}',
        b'{"user": "alice", "last_seq": 0, "orders": [{"order_id": 1}]}',
    ],
)
def test_a_damaged_file_is_set_aside_and_said_so(tmp_path: Path, content: bytes) -> None:
    directory = tmp_path / "session_orders"
    directory.mkdir()
    (directory / "orders_alice.json.damaged-1").write_bytes(b"an earlier one")
    (directory / "orders_alice.json").write_bytes(content)
    manager = SessionManager(tmp_path, "alice")
    assert manager.orders == []
    assert manager.notice is not None
    assert "orders_alice.json.damaged-2" in manager.notice
    assert "\n" not in manager.notice
    assert (directory / "orders_alice.json.damaged-2").read_bytes() == content
    assert (directory / "orders_alice.json.damaged-1").read_bytes() == b"an earlier one"
    assert not (directory / "orders_alice.json").exists()


@given(cut=st.integers(min_value=0, max_value=10_000))
def test_of_a_file_cut_anywhere_every_whole_row_is_taken_and_what_it_lacks_is_asked_for_again(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    tmp_path = tmp_path_factory.mktemp("cut")
    manager = history(tmp_path, order_accepted(1))
    manager.save()
    states = [(len(manager.path.read_bytes()), 1, table(manager))]
    for event in (order_executed(1, 4, 6), order_accepted(51), order_canceled(51, 10)):
        manager.apply(event)
        manager.save_if_changed()
        states.append((len(manager.path.read_bytes()), manager.last_seq, table(manager)))
    content = manager.path.read_bytes()
    manager.path.write_bytes(content[: cut % len(content)])
    again = SessionManager(tmp_path, "alice")
    is_whole = cut % len(content) == len(content) - 1  # only the last newline is missing
    assert (again.notice is None) == is_whole
    expected = {last_seq: orders for _, last_seq, orders in states} | {0: []}
    assert table(again) == expected[again.last_seq]
    whole_rows = content[: cut % len(content)].count(b"}")
    assert again.last_seq == [0, *(last_seq for _, last_seq, _ in states)][min(whole_rows, 4)]


def test_of_two_changes_written_at_once_the_first_alone_does_not_count_for_both(tmp_path: Path) -> None:
    """Else the exchange would not be asked again for the event of the row that was lost."""
    manager = history(tmp_path, order_accepted(1), order_accepted(2))
    manager.save()
    manager.apply({**order_executed(1, 4, 6), "seq": 3})
    manager.apply({**order_canceled(2, 10), "seq": 4})
    manager.save_if_changed()
    content = manager.path.read_bytes()
    manager.path.write_bytes(content[: content.rindex(b'{"order_id":2')])
    again = SessionManager(tmp_path, "alice")
    assert table(again) == [(1, 4, 6, "PARTIALLY_FILLED"), (2, 0, 10, "NEW")]
    assert again.last_seq == 2


def test_an_order_costs_the_file_a_few_rows_and_never_the_whole_of_it(tmp_path: Path) -> None:
    manager = SessionManager(tmp_path, "alice")
    for order_id in range(1, 2_001):
        manager.apply(order_accepted(order_id))
    manager.save()
    inode, size_bytes = manager.path.stat().st_ino, manager.path.stat().st_size
    manager.apply(order_accepted(2_001))
    manager.save_if_changed()
    manager.apply(order_canceled(2_001, 10))
    manager.save_if_changed()
    assert manager.path.stat().st_ino == inode
    assert manager.path.stat().st_size - size_bytes < 700


def test_the_file_is_one_document_at_any_moment_and_ends_with_one_row_for_each_order(tmp_path: Path) -> None:
    manager = history(tmp_path)
    manager.save()
    counts = []
    for event in (order_accepted(1), order_accepted(2), order_executed(1, 4, 6), order_canceled(2, 10)):
        manager.apply(event)
        manager.save_if_changed()
        content = json.loads(manager.path.read_text())
        assert (content["user"], content["last_seq"]) == ("alice", manager.last_seq)
        counts.append(len(content["orders"]))
    assert counts == [1, 2, 3, 4]
    assert table(SessionManager(tmp_path, "alice")) == table(manager)
    manager.close()
    assert [row["status"] for row in json.loads(manager.path.read_text())["orders"]] == [
        "PARTIALLY_FILLED",
        "CANCELED",
    ]


def test_many_changes_of_few_orders_do_not_make_the_file_grow_for_ever(tmp_path: Path) -> None:
    manager = SessionManager(tmp_path, "alice", orders_max=2)
    for order_id in range(1, ROWS_MORE_MAX + 200):
        manager.apply(order_accepted(order_id))
        manager.save_if_changed()
        manager.apply({**order_canceled(order_id, 10), "seq": order_id})
        manager.save_if_changed()
    assert len(json.loads(manager.path.read_text())["orders"]) < ROWS_MORE_MAX
    assert len(manager.orders) < ROWS_MORE_MAX


@pytest.mark.parametrize("meanwhile", ["removed", "replaced"])
def test_a_file_that_was_taken_away_is_written_anew(tmp_path: Path, meanwhile: str) -> None:
    manager = history(tmp_path, order_accepted(1))
    manager.save()
    manager.path.unlink()
    if meanwhile == "replaced":
        history(tmp_path, order_accepted(7)).save()
    manager.apply(order_accepted(2))
    manager.save_if_changed()
    assert [order.order_id for order in SessionManager(tmp_path, "alice").orders] == [1, 2]


def test_a_write_that_failed_is_made_good_by_the_next(tmp_path: Path) -> None:
    manager = history(tmp_path, order_accepted(1))
    manager.save()
    directory = tmp_path / "session_orders"
    directory.rename(tmp_path / "elsewhere")
    directory.write_text("no directory")
    manager.apply(order_accepted(2))
    with pytest.raises(OSError, match="session_orders"):
        manager.save_if_changed()
    directory.unlink()
    manager.save_if_changed()
    assert len(SessionManager(tmp_path, "alice").orders) == 2


def test_an_engine_that_began_anew_leaves_no_trace_of_a_longer_closing_line(tmp_path: Path) -> None:
    manager = history(tmp_path, {**order_accepted(1), "seq": 10**17})
    manager.save()
    manager.apply({"type": "logged_in", "next_seq": 1})
    manager.apply(order_accepted(1, timestamp=9_001, client_order_id=""))
    manager.save_if_changed()
    assert json.loads(manager.path.read_text())["last_seq"] == 1
    assert len(SessionManager(tmp_path, "alice").orders) == 2


def test_a_file_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    """Its `last_seq` stood in the head, and it was written whole each time."""
    (tmp_path / "session_orders").mkdir()
    (tmp_path / "session_orders" / "orders_alice.json").write_text(
        '{"user": "alice", "last_seq": 17, "orders": [\n'
        '{"order_id":3,"client_order_id":"c","symbol":"ACME","side":"BUY","order_type":"LIMIT",'
        '"time_in_force":"GTC","quantity":10,"remaining_quantity":6,"executed_quantity":4,'
        '"status":"PARTIALLY_FILLED","timestamp":1003,"reason":null,"price":101.25}\n]}\n'
    )
    manager = SessionManager(tmp_path, "alice")
    assert (manager.last_seq, table(manager)) == (17, [(3, 4, 6, "PARTIALLY_FILLED")])
    manager.save()
    assert table(SessionManager(tmp_path, "alice")) == table(manager)


def test_a_stop_waits_is_triggered_and_an_iceberg_says_what_it_shows(tmp_path: Path) -> None:
    stop = order_accepted(1, order_type="STOP_LIMIT", stop_price=Decimal("102.5"), waiting=True)
    manager = history(tmp_path, stop, order_accepted(2, display_quantity=5))
    manager.save()
    again = SessionManager(tmp_path, "alice")
    assert [(o.stop_price, o.is_waiting, o.display_quantity) for o in again.orders] == [
        (Decimal("102.5"), True, None),
        (None, False, 5),
    ]
    triggered = {"type": "order_triggered", "order_id": 1, "status": "NEW", "stop_price": Decimal("102.5")}
    assert again.apply(triggered)
    assert not again.apply(triggered)
    assert not again.orders[0].is_waiting


@pytest.mark.parametrize("user", ["", "../x", "a/b", "a b", "ä", "x" * 33, "a\n", ".."])
def test_a_user_name_that_could_leave_the_directory_is_refused(tmp_path: Path, user: str) -> None:
    with pytest.raises(ValueError, match="is not a name"):
        SessionManager(tmp_path, user)
    assert check_user("A-z_9" * 6) == "A-z_9" * 6


def test_only_the_oldest_orders_that_are_over_are_forgotten(tmp_path: Path) -> None:
    manager = SessionManager(tmp_path, "alice", orders_max=2)
    for order_id in (1, 2, 3, 4):
        manager.apply(order_accepted(order_id))
    manager.apply(order_canceled(2, 10))
    manager.apply(order_canceled(3, 10))
    manager.apply(order_canceled(4, 10))
    manager.save()
    assert table(manager) == [(1, 0, 10, "NEW"), (4, 0, 0, "CANCELED")]
    assert not manager.apply(order_canceled(2, 10))


def test_the_protocols_own_lines_are_understood(tmp_path: Path) -> None:
    line = (
        b'{"type":"order_accepted","seq":1,"order_id":1,"client_order_id":"c","symbol":"ACME","timestamp":5,'
        b'"status":"NEW","side":"SELL","order_type":"MARKET","time_in_force":"IOC","price":null,"quantity":3,'
        b'"remaining_quantity":3}'
    )
    manager = history(tmp_path, decode_message(line))
    assert manager.orders[0].price is None


def test_each_exchange_has_its_own_history_though_the_screen_goes_from_one_to_the_other(tmp_path: Path) -> None:
    history = SessionManager(tmp_path, "alice", engine_id="one11111")
    history.apply(order_accepted(1))
    history.note_sent("c2", quantity=5)
    history.go_to("two22222")
    assert (history.orders, history.last_seq) == ([], 0)
    history.apply(order_accepted(1, quantity=99))
    history.apply({"type": "order_rejected", "client_order_id": "c2", "code": "NO", "text": "no", "timestamp": 2})
    assert history.orders[1].quantity is None  # It was asked of the other one.
    history.go_to("two22222")
    assert len(history.orders) == 2
    history.go_to("one11111")
    assert [(order.order_id, order.quantity) for order in history.orders] == [(1, 10)]
    assert history.last_seq == 1
    history.close()
    two = SessionManager(tmp_path, "alice", engine_id="two22222")
    assert [order.quantity for order in two.orders] == [99, None]


def test_a_history_that_cannot_be_read_leaves_the_one_before(tmp_path: Path) -> None:
    history = SessionManager(tmp_path, "alice", engine_id="one11111")
    history.apply(order_accepted(1))
    history.save()
    history_path(tmp_path, "alice", "two22222").mkdir()
    with pytest.raises(IsADirectoryError):
        history.go_to("two22222")
    history.apply(order_accepted(2))
    history.save_if_changed()
    assert len(SessionManager(tmp_path, "alice", engine_id="one11111").orders) == 2
