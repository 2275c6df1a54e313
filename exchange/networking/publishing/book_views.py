"""What a book's subscribers see: views of it, as last told and as it stands.

A *view* is the best `depth` levels of both sides (0: all of them).  All who watch the same view get the same
lines, encoded once.  An update gives levels their new totals, so telling one twice does no harm, and

    a view's snapshot + the updates after it = the engine's own book, as far as the view goes

A side is walked once for all its limited views, as deep as the deepest of them.  Each further view then costs only
what it has to tell.  Cost of an update: O(changed levels), and O(deepest limited view) if one of its levels
changed.

Owned by the matching thread, which is also the only one that may look into the books.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Optional, Union

from exchange.engine.book_side import BookSide
from exchange.engine.orderbook import OrderBook
from exchange.engine.words import Side
from exchange.networking.outbound.connection import Connection
from exchange.networking.wire.encode_feeds import FeedEncoder, Level, LevelChange

# A level's totals: (quantity, order count).
Totals = tuple[int, int]
# So many levels of a whole side are put in their places one by one; more are sorted anew, which is then cheaper.
STALE_ONE_BY_ONE_MAX = 200


class BestLevels:
    """The best levels of one book side, as far as its deepest limited view goes: as last told, and as they stand.

    All views share them, so the side is walked once for all of them.
    """

    def __init__(self, side: BookSide) -> None:
        self._side = side
        self._reach = 0
        self._before: list[Level] = []
        self._now: list[Level] = []
        # Of each level in reach whose totals have changed: its price and the new totals.
        self._changed: list[tuple[int, Totals]] = []

    def top(self, depth: int) -> list[Level]:
        """The best `depth` levels as they stand; from now on they are in reach."""
        if depth > self._reach:
            self._walk(depth)
        return self._now[:depth]

    def follow(self, changed_prices: Iterable[int], depth: int) -> None:
        """Take what was told for past and the side as it stands for the present, as far as `depth`.

        `depth` is in reach already.  O(depth log depth), or less when no price in reach may have changed.
        """
        self._before, self._changed = self._now, []
        if not depth:
            self._now, self._reach = [], 0
            return
        worst = _worst_shown(self._now, self._reach)
        in_reach = [price for price in changed_prices if self._side.crosses(price, worst)]
        if not in_reach:
            return
        told = {price: (quantity, order_count) for price, quantity, order_count in self._before}
        self._walk(depth)
        for price in in_reach:
            totals = self._side.total_at(price)
            if totals != told.get(price, (0, 0)):
                self._changed.append((price, totals))

    def changes(self, depth: int) -> list[LevelChange]:
        """What `follow` has changed in the best `depth` levels.  O(changed levels), however deep the view."""
        side, crosses = self._side.side, self._side.crosses
        worst_before, worst_now = _worst_shown(self._before, depth), _worst_shown(self._now, depth)
        gone = [(side, level[0], 0, 0) for level in self._beyond(worst_now, self._before, depth)]
        stayed = [
            (side, price, *totals)
            for price, totals in self._changed
            if crosses(price, worst_before) and crosses(price, worst_now)
        ]
        return gone + stayed + [(side, *level) for level in self._beyond(worst_before, self._now, depth)]

    def _walk(self, depth: int) -> None:
        self._now, self._reach = self._side.depth(depth), depth

    def _beyond(self, worst: Optional[int], levels: list[Level], depth: int) -> list[Level]:
        """Those of the first `depth` levels that are worse than `worst`; None is worse than all."""
        end = start = min(depth, len(levels))
        while start and not self._side.crosses(levels[start - 1][0], worst):
            start -= 1
        return levels[start:end]


def _worst_shown(levels: list[Level], depth: int) -> Optional[int]:
    """The worst price that has room in a view of `depth` levels; None when any price has."""
    return levels[depth - 1][0] if len(levels) >= depth else None


class LimitedSide:
    """The best levels of one book side, as a view of so many shows them."""

    def __init__(self, best: BestLevels, depth: int, symbol: str) -> None:
        self._best = best
        self._depth = depth
        self._symbol = symbol

    def levels(self, encoder: FeedEncoder) -> Iterable[str]:
        """The levels as they stand, written, best first; they count as told."""
        return [encoder.level(self._symbol, *level) for level in self._best.top(self._depth)]

    def changes(self, _changed_prices: Iterable[int]) -> list[LevelChange]:
        """What must be told so that the view is right again; the best levels have followed already."""
        return self._best.changes(self._depth)


class WholeSide:
    """One book side as the view of the whole book shows it.

    Its levels are kept as they were written, in order, so that a snapshot of a large book costs a join: 100,000
    levels would else be walked, sorted and written for each who subscribes.
    """

    def __init__(self, side: BookSide, symbol: str) -> None:
        self._side = side
        self._symbol = symbol
        # What the view shows at each price; None before anybody was shown it.
        self._shown: Optional[dict[int, Totals]] = None
        # The levels as written, and their prices, lowest first; but those in `_stale` have changed since.
        self._texts: dict[int, str] = {}
        self._prices: list[int] = []
        self._stale: set[int] = set()

    def levels(self, encoder: FeedEncoder) -> Iterable[str]:
        """The levels as they stand, written, best first; they count as told.  O(changed levels) and a join."""
        if self._shown is None:
            self._shown = {price: (quantity, order_count) for price, quantity, order_count in self._side.depth()}
            self._stale = set(self._shown)
        if len(self._stale) > STALE_ONE_BY_ONE_MAX:
            self._prices = sorted(self._shown)
        else:
            self._place_stale(self._shown)
        for price in self._stale:
            totals = self._shown.get(price)
            if totals is None:
                self._texts.pop(price, None)
            else:
                self._texts[price] = encoder.level(self._symbol, price, *totals)
        self._stale.clear()
        best_first = reversed(self._prices) if self._side.side is Side.BUY else self._prices
        return map(self._texts.__getitem__, best_first)

    def changes(self, changed_prices: Iterable[int]) -> list[LevelChange]:
        """What must be told so that the view is right again, given every price whose totals may have changed."""
        changes: list[LevelChange] = []
        shown = self._shown
        assert shown is not None, "a view is shown before it changes"
        for price in changed_prices:
            totals = self._side.total_at(price)
            if totals == shown.get(price, (0, 0)):
                continue
            changes.append((self._side.side, price, *totals))
            self._stale.add(price)
            if totals[0]:
                shown[price] = totals
            else:
                del shown[price]
        return changes

    def _place_stale(self, shown: dict[int, Totals]) -> None:
        """Have the prices of levels that came or went since in their places, or not."""
        for price in self._stale:
            place = bisect_left(self._prices, price)
            is_there = place < len(self._prices) and self._prices[place] == price
            if is_there and price not in shown:
                del self._prices[place]
            elif not is_there and price in shown:
                self._prices.insert(place, price)


class BookView:
    """One view of one book, and who watches it.  `sequence` counts its updates."""

    def __init__(self, book: OrderBook, best_bids: BestLevels, best_asks: BestLevels, depth: int) -> None:
        self._symbol = symbol = book.instrument.symbol
        self._bids: Union[LimitedSide, WholeSide]
        self._asks: Union[LimitedSide, WholeSide]
        if depth:
            self._bids = LimitedSide(best_bids, depth, symbol)
            self._asks = LimitedSide(best_asks, depth, symbol)
        else:
            self._bids, self._asks = WholeSide(book.bids, symbol), WholeSide(book.asks, symbol)
        self.sequence = 0
        self.subscribers: dict[Connection, None] = {}
        # The snapshot as it was last told, None once it is out of date: whoever subscribes again and again to a
        # large book must not make the exchange write it again and again.
        self._snapshot: Optional[bytes] = None

    def snapshot(self, encoder: FeedEncoder) -> bytes:
        """The view as it stands, for who is not in step.  All updates must have been told before."""
        if self._snapshot is None:
            bids, asks = self._bids.levels(encoder), self._asks.levels(encoder)
            self._snapshot = encoder.snapshot_of_levels(self._symbol, self.sequence, bids, asks)
        return self._snapshot

    def update(self, bid_prices: Iterable[int], ask_prices: Iterable[int], encoder: FeedEncoder) -> bytes:
        """The line that brings subscribers up to date; empty when nothing they see has changed."""
        changes = self._bids.changes(bid_prices) + self._asks.changes(ask_prices)
        if not changes:
            return b""
        self._snapshot = None
        self.sequence += 1
        if not self.subscribers:
            return b""
        return encoder.book_update(self._symbol, self.sequence, changes)


class BookViews:
    """The views of one book that are watched, by depth."""

    def __init__(self, book: OrderBook) -> None:
        self._book = book
        self._best_bids = BestLevels(book.bids)
        self._best_asks = BestLevels(book.asks)
        self._views: dict[int, BookView] = {}

    def view(self, depth: int) -> BookView:
        """The view of `depth` levels; one that is new must be asked for its snapshot before the book changes."""
        view = self._views.get(depth)
        if view is None:
            view = self._views[depth] = BookView(self._book, self._best_bids, self._best_asks, depth)
        return view

    def views(self) -> Iterable[BookView]:
        """Every view, also one that everybody has left since the book last changed."""
        return self._views.values()

    def updates(
        self, bid_prices: Iterable[int], ask_prices: Iterable[int], encoder: FeedEncoder
    ) -> Iterator[tuple[BookView, bytes]]:
        """Each view that has changed and the line that tells it.  All must be taken before the book changes."""
        # The whole book is followed on for who may come next, since to begin with it is what costs.
        self._views = {depth: view for depth, view in self._views.items() if view.subscribers or not depth}
        deepest = max(self._views, default=0)
        self._best_bids.follow(bid_prices, deepest)
        self._best_asks.follow(ask_prices, deepest)
        for view in self._views.values():
            line = view.update(bid_prices, ask_prices, encoder)
            if line:
                yield view, line
