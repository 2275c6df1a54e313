"""What those who follow a book have been shown of it, and what has changed since.

A *view* is the best `depth` levels of both sides (0: all of them), shared by all who watch as much.  It is
numbered as on the wire: `sequence` counts what changed in it, and a view that everybody has left is forgotten with
the next change of the book, unless it is of the whole book.

The prices of a side are kept in order, best first, for all its views: what has changed among the best so many then
costs as much as has changed, however deep the view.  A *key* is a price times the side's sign, so that the better
one is the lower number.
"""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

from exchange.engine.book_side import BookSide
from exchange.networking.wire.encode_feeds import Level, LevelChange

Follower = TypeVar("Follower")

# The worst key of a view that has room for more levels.
NO_END = sys.maxsize
_NOTHING = (0, 0)


class _Change(NamedTuple):
    """A level whose totals have changed, to (quantity, order count); `was_there` before."""

    key: int
    totals: tuple[int, int]
    was_there: bool


class FollowedSide:
    """All levels of one side of a book, as they were when `follow` was last called."""

    def __init__(self, side: BookSide) -> None:
        self._side = side
        self._totals = {price * side.sign: (quantity, orders) for price, quantity, orders in side.depth()}
        self._keys = sorted(self._totals)
        self._changed: list[_Change] = []

    def follow(self, changed_prices: Iterable[int]) -> None:
        """Take in the totals of these prices.  O(log levels) each; who comes or goes moves those behind it."""
        self._changed = []
        for price in sorted(changed_prices):
            key, totals = price * self._side.sign, self._side.total_at(price)
            if totals != self._totals.get(key, _NOTHING):
                self._changed.append(_Change(key, totals, key in self._totals))
                self._keep(key, totals)

    def _keep(self, key: int, totals: tuple[int, int]) -> None:
        place = bisect_left(self._keys, key)
        if not totals[0]:
            del self._totals[key], self._keys[place]
            return
        if key not in self._totals:
            self._keys.insert(place, key)
        self._totals[key] = totals

    def worst_key(self, depth: int) -> int:
        """Up to here a view of so many levels shows what there is."""
        return self._keys[depth - 1] if 0 < depth <= len(self._keys) else NO_END

    def levels(self, depth: int) -> list[Level]:
        """The best so many levels, or (0) all of them, best first."""
        return [(key * self._side.sign, *self._totals[key]) for key in self._keys[: depth or None]]

    def changes(self, depth: int, worst_before: int) -> list[LevelChange]:
        """What `follow` has changed in a view of so many levels that showed what was up to `worst_before`."""
        side, sign, worst = self._side.side, self._side.sign, self.worst_key(depth)
        changes: list[LevelChange] = []
        for key, totals, was_there in self._changed:
            if key > worst_before:
                continue
            if totals[0] and key <= worst:
                changes.append((side, key * sign, *totals))
            elif was_there:
                changes.append((side, key * sign, 0, 0))
        if worst > worst_before:
            # There is room for what stood behind, or has come there.
            come = self._keys[bisect_right(self._keys, worst_before) : depth]
            changes += [(side, key * sign, *self._totals[key]) for key in come]
        elif worst < worst_before:
            told = {change.key for change in self._changed}
            pushed_out = self._keys[depth : bisect_right(self._keys, worst_before)]
            changes += [(side, key * sign, 0, 0) for key in pushed_out if key not in told]
        return changes


class FollowedView(Generic[Follower]):
    """One view of one book, and who follows it."""

    def __init__(self, bids: FollowedSide, asks: FollowedSide, depth: int) -> None:
        self.sequence = 0
        self.followers: dict[Follower, None] = {}
        self._depth = depth
        self._bids, self._asks = bids, asks
        self._worst_bid, self._worst_ask = bids.worst_key(depth), asks.worst_key(depth)

    def levels(self) -> tuple[list[Level], list[Level]]:
        """Bids and asks as they stand; all changes must have been told before.  O(levels)."""
        return self._bids.levels(self._depth), self._asks.levels(self._depth)

    def changes(self) -> list[LevelChange]:
        """What the sides have followed last, as far as it is seen here; anything is one more update."""
        depth = self._depth
        changes = self._bids.changes(depth, self._worst_bid) + self._asks.changes(depth, self._worst_ask)
        if changes:
            self._worst_bid, self._worst_ask = self._bids.worst_key(depth), self._asks.worst_key(depth)
            self.sequence += 1
        return changes
