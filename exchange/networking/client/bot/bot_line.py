"""What a bot needs of the world: a way to send, and the time.  The two who drive bots have one each."""

from __future__ import annotations

from typing import Protocol

from exchange.networking.client.message_json import Message


class BotLine(Protocol):
    """The way from a bot to an exchange: a connection (`bot_runner`), or the laboratory's virtual one."""

    def send(self, message: Message) -> None:
        """Send a request, with the field names of PROTOCOL.md; returns at once.

        A line that has broken drops it: the driver says `disconnected` soon, and the bot's desk settles the rest.
        """

    def now_ns(self) -> int:
        """The time, in ns since the Unix epoch; it never goes back."""
