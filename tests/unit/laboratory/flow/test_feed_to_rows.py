"""A public feed written down as order flow and played again gives the same levels and the same trades."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from exchange.engine.instrument import Instrument
from exchange.engine.words import Side
from exchange.laboratory.flow.feed_to_rows import FeedToRows, price_units
from exchange.laboratory.flow.lobster_file import FlowFileError, Row, RowType, read_flow, row_line
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.recorded.recorded_market import MIDNIGHT_NS, RecordedMarket
from exchange.laboratory.venue.latency import random_below, random_stream
from exchange.laboratory.venue.request_check import plain_order
from exchange.networking.client.message_to_event import TypedEvent
from exchange.networking.client.typed_events import InstrumentStatus, Trade

ACME = Instrument("ACME")


def recorded_day(seed: int, with_icebergs: bool = False) -> tuple[VirtualMarket, list[Row], list[Trade]]:
    """A market in which three trade at random, and the rows and trades that were heard of it."""
    market, rows, trades, recorder = VirtualMarket([ACME], seed), [], [], FeedToRows()

    def hear(event: TypedEvent) -> None:
        rows.extend(recorder.take(event, market.clock.now_ns - MIDNIGHT_NS))
        if isinstance(event, Trade):
            trades.append(event)

    listener = market.join("listener")
    listener.hear = hear
    listener.send({"type": "subscribe", "channel": "trades"})
    listener.send({"type": "subscribe", "channel": "book", "depth": 0})
    draw = random_stream(seed, "day")
    sessions = [market.join(name) for name in ("ann", "ben", "cat")]
    for number in range(600):
        session = sessions[random_below(draw, 3)]
        if draw() < 0.3:
            session.send({"type": "cancel_order", "client_order_id": str(random_below(draw, number + 1))})
        side, price = "BUY" if draw() < 0.5 else "SELL", f"10.0{random_below(draw, 10)}"
        order = plain_order(str(number), side, 1 + random_below(draw, 30), price)
        session.send({**order, "display_quantity": 1} if with_icebergs and number % 9 == 0 else order)
        market.advance(1)
    return market, rows, trades


def played(rows: list[Row]) -> tuple[VirtualMarket, RecordedMarket, list[Trade]]:
    market, trades = VirtualMarket([ACME]), list[Trade]()
    listener = market.join("listener")
    listener.hear = lambda event: trades.append(event) if isinstance(event, Trade) else None
    listener.send({"type": "subscribe", "channel": "trades"})
    recorded = RecordedMarket(market, ACME, rows)
    market.run_until(recorded.end_ns)
    return market, recorded, trades


def levels(market: VirtualMarket) -> list[list[tuple[int, int]]]:
    book = market.engine.book("ACME")
    return [[level[:2] for level in side.depth()] for side in (book.bids, book.asks)]


def facts(trades: list[Trade]) -> list[tuple[Decimal, str]]:
    """Quantities left out: a trade with two made-up orders is two."""
    return [(trade.price, str(trade.aggressor_side)) for trade in trades]


@pytest.mark.parametrize("seed", range(4))
def test_what_was_heard_happens_again(seed: int, tmp_path: Path) -> None:
    market, rows, trades = recorded_day(seed)
    file = tmp_path / "flow.csv"
    file.write_text("".join(map(row_line, rows)), "ascii")
    assert read_flow(file) == rows
    again, recorded, again_trades = played(rows)
    assert levels(again) == levels(market)
    assert sum(trade.quantity for trade in again_trades) == sum(trade.quantity for trade in trades)
    assert dict.fromkeys(facts(again_trades)) == dict.fromkeys(facts(trades))
    assert recorded.comparison.same_count == recorded.comparison.played_count > 50
    assert not recorded.skipped


def test_what_an_iceberg_hid_is_told_as_hidden_and_the_levels_are_right() -> None:
    market, rows, _ = recorded_day(1, with_icebergs=True)
    assert RowType.HIDDEN_EXECUTION in {row.type for row in rows}
    again, _, _ = played(rows)
    assert levels(again) == levels(market)


def test_a_halt_and_its_end_are_told_once() -> None:
    recorder = FeedToRows()
    halted, resumed = InstrumentStatus("ACME", "HALTED"), InstrumentStatus("ACME", "CONTINUOUS")
    rows = [row for event in (halted, halted, resumed) for row in recorder.take(event, 5)]
    assert [(row.type, row.price) for row in rows] == [(RowType.HALT, -1), (RowType.HALT, 1)]


def test_a_trade_of_an_auction_is_a_cross_trade() -> None:
    trade = Trade("ACME", 1, Decimal("10.00"), 5, None, 1, 1, True)
    assert FeedToRows().take(trade, 7) == [Row(RowType.CROSS_TRADE, 0, 5, 100_000, Side.BUY, 7)]


def test_a_price_finer_than_the_format_is_refused() -> None:
    with pytest.raises(FlowFileError, match="price 1.00001: a file of order flow has four decimals"):
        price_units(Decimal("1.00001"))
