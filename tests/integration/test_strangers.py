"""What a stranger can do to another user, or learn of them: nothing.  And no name leads out of its place."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import RunningEngine, operate, plain_client
from tests.support.raw_client import Message, RawClient, kinds, limit, login_message

# What an id is probed with.  The values differ in what else is wrong with them, which must not be told either.
PROBES: dict[str, Message] = {
    "cancel": {"type": "cancel_order"},
    "replace to the same": {"type": "replace_order", "quantity": 10, "price": 5},
    "replace to less": {"type": "replace_order", "quantity": 1},
    "replace off the tick": {"type": "replace_order", "price": 5.001},
    "replace to too much": {"type": "replace_order", "quantity": 1_001},
    "replace off the lot": {"type": "replace_order", "quantity": 11},
    "replace with a name in use": {"type": "replace_order", "quantity": 10, "new_client_order_id": "own"},
    "replace and trade with oneself": {"type": "replace_order", "price": 9},
}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    rules = [{"symbol": symbol, "tick_size": 0.01, "lot_size": 5, "max_quantity": 1_000} for symbol in ("A", "B")]
    (tmp_path / "instruments.json").write_text(json.dumps(rules))
    options = ("--instruments", str(tmp_path / "instruments.json"), "--quantity-max", "500")
    # Deep, so that names which lead upwards would still lead to a place that is looked at.
    with RunningEngine(tmp_path / "deep" / "below" / "data", *options) as engine:
        yield engine


def data_directory(directory: Path) -> Path:
    return directory / "deep" / "below" / "data"


def answer_bytes(client: RawClient, request: Message) -> bytes:
    """The answer to `request`, as it was on the wire."""
    client.send(request)
    return client.next_line()


def test_an_order_of_somebody_else_is_answered_for_byte_by_byte_as_one_that_never_was(
    engine: RunningEngine, tmp_path: Path
) -> None:
    """Resting, partly filled, filled, canceled, in a halted instrument: each looks like no order at all."""
    with RawClient(engine.port) as alice, RawClient(engine.port) as mallory:
        alice.login("alice")
        mallory.login("mallory")
        entered = alice.ask(
            limit("resting", "SELL", 10, 5, symbol="A"),
            limit("partly", "SELL", 10, 4, symbol="A"),
            limit("filled", "SELL", 10, 3, symbol="A"),
            limit("canceled", "SELL", 10, 5, symbol="A"),
            {"type": "cancel_order", "client_order_id": "canceled"},
            limit("halted", "SELL", 10, 5, symbol="B"),
        )
        theirs = [message["order_id"] for message in entered if message["type"] == "order_accepted"]
        assert theirs == [1, 2, 3, 4, 5]
        assert kinds(mallory.ask(limit("own", "BUY", 15, 4, symbol="A"))).count("order_executed") == 2
        operate(data_directory(tmp_path), "halt", "B")
        before = state_of(alice)
        for what, probe in PROBES.items():
            answers = set()
            for order_id in (*theirs, 9):  # All of one digit, so that nothing need be cut out of the texts.
                answer = answer_bytes(mallory, {**probe, "order_id": order_id})
                answers.add(answer.replace(str(order_id).encode(), b"N"))
            assert len(answers) == 1, (what, answers)
            nobodys = answer_bytes(mallory, {**probe, "client_order_id": "nobody's"})
            for name in ("resting", "partly", "filled", "canceled", "halted"):
                answer = answer_bytes(mallory, {**probe, "client_order_id": name})
                assert answer == nobodys.replace(b"nobody's", name.encode()), what
        assert state_of(alice) == before


def state_of(client: RawClient) -> list[Message]:
    """A user's orders and positions; events that came are passed over."""
    answers = client.ask({"type": "get_orders"}, {"type": "get_positions"})
    return [answer for answer in answers if answer["type"] in ("orders", "positions")]


def test_nobody_acts_for_somebody_else(engine: RunningEngine) -> None:
    with RawClient(engine.port) as alice, RawClient(engine.port) as mallory:
        alice.login("alice")
        mallory.login("mallory")
        alice.ask(limit("1", "SELL", 10, 5, symbol="A"))
        before = state_of(alice)
        for request in (
            limit("2", "BUY", 10, 5, symbol="A"),
            {"type": "cancel_order", "order_id": 1},
            {"type": "replace_order", "order_id": 1, "quantity": 5},
            {"type": "cancel_all"},
            {"type": "get_orders"},
            {"type": "get_positions"},
            {"type": "subscribe", "channel": "book", "symbol": "A"},
            {"type": "logout"},
        ):
            (answer,) = mallory.ask({**request, "user": "alice"})
            assert answer["code"] == "UNKNOWN_FIELD", answer
        (done,) = mallory.ask({"type": "cancel_all"})
        assert done["count"] == 0
        assert state_of(mallory) == [{"type": "orders", "orders": []}, {"type": "positions", "positions": []}]
        # The ids that a client gives are its own affair: both may use the same.
        assert kinds(mallory.ask(limit("1", "SELL", 10, 6, symbol="A"))) == ["order_accepted"]
        assert state_of(alice) == before
        mallory.send(login_message("alice"), {"type": "cancel_all"})
        assert [answer["type"] for answer in mallory.remainder()] == ["login_rejected"]
        assert state_of(alice) == before


def test_the_public_feeds_name_nobody(engine: RunningEngine) -> None:
    with RawClient(engine.port) as alice, RawClient(engine.port) as bob, RawClient(engine.port) as watcher:
        alice.login("alice")
        bob.login("bob")
        for channel in ("book", "trades"):
            watcher.ask({"type": "subscribe", "channel": channel, "symbol": "A"})
        alice.ask(limit("secret", "SELL", 10, 5, symbol="A"))
        bob.ask(limit("own", "BUY", 5, 5, symbol="A"))
        heard = watcher.heard()
        assert set(kinds(heard)) == {"book_update", "trade"}
        fields = {name for message in heard for name in message}
        assert not fields & {"user", "order_id", "client_order_id", "seq"}
        assert not any(name in str(heard) for name in ("alice", "bob", "secret", "own"))


def test_no_name_leads_out_of_its_place(engine: RunningEngine, tmp_path: Path) -> None:
    data = data_directory(tmp_path)
    with RawClient(engine.port) as alice, RawClient(engine.port) as stranger:
        alice.login("alice")
        for name in ("../../x", "..", "/nowhere/x", "x/../../y", "x\x00y"):
            (refused,) = stranger.ask(login_message(name))
            assert (refused["type"], refused["code"]) in {("error", "BAD_VALUE"), ("error", "MALFORMED")}
            for wish in (
                {"type": "subscribe", "channel": "book", "symbol": name},
                {"type": "cancel_all", "symbol": name},
                limit("1", "BUY", 5, 1, symbol=name),
            ):
                (refused,) = alice.ask(wish)
                assert refused["code"] in {"BAD_VALUE", "MALFORMED", "UNKNOWN_SYMBOL"}
            # An id may look like a path, and is none.
            assert kinds(alice.ask(limit(name, "BUY", 5, 1, symbol="A"))) == [
                "error" if "\x00" in name else "order_accepted"
            ]
        for do in ("reset", "halt"):
            status, _, complaint = operate(data, do, "../../x")
            assert (status, complaint.count("\n")) == (1, 1)
        with plain_client(engine, tmp_path, "..", "--user", "../../x") as client:
            status, output, errors = client.end()
        assert (status, output, errors.count("\n")) == (2, "", 1)
        engine.send_signal(signal.SIGTERM)
        assert engine.wait()[0] == 0
    assert {path for path in tmp_path.rglob("*") if data not in (path, *path.parents)} == {
        tmp_path / "instruments.json",
        data.parent.parent,
        data.parent,
    }
    kept = {path.name for path in data.rglob("*_*") if path.is_file()}
    assert kept == {"engine_id", "logs_alice.txt"}
