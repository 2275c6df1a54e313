"""Bytes ⇄ lines ⇄ messages, for whatever carries them.  Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from exchange.networking.client.message_json import Message, encode_message


def encode_lines(messages: Iterable[Message]) -> bytes:
    """The messages as lines.  Raises what `encode_message` raises, and then nothing of them is made."""
    return "".join([encode_message(message) + "\n" for message in messages]).encode("utf-8")


class ReceivedLines:
    """Lines out of what comes in pieces; `whole` are those that are complete, oldest first.

    A long line's pieces are joined once, when its newline has come.
    """

    def __init__(self) -> None:
        self.whole: deque[bytes] = deque()
        self._unfinished: list[bytes] = []

    def add(self, data: bytes) -> None:
        """One piece more."""
        first, *later = data.split(b"\n")
        self._unfinished.append(first)
        if later:
            self.whole.append(b"".join(self._unfinished))
            self.whole.extend(later[:-1])
            self._unfinished = [later[-1]]
