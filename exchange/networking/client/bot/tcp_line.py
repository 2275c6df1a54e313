"""A bot's line over TCP: the connection at the time, this machine's clock, and whoever counts what goes over it.

For `bot_runner`, which connects and reads; here is only sent.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Optional, Protocol

from exchange.networking.client.message_client import MessageClient
from exchange.networking.client.message_json import Message


class LineWatch(Protocol):
    """Counts what goes over a bot's line, and may end it.  Called by the bot's thread; changes no message."""

    def connected(self) -> None:
        """The bot is logged in, for the first time or again."""

    def lost(self, reason: str) -> None:
        """The connection is gone, and being made again."""

    def may_send(self, message: Message) -> bool:
        """The bot sends this request; False has it thrown away, which is fair only to a bot that is to end."""

    def heard(self, message: Message) -> None:
        """The exchange has said this; the bot is told next."""


class UnwatchedLine:
    """Nobody counts."""

    def connected(self) -> None:
        """See `LineWatch`."""

    def lost(self, reason: str) -> None:
        """See `LineWatch`."""

    def may_send(self, message: Message) -> bool:  # noqa: ARG002
        """See `LineWatch`."""
        return True

    def heard(self, message: Message) -> None:
        """See `LineWatch`."""


class TcpLine:
    """What a bot needs of the world: the connection there is at the time, and this machine's clock."""

    def __init__(
        self,
        watch: LineWatch,
        clock_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._clock_ns = clock_ns
        self._monotonic_ns = monotonic_ns
        self.client: Optional[MessageClient] = None
        self._watch = watch
        # How far ahead of the monotonic clock this machine's clock has been at most.
        self._ahead_ns = -sys.maxsize

    def send(self, message: Message) -> None:
        """Send it if there is a connection and whoever watches lets it.  Raises ConnectionLost."""
        if self.client is not None and self._watch.may_send(message):
            self.client.send_raw(message)

    def now_ns(self) -> int:
        """Ns since the Unix epoch, and never less than before."""
        # A clock that is set back goes on here from where it was, so that timers keep their pace.  It is read
        # first: a pause between the two then makes the lead less, which the greatest one is not changed by.
        clock_ns = self._clock_ns()
        monotonic_ns = self._monotonic_ns()
        self._ahead_ns = max(self._ahead_ns, clock_ns - monotonic_ns)
        return monotonic_ns + self._ahead_ns
