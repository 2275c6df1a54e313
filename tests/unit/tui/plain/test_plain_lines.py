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
    fill_lines,
    history_lines,
    indication_line,
    listed_text,
    order_lines,
    position_lines,
)
from tui.plain.typed_line import (
    PlainWord,
    TypedCancel,
    TypedOrder,
    TypedReplace,
    TypedSide,
    TypedSymbol,
    parse_line,
)
from tui.session_order import SessionOrder
from tui.typed_price import BadLine, MarketPrices, PriceBase, PriceWord, parse_price, resolve
from tui.typed_terms import TypedTerms, parse_quantity

# --- what may be typed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ("b", TypedSide(Side.BUY)),
        (" SELL ", TypedSide(Side.SELL)),
        ("buy 10 101.25", TypedOrder(Side.BUY, 10, TypedTerms(Decimal("101.25")))),
        ("s 5", TypedOrder(Side.SELL, 5, TypedTerms())),
        ("buy 10 bid", TypedOrder(Side.BUY, 10, TypedTerms(PriceWord(PriceBase.BID, 0)))),
        (
            "buy 10 ASK-1t day",
            TypedOrder(Side.BUY, 10, TypedTerms(PriceWord(PriceBase.ASK, -1), None, None, "DAY")),
        ),
        ("sell 10 last+20t", TypedOrder(Side.SELL, 10, TypedTerms(PriceWord(PriceBase.LAST, 20)))),
        ("sell 10 +2t", TypedOrder(Side.SELL, 10, TypedTerms(PriceWord(PriceBase.OWN, 2)))),
        ("buy 10 stop 102", TypedOrder(Side.BUY, 10, TypedTerms(None, Decimal(102)))),
        (
            "buy 10 102.5 stop 102 gtc",
            TypedOrder(Side.BUY, 10, TypedTerms(Decimal("102.5"), Decimal(102), None, "GTC")),
        ),
        ("b 100 101 show 10 post", TypedOrder(Side.BUY, 100, TypedTerms(Decimal(101), None, 10, None, True))),
        ("sell 5 stop bid-5t", TypedOrder(Side.SELL, 5, TypedTerms(None, PriceWord(PriceBase.BID, -5)))),
        ("c 12", TypedCancel(12)),
        ("cancel 12", TypedCancel(12)),
        ("cancel all", PlainWord.CANCEL_ALL),
        ("x", PlainWord.CANCEL_ALL),
        ("replace 12 price 101.30 quantity 20", TypedReplace(12, Decimal("101.30"), 20)),
        ("replace 12 quantity 20", TypedReplace(12, None, 20)),
        ("replace 12 stop 99 price +2t", TypedReplace(12, PriceWord(PriceBase.OWN, 2), None, Decimal(99))),
        ("f", PlainWord.SHOW_FILLS),
        ("history", PlainWord.SHOW_HISTORY),
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
        ("buy 99999999999999999999 5", "'99999999999999999999' must be a whole number of at least 1 and at most"),
        ("buy 10 100 fok ioc", "an order has one time in force, not both FOK and IOC"),
        ("buy 10 x", "price 'x'"),
        ("buy 10 -1", "price '-1'"),
        ("buy 10 101,25", "price '101,25'"),
        ("buy 10 1e3", "price '1e3'"),
        ("buy 10 101.25 now", "'now' is none of what an order may be: stop, show,"),
        ("buy 10 bid+t", "price 'bid+t'"),
        ("buy 10 bid+1", "price 'bid+1'"),
        ("buy 10 middle", "price 'middle'"),
        ("buy 10 stop", "stop PRICE"),
        ("buy 10 stop day", "price 'day'"),
        ("buy 10 101 show", "show QUANTITY"),
        ("buy 10 101 show 0", "quantity '0'"),
        ("buy 10 day 101", "'101' is none of"),
        ("replace 12 stop 1 stop 2", "replace ID price"),
        ("cancel", "cancel ID"),
        ("cancel c1", "order id 'c1'"),
        ("cancel 1 2", "cancel ID"),
        ("replace", "say which order to change: a change is `replace ID price"),
        ("replace 12", "say what to change of order 12: a change is `replace ID price"),
        ("replace 12 5", "'5' must be price, quantity or stop, then the new value: a change is"),
        ("replace 12 price", "price needs its new value after it: a change is"),
        ("replace 12 price 1 quantity", "quantity needs its new value after it: a change is"),
        ("replace 12 price 1 price 2", "price is there twice: a change is"),
        ("replace 12 size 3", "'size' must be price, quantity or stop"),
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
    assert parse_line(f"buy {quantity} {price:f}") == TypedOrder(Side.BUY, quantity, TypedTerms(price))


PRICES = MarketPrices(
    Decimal("0.05"), bid=Decimal(10), ask=Decimal("10.20"), last=Decimal("10.10"), own=Decimal(9)
)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("bid", "10"),
        ("ask-1t", "10.15"),
        ("last+2t", "10.20"),
        ("+2t", "9.10"),
        ("-1t", "8.95"),
        ("7.5", "7.5"),
        ("mid", "10.10"),
    ],
)
def test_a_word_for_a_price_is_exact_in_ticks(text: str, price: str) -> None:
    typed = parse_price(text)
    assert not isinstance(typed, BadLine)
    assert resolve(typed, PRICES) == Decimal(price)


@pytest.mark.parametrize(("is_buy", "price"), [(True, "10.05"), (False, "10.10"), (None, "10.05")])
def test_half_way_between_ticks_is_the_one_nearer_to_ones_own_side(is_buy: bool | None, price: str) -> None:
    typed = parse_price("mid")
    prices = MarketPrices(Decimal("0.05"), bid=Decimal(10), ask=Decimal("10.15"), is_buy=is_buy)
    assert not isinstance(typed, BadLine)
    assert resolve(typed, prices) == Decimal(price)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("bid", "nobody bids"),
        ("mid", "not both a bid and an offer"),
        ("ask+1t", "nobody offers"),
        ("last", "nothing has traded yet"),
        ("+1t", "no price to count ticks from"),
    ],
)
def test_a_word_for_a_price_that_is_not_there_says_so(text: str, named: str) -> None:
    typed = parse_price(text)
    assert not isinstance(typed, BadLine)
    refusal = resolve(typed, MarketPrices(Decimal(1)))
    assert isinstance(refusal, BadLine)
    assert named in refusal.text


def test_ticks_below_nothing_are_no_price() -> None:
    refusal = resolve(PriceWord(PriceBase.BID, -200), PRICES)
    assert isinstance(refusal, BadLine)
    assert refusal.text == "-200t from 10 is 0.00, no price"


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
        ({"type": "error", "code": "BAD_VALUE", "text": "no"}, "error: no (BAD_VALUE)"),
        (
            {
                "type": "order_accepted",
                "time_in_force": "GTC",
                "stop_price": Decimal("2.5"),
                "display_quantity": 5,
            },
            "accepted: order 7 BUY 10 ACME @ 1.50 GTC stop 2.5 shows 5",
        ),
        (
            {
                "type": "order_executed",
                "remaining_quantity": 0,
                "trade_id": 4,
                "liquidity": "TAKER",
                "fee": Decimal("-0.0015"),
            },
            "fill: order 7 BUY 10 ACME @ 1.50, filled (trade 4, TAKER, fee -0.0015)",
        ),
        ({"type": "order_triggered", "stop_price": Decimal(2)}, "triggered: order 7 at 2"),
        ({"type": "order_expired", "remaining_quantity": 3}, "expired: order 7, 3 expired"),
        ({"type": "instrument_status", "phase": "HALTED"}, "*** ACME is now HALTED"),
        (
            {
                "type": "instrument_status",
                "phase": "AUCTION",
                "reason": "CIRCUIT_BREAKER",
                "until": 1_767_225_661_500_000_000,
            },
            "*** ACME is now AUCTION (CIRCUIT_BREAKER), until 00:01:01 UTC at the earliest",
        ),
        ({"type": "news", "text": "we close early"}, "*** news: we close early"),
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
    assert order_lines([order])[1].split() == ["7", "ACME", "BUY", "1.50", "4", "10", "-", "PARTIALLY_FILLED"]
    ahead = order_lines([{**order, "quantity_ahead": 30, "display_quantity": 2}])[1].split()
    assert ahead[6:] == ["30", "PARTIALLY_FILLED", "shows", "2"]
    stop = order_lines([{**order, "quantity_ahead": None, "stop_price": Decimal(3), "waiting": True}])[1].split()
    assert stop[6:] == ["-", "PARTIALLY_FILLED", "stop", "3", "waiting"]
    assert position_lines([]) == ["no positions"]
    money = {"average_price": None, "realised_pnl": Decimal("-1.50"), "unrealised_pnl": Decimal(0)}
    position = {"symbol": "ACME", "net_position": -3, "volume": 9, **money}
    assert position_lines([position])[1].split() == ["ACME", "-3", "-", "-1.50", "0", "9"]
    assert position_lines([{**position, "fees": Decimal("0.00")}]) == position_lines([position])
    with_fees = position_lines([{**position, "fees": Decimal("0.75")}], Decimal("99.5"))
    assert (with_fees[0].split()[-1], with_fees[1].split()[-1], with_fees[2]) == ("fees", "0.75", "cash: 99.5")
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


def test_fills_and_orders_of_earlier_sessions_are_tables() -> None:
    assert fill_lines([]) == ["no fills"]
    fill = {
        **ORDER,
        "timestamp": 1_767_225_661_500_000_000,
        "trade_id": 4,
        "liquidity": "MAKER",
        "fee": Decimal(1),
    }
    assert fill_lines(iter([fill]))[1].split() == (
        ["00:01:01", "4", "7", "ACME", "BUY", "10", "1.50", "MAKER,", "fee", "1"]
    )
    assert history_lines([]) == ["no orders yet"]
    refused = SessionOrder.from_rejection({"client_order_id": "c", "code": "HALTED", "text": "no"}, {})
    accepted = {**ORDER, "order_type": "STOP", "time_in_force": "GTC", "status": "NEW", "timestamp": 0}
    stop = SessionOrder.from_message(
        {**accepted, "remaining_quantity": 6, "price": None, "stop_price": Decimal(3)}
    )
    assert [line.split() for line in history_lines([refused, stop])[1:]] == [
        ["-", "-", "-", "-", "market", "-", "0", "REJECTED", "HALTED:", "no"],
        ["00:00:00", "7", "ACME", "BUY", "market", "10", "4", "NEW", "stop", "3"],
    ]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"price": None, "volume": 0, "surplus": 0}, "ACME auction: nothing would trade now"),
        ({"price": Decimal("1.5"), "volume": 30, "surplus": 0}, "ACME auction: 30 @ 1.5 would trade now"),
        (
            {"price": Decimal(2), "volume": 30, "surplus": 5, "surplus_side": "SELL"},
            "ACME auction: 30 @ 2 would trade now, 5 more offered",
        ),
    ],
)
def test_how_an_auction_stands_is_one_line(fields: dict[str, Any], line: str) -> None:
    assert indication_line({"symbol": "ACME", **fields}) == line


def test_an_instrument_that_does_not_trade_continuously_is_listed_with_its_phase() -> None:
    rows = [{"symbol": "ACME", "phase": "CONTINUOUS"}, {"symbol": "BETA", "phase": "HALTED"}]
    assert [listed_text(row) for row in rows] == ["ACME", "BETA (HALTED)"]
