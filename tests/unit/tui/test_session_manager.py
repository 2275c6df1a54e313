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
from tui.session_manager import SessionManager, check_user
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
def test_a_file_cut_anywhere_is_either_whole_or_set_aside(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    tmp_path = tmp_path_factory.mktemp("cut")
    manager = history(tmp_path, order_accepted(1), order_executed(1, 4, 6))
    manager.save()
    content = manager.path.read_bytes()
    kept_bytes = cut % len(content)
    manager.path.write_bytes(content[:kept_bytes])
    again = SessionManager(tmp_path, "alice")
    is_whole = kept_bytes == len(content) - 1  # only the last newline is missing
    assert (again.notice is None) == is_whole
    assert len(again.orders) == (1 if is_whole else 0)


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
