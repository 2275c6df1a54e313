"""Rows that are written of a market lead to the book that the market shows, after every command of every kind."""

from __future__ import annotations

from collections import defaultdict

import pytest

from exchange.engine.engine import Engine
from exchange.engine.events import PRIVATE_EVENT_TYPES
from exchange.engine.trade import Trade
from exchange.engine.words import Side
from exchange.laboratory.flow.flow_recorder import NANOS_PER_PRICE_UNIT, FlowRecorder
from exchange.laboratory.flow.lobster_file import Row, RowType
from exchange.laboratory.venue.records import NothingKept
from tests.support.both import every_rule_session
from tests.support.every_rule import BANDED, BATCHED, LOTS, PLAIN

COMMANDS = 1_500
SHRINKING = frozenset({RowType.REDUCTION, RowType.CANCELLATION, RowType.EXECUTION})


class FollowedRows:
    """The quantities by side and price that rows alone lead to, and every row."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._shown: dict[int, tuple[Side, int, int]] = {}

    def take(self, row: Row) -> None:
        """One more row; an order is entered only where it is not, and shrinks by no more than it shows."""
        self.rows.append(row)
        if row.type is RowType.NEW:
            assert row.order_id not in self._shown and row.quantity > 0
            self._shown[row.order_id] = (row.side, row.price, row.quantity)
        elif row.type in SHRINKING:
            side, price, shown = self._shown.pop(row.order_id)
            assert (side, price) == (row.side, row.price) and 0 < row.quantity <= shown
            assert row.type is not RowType.CANCELLATION or row.quantity == shown
            if shown > row.quantity:
                self._shown[row.order_id] = (side, price, shown - row.quantity)

    def depth(self, side: Side) -> dict[int, int]:
        """What is shown at each price."""
        totals: defaultdict[int, int] = defaultdict(int)
        for each_side, price, quantity in self._shown.values():
            if each_side is side:
                totals[price] += quantity
        return dict(totals)


@pytest.mark.parametrize("instrument", [PLAIN, LOTS, BANDED, BATCHED], ids=lambda instrument: instrument.symbol)
@pytest.mark.parametrize("seed", range(3))
def test_rows_lead_to_the_book_that_is_shown(seed: int, instrument: object) -> None:
    listed = next(each for each in (PLAIN, LOTS, BANDED, BATCHED) if each is instrument)
    followed, nothing, engine = FollowedRows(), NothingKept(), Engine()
    recorder = FlowRecorder(listed, followed.take, nothing, nothing, nothing)
    units = listed.tick_size_nanos // NANOS_PER_PRICE_UNIT
    traded = 0
    for command, timestamp in every_rule_session(seed, COMMANDS).told:
        events = engine.process(command, timestamp)
        trades = [each for each in events if isinstance(each, Trade)]
        recorder.write(trades)
        recorder.append([event for event in events if isinstance(event, PRIVATE_EVENT_TYPES)])
        traded += sum(trade.quantity for trade in trades if trade.symbol == listed.symbol)
        if listed.symbol in engine.books:
            for side in Side:
                book = engine.books[listed.symbol].side(side)
                assert followed.depth(side) == {price * units: shown for price, shown, _ in book.depth()}, command
    told = (RowType.EXECUTION, RowType.CROSS_TRADE)
    assert sum(row.quantity for row in followed.rows if row.type in told) == traded > 0
