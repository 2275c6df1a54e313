"""What the rows of the ladder show, worked out once per frame: the book, volumes and orders by row.  Pure."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple, Optional

from tui.screen.level_flashes import LadderSide
from tui.screen.market_data import Market
from tui.screen.model import Model
from tui.screen.my_order import MyOrder
from tui.screen.price_rows import grouped, row_price


class LadderRows(NamedTuple):
    """Prices are those of rows, in ticks, the first being `top`; `group` is how many ticks a row is.

    `exact_cursor` is the cursor's price, which the row `cursor` holds; `large` tells who took the price of the
    last large prints, None in an auction.
    """

    top: int
    row_count: int
    group: int
    best_bid: Optional[int]
    best_ask: Optional[int]
    average: Optional[int]
    last: Optional[int]
    indicated: Optional[int]
    cursor: Optional[int]
    exact_cursor: Optional[int]
    bids: dict[int, int]
    asks: dict[int, int]
    volumes: dict[int, int]
    quantity_max: int
    volume_max: int
    bids_cumulated: dict[int, int]
    asks_cumulated: dict[int, int]
    mine: dict[int, list[MyOrder]]
    flashing: set[tuple[LadderSide, int]]
    large: dict[int, Optional[bool]]

    @property
    def bottom(self) -> int:
        """The price of the last row."""
        return self.top - (self.row_count - 1) * self.group

    def y(self, price: int) -> int:
        """The row's number from above, from 0, whether it is shown or not."""
        return (self.top - price) // self.group

    def shown(self) -> range:
        """The prices of the rows, from above; none is below the first group."""
        return range(self.top, max(self.bottom, self.group) - 1, -self.group)


def work_out(model: Model, market: Market, top: int, count: int, now: float) -> LadderRows:
    """The rows of `market` from `top` down.  O(levels log levels), and O(prices traded) where rows are grouped."""
    group = model.group
    bids, asks = grouped(market.bids, group, is_buy=True), grouped(market.asks, group, is_buy=False)
    volumes = grouped(market.volume_at, group, is_buy=True)
    bottom = top - (count - 1) * group
    average = model.position.average_price
    indication = market.phase.indication
    mine: dict[int, list[MyOrder]] = {}
    for order in model.orders.open(market.symbol):
        if order.ladder_price is not None:
            mine.setdefault(row_price(order.ladder_price, group, is_buy=order.is_buy), []).append(order)

    def row(price: Optional[int], *, is_buy: bool = True) -> Optional[int]:
        return None if price is None else row_price(price, group, is_buy=is_buy)

    return LadderRows(
        top,
        count,
        group,
        row(market.best_bid),
        row(market.best_ask, is_buy=False),
        row(None if average is None else market.scale.nearest_ticks(average)),
        row(None if market.last is None else market.last.price),
        row(None if indication is None else indication.price),
        row(model.cursor),
        model.cursor,
        bids,
        asks,
        volumes,
        max(_largest(bids, bottom, top), _largest(asks, bottom, top)),
        _largest(volumes, bottom, top),
        _cumulate(bids, is_descending=True),
        _cumulate(asks, is_descending=False),
        mine,
        {
            (side, row_price(price, group, is_buy=side is LadderSide.BID))
            for (side, price), until in market.flashes.until.items()
            if until > now
        },
        {row_price(trade.price, group, is_buy=True): trade.is_buy for trade in market.large_prints},
    )


def _largest(quantities: dict[int, int], bottom: int, top: int) -> int:
    """The largest of what is shown, at least 1."""
    return max((quantity for price, quantity in quantities.items() if bottom <= price <= top), default=1)


def _cumulate(levels: dict[int, int], *, is_descending: bool) -> dict[int, int]:
    """Price → all that rests from the best price up to it."""
    prices = sorted(levels, reverse=is_descending)
    return dict(zip(prices, accumulate(levels[price] for price in prices), strict=True))
