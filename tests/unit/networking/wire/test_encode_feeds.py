"""Market data as it is written: books, trades, auctions, phases, news."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine.day_statistics import TradingDay
from exchange.engine.events import AuctionIndication, InstrumentStatusChanged, NewsSaid
from exchange.engine.instrument import Instrument
from exchange.engine.trade import Trade
from exchange.engine.words import Phase, PhaseReason, Side
from exchange.networking.wire.encode_feeds import FeedEncoder, instrument_status, news
from tests.support.wire_lines import message

NOW = 1_767_323_045_123_456_789
ENCODER = FeedEncoder([Instrument("ACME"), Instrument("BOND", tick_size_nanos=250_000_000)])


def test_book_snapshot_and_update() -> None:
    snapshot = ENCODER.book_snapshot("ACME", 5, [(10125, 100, 2), (10000, 1, 1)], [])
    bids = [["101.25", 100, 2], ["100.00", 1, 1]]
    assert message(snapshot) == {
        "type": "book_snapshot",
        "symbol": "ACME",
        "sequence": 5,
        "bids": bids,
        "asks": [],
    }
    update = ENCODER.book_update("BOND", 6, [(Side.BUY, 401, 0, 0), (Side.SELL, 402, 10, 1)])
    changes = [["BID", "100.25", 0, 0], ["ASK", "100.50", 10, 1]]
    assert message(update) == {"type": "book_update", "symbol": "BOND", "sequence": 6, "changes": changes}


def test_trade_names_no_user_and_no_order() -> None:
    trade = Trade(9, "ACME", 10125, 30, 7, 8, "alice", "bob", Side.BUY, NOW)
    assert message(ENCODER.trade(6, trade)) == {
        "type": "trade",
        "symbol": "ACME",
        "sequence": 6,
        "trade_id": 9,
        "price": "101.25",
        "quantity": 30,
        "aggressor_side": "BUY",
        "timestamp": NOW,
    }


def test_a_trade_of_an_uncross_says_so_and_has_no_aggressor() -> None:
    trade = Trade(9, "ACME", 10125, 30, 7, 8, "alice", "bob", None, NOW, True)
    line = message(ENCODER.trade(6, trade))
    assert (line["aggressor_side"], line["auction"]) == (None, True)


def test_a_snapshot_of_trades_has_the_rows_of_their_trades_and_the_day() -> None:
    trades = [Trade(number, "ACME", 100 + number, 5, 7, 8, "a", "b", Side.BUY, NOW) for number in (3, 7, 8)]
    day = TradingDay(90, 120, 80, 1_000)
    snapshot = message(ENCODER.trades_snapshot("ACME", 12, trades, 108, day))
    rows = [message(ENCODER.trade(sequence, trade)) for sequence, trade in zip((10, 11, 12), trades, strict=True)]
    for row in rows:
        del row["type"]
    assert snapshot == {
        "type": "trades_snapshot",
        "symbol": "ACME",
        "sequence": 12,
        "trades": rows,
        "open": "0.90",
        "high": "1.20",
        "low": "0.80",
        "last": "1.08",
        "volume": 1_000,
    }


def test_before_the_first_trade_there_are_no_prices() -> None:
    snapshot = message(ENCODER.trades_snapshot("ACME", 0, [], None, TradingDay()))
    assert [snapshot[name] for name in ("trades", "open", "high", "low", "last", "volume")] == [
        *([], None, None, None, None, 0)
    ]


def test_the_last_price_is_told_without_any_row() -> None:
    snapshot = message(ENCODER.trades_snapshot("ACME", 9, [], 108, TradingDay(90, 120, 80, 1_000)))
    assert (snapshot["trades"], snapshot["last"], snapshot["sequence"]) == ([], "1.08", 9)


@pytest.mark.parametrize(
    ("indication", "expected"),
    [
        (AuctionIndication("ACME", 101, 70, 20, Side.BUY), ("1.01", 70, 20, "BUY")),
        (AuctionIndication("ACME", 101, 70, 0, None), ("1.01", 70, 0, None)),
        (AuctionIndication("ACME", None, 0, 0, None), (None, 0, 0, None)),
    ],
)
def test_an_indication(indication: AuctionIndication, expected: tuple[Any, ...]) -> None:
    line = message(ENCODER.auction_indication(indication))
    assert (line.pop("type"), line.pop("symbol")) == ("auction_indication", "ACME")
    assert line == dict(zip(("price", "volume", "surplus", "surplus_side"), expected, strict=True))


def test_a_phase_tells_its_reason_and_its_end_where_that_is_known() -> None:
    halted = InstrumentStatusChanged("ACME", Phase.HALTED, PhaseReason.CIRCUIT_BREAKER, NOW)
    expected = {"type": "instrument_status", "symbol": "ACME", "phase": "HALTED", "reason": "CIRCUIT_BREAKER"}
    assert message(instrument_status(halted)) == {**expected, "until": NOW}
    assert message(instrument_status(halted._replace(until=None))) == expected


def test_news_are_escaped() -> None:
    said = NewsSaid('at noon: "\u00e9\n"', NOW, None)
    assert message(news(said)) == {"type": "news", "text": said.text, "timestamp": NOW}
