"""What those who follow a book have been shown of it, and what has changed since.

A *view* is the best `depth` levels of both sides (0: all of them), shared by all who watch as much.  It is
numbered as on the wire: `sequence` counts what changed in it, and a view that everybody has left is forgotten with
the next change of the book, unless it is of the whole book.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from exchange.engine.orderbook import BookSide, OrderBook
from exchange.networking.wire.encode_feeds import Level, LevelChange

Follower = TypeVar("Follower")


class _ShownSide:
    """The levels of one side as shown: by price their (quantity, order count)."""

    def __init__(self, side: BookSide, depth: int) -> None:
        self._side = side
        self._depth = depth
        self._shown: dict[int, tuple[int, int]] = {}
        self.show()

    def show(self) -> list[Level]:
        """The levels as they stand, best first; they count as shown."""
        levels = self._side.depth(self._depth or None)
        self._shown = {price: (quantity, orders) for price, quantity, orders in levels}
        return levels

    def changes(self, changed_prices: Iterable[int]) -> list[LevelChange]:
        """What must be told so that the view is right again, where these prices' totals may have changed."""
        return self._changes_of_all(changed_prices) if self._depth == 0 else self._changes_of_best(changed_prices)

    def _changes_of_all(self, changed_prices: Iterable[int]) -> list[LevelChange]:
        changes: list[LevelChange] = []
        for price in sorted(changed_prices):
            totals = self._side.total_at(price)
            if totals != self._shown.get(price, (0, 0)):
                changes.append((self._side.side, price, *totals))
                if totals[0]:
                    self._shown[price] = totals
                else:
                    del self._shown[price]
        return changes

    def _changes_of_best(self, changed_prices: Iterable[int]) -> list[LevelChange]:
        before = self._shown
        if len(before) >= self._depth:
            worst = next(reversed(before))
            if not any(self._side.crosses(price, worst) for price in changed_prices):
                return []
        levels = self.show()
        side, now = self._side.side, self._shown
        gone = [(side, price, 0, 0) for price in before if price not in now]
        return gone + [(side, *level) for level in levels if before.get(level[0]) != level[1:]]


class FollowedView(Generic[Follower]):
    """One view of one book, and who follows it."""

    def __init__(self, book: OrderBook, depth: int) -> None:
        self.depth = depth
        self.sequence = 0
        self.followers: dict[Follower, None] = {}
        self._bids = _ShownSide(book.bids, depth)
        self._asks = _ShownSide(book.asks, depth)

    def levels(self) -> tuple[list[Level], list[Level]]:
        """Bids and asks as they stand; all changes must have been told before.  O(levels)."""
        return self._bids.show(), self._asks.show()

    def changes(self, bid_prices: Iterable[int], ask_prices: Iterable[int]) -> list[LevelChange]:
        """What has changed; if anything has, that is one more update."""
        changes: list[LevelChange] = []
        if bid_prices:
            changes += self._bids.changes(bid_prices)
        if ask_prices:
            changes += self._asks.changes(ask_prices)
        if changes:
            self.sequence += 1
        return changes
