"""What came before a moment of a recorded day, for the heat map, the tape and the chart.

In the day link's thread.  It moves the day, and leaves it at the moment; it may be broken off.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Optional

from exchange.engine.trade import Trade
from exchange.engine.words import Side
from exchange.laboratory.history import History, Moment
from exchange.laboratory.recorded.day_volume import VolumeCounter
from exchange.laboratory.telling.moment_view import levels, trades_of
from exchange.networking.client.depth_history import DepthHistory
from exchange.utils.helpers import NS_PER_S
from tui.screen.market_data import CHARTED_S, DEPTH_SLOT_NS, TAPE_LENGTH_MAX, TapeTrade
from tui.screen.rewind.day_messages import ChartPoint, PastTold

# How many commands before a moment are carried out for the heat map and the tape.
PAST_COMMANDS = 3_000


def past_before(
    day: History,
    end: int,
    counter: VolumeCounter,
    trade_places: deque[tuple[int, int]],
    is_broken_off: Callable[[], bool],
) -> Optional[PastTold]:
    """The past of command `end` in the counter's symbol; None: broken off.

    `trade_places` gets (command, trade id) of each trade on the tape.
    """
    symbol = counter.symbol
    moment = day.at(max(day.first, end - PAST_COMMANDS))
    depth, trades = DepthHistory(DEPTH_SLOT_NS), deque[TapeTrade](maxlen=TAPE_LENGTH_MAX)
    shown: dict[bool, dict[int, int]] = {True: {}, False: {}}
    while True:
        is_due = moment.sequence == end or depth.slot(moment.timestamp) > depth.last_slot
        if is_due and symbol in moment.engine.books:
            _note_depth(depth, shown, moment, symbol)
        if moment.sequence == end:
            break
        if is_broken_off():
            return None
        moment = day.at(moment.sequence + 1)
        for trade in trades_of(moment, symbol):
            trades.append(on_tape(trade))
            trade_places.append((moment.sequence, trade.trade_id))
            depth.trade(trade.price, trade.quantity, trade.timestamp, is_buy=trades[-1].is_buy)
    book = moment.engine.books.get(symbol)
    volume = None if book is None else counter.at(end, book)
    charted = _charted(day, end, symbol, len(trades))
    return PastTold(moment.timestamp / NS_PER_S, symbol, depth, tuple(trades), charted, volume)


def _charted(day: History, end: int, symbol: str, on_tape_count: int) -> tuple[ChartPoint, ...]:
    """What the chart has room for before the trades on the tape, which are the last ones of all."""
    index = day.index
    start = index.at_time(index.timestamp(end) - CHARTED_S * NS_PER_S)
    points = [ChartPoint(index.timestamp(each.sequence), each.price) for each in index.trades(start, end, symbol)]
    return tuple(points[: max(0, len(points) - on_tape_count)])


def _note_depth(depth: DepthHistory, shown: dict[bool, dict[int, int]], moment: Moment, symbol: str) -> None:
    """What rests at the moment, as far as it differs from what was noted before."""
    book = moment.engine.books[symbol]
    for is_bid, side in ((True, book.bids), (False, book.asks)):
        before, after = shown[is_bid], levels(side)
        for price in before.keys() | after.keys():
            if before.get(price) != after.get(price):
                depth.set_level(price, after.get(price, 0), moment.timestamp, is_bid=is_bid)
        shown[is_bid] = after
    depth.note_best(max(shown[True], default=None), min(shown[False], default=None), moment.timestamp)


def on_tape(trade: Trade) -> TapeTrade:
    """The trade as the tape has it."""
    is_buy = None if trade.aggressor_side is None else trade.aggressor_side is Side.BUY
    return TapeTrade(trade.timestamp, trade.price, trade.quantity, is_buy, trade.trade_id)
