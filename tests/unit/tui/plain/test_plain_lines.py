"""The plain client's lines: what a person may type, and what is shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.words import Side
from exchange.networking.tcp_client import BookFollower
from tui.plain.shown_line import (
    book_lines,
    event_line,
    order_lines,
    position_lines,
)
from tui.plain.typed_line import (
    BadLine,
    PlainWord,
    TypedCancel,
    TypedOrder,
    TypedReplace,
    TypedSide,
    TypedSymbol,
    parse_line,
    parse_price,
    parse_quantity,
)

# --- what may be typed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("b", TypedSide(Side.BUY)),
        (" SELL ", TypedSide(Side.SELL)),
        ("buy 10 101.25", TypedOrder(Side.BUY, 10, Decimal("101.25"))),
        ("s 5", TypedOrder(Side.SELL, 5, None)),
        ("c 12", TypedCancel(12)),
        ("cancel 12", TypedCancel(12)),
        ("cancel all", PlainWord.CANCEL_ALL),
        ("x", PlainWord.CANCEL_ALL),
        ("replace 12 price 101.30 quantity 20", TypedReplace(12, Decimal("101.30"), 20)),
        ("replace 12 quantity 20", TypedReplace(12, None, 20)),
        ("r 12 price 99", TypedReplace(12, Decimal(99), None)),
        ("o", PlainWord.SHOW_ORDERS),
        ("positions", PlainWord.SHOW_POSITIONS),
        ("book", PlainWord.SHOW_BOOK),
        ("?", PlainWord.SHOW_HELP),
        ("symbol acme", TypedSymbol("ACME")),
        ("quit", PlainWord.QUIT),
        ("", PlainWord.NOTHING),
        ("   ", PlainWord.NOTHING),
    ],
)
def test_a_line_at_the_first_prompt_is_understood(line: str, wish: object) -> None:
    assert parse_line(line) == wish


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("foo", "'foo' is not a command"),
        ("buy ten", "quantity 'ten'"),
        ("buy 0", "quantity '0'"),
        ("buy -1", "quantity '-1'"),
        ("buy 1.5", "quantity '1.5'"),
        ("buy ٣", "quantity"),
        ("buy 10 x", "price 'x'"),
        ("buy 10 -1", "price '-1'"),
        ("buy 10 101,25", "price '101,25'"),
        ("buy 10 1e3", "price '1e3'"),
        ("buy 10 101.25 now", "QUANTITY PRICE"),
        ("cancel", "cancel ID"),
        ("cancel c1", "order id 'c1'"),
        ("cancel 1 2", "cancel ID"),
        ("replace 12", "replace ID price"),
        ("replace 12 price", "replace ID price"),
        ("replace 12 price 1 price 2", "replace ID price"),
        ("replace 12 size 3", "replace ID price"),
        ("replace x price 3", "order id 'x'"),
        ("replace 12 quantity 0", "quantity '0'"),
        ("symbol", "symbol NAME"),
        ("orders now", "orders takes nothing after it"),
        ("\x1b[2J", "is not a command"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused_by_name(line: str, named: str) -> None:
    wish = parse_line(line)
    assert isinstance(wish, BadLine)
    assert named in wish.text


@given(st.text())
def test_any_line_gives_a_wish_or_a_refusal_of_one_printable_line(line: str) -> None:
    for answer in (parse_line(line), parse_price(line), parse_quantity(line)):
        if isinstance(answer, BadLine):
            assert answer.text.isprintable()
            assert len(answer.text) < 200


@given(st.integers(1, 10**18 - 1), st.decimals(min_value=0, max_value=10**9, places=9))
def test_what_is_typed_is_taken_exactly(quantity: int, price: Decimal) -> None:
    assert parse_line(f"buy {quantity} {price:f}") == TypedOrder(Side.BUY, quantity, price)


# --- what is shown ---------------------------------------------------------------------------------------------

ORDER = {
    "order_id": 7,
    "client_order_id": "c",
    "symbol": "ACME",
    "side": "BUY",
    "quantity": 10,
    "price": Decimal("1.50"),
}


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"type": "order_accepted", "time_in_force": "GTC"}, "accepted: order 7 BUY 10 ACME @ 1.50 GTC"),
        (
            {"type": "order_accepted", "time_in_force": "IOC", "price": None},
            "accepted: order 7 BUY 10 ACME @ market IOC",
        ),
        (
            {"type": "order_executed", "remaining_quantity": 3, "trade_id": 4, "liquidity": "MAKER"},
            "fill: order 7 BUY 10 ACME @ 1.50, 3 remaining (trade 4, MAKER)",
        ),
        (
            {"type": "order_executed", "remaining_quantity": 0, "trade_id": 4, "liquidity": "TAKER"},
            "fill: order 7 BUY 10 ACME @ 1.50, filled (trade 4, TAKER)",
        ),
        (
            {"type": "order_canceled", "remaining_quantity": 3, "reason": "SELF_TRADE"},
            "canceled: order 7, 3 canceled (SELF_TRADE)",
        ),
        ({"type": "order_replaced", "remaining_quantity": 6}, "replaced: order 7 now 10 @ 1.50, 6 remaining"),
        ({"type": "order_rejected", "code": "HALTED", "text": "no"}, "rejected: no (HALTED)"),
        ({"type": "cancel_rejected", "code": "TOO_LATE", "text": "no"}, "not canceled: no (TOO_LATE)"),
        ({"type": "error", "code": "BAD_VALUE", "text": "a\x1b[2Jb\u2028"}, r"error: a\x1b[2Jb\u2028 (BAD_VALUE)"),
        ({"type": "cancel_all_done", "count": 1}, "canceled all: 1"),
    ],
)
def test_an_event_is_one_line(fields: dict[str, Any], line: str) -> None:
    assert event_line({**ORDER, **fields}) == line


@pytest.mark.parametrize("kind", ["pong", "heartbeat", "book_update", "logged_in", "orders", "unheard_of"])
def test_what_nobody_needs_to_be_told_is_no_line(kind: str) -> None:
    assert event_line({"type": kind}) is None


def test_orders_positions_and_book_are_tables() -> None:
    assert order_lines([]) == ["no live orders"]
    order = {**ORDER, "remaining_quantity": 4, "status": "PARTIALLY_FILLED"}
    assert order_lines([order])[1].split() == ["7", "ACME", "BUY", "1.50", "4", "10", "PARTIALLY_FILLED"]
    assert position_lines([]) == ["no positions"]
    money = {"average_price": None, "realised_pnl": Decimal("-1.50"), "unrealised_pnl": Decimal(0)}
    position = {"symbol": "ACME", "net_position": -3, "volume": 9, **money}
    assert position_lines([position])[1].split() == ["ACME", "-3", "-", "-1.50", "0", "9"]
    book = BookFollower("ACME", 10)
    assert book_lines(book) == ["the book is not known at the moment"]
    bids, asks = [[Decimal("9.50"), 5, 2], [Decimal(9), 1, 1]], [[Decimal("9.60"), 7, 1]]
    book.apply({"type": "book_snapshot", "symbol": "ACME", "sequence": 1, "bids": bids, "asks": asks})
    assert [line.split() for line in book_lines(book)] == [
        ["book", "of", "ACME"],
        ["ask", "9.60", "7", "in", "1"],
        ["bid", "9.50", "5", "in", "2"],
        ["bid", "9", "1", "in", "1"],
    ]
    book.apply({"type": "book_snapshot", "symbol": "ACME", "sequence": 1, "bids": [], "asks": []})
    assert book_lines(book) == ["book of ACME: empty"]
