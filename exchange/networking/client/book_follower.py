"""A client's copy of one instrument's book, kept current by the public `book` feed.

    book_snapshot 41 ─► update 42 ─► update 43 ─► … update 45?  a jump: 44 was lost
          ▲                                              │
          └───────── subscribe again (the client does) ◄─┘   meanwhile the copy is empty, never wrong

It holds no socket: `tcp_client` hands it every book message and subscribes again when it says so.  The feed may be
deeper than the copy, since a client has one subscription for all its copies of a book.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Optional, Union

from exchange.networking.client.typed_events import BookLevel, BookSnapshot, BookUpdate


class BookFollower:
    """The best `depth` levels (0: all) of each side of `symbol` (None: whatever symbol the first snapshot is of).

    Belongs to the thread that reads the client's messages.  Applying an update costs O(changes); reading `bids` or
    `asks` after one O(d · log d) for a feed of depth d, again without a change O(1).
    """

    def __init__(self, symbol: Optional[str], depth: int) -> None:
        self.symbol = symbol
        self.depth = depth
        self._sequence: Optional[int] = None
        self._bids: dict[Decimal, BookLevel] = {}
        self._asks: dict[Decimal, BookLevel] = {}
        self._sorted_bids: Optional[list[BookLevel]] = None
        self._sorted_asks: Optional[list[BookLevel]] = None

    @property
    def is_current(self) -> bool:
        """False before the first snapshot, and from a jump in the sequence to the snapshot that repairs it."""
        return self._sequence is not None

    @property
    def sequence(self) -> Optional[int]:
        """The sequence of the last message applied; None while not current."""
        return self._sequence

    @property
    def bids(self) -> list[BookLevel]:
        """What is bid for, best (highest) first; empty while not current."""
        if self._sorted_bids is None:
            self._sorted_bids = sorted(self._bids.values(), reverse=True)[: self.depth or None]
        return self._sorted_bids

    @property
    def asks(self) -> list[BookLevel]:
        """What is offered, best (lowest) first; empty while not current."""
        if self._sorted_asks is None:
            self._sorted_asks = sorted(self._asks.values())[: self.depth or None]
        return self._sorted_asks

    @property
    def best_bid(self) -> Optional[BookLevel]:
        """The highest bid, None if there is none."""
        return self.bids[0] if self.bids else None

    @property
    def best_ask(self) -> Optional[BookLevel]:
        """The lowest offer, None if there is none."""
        return self.asks[0] if self.asks else None

    def apply(self, message: dict[str, Any]) -> bool:
        """Take one `book_snapshot` or `book_update`; one of another symbol changes nothing.

        Returns False exactly when this message showed that data was lost: subscribe again.  While it waits for the
        repairing snapshot it ignores updates and returns True.  Raises KeyError, TypeError or ValueError for a
        message that lacks its fields.
        """
        if self.symbol is not None and message["symbol"] != self.symbol:
            return True
        if message["type"] == "book_snapshot":
            self._start(message["symbol"], message["sequence"], message["bids"], message["asks"])
            return True
        return self._follow(message["sequence"], message["changes"])

    def hear(self, event: Union[BookSnapshot, BookUpdate]) -> bool:
        """As `apply`, of a typed value."""
        if self.symbol is not None and event.symbol != self.symbol:
            return True
        if isinstance(event, BookSnapshot):
            self._start(event.symbol, event.sequence, event.bids, event.asks)
            return True
        return self._follow(event.sequence, event.changes)

    def quantity_at(self, is_bid: bool, price: Decimal) -> Optional[int]:
        """What is shown at this price of one side, 0 if nothing; None where this copy does not reach so deep."""
        levels = self._bids if is_bid else self._asks
        level = levels.get(price)
        if level is not None:
            return level.quantity
        if not self.is_current or (self.depth and len(levels) >= self.depth and _is_beyond(levels, is_bid, price)):
            return None
        return 0

    def forget(self) -> None:
        """Be empty until the next snapshot: what was told so far is not, or no more, the book."""
        self._sequence = None
        self._bids, self._asks = {}, {}
        self._sorted_bids = self._sorted_asks = None

    def _start(self, symbol: str, sequence: int, bids: Iterable[Any], asks: Iterable[Any]) -> None:
        self.forget()
        self.symbol = symbol
        self._bids = {price: BookLevel(price, quantity, orders) for price, quantity, orders in bids}
        self._asks = {price: BookLevel(price, quantity, orders) for price, quantity, orders in asks}
        self._sequence = sequence

    def _follow(self, sequence: int, changes: Iterable[Any]) -> bool:
        if self._sequence is None:
            return True
        if sequence != self._sequence + 1:
            self.forget()
            return False
        for side, price, quantity, orders in changes:
            levels = self._bids if side == "BID" else self._asks
            if quantity:
                levels[price] = BookLevel(price, quantity, orders)
            else:
                levels.pop(price, None)
        self._sorted_bids = self._sorted_asks = None
        self._sequence = sequence
        return True


def _is_beyond(levels: dict[Decimal, BookLevel], is_bid: bool, price: Decimal) -> bool:
    return price < min(levels) if is_bid else price > max(levels)
