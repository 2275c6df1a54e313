"""One operator's connection: bytes → lines → `operator_wish` → the inbound queue, and the answers back.

Every line is answered by exactly one line, in order, and the conversation goes on: after an `error` too, and after
a line that is too long, whose remainder is thrown away up to its newline.  Nobody holds a thread for ever: a line
must be complete, and an answer taken, within a few seconds, and the engine's stop ends the conversation at once.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple, Union

from exchange.engine.words import Code
from exchange.networking.operator.operator_wish import OperatorWish, wish_of
from exchange.networking.wire import session_lines
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.fields import RefusedError
from exchange.networking.wire.line_reader import LineReader, LineTooLongError

RECEIVE_BYTES = 65_536


class Patience(NamedTuple):
    """How many seconds an operator has: to complete a line that has begun, to begin one, to take an answer.

    The last is also how long one who does not read may delay the engine's stop.
    """

    line_s: float = 5.0
    idle_s: float = 60.0
    answer_s: float = 2.0


class AnswerCollector:
    """Stands where a connection does: collects the lines that answer one wish."""

    user = None
    # Of nobody's share: operators come first.
    share = ""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._answered = threading.Event()

    def queue(self, line: bytes) -> bool:
        """Add a line of the answer; True if it is the first.  Matching thread."""
        self._lines.append(line)
        return len(self._lines) == 1

    def flush(self) -> None:
        """The answer is complete.  Matching thread."""
        self._answered.set()

    def wait_for_answer(self) -> bytes:
        """The answer.  Operator's thread."""
        self._answered.wait()
        [line] = self._lines
        return line


# Takes what one operator asks into the inbound queue; the last argument is called when it has been processed.
PutWish = Callable[[AnswerCollector, Sequence[OperatorWish], Callable[[], None]], None]


class TooLong(NamedTuple):
    """Stands in the place of a line that is too long; `text` says what the rule is."""

    text: str


class OperatorLines:
    """Lines out of received bytes; one that is too long is reported once, in its place, and skipped.

    `is_within_line`: some bytes of a line have come, but not its newline; `is_skipping`: that line was reported.
    """

    def __init__(self) -> None:
        self._reader = LineReader()
        self.is_within_line = False
        self.is_skipping = False

    def feed(self, received: bytes) -> list[Union[bytes, TooLong]]:
        """The lines, without their newlines, that `received` completes or makes too long."""
        *ended, remainder = received.split(b"\n")
        lines: list[Union[bytes, TooLong]] = []
        for piece in ended:
            # One by one, so that what comes behind a line that is too long is not lost with it.
            lines += self._take(piece + b"\n")
            self.is_skipping = False
        lines += self._take(remainder)
        self.is_within_line = bool(remainder) or (self.is_within_line and not ended)
        return lines

    def _take(self, piece: bytes) -> list[Union[bytes, TooLong]]:
        if self.is_skipping:
            return []
        try:
            return [*self._reader.feed(piece)]
        except LineTooLongError as error:
            self._reader = LineReader()
            self.is_skipping = True
            return [TooLong(str(error))]


class Conversation:
    """Serves one operator, in the thread that calls `run`.

    `put` takes a wish into the inbound queue; `monotonic_s` is a clock in seconds that only goes forward.
    """

    def __init__(
        self, client: socket.socket, put: PutWish, patience: Patience, monotonic_s: Callable[[], float]
    ) -> None:
        self._client = client
        self._put = put
        self._patience = patience
        self._monotonic_s = monotonic_s
        self._lines = OperatorLines()
        self._is_stopping = False

    def end(self) -> None:
        """Take no more lines; an answer under way is still sent.  Any thread, while `run` runs or after it."""
        self._is_stopping = True
        try:
            self._client.shutdown(socket.SHUT_RD)
        except OSError:
            return  # The operator has left.

    def run(self) -> None:
        """Answer line by line until the operator leaves, falls silent or does not read, or `end` is called."""
        try:
            reason = self._answer_all()
        except OSError:
            return  # They left without a word, or did not take an answer.
        if self._is_stopping:
            say_last(self._client, WireCode.ENGINE_STOPPING, "the exchange is stopping")
        elif self._lines.is_within_line and not self._lines.is_skipping:
            say_last(self._client, WireCode.MALFORMED, f"{reason}: the connection is closed")

    def _answer_all(self) -> str:
        """Returns what is wrong with the line that has begun, if one has.  Raises OSError."""
        deadline_s = self._monotonic_s() + self._patience.idle_s
        while True:
            try:
                received = self._receive(deadline_s)
            except TimeoutError:
                return f"the line is not complete after {self._patience.line_s:g} s"
            if not received:
                return "the line does not end in a newline"
            # A line has one deadline, however it trickles in.
            is_new_line = not self._lines.is_within_line or b"\n" in received
            for line in self._lines.feed(received):
                if self._is_stopping:
                    return ""
                self._say(self._answer(line))
            if is_new_line:
                seconds = self._patience.line_s if self._lines.is_within_line else self._patience.idle_s
                deadline_s = self._monotonic_s() + seconds

    def _receive(self, deadline_s: float) -> bytes:
        """What comes until `deadline_s`; nothing at the end.  Raises OSError."""
        left_s = deadline_s - self._monotonic_s()
        if left_s <= 0:
            raise TimeoutError
        self._client.settimeout(left_s)
        return self._client.recv(RECEIVE_BYTES)

    def _answer(self, line: Union[bytes, TooLong]) -> bytes:
        if isinstance(line, TooLong):
            return session_lines.error(WireCode.LINE_TOO_LONG, line.text)
        try:
            wish = wish_of(line)
        except RefusedError as refused:
            return session_lines.error(refused.code, refused.text)
        request = AnswerCollector()
        self._put(request, [wish], lambda: None)
        return request.wait_for_answer()

    def _say(self, answer: bytes) -> None:
        self._client.settimeout(self._patience.answer_s)
        self._client.sendall(answer)


def say_last(client: socket.socket, code: Code, text: str) -> None:
    """Send an `error`, if that needs no waiting, to somebody who will be told nothing more."""
    try:
        client.setblocking(False)
        client.send(session_lines.error(code, text))
    except OSError:
        return  # They have left, or do not read.
