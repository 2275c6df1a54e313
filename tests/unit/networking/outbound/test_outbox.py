"""Lines on their way to one client over a real socket with small buffers, and what becomes of a slow one.

Most tests play the backlog sender's part themselves (`send_backlog`), so that every step is theirs; the last ones
run the real thread.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.networking.outbound import outbox as outbox_module
from exchange.networking.outbound.backlogs import BacklogSender, SlowClient
from exchange.networking.outbound.outbox import Outbox

WAIT_S = 20.0
OVERFLOW_LINE = b"too slow\n"
BACKLOG_BYTES_MAX = 4_000_000


def numbered_line(number: int) -> bytes:
    """A line that is longer than what the socket takes at once, so that some are cut."""
    return b"%06d" % number + b"." * 20_000 + b"\n"


class NobodyServes(BacklogSender):
    """Leaves the backlogs to the test."""

    def watch(self, client: SlowClient) -> None:
        """Do nothing."""


class Wire:
    """A client's end of a socket pair with small buffers, and the outbox that writes to the other end."""

    def __init__(
        self,
        backlog_bytes_max: int = BACKLOG_BYTES_MAX,
        sender_type: type[BacklogSender] = NobodyServes,
        sender: Optional[BacklogSender] = None,
    ) -> None:
        """`sender` is one that several wires share, and that the test ends."""
        self.client, self.server = socket.socketpair()
        self.client.settimeout(WAIT_S)
        for sock in (self.client, self.server):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        self.failures: list[BaseException] = []
        self._is_sender_shared = sender is not None
        self.sender = sender or sender_type(self.failures.append)
        if not self._is_sender_shared:
            self.sender.start()
        self.ended = threading.Event()
        self.end_count = 0
        self.outbox = Outbox(self.server, self.sender, OVERFLOW_LINE, self._on_end, backlog_bytes_max)

    def _on_end(self) -> None:
        self.end_count += 1
        self.server.shutdown(socket.SHUT_WR)
        self.ended.set()

    def close(self) -> None:
        """Both ends and the sender."""
        if not self._is_sender_shared:
            self.sender.stop()
        self.client.close()
        self.server.close()
        assert self.failures == []

    def fill(self) -> bytes:
        """Send lines until the socket takes no more; returns them all."""
        sent = b""
        while not self.outbox.send_backlog():
            line = numbered_line(len(sent))
            self.outbox.send(line)
            sent += line
        return sent

    def read_all(self) -> bytes:
        """Read to the end, serving the backlog whenever there is nothing left to read."""
        received = b""
        self.client.setblocking(False)
        while True:
            try:
                data = self.client.recv(65_536)
            except BlockingIOError:
                self.outbox.send_backlog()
                continue
            if not data:
                return received
            received += data


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.close()


@pytest.fixture
def served_wire() -> Iterator[Wire]:
    """With the real thread behind it."""
    wire = Wire(sender_type=BacklogSender)
    yield wire
    wire.close()


def test_a_client_that_reads_gets_lines_at_once_and_nothing_waits(wire: Wire) -> None:
    for line in (b"one\n", b"two\n"):
        wire.outbox.send(line)
        assert wire.client.recv(100) == line
    assert not wire.outbox.send_backlog()


def test_what_the_socket_does_not_take_follows_in_order(wire: Wire) -> None:
    sent = wire.fill()
    for number in range(50):
        line = b"later %d\n" % number
        wire.outbox.send(line)
        sent += line
    wire.outbox.finish()
    assert not wire.ended.is_set()
    assert wire.read_all() == sent
    assert wire.end_count == 1


@given(st.lists(st.one_of(st.integers(1, 30_000), st.just("read"), st.just("serve")), max_size=40))
def test_a_slow_client_gets_every_byte_in_order_or_whole_lines_and_the_reason(steps: list[object]) -> None:
    wire = Wire(backlog_bytes_max=60_000)
    sent, received = b"", b""
    wire.client.setblocking(False)
    for number, step in enumerate(steps):
        if step == "serve":
            wire.outbox.send_backlog()
        elif step == "read":
            try:
                received += wire.client.recv(10_000)
            except BlockingIOError:
                continue
        elif isinstance(step, int):
            line = b"%d" % number * step + b"\n"
            wire.outbox.send(line)
            sent += line
    has_overflowed = wire.outbox.is_finishing
    wire.outbox.finish()
    received += wire.read_all()
    wire.close()
    if has_overflowed:
        assert received.endswith(b"\n" + OVERFLOW_LINE) or received == OVERFLOW_LINE
        assert sent.startswith(received[: -len(OVERFLOW_LINE)])
    else:
        assert received == sent


def test_an_overflow_completes_the_cut_line_and_says_why(wire: Wire) -> None:
    sent = wire.fill()
    wire.outbox.send(b"x" * (BACKLOG_BYTES_MAX - 1) + b"\n")
    assert wire.outbox.is_finishing
    wire.outbox.send(b"nobody hears this\n")
    received = wire.read_all()
    assert received.endswith(b".\n" + OVERFLOW_LINE)
    assert sent.startswith(received[: -len(OVERFLOW_LINE)])
    assert wire.end_count == 1


def test_one_answer_beyond_the_limit_is_not_held_against_a_client_that_reads() -> None:
    wire = Wire(backlog_bytes_max=500_000)
    answer = b"x" * 3_000_000 + b"\n"
    wire.outbox.send(answer)
    wire.outbox.send(b"and an event behind it\n")
    assert not wire.outbox.is_finishing
    wire.outbox.finish()
    assert wire.read_all() == answer + b"and an event behind it\n"
    wire.close()


def test_a_backlog_of_exactly_the_limit_is_no_overflow() -> None:
    wire = Wire(backlog_bytes_max=500_000)
    sent = wire.fill()
    kept_bytes = len(sent) - len(wire.client.recv(500_000, socket.MSG_PEEK))
    wire.outbox.send(b"x" * (500_000 - kept_bytes - 1) + b"\n")
    assert not wire.outbox.is_finishing
    wire.outbox.send(b"\n")
    assert wire.outbox.is_finishing
    wire.close()


def test_finish_with_nothing_waiting_ends_at_once_and_once(wire: Wire) -> None:
    wire.outbox.send(b"last words\n")
    wire.outbox.finish()
    assert wire.ended.is_set()
    wire.outbox.finish()
    wire.outbox.abort()
    wire.outbox.send(b"nobody hears this\n")
    assert wire.read_all() == b"last words\n"
    assert wire.end_count == 1


def test_a_client_that_left_ends_the_outbox_and_silences_it(wire: Wire) -> None:
    wire.client.close()
    wire.outbox.send(b"anybody?\n")
    assert wire.end_count == 1
    wire.outbox.send(b"nobody\n")
    wire.outbox.finish()
    assert wire.end_count == 1


def test_a_client_that_leaves_with_a_backlog_ends_the_outbox(wire: Wire) -> None:
    wire.fill()
    wire.client.close()
    assert not wire.outbox.send_backlog()
    assert wire.end_count == 1


def test_abort_ends_at_once_whatever_is_left(wire: Wire) -> None:
    wire.fill()
    wire.outbox.abort()
    assert wire.end_count == 1
    assert not wire.outbox.send_backlog()


def test_the_backlog_sender_serves_a_client_that_reads_late(served_wire: Wire) -> None:
    lines = [numbered_line(number) for number in range(20)]
    for line in lines:
        served_wire.outbox.send(line)
    served_wire.outbox.finish()
    with served_wire.client.makefile("rb") as received:
        assert received.readlines() == lines
    assert served_wire.ended.wait(WAIT_S)


def test_many_slow_clients_are_all_served(served_wire: Wire) -> None:
    wires = [Wire() for _ in range(20)]
    try:
        for wire in wires:
            wire.outbox = Outbox(wire.server, served_wire.sender, OVERFLOW_LINE, wire._on_end)
            for number in range(10):
                wire.outbox.send(numbered_line(number))
            wire.outbox.finish()
        for wire in reversed(wires):
            with wire.client.makefile("rb") as received:
                assert len(received.readlines()) == 10
    finally:
        for wire in wires:
            wire.close()


@pytest.fixture
def short_linger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox_module, "LINGER_S", 0.05)


@pytest.mark.usefixtures("short_linger")
def test_a_client_that_never_reads_is_dropped_after_finish(served_wire: Wire) -> None:
    """Nothing else happens on the wire meanwhile: the sender has to hear of the finish itself."""
    for number in range(20):
        served_wire.outbox.send(numbered_line(number))
    assert not served_wire.ended.is_set()
    served_wire.outbox.finish()
    assert served_wire.ended.wait(WAIT_S)


@pytest.mark.usefixtures("short_linger")
def test_a_client_that_never_reads_is_dropped_after_its_overflow(served_wire: Wire) -> None:
    while not served_wire.outbox.is_finishing:
        served_wire.outbox.send(numbered_line(0))
    assert served_wire.ended.wait(WAIT_S)


def test_the_backlog_sender_stops_whatever_is_left(served_wire: Wire) -> None:
    for number in range(20):
        served_wire.outbox.send(numbered_line(number))
    assert not served_wire.ended.is_set()


def test_a_failure_of_the_backlog_sender_is_told(wire: Wire) -> None:
    class Broken(Outbox):
        """Fails in a way no client can cause."""

        def send_backlog(self) -> bool:
            raise AssertionError("a bug")

    told = threading.Event()
    failures: list[BaseException] = []

    def on_failure(failure: BaseException) -> None:
        failures.append(failure)
        told.set()

    sender = BacklogSender(on_failure)
    sender.start()
    sender.watch(Broken(wire.server, sender, OVERFLOW_LINE, lambda: None))
    assert told.wait(WAIT_S)
    assert [str(failure) for failure in failures] == ["a bug"]
    sender.stop()


# --- what may wait for all together ------------------------------------------------------------------------------

ALL_BYTES_MAX = 300_000
# What is still on its way when a client is given up: the rest of a line, and the reason.
LAST_WORDS_BYTES_MAX = len(numbered_line(0)) + len(OVERFLOW_LINE)


@contextmanager
def wires_with_common_room(count: int, sender_type: type[BacklogSender] = NobodyServes) -> Iterator[list[Wire]]:
    """So many clients, none of whom is anywhere near a limit of their own."""
    failures: list[BaseException] = []
    sender = sender_type(failures.append, ALL_BYTES_MAX)
    sender.start()
    wires = [Wire(sender=sender) for _ in range(count)]
    yield wires
    sender.stop()
    for wire in wires:
        wire.close()
    assert failures == []


def waiting_bytes(wire: Wire) -> int:
    """What its outbox holds."""
    return sum(map(len, wire.outbox._backlog))


def test_when_too_much_waits_for_all_the_one_with_most_is_told_so_and_the_others_keep_all() -> None:
    with wires_with_common_room(5) as wires:
        greedy, *others = wires
        sent = [wire.fill() for wire in wires]
        for _ in range(7):
            greedy.outbox.send(numbered_line(7))
        for number in range(8):
            others[number % 4].outbox.send(numbered_line(number))
            sent[1 + number % 4] += numbered_line(number)
        assert [wire.outbox.is_finishing for wire in wires] == [True, False, False, False, False]
        assert waiting_bytes(greedy) <= LAST_WORDS_BYTES_MAX
        received = greedy.read_all()
        assert received.endswith(b".\n" + OVERFLOW_LINE)
        assert (sent[0] + numbered_line(7) * 7).startswith(received[: -len(OVERFLOW_LINE)])
        for number, wire in enumerate(others, 1):
            wire.outbox.finish()
            assert wire.read_all() == sent[number]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 120_000)), max_size=40))
def test_only_the_largest_are_given_up_only_as_many_as_it_takes_and_all_never_hold_too_much(
    steps: list[tuple[int, int]],
) -> None:
    """Each step sends so many bytes to one of six clients; none of them reads."""
    with wires_with_common_room(6) as wires:
        for number, size_bytes in steps:
            staying = [wire for wire in wires if not wire.outbox.is_finishing]
            before = {wire: waiting_bytes(wire) for wire in staying}
            wires[number].outbox.send(b"x" * size_bytes + b"\n")
            if wires[number] in before:
                before[wires[number]] += size_bytes + 1
            all_bytes = sum(map(waiting_bytes, wires))
            assert all_bytes <= ALL_BYTES_MAX
            given_up = [wire for wire in staying if wire.outbox.is_finishing]
            if given_up:
                last = min(given_up, key=before.__getitem__)
                assert all(waiting_bytes(wire) <= before[last] for wire in set(staying) - set(given_up))
                assert all_bytes + before[last] - waiting_bytes(last) > ALL_BYTES_MAX
        for wire in wires:
            wire.outbox.abort()


def test_who_was_given_up_and_still_holds_most_ends_at_once() -> None:
    """Else the rest of a line that is cut, which may be very long, would cost the others their room."""
    with wires_with_common_room(3) as wires:
        long, *others = wires
        long.outbox.send(b"x" * (ALL_BYTES_MAX + 100_000) + b"\n")
        assert long.ended.is_set()
        assert waiting_bytes(long) == 0
        for wire in others:
            wire.fill()
            assert not wire.outbox.is_finishing


def test_who_has_taken_something_since_it_was_chosen_is_not_given_up() -> None:
    with wires_with_common_room(1) as (wire,):
        sent = wire.fill()
        wire.outbox.give_up(waiting_bytes(wire) + 1)
        wire.outbox.finish()
        assert wire.read_all() == sent


def test_what_was_sent_or_given_up_makes_room_for_others() -> None:
    """Ten times what may wait at once goes through; every second client leaves with it unread."""
    with wires_with_common_room(10) as wires:
        for _ in range(15):
            for number, wire in enumerate(wires):
                sent = wire.fill() + b"end\n"
                wire.outbox.send(b"end\n")
                if number % 2:
                    wire.outbox.abort()
                else:
                    wire.outbox.finish()
                    assert wire.read_all() == sent
            for wire in wires:
                wire.close()
            wires[:] = [Wire(sender=wire.sender) for wire in wires]
        assert not any(wire.outbox.is_finishing for wire in wires)
        assert wires[0].sender.backlogs._total_bytes == 0


def test_when_half_of_the_common_room_is_taken_whoever_has_something_waiting_lags() -> None:
    with wires_with_common_room(2) as (first, second):
        first.fill()
        while waiting_bytes(first) <= ALL_BYTES_MAX // 2:
            assert not first.outbox.is_lagging
            first.outbox.send(numbered_line(0))
        assert not second.outbox.is_lagging
        second.fill()
        assert second.outbox.is_lagging


def test_many_threads_that_send_too_much_at_once_wait_for_nobody() -> None:
    """Each sends to all clients, of whom none reads, while the real backlog sender looks after them too."""
    with wires_with_common_room(20, BacklogSender) as wires:

        def send_much() -> None:
            for number in range(100):
                for wire in wires:
                    wire.outbox.send(numbered_line(number))

        threads = [threading.Thread(target=send_much, daemon=True) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
        assert not any(thread.is_alive() for thread in threads)
        assert sum(map(waiting_bytes, wires)) <= ALL_BYTES_MAX
        assert sum(wire.outbox.is_finishing for wire in wires) > 0
