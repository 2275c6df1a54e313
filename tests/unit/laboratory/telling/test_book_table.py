"""A book drawn as a table: read, drawn again, and refused where it is none."""

from __future__ import annotations

from decimal import Decimal

import pytest

from exchange.engine.words import Side
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.telling.book_table import SOMEBODY, DrawnOrder, drawn_book, drawn_orders, tidied

TABLE = """
    BUY               | SELL
    alice 100 @ 10.00 | bob 70 @ 10.02
    30 @ 9.99         |
"""


def test_each_cell_is_an_order_row_by_row_the_left_one_first() -> None:
    assert drawn_orders(TABLE) == [
        DrawnOrder("alice", Side.BUY, 100, Decimal("10.00")),
        DrawnOrder("bob", Side.SELL, 70, Decimal("10.02")),
        DrawnOrder(SOMEBODY, Side.BUY, 30, Decimal("9.99")),
    ]


def test_a_book_is_drawn_as_it_was_given() -> None:
    market = VirtualMarket()
    for number, (user, side, quantity, price) in enumerate(drawn_orders(TABLE)):
        order = {"type": "new_order", "client_order_id": str(number), "side": side.value, "order_type": "LIMIT"}
        market.join(user).send({**order, "quantity": quantity, "price": price})
    market.settle()
    assert drawn_book(market.engine.book("ACME")) == tidied(TABLE)


@pytest.mark.parametrize("cell", ["alice @ 10", "100", "alice 100 @ ten", "a b 1 @ 2"])
def test_what_is_no_order_is_refused_by_name(cell: str) -> None:
    with pytest.raises(ValueError, match=f"'{cell}' is no order of a table"):
        drawn_orders(f"{cell} |")


def test_gaps_in_a_table_are_closed_and_the_order_of_each_side_stays() -> None:
    gaps = "BUY | SELL\na 1 @ 9.00 |\n | b 2 @ 11.00\nc 3 @ 8.00 |"
    closed = "BUY | SELL\na 1 @ 9.00 | b 2 @ 11.00\nc 3 @ 8.00 |"
    assert tidied(gaps) == tidied(closed) != tidied("")
