"""One connection of a fuzz campaign: lines out, a ping behind each, and answers, cut at the pongs and checked.

Knows what is due only from the cases it plays; what holds for every conversation (`seq` and `sequence` count on
without a gap, an answer is complete, an ending is an end) it checks by itself.
"""

from __future__ import annotations

import json
import socket
import struct
from collections import deque
from collections.abc import Iterator
from typing import Any, Optional

from exchange.networking.client.book_follower import BookFollower
from tests.campaigns.fuzz_lines import Case, LineMaker
from tests.campaigns.fuzz_visits import Visit

WAIT_S = 60.0
RECEIVE_BYTES = 1 << 18
# What the system holds for a connection grows with the length of its segments: with these, less than 2 MiB.
SEGMENT_BYTES = 536
# Barriers' ids begin here, beyond those of any ping that is a case.
_BARRIER_ID = 10**12

Message = dict[str, Any]
# Those of a phase have no number of their own.
_PHASE_TYPES = frozenset({"instrument_status", "auction_indication"})
_FEED_TYPES = frozenset({"book_snapshot", "book_update", "trade"}) | _PHASE_TYPES
_PRIVATE_TYPES = frozenset(
    {
        *("order_accepted", "order_executed", "order_canceled", "order_replaced"),
        *("order_triggered", "order_expired"),
    }
)
_TAILED = frozenset({"order_accepted", "order_replaced"})


class FuzzError(Exception):
    """The engine did something else than what was due."""


class Wire:
    """Bytes out, messages in; every wait has a deadline."""

    def __init__(self, port: int, source_host: str) -> None:
        self._socket = socket.socket()
        self._socket.settimeout(WAIT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
        self._socket.bind((source_host, 0))
        self._socket.connect(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._lines: deque[bytes] = deque()
        self._partial = b""

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self._socket.sendall(data)

    def next(self) -> Optional[Message]:
        """The next message, None at the end of the connection.  FuzzError for a line that is no ASCII JSON."""
        while not self._lines:
            received = self._socket.recv(RECEIVE_BYTES)
            if not received:
                if self._partial:
                    raise FuzzError(f"the connection ended within a line: {self._partial[:200]!r}")
                return None
            *lines, self._partial = (self._partial + received).split(b"\n")
            self._lines.extend(lines)
        line = self._lines.popleft()
        try:
            message: Message = json.loads(line.decode("ascii"))
        except ValueError as error:
            raise FuzzError(f"an answer that is no ASCII JSON: {line[:200]!r}") from error
        return message

    def remainder(self) -> Iterator[Message]:
        """Every message up to the end."""
        while (message := self.next()) is not None:
            yield message

    def half_close(self) -> None:
        """Say that nothing more will be sent.  The exchange may have been faster."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            return

    def close(self, *, rudely: bool = False) -> None:
        """Leave; `rudely` with a reset in place of an end."""
        if rudely:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()


class Trader:
    """A user over all conversations: `token` None before the first, `seq` of the last event they were told."""

    def __init__(self, name: str, maker: LineMaker) -> None:
        self.name = name
        self.maker = maker
        self.token: Optional[str] = None
        self.seq = 0

    def login_line(self) -> bytes:
        """Log in, and ask for everything since `seq`."""
        known = {} if self.token is None else {"token": self.token, "last_seq": self.seq}
        return json.dumps({"type": "login", "user": self.name, **known}).encode() + b"\n"


class Conversation:
    """One connection of a logged-in trader.

    `copy` hears every message about the book; `snapshot_count` says how many of them showed it as a whole.
    """

    def __init__(self, wire: Wire, trader: Trader) -> None:
        self._wire = wire
        self._trader = trader
        self._barrier_count = 0
        self._feeds: dict[str, int] = {}
        self.copy: Optional[BookFollower] = None
        self.snapshot_count = 0

    def log_in(self) -> None:
        """Log in, and be told everything that was missed."""
        self._wire.send(self._trader.login_line() + self._barrier())
        logged_in, *missed = self._until_barrier(self._barrier_count)
        if logged_in["type"] != "logged_in":
            raise FuzzError(f"{self._trader.name} may log in, but: {logged_in}")
        self._trader.token = logged_in.get("token", self._trader.token)
        if missed and missed[0]["type"] == "gap":
            seqs = [message["seq"] for message in missed[3:]]
            if seqs != list(range(missed[0]["from"], missed[0]["to"] + 1)):
                raise FuzzError(f"behind a gap every event, in order: {missed}")
            self._trader.seq = logged_in["next_seq"] - 1
        else:
            self._note(missed)
        if self._trader.seq != logged_in["next_seq"] - 1:
            raise FuzzError(f"next_seq {logged_in['next_seq']} does not follow {self._trader.seq}")

    def play(self, windows: list[list[Case]]) -> None:
        """Send the windows, one ahead of what is read, and check every answer."""
        sent: deque[tuple[int, list[Case]]] = deque()
        for window in windows:
            sent.append((self._barrier_count + 1, window))
            self._wire.send(b"".join([case.line + b"\n" + self._barrier() for case in window]))
            if len(sent) > 1:
                self._check(*sent.popleft())
        while sent:
            self._check(*sent.popleft())

    def ask(self, lines: bytes) -> list[Message]:
        """Send lines and a ping in one piece; all that came ahead of its pong, feeds apart."""
        self._wire.send(lines + self._barrier())
        messages = self._until_barrier(self._barrier_count)
        self._note(messages)
        return messages

    def end(self, visit: Visit) -> None:
        """Say the last words and be told what is due for them."""
        self._wire.send(visit.data)
        self._wire.half_close()
        answers = []
        for message in self._wire.remainder():
            if message["type"] in _PRIVATE_TYPES:
                self._note([message])
            elif message["type"] not in _FEED_TYPES:
                answers.append((message["type"], message.get("code")))
        expect(visit, tuple(answers))

    def _check(self, first_barrier: int, window: list[Case]) -> None:
        for barrier, case in enumerate(window, first_barrier):
            messages = self._until_barrier(barrier)
            self._note(messages)
            check_answer(case, messages)

    def _barrier(self) -> bytes:
        self._barrier_count += 1
        return b'{"type":"ping","id":%d}\n' % (_BARRIER_ID + self._barrier_count)

    def _until_barrier(self, barrier: int) -> list[Message]:
        """What came before a barrier's pong, feeds apart, which are checked here."""
        pong = {"type": "pong", "id": _BARRIER_ID + barrier}
        messages: list[Message] = []
        while (message := self._wire.next()) != pong:
            if message is None:
                raise FuzzError(f"the connection ended after {messages}")
            if message["type"] in _FEED_TYPES:
                self._follow(message)
            else:
                messages.append(message)
        return messages

    def _follow(self, message: Message) -> None:
        if message["type"] in _PHASE_TYPES:
            return
        kind, sequence = message["type"], message["sequence"]
        feed = "trade" if kind == "trade" else "book"
        if kind != "book_snapshot" and self._feeds.get(feed, sequence - 1) != sequence - 1:
            raise FuzzError(f"feed: {message} does not follow {self._feeds[feed]}")
        self._feeds[feed] = sequence
        if feed == "book":
            self.snapshot_count += kind == "book_snapshot"
            if self.copy is not None:
                self.copy.apply(message)

    def _note(self, messages: list[Message]) -> None:
        """Private events count on without a gap."""
        for message in messages:
            kind = message["type"]
            if kind in _PRIVATE_TYPES:
                self._trader.seq += 1
                if message["seq"] != self._trader.seq:
                    raise FuzzError(f"seq {self._trader.seq} of {self._trader.name} is due, not {message}")
            elif kind in ("subscribed", "unsubscribed") and message["channel"] == "trades":
                self._feeds.pop("trade", None)


# --- what is due -----------------------------------------------------------------------------------------------


def check_answer(case: Case, messages: list[Message]) -> None:
    """Exactly one answer, and the one that is due.  Raises FuzzError."""
    if not messages:
        raise FuzzError(f"no answer to {shown(case)}")
    first, kinds = messages[0], [message["type"] for message in messages]
    due = case.due
    is_due = kinds[0] in due.types and (due.codes is None or first.get("code", "") in (*due.codes, ""))
    if due.tail is not None:
        is_complete = tuple(kinds[1:]) == due.tail
    elif kinds[-1] == "cancel_all_done":
        is_complete = kinds[:-1] == ["order_canceled"] * messages[-1]["count"]
    else:
        is_complete = len(kinds) == 1 or (kinds[0] in _TAILED and _PRIVATE_TYPES.issuperset(kinds))
    if not (is_due and is_complete):
        raise FuzzError(f"{shown(case)} is due {due}, but got {str(messages)[:2_000]}")


def shown(case: Case) -> str:
    """A line as a failure names it."""
    return f"{case.way} line of {len(case.line)} bytes {case.line[:1_000]!r}"


def expect(visit: Visit, answers: tuple[tuple[str, Optional[str]], ...]) -> None:
    """All that a visit was told is what is due.  Raises FuzzError."""
    if answers != visit.answers:
        raise FuzzError(f"{visit.data[:1_000]!r} is due {visit.answers}, but got {answers}")
