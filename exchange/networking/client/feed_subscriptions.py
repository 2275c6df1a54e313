"""The public feeds as a client asks for them: trades, news, and books of which it keeps a copy."""

from __future__ import annotations

from typing import Optional

from exchange.networking.client import questions
from exchange.networking.client.book_follower import BookFollower
from exchange.networking.client.errors import ExchangeError
from exchange.networking.client.message_reader import MessageReader
from exchange.networking.client.typed_answers import Subscribed, Unsubscribed

# Levels per side of a book that is subscribed to without saying how many; as PROTOCOL.md has it.
DEFAULT_DEPTH = 20


class MarketDataClient(MessageReader):
    """Subscribes; needs no login.  Nobody makes one alone: `MessageClient` is made of it."""

    def subscribe(
        self,
        channel: str,
        symbol: Optional[str] = None,
        depth: Optional[int] = None,
        last: Optional[int] = None,
    ) -> Subscribed:
        """Start a public feed, "book", "trades" or "news"; its messages come as events.

        A connection has each book once: it comes as deep as the deepest of those who follow it needs, if that is
        deeper than `depth` (None: 20; 0 is the whole book).  With `last` the trades begin with a
        `trades_snapshot` of so many (0 to 1,000) before this moment, and the day's open, high, low and volume.
        """
        if channel == "book":
            depth = self._followed.deepest(symbol, DEFAULT_DEPTH if depth is None else depth)
        answer = self._ask(questions.subscribe(channel, symbol, depth, last))
        return questions.typed_answer(answer, Subscribed)

    def unsubscribe(self, channel: str, symbol: Optional[str] = None) -> Unsubscribed:
        """End a public feed; all copies of a book that lived on it stand still."""
        answer = self._ask(questions.unsubscribe(channel, symbol))
        ended = questions.typed_answer(answer, Unsubscribed)
        if channel == "book":
            self._followed.end(ended.symbol)
        return ended

    def follow_book(self, symbol: Optional[str] = None, depth: int = DEFAULT_DEPTH) -> BookFollower:
        """Subscribe to a book and keep a copy of it current; returns the copy once the first snapshot is in it.

        The copy changes as messages are read, so it is never behind `events()`, where they appear as well.  One
        book may be followed several times at different depths (0: all of it): each copy shows its own.
        """
        follower = BookFollower(symbol, depth)
        self._followed.add(follower)
        try:
            self.subscribe("book", symbol, depth)
            # A snapshot ahead of the answer was of an earlier, perhaps shallower subscription.
            follower.forget()
            deadline = self._deadline()
            while not follower.is_current:
                self._set_aside.append(self._receive_by(deadline))
        except ExchangeError:
            self._followed.remove(follower)
            raise
        return follower
