"""A book drawn as a table: what a test gives a market, and what it finds.

    BUY                    | SELL
    alice 100 @ 10.00      | bob 70 @ 10.02
    30 @ 9.99              | alice 10 @ 10.02

One order per cell, in the sequence in which they would trade: best price first, then arrival.  Prices are in
currency.  A cell without a name is an order of `SOMEBODY`; the heading may be left out.
"""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import zip_longest
from typing import NamedTuple, Optional

from exchange.engine.instrument import Instrument
from exchange.engine.order import Order
from exchange.engine.orderbook import OrderBook
from exchange.engine.words import Side

SOMEBODY = "somebody"
_HEADING = ("BUY", "SELL")
_CELL = re.compile(r"(?:(?P<user>[A-Za-z0-9_-]+) )?(?P<quantity>[0-9]+) @ (?P<price>[0-9]+(?:\.[0-9]+)?)")


class DrawnOrder(NamedTuple):
    """One cell of a table."""

    user: str
    side: Side
    quantity: int
    price: Decimal


def drawn_orders(table: str) -> list[DrawnOrder]:
    """The orders of a table, row by row, the left cell first.  Raises ValueError for what is no table."""
    return [
        _drawn_order(side, cell) for row in _rows(table) for side, cell in zip(Side, row, strict=True) if cell
    ]


def tidied(table: str) -> str:
    """A table in the form in which `drawn_book` gives one, so that the two can be compared as text.

    Each side's cells move up to leave no gap; their order stays.
    """
    rows = _rows(table)
    bids, asks = [bid for bid, _ in rows if bid], [ask for _, ask in rows if ask]
    return _draw(list(zip_longest(bids, asks, fillvalue="")))


def drawn_book(book: OrderBook, *, with_users: bool = True) -> str:
    """The LIMIT orders that rest, as a table, each with all that is left of it."""
    sides = [
        [_cell(order, book.instrument, with_users) for order in side.orders() if order.price is not None]
        for side in (book.bids, book.asks)
    ]
    return _draw([(bid, ask) for bid, ask in zip_longest(*sides, fillvalue="")])


def _cell(order: Order, instrument: Instrument, with_users: bool) -> str:
    user = f"{order.user} " if with_users and order.user != SOMEBODY else ""
    price: Optional[int] = order.price
    assert price is not None, "a MARKET order is in no table"
    return f"{user}{order.remaining_quantity} @ {instrument.price_text(price)}"


def _rows(table: str) -> list[tuple[str, str]]:
    """The cells of each row under the heading, blanks brought to one."""
    rows = []
    for line in table.splitlines():
        bid, _bar, ask = line.partition("|")
        row = " ".join(bid.split()), " ".join(ask.split())
        if row not in (_HEADING, ("", "")):
            rows.append(row)
    return rows


def _drawn_order(side: Side, cell: str) -> DrawnOrder:
    found = _CELL.fullmatch(cell)
    if found is None:
        raise ValueError(f"{cell!r} is no order of a table: write `alice 100 @ 10.00` or `100 @ 10.00`")
    return DrawnOrder(found["user"] or SOMEBODY, side, int(found["quantity"]), Decimal(found["price"]))


def _draw(rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"{bid:24}| {ask}".rstrip() for bid, ask in [_HEADING, *rows])
