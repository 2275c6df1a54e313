"""The operator's way in: who may use it, what it answers, and what it survives."""

from __future__ import annotations

import json
import os
import resource
import socket
import stat
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from exchange.cli.operator_line import ask
from exchange.engine.commands import ListInstrument
from exchange.engine.instrument import Instrument
from exchange.networking.operator.channel import CONVERSATIONS_MAX, OperatorChannel, socket_path
from exchange.networking.operator.conversation import Patience
from exchange.networking.wire.limits import LINE_BYTES_MAX
from tests.support.in_process import WAIT_S, InProcessExchange
from tests.support.raw_client import Message, RawClient, kinds, limit

FOR_EVER = Patience(WAIT_S, WAIT_S, WAIT_S)
SOON = 0.05
LIST = b'{"do":"list"}\n'


@contextmanager
def serving(
    exchange: InProcessExchange,
    directory: Path,
    patience: Patience = FOR_EVER,
    monotonic_s: Callable[[], float] = time.monotonic,
) -> Iterator[Path]:
    """The operator finds the exchange in `directory`; at the end nothing and nobody is left."""
    path = directory / "operator.sock"
    channel = OperatorChannel(path, exchange.put, exchange.failures.append, patience, monotonic_s)
    channel.start()
    try:
        yield directory
    finally:
        channel.stop()
    assert os.listdir(directory) == []
    assert operator_threads() == []


@pytest.fixture
def directory(exchange: InProcessExchange, tmp_path: Path) -> Iterator[Path]:
    """Where the operator finds the exchange."""
    with serving(exchange, tmp_path) as directory:
        yield directory


def operator_threads() -> list[str]:
    """The channel's threads that are alive."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("operator")]


class Operator:
    """A bare connection to the channel.  Every wait has a deadline."""

    def __init__(self, directory: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(WAIT_S)
        try:
            self.socket.connect(str(directory / "operator.sock"))
        except OSError:
            self.socket.close()
            raise
        self._answers = self.socket.makefile("rb")

    def __enter__(self) -> Operator:
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        """These bytes, in one piece."""
        self.socket.sendall(data)

    def next(self) -> Message:
        """The next answer."""
        line = self._answers.readline()
        assert line.endswith(b"\n"), f"the channel hung up after {line!r}"
        answer: Message = json.loads(line)
        return answer

    def remainder(self) -> list[Message]:
        """Every answer up to the end of the conversation."""
        return [json.loads(line) for line in self._answers.readlines()]


def raw(directory: Path, data: bytes) -> list[Message]:
    """What comes back for these bytes, when nothing follows them."""
    with Operator(directory) as operator:
        operator.send(data)
        operator.socket.shutdown(socket.SHUT_WR)
        return operator.remainder()


def codes(answers: list[Message]) -> list[str]:
    """The code of each refusal, or the type of what is none."""
    return [str(answer.get("code", answer["type"])) for answer in answers]


def test_only_the_owner_may_use_the_socket(directory: Path) -> None:
    mode = (directory / "operator.sock").stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_a_user_is_seen_blocked_unblocked_and_reset(exchange: InProcessExchange, directory: Path) -> None:
    with RawClient(exchange.port) as alice:
        alice.login("alice")
        alice.ask(limit("1", "BUY", 1, 1), limit("2", "BUY", 1, 1))
        assert ask(directory, {"do": "list"}) == {
            "type": "everything",
            "users": [
                {
                    "user": "alice",
                    "live_orders": 2,
                    "connections": 1,
                    "blocked": False,
                    "claimed": True,
                    "positions": [],
                }
            ],
            "instruments": [{"symbol": "ACME", "phase": "CONTINUOUS"}],
        }
        blocked = ask(directory, {"do": "block", "user": "alice"})
        assert blocked == {"type": "user_blocked", "user": "alice", "canceled": 2, "changed": True}
        told = alice.heard()
        assert [(event["type"], event["reason"]) for event in told] == [("order_canceled", "ADMIN")] * 2
        (refused,) = alice.ask(limit("3", "BUY", 1, 1))
        assert (refused["type"], refused["code"]) == ("order_rejected", "BLOCKED")
        assert ask(directory, {"do": "unblock", "user": "alice"})["type"] == "user_unblocked"
        assert kinds(alice.ask(limit("3", "BUY", 1, 1))) == ["order_accepted"]
    answer = ask(directory, {"do": "reset", "user": "alice"})
    assert answer == {"type": "user_reset", "user": "alice", "changed": True}
    with RawClient(exchange.port) as heir:
        assert "token" in heir.login("alice")
        assert [order["client_order_id"] for order in heir.ask({"type": "get_orders"})[0]["orders"]] == ["3"]


def phases(watcher: RawClient) -> list[tuple[str, str]]:
    """(symbol, phase) of each change that the watcher was told and has not read."""
    return [(told["symbol"], told["phase"]) for told in watcher.heard() if told["type"] == "instrument_status"]


def test_an_instrument_is_halted_and_resumed_and_who_watches_it_is_told(
    exchange: InProcessExchange, directory: Path
) -> None:
    with RawClient(exchange.port) as alice, RawClient(exchange.port) as watcher:
        alice.login("alice")
        watcher.ask({"type": "subscribe", "channel": "book"}, {"type": "subscribe", "channel": "trades"})
        alice.ask(limit("1", "BUY", 1, 1))
        answer = ask(directory, {"do": "halt", "symbol": "ACME"})
        assert answer == {"type": "phase_set", "phase": "HALTED", "changed": ["ACME"], "unchanged": []}
        answers = alice.ask(limit("2", "BUY", 1, 1), {"type": "cancel_order", "client_order_id": "1"})
        assert [answer.get("code") for answer in answers] == ["HALTED", None]
        assert ask(directory, {"do": "resume", "symbol": "ACME"})["phase"] == "CONTINUOUS"
        assert kinds(alice.ask(limit("2", "BUY", 1, 1))) == ["order_accepted"]
        assert phases(watcher) == [("ACME", "HALTED"), ("ACME", "CONTINUOUS")]
        with RawClient(exchange.port) as late:
            assert late.login("bob")["instruments"][0]["phase"] == "CONTINUOUS"


def test_where_no_phase_changes_only_the_operator_is_told(exchange: InProcessExchange, directory: Path) -> None:
    with RawClient(exchange.port) as watcher:
        watcher.ask({"type": "subscribe", "channel": "book"})
        told = [ask(directory, {"do": do, "symbol": "ACME"}) for do in ("resume", "halt", "halt")]
        for answer, phase in ((told[0], "CONTINUOUS"), (told[2], "HALTED")):
            assert answer == {"type": "phase_set", "phase": phase, "changed": [], "unchanged": ["ACME"]}
        assert phases(watcher) == [("ACME", "HALTED")]


def test_all_instruments_are_halted_by_one_wish_and_one_answer_names_each(
    exchange: InProcessExchange, directory: Path
) -> None:
    with RawClient(exchange.port) as lister:
        exchange.put(None, [ListInstrument(Instrument("ZINC"))], lambda: None)
        lister.ask()
    ask(directory, {"do": "halt", "symbol": "ZINC"})
    with RawClient(exchange.port) as watcher:
        for symbol in ("ZINC", "ACME"):
            watcher.ask({"type": "subscribe", "channel": "trades", "symbol": symbol})
        assert raw(directory, b'{"do":"halt","symbol":"all"}\n') == [
            {"type": "phase_set", "phase": "HALTED", "changed": ["ACME"], "unchanged": ["ZINC"]}
        ]
        assert ask(directory, {"do": "resume", "symbol": "all"})["changed"] == ["ACME", "ZINC"]
        assert phases(watcher) == [("ACME", "HALTED"), ("ACME", "CONTINUOUS"), ("ZINC", "CONTINUOUS")]


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"do": "block", "user": "nobody"}, "BAD_VALUE"),
        ({"do": "halt", "symbol": "NONE"}, "UNKNOWN_SYMBOL"),
        ({"do": "dance"}, "BAD_VALUE"),
    ],
)
def test_a_wish_that_can_not_be_granted_is_answered_with_a_code(
    directory: Path, wish: dict[str, str], code: str
) -> None:
    answer = ask(directory, wish)
    assert (answer["type"], answer["code"]) == ("error", code)


def test_a_user_can_not_do_what_the_operator_does(exchange: InProcessExchange, directory: Path) -> None:
    with RawClient(exchange.port) as alice:
        alice.login("alice")
        answers = alice.ask(
            {"do": "list"},
            {"type": "block", "user": "alice"},
            {"type": "list"},
            {"type": "halt", "symbol": "ACME"},
        )
        assert [answer["code"] for answer in answers] == ["MISSING_FIELD"] + ["UNKNOWN_TYPE"] * 3


# --- lines -----------------------------------------------------------------------------------------------------


def test_every_line_is_answered_by_one_line_in_order_however_it_arrives(directory: Path) -> None:
    with Operator(directory) as operator:
        operator.send(LIST + b"\n" + b'{"do":"halt","symbol":"NONE"}\n{"do":')
        assert codes([operator.next() for _ in range(3)]) == ["everything", "MALFORMED", "UNKNOWN_SYMBOL"]
        operator.send(b'"list"}\n\xff\n')
        assert codes([operator.next() for _ in range(2)]) == ["everything", "MALFORMED"]
        for byte in LIST:
            operator.send(bytes([byte]))
        assert operator.next()["type"] == "everything"


@pytest.mark.parametrize("excess", [1, 3 * LINE_BYTES_MAX])
def test_a_line_that_is_too_long_is_answered_once_and_the_conversation_goes_on(
    directory: Path, excess: int
) -> None:
    with Operator(directory) as operator:
        operator.send(LIST + b"x" * (LINE_BYTES_MAX - 1 + excess) + b"\n" + LIST)
        operator.send(b"y" * (LINE_BYTES_MAX - 1) + b"\n" + LIST)
        answers = [operator.next() for _ in range(5)]
        assert codes(answers) == ["everything", "LINE_TOO_LONG", "everything", "MALFORMED", "everything"]
        assert answers[1]["text"] == "a line may have at most 65536 bytes, its newline included"


def test_a_line_that_goes_on_is_answered_before_its_end_and_not_again_at_its_end(directory: Path) -> None:
    with Operator(directory) as operator:
        operator.send(b"x" * LINE_BYTES_MAX)
        assert operator.next()["code"] == "LINE_TOO_LONG"
        operator.send(b"x" * LINE_BYTES_MAX + b"\n" + LIST)
        assert operator.next()["type"] == "everything"
    assert codes(raw(directory, b"x" * LINE_BYTES_MAX)) == ["LINE_TOO_LONG"]


def test_who_leaves_in_the_middle_of_a_line_is_told_that_it_is_no_line(directory: Path) -> None:
    assert raw(directory, b"") == []
    assert codes(raw(directory, LIST)) == ["everything"]
    (answer,) = raw(directory, LIST.strip())
    assert answer["code"] == "MALFORMED"
    assert answer["text"] == "the line does not end in a newline: the connection is closed"


# --- nobody holds anything for ever ----------------------------------------------------------------------------


def test_half_a_line_has_one_deadline_however_it_trickles_in(exchange: InProcessExchange, tmp_path: Path) -> None:
    with serving(exchange, tmp_path, FOR_EVER._replace(line_s=SOON)), Operator(tmp_path) as operator:
        operator.send(LIST)
        assert operator.next()["type"] == "everything"
        operator.socket.settimeout(SOON / 10)
        told = b""
        give_up_s = time.monotonic() + WAIT_S
        while not told and time.monotonic() < give_up_s:
            operator.send(b"{")
            try:
                told = operator.socket.recv(1_024)
            except TimeoutError:
                continue
        assert json.loads(told) == {
            "type": "error",
            "code": "MALFORMED",
            "text": f"the line is not complete after {SOON} s: the connection is closed",
        }
        assert operator.socket.recv(1_024) == b""


def test_who_begins_no_line_is_hung_up_on_without_a_word(exchange: InProcessExchange, tmp_path: Path) -> None:
    with serving(exchange, tmp_path, FOR_EVER._replace(idle_s=SOON)), Operator(tmp_path) as operator:
        assert operator.remainder() == []


def test_each_line_has_a_deadline_of_its_own(exchange: InProcessExchange, tmp_path: Path) -> None:
    """A conversation may last longer than a line: by this clock each line takes most of its time."""
    now_s = 0.0
    with serving(exchange, tmp_path, FOR_EVER, lambda: now_s), Operator(tmp_path) as operator:
        for _ in range(5):
            operator.send(LIST + LIST[:5])
            assert operator.next()["type"] == "everything"
            now_s += 0.6 * FOR_EVER.line_s
            operator.send(LIST[5:])
            assert operator.next()["type"] == "everything"


def test_who_does_not_take_the_answers_is_hung_up_on(exchange: InProcessExchange, tmp_path: Path) -> None:
    with serving(exchange, tmp_path, FOR_EVER._replace(answer_s=SOON)), Operator(tmp_path) as operator:
        with pytest.raises(ConnectionError):
            operator.send(b"\n" * 10_000_000)


def test_an_operator_who_says_nothing_keeps_nobody_waiting(directory: Path) -> None:
    with Operator(directory) as silent, Operator(directory) as halfway:
        halfway.send(LIST[:5])
        assert ask(directory, {"do": "list"})["type"] == "everything"
        silent.send(LIST)
        assert silent.next()["type"] == "everything"


def test_one_operator_too_many_is_told_so_and_finds_a_place_when_one_has_left(directory: Path) -> None:
    operators = [Operator(directory) for _ in range(CONVERSATIONS_MAX)]
    with Operator(directory) as late:
        (answer,) = late.remainder()
    assert answer["code"] == "RATE_LIMITED"
    assert f"{CONVERSATIONS_MAX} are connected" in answer["text"]
    operators[0].socket.shutdown(socket.SHUT_WR)
    assert operators[0].remainder() == []
    assert ask(directory, {"do": "list"})["type"] == "everything"
    for operator in operators:
        operator.__exit__()


def test_the_stop_waits_for_no_operator_and_tells_them(exchange: InProcessExchange, tmp_path: Path) -> None:
    """With a patience beyond the time any test may take."""
    with serving(exchange, tmp_path, Patience(1e6, 1e6, 1e6)) as directory:
        silent, halfway = Operator(directory), Operator(directory)
        for operator in (silent, halfway):
            operator.send(LIST)
            operator.next()
        halfway.send(LIST[:5])
    for operator in (silent, halfway):
        with operator:
            assert codes(operator.remainder()) == ["ENGINE_STOPPING"]


def test_an_answer_under_way_is_sent_before_the_stop_and_no_line_behind_it_is_carried_out(
    exchange: InProcessExchange, tmp_path: Path
) -> None:
    was_put = threading.Event()

    def put(origin: Any, requests: Sequence[Any], processed: Callable[[], None]) -> None:
        exchange.put(origin, requests, processed)
        was_put.set()

    channel = OperatorChannel(tmp_path / "operator.sock", put, exchange.failures.append, FOR_EVER)
    channel.start()
    exchange.disk.may_commit.clear()
    with Operator(tmp_path) as operator:
        operator.send(b'{"do":"halt","symbol":"ACME"}\n{"do":"resume","symbol":"ACME"}\n')
        assert was_put.wait(WAIT_S)
        stopping = threading.Thread(target=channel.stop, name="stopping")
        stopping.start()
        wait_until_it_stops(tmp_path)
        exchange.disk.may_commit.set()
        assert codes(operator.remainder()) == ["phase_set", "ENGINE_STOPPING"]
    stopping.join(WAIT_S)
    assert exchange.engine.sequence == 2


def wait_until_it_stops(directory: Path) -> None:
    """Until no operator is accepted any more, which comes after the conversations were told to end."""
    while True:
        try:
            with Operator(directory):
                pass
        except BlockingIOError:
            # More wait to be accepted than the system lets wait: this loop is faster than the channel.
            continue
        except ConnectionRefusedError:
            return


# --- what it survives ------------------------------------------------------------------------------------------


def test_no_thread_to_spare_is_told_to_the_operator_and_ends_nothing(
    exchange: InProcessExchange, directory: Path
) -> None:
    size_bytes = threading.stack_size(2**47)
    try:
        with Operator(directory) as operator:
            assert codes(operator.remainder()) == ["RATE_LIMITED"]
    finally:
        threading.stack_size(size_bytes)
    assert ask(directory, {"do": "list"})["type"] == "everything"
    assert exchange.failures == []


def test_no_descriptor_to_spare_makes_an_operator_wait_and_ends_nothing(
    exchange: InProcessExchange, directory: Path
) -> None:
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with Operator(directory) as first:
        first.send(LIST)
        first.next()
        late = socket.socket(socket.AF_UNIX)
        highest = max(map(int, os.listdir("/proc/self/fd")))
        taken = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(highest, *taken), most[1]))
        try:
            late.connect(str(directory / "operator.sock"))
            late.sendall(LIST)
            # The one who is served is served on, while the other waits.
            first.send(LIST)
            assert first.next()["type"] == "everything"
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, most)
            for descriptor in taken:
                os.close(descriptor)
        with late, late.makefile("rb") as answers:
            late.settimeout(WAIT_S)
            assert json.loads(answers.readline())["type"] == "everything"
    assert exchange.failures == []


def test_a_socket_that_a_killed_engine_left_is_replaced_and_a_long_path_is_no_obstacle(
    exchange: InProcessExchange, tmp_path: Path
) -> None:
    directory = tmp_path / ("d" * 120)
    directory.mkdir()
    with socket.socket(socket.AF_UNIX) as left_behind:
        descriptor = os.open(directory, os.O_RDONLY)
        left_behind.bind(f"/proc/self/fd/{descriptor}/operator.sock")
        os.close(descriptor)
    with serving(exchange, directory):
        assert ask(directory, {"do": "list"})["type"] == "everything"


def test_a_path_is_long_by_its_bytes_not_its_letters() -> None:
    assert socket_path(Path("/d/operator.sock"), 7) == "/d/operator.sock"
    assert socket_path(Path("/", "ä" * 60, "operator.sock"), 7) == "/proc/self/fd/7/operator.sock"


def test_a_place_where_no_socket_can_be_is_named(exchange: InProcessExchange, tmp_path: Path) -> None:
    path = tmp_path / ("s" * 300)
    with pytest.raises(OSError, match="s" * 300):
        OperatorChannel(path, exchange.put, exchange.failures.append)
