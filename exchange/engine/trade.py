"""One execution between two orders, as the ledger and the public trade feed tell it."""

from __future__ import annotations

from typing import NamedTuple

from exchange.engine.order import Side


class Trade(NamedTuple):
    """`trade_id` counts 1, 2, 3 … over all instruments; `price` is the resting order's, in ticks (RULES 1).

    `aggressor_side` is the side of the order that arrived; `timestamp` is its command's, in ns since the epoch.
    """

    trade_id: int
    symbol: str
    price: int
    quantity: int
    buy_order_id: int
    sell_order_id: int
    buyer: str
    seller: str
    aggressor_side: Side
    timestamp: int
