"""One execution between two orders, as the ledger and the public trade feed tell it."""

from __future__ import annotations

from typing import NamedTuple, Optional

from exchange.engine.words import Side


class Trade(NamedTuple):
    """`trade_id` counts 1, 2, 3 … over all instruments; `price` is the resting order's, in ticks (RULES 1).

    `aggressor_side` is the side of the order that arrived; `timestamp` is its command's, in ns since the epoch.
    In an uncross nobody arrives: `is_auction` is True and `aggressor_side` None (RULES 20).  The fees are in 10⁻⁹
    currency units, negative for a rebate, None where the instrument has none (RULES 26).
    """

    trade_id: int
    symbol: str
    price: int
    quantity: int
    buy_order_id: int
    sell_order_id: int
    buyer: str
    seller: str
    aggressor_side: Optional[Side]
    timestamp: int
    is_auction: bool = False
    buy_fee_nanos: Optional[int] = None
    sell_fee_nanos: Optional[int] = None
