"""The user's own executions: those that events tell, and those of before, which are asked for.

The exchange tells fills of any age, oldest first, after a trade.  Nobody knows which trade that should be to get
the last few hundred; so the first question starts some thousand trades back, and if few were one's own, the next
starts further back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple, Optional

from tui.screen.list_sorting import BY_TIME, TIME, Sorting, SortKey

FILLS_KEPT_MAX = 500
FILLS_WANTED = 100
FILLS_PER_ANSWER = 1_000
# How far back the first question goes, in trades of all users, and by how much further each next one.
FIRST_REACH = 5_000
REACH_GROWTH = 20


class Fill(NamedTuple):
    """One own execution; `price` in ticks.  `trade_id` 0: not told."""

    timestamp_ns: int
    symbol: str
    price: int
    quantity: int
    is_buy: bool
    order_id: int
    is_maker: bool
    trade_id: int = 0


# What fills can be sorted by, from left to right; prices of different symbols don't compare.
FILL_COLUMNS: dict[str, Callable[[Fill], SortKey]] = {
    TIME: lambda _: (),
    "SIDE": lambda fill: (not fill.is_buy,),
    "SYMBOL": lambda fill: (fill.symbol,),
    "PRICE": lambda fill: (fill.symbol, fill.price),
    "QTY": lambda fill: (fill.quantity,),
    "ROLE": lambda fill: (not fill.is_maker,),
}


class MyFills:
    """At most `FILLS_KEPT_MAX` of them; each is there once, however often it is told."""

    def __init__(self, sorting: Sorting = BY_TIME) -> None:
        self._fills: list[Fill] = []
        self._known: set[tuple[int, int]] = set()
        # How far back the question goes that is being answered; 0: nothing was asked yet.
        self._reach = 0
        self._last_trade_id = 0
        self.sorting = sorting

    def __len__(self) -> int:
        return len(self._fills)

    def shown(self, skipped: int, count: int) -> Iterator[Fill]:
        """`count` of them behind the first `skipped`, in the panel's order: as `sorting` says, newest first."""
        column, is_turned = self.sorting
        fills: Iterable[Fill] = self._fills if column == TIME and is_turned else reversed(self._fills)
        if column != TIME:
            fills = sorted(fills, key=FILL_COLUMNS[column], reverse=is_turned)
        return islice(fills, skipped, skipped + count)

    def add(self, fills: Iterable[Fill]) -> None:
        """Take those that are not known yet to their places."""
        news = [fill for fill in fills if not fill.trade_id or _key(fill) not in self._known]
        if not news:
            return
        is_in_order = not self._fills or _place(news[0]) >= _place(self._fills[-1])
        self._fills += news
        if not is_in_order or len(news) > 1:
            self._fills.sort(key=_place)
        del self._fills[:-FILLS_KEPT_MAX]
        if len(self._fills) == FILLS_KEPT_MAX or len(news) > 1:
            self._known = {_key(fill) for fill in self._fills}
        else:
            self._known.add(_key(news[0]))

    def first_question(self, last_trade_id: int) -> Optional[int]:
        """After which trade to ask for fills, `last_trade_id` being the last of all; None: it was asked before."""
        if self._reach:
            return None
        self._reach, self._last_trade_id = FIRST_REACH, last_trade_id
        return max(0, last_trade_id - self._reach)

    def next_question(self, answer: list[Fill], *, is_more: bool) -> Optional[int]:
        """After which trade to ask next, given the answer to the last question; None: that is enough."""
        if is_more and answer:
            return answer[-1].trade_id
        if len(self._fills) >= FILLS_WANTED or self._reach >= self._last_trade_id:
            return None
        self._reach *= REACH_GROWTH
        return max(0, self._last_trade_id - self._reach)


def _key(fill: Fill) -> tuple[int, int]:
    return fill.trade_id, fill.order_id


def _place(fill: Fill) -> tuple[int, int]:
    """By trade; of those that tell none, by time."""
    return fill.trade_id, fill.timestamp_ns
