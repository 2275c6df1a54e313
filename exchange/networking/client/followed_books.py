"""All copies of books that one connection keeps current.  Pure: it says what to send, and sends nothing.

A connection has each book once, so its feed is as deep as the deepest of its copies needs.
"""

from __future__ import annotations

from typing import Optional

from exchange.networking.client.book_follower import BookFollower
from exchange.networking.client.errors import ProtocolError
from exchange.networking.client.message_json import Message
from exchange.networking.client.request_messages import request

BOOK_MESSAGES = frozenset({"book_snapshot", "book_update"})


class FollowedBooks:
    """Belongs to whoever reads the connection's messages.  Telling costs O(copies)."""

    def __init__(self) -> None:
        self._followers: list[BookFollower] = []

    def __len__(self) -> int:
        return len(self._followers)

    def add(self, follower: BookFollower) -> None:
        """Keep this copy current."""
        self._followers.append(follower)

    def remove(self, follower: BookFollower) -> None:
        """Let this copy stand still."""
        self._followers.remove(follower)

    def end(self, symbol: Optional[str]) -> None:
        """Let all copies of this book stand still."""
        self._followers = [follower for follower in self._followers if follower.symbol != symbol]

    def tell(self, message: Message) -> Optional[Message]:
        """Apply a book's message; returns what to ask for if data was lost.  Raises ProtocolError."""
        try:
            are_in_step = [follower.apply(message) for follower in self._followers]
        except (KeyError, TypeError, ValueError) as error:
            raise ProtocolError(f"the engine sent a book message that lacks its fields: {message}") from error
        if all(are_in_step):
            return None
        symbol = message["symbol"]
        return request("subscribe", channel="book", symbol=symbol, depth=self.deepest(symbol))

    def deepest(self, symbol: Optional[str], *depths: int) -> int:
        """The least depth that serves all who follow the book of `symbol`, and `depths` too."""
        followers = [each for each in self._followers if symbol is None or each.symbol in (None, symbol)]
        wanted = [*depths, *[follower.depth for follower in followers]]
        return 0 if 0 in wanted else max(wanted)
