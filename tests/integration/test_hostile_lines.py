"""Lines meant to break the exchange: each is refused with a code, and the same connection trades next.

One engine serves them all, so that damage done by one line would show with the next; at the end its files are
read.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from exchange.networking.wire.limits import LINE_BYTES_MAX
from tests.support.processes import RunningEngine
from tests.support.raw_client import Message, RawClient, kinds, limit

ORDER = b'{"type":"new_order","client_order_id":"x","side":"BUY","order_type":"LIMIT","quantity":1,"price":1'


def order_with(field: str, value: bytes) -> bytes:
    """An order in which one value is replaced."""
    values = {
        "client_order_id": b'"x"',
        "side": b'"BUY"',
        "order_type": b'"LIMIT"',
        "quantity": b"1",
        "price": b"1",
    }
    values[field] = value
    return b'{"type":"new_order",' + b",".join(b'"%s":%s' % (k.encode(), v) for k, v in values.items()) + b"}"


HOSTILE = {
    "empty": b"",
    "blanks": b" \t\r",
    "NaN": order_with("price", b"NaN"),
    "Infinity": order_with("price", b"-Infinity"),
    "1e999": order_with("price", b"1e999"),
    "1e-999": order_with("price", b"1e-999"),
    "exponent of a thousand digits": order_with("price", b"1e" + b"9" * 1_000),
    "integer of 4,301 digits": order_with("quantity", b"1" * 4_301),
    "price of 4,301 digits": order_with("price", b"1" * 4_301),
    "fraction of 60,000 digits": order_with("price", b"0." + b"3" * 60_000),
    "quantity beyond 64 bits": order_with("quantity", str(2**63).encode()),
    "negative quantity": order_with("quantity", b"-1"),
    "quantity of nothing": order_with("quantity", b"0"),
    "quantity with a fraction": order_with("quantity", b"1.0"),
    "quantity with an exponent": order_with("quantity", b"1e2"),
    "quantity as text": order_with("quantity", b'"1"'),
    "true for a number": order_with("quantity", b"true"),
    "true for a price": order_with("price", b"true"),
    "null for a number": order_with("quantity", b"null"),
    "list where a string belongs": order_with("client_order_id", b'["x"]'),
    "object where a string belongs": order_with("side", b'{"BUY":1}'),
    "list for a type": b'{"type":["new_order"]}',
    "object for a type": b'{"type":{}}',
    "null for a type": b'{"type":null}',
    "no type": b"{}",
    "unknown type": b'{"type":"rm -rf"}',
    "unknown field": ORDER + b',"user":"bob"}',
    "repeated key": ORDER + b',"price":2}',
    "repeated key deep inside": b'{"type":"ping","id":{"a":{"b":1,"b":2}}}',
    "trailing comma": ORDER + b",}",
    "comment": ORDER + b"/* */}",
    "single quotes": b"{'type':'ping'}",
    "two objects": b'{"type":"ping"}{"type":"ping"}',
    "not an object": b"42",
    "a list": b'[{"type":"ping"}]',
    "60,000 open brackets": b"[" * 60_000,
    "10,000 open objects": b'{"a":' * 10_000,
    "60,000 closed brackets": b"]" * 60_000,
    "nested nine deep": b'{"type":' + b"[" * 9 + b"]" * 9 + b"}",
    "lone surrogate": order_with("client_order_id", b'"\\ud800"'),
    "lone surrogate in a key": b'{"\\udfff":1}',
    "encoded surrogate": order_with("client_order_id", b'"\xed\xa0\x80"'),
    "line separator": order_with("client_order_id", b'"a\\u2028b"'),
    "line separator as it is": order_with("client_order_id", "\u2028".join(['"a', 'b"']).encode()),
    "next line": order_with("client_order_id", b'"\\u0085"'),
    "newline in a name": order_with("client_order_id", b'"a\\nb"'),
    "NUL in a name": order_with("client_order_id", b'"a\\u0000b"'),
    "raw NUL": b"\x00" * 100,
    "terminal escape in a name": order_with("client_order_id", b'"\\u001b[2J"'),
    "name of 65 characters": order_with("client_order_id", b'"%s"' % (b"x" * 65)),
    "name of nothing": order_with("client_order_id", b'""'),
    "byte order mark": b"\xef\xbb\xbf" + b'{"type":"ping"}',
    "UTF-16": '{"type":"ping"}'.encode("utf-16").replace(b"\n", b""),
    "overlong UTF-8": b'{"type":"p\xc1\xa9ng"}',
    "HTTP": b"GET / HTTP/1.1\r",
    "HTTP header": b"Host: 127.0.0.1\r",
    "TLS hello": bytes.fromhex("16030100c8010000c40303") + bytes(range(11, 100)),
    "SSH hello": b"SSH-2.0-OpenSSH_9.6\r",
    "path for a symbol": ORDER + b',"symbol":"../../x"}',
    "ping with an object for an id": b'{"type":"ping","id":{}}',
    "ping with a fraction for an id": b'{"type":"ping","id":1.0}',
    "depth below nothing": b'{"type":"subscribe","channel":"book","depth":-1}',
    "depth beyond measure": b'{"type":"subscribe","channel":"book","depth":1e999}',
    "channel of nobody": b'{"type":"subscribe","channel":["book"]}',
    "the longest line": b"x" * (LINE_BYTES_MAX - 1),
}


STRANGE_BYTES = b"\x00\"'{}[],:\\0159eE.-+ xX\xff"


class Target:
    """An engine under attack, and one connection of a user who goes on trading all the while."""

    def __init__(self, engine: RunningEngine) -> None:
        self.engine = engine
        self.client = RawClient(engine.port)
        assert self.client.login("alice")["type"] == "logged_in"
        self.order_count = 0

    def still_trades(self) -> None:
        """The same connection enters an order and takes it back."""
        self.order_count += 1
        name = f"order {self.order_count}"
        answers = self.client.ask(limit(name, "BUY", 1, 1), {"type": "cancel_order", "client_order_id": name})
        assert kinds(answers) == ["order_accepted", "order_canceled"]
        assert answers[0]["order_id"] == self.order_count


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Stopped after the last line, when every file must be sound and tell of the good orders alone."""
    data_directory = tmp_path_factory.mktemp("hostile")
    with RunningEngine(data_directory) as engine:
        target = Target(engine)
        yield target
        target.still_trades()
        target.client.close()
        engine.send_signal(signal.SIGTERM)
        assert engine.wait() == (0, "")
    assert_logs_are_sound(data_directory, target.order_count)
    with RunningEngine(data_directory) as engine:
        engine.send_signal(signal.SIGTERM)
        assert engine.wait() == (0, "")


def assert_logs_are_sound(data_directory: Path, order_count: int) -> None:
    """No hostile user left a file behind, and alice's log has a line for each of her events."""
    (log,) = (data_directory / "logs").iterdir()
    assert log.name == "logs_alice.txt"
    lines = log.read_text(encoding="utf-8").split("\n")
    assert len(lines) == 2 * order_count + 1
    assert lines[-1] == ""


def refusals(answers: list[Message]) -> list[Message]:
    """All of them, since each must be one."""
    for answer in answers:
        assert answer["type"] in ("error", "order_rejected", "login_rejected"), answer
        assert answer["code"]
        assert answer["text"].isprintable()
        assert len(answer["text"]) < 300
    return answers


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_line_is_refused_with_a_code_and_the_same_connection_trades_next(
    target: Target, line: bytes
) -> None:
    assert len(refusals(target.client.ask(line))) == 1
    target.still_trades()


def test_random_bytes_are_refused_line_by_line(target: Target) -> None:
    random = Random(1)
    lines = [random.randbytes(random.randint(0, 200)).replace(b"\n", b"") for _ in range(500)]
    assert len(refusals(target.client.ask(*lines))) == 500
    target.still_trades()


def test_an_order_with_any_one_byte_changed_is_answered_once(target: Target) -> None:
    """Some are still orders, which is fine: they are taken back."""
    line = json.dumps(limit("byte", "SELL", 1, 12.5)).encode()
    random = Random(2)
    for start in range(0, len(line), 20):
        changed = [
            line[:position] + bytes([random.choice(STRANGE_BYTES)]) + line[position + 1 :]
            for position in range(start, min(start + 20, len(line)))
        ]
        assert len(target.client.ask(*changed)) == len(changed)
    target.order_count += len(target.client.ask({"type": "get_orders"})[0]["orders"])
    target.client.ask({"type": "cancel_all"})
    target.still_trades()


HOSTILE_USERS = ["../../x", "", "a" * 33, "al ice", "al\nice", "al\u0000ice", "älice", "a/b", "CON\\", "\ud800"]


@pytest.mark.parametrize("user", HOSTILE_USERS, ids=ascii)
def test_a_hostile_user_is_refused_and_gets_no_file(target: Target, user: str) -> None:
    with RawClient(target.engine.port) as stranger:
        assert len(refusals(stranger.ask({"type": "login", "user": user}))) == 1
        assert refusals(stranger.ask({"type": "get_orders"}))[0]["code"] == "NOT_LOGGED_IN"


def test_a_user_who_differs_by_letter_case_alone_is_refused(target: Target) -> None:
    with RawClient(target.engine.port) as stranger:
        assert refusals([stranger.login("ALICE")])[0]["type"] == "login_rejected"
        assert stranger.remainder() == []


@pytest.mark.parametrize("size_bytes", [LINE_BYTES_MAX, 1_000_000, 10_000_000])
def test_a_line_without_end_is_cut_off_and_the_others_trade_on(target: Target, size_bytes: int) -> None:
    with RawClient(target.engine.port) as stranger:
        try:
            stranger.socket.sendall(b"x" * size_bytes)
            (answer,) = refusals(stranger.remainder())
        except ConnectionError:
            assert size_bytes > LINE_BYTES_MAX  # It went on sending long after it was told.
        else:
            assert answer["code"] == "LINE_TOO_LONG"
    target.still_trades()


def test_another_users_order_can_not_be_seen_or_touched(target: Target) -> None:
    target.order_count += 1
    (order,) = target.client.ask(limit("mine", "SELL", 5, 1_000))
    with RawClient(target.engine.port) as thief:
        thief.login("mallory")
        for order_id in (order["order_id"], order["order_id"] + 1_000):
            cancel, replace = thief.ask(
                {"type": "cancel_order", "order_id": order_id},
                {"type": "replace_order", "order_id": order_id, "quantity": 1},
            )
            assert {cancel["code"], replace["code"]} == {"UNKNOWN_ORDER"}
            assert cancel["text"].replace(str(order_id), "N") == "order_id N: you have no such order"
        assert thief.ask({"type": "get_orders"}) == [{"type": "orders", "orders": []}]
    assert kinds(target.client.ask({"type": "cancel_all"})) == ["order_canceled", "cancel_all_done"]
