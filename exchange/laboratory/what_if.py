"""What would have differed had an order not come, or come at another price or in another quantity.

The recorded day is played again with that one difference (`altered_day`), and both days' trades, prices and
results are held against each other.  Nobody reacts to what is different: an exchange full of people would have
gone on otherwise, so this tells what the order did to others, not what they would have done.

A trade is told by its two orders' ids in the recorded day.  The first, second … trade of two orders in one day is
the first, second … in the other: it is the same, has another price, quantity or time, is gone, or is new.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import zip_longest
from typing import NamedTuple, Optional

from exchange.engine.commands import CancelOrders, GetPositions, NewOrder
from exchange.engine.engine import Engine
from exchange.engine.events import (
    CancelRejected,
    OrderAccepted,
    OrderRejected,
    PositionsListed,
    PositionState,
    ReplaceRejected,
    RequestRejected,
)
from exchange.engine.trade import Trade
from exchange.laboratory.history import History, Progress
from exchange.laboratory.recorded.altered_day import AlteredDay, OrderChange, Twice

_REJECTED = (OrderRejected, CancelRejected, ReplaceRejected, RequestRejected)
_PROGRESS_EVERY = 1_000


class UnknownOrderError(LookupError):
    """The recorded day has no such order, or not its beginning."""


class TradeDifference(NamedTuple):
    """A trade as it was and as it would have been, by the recorded day's ids: None where there is none."""

    recorded: Optional[Trade]
    altered: Optional[Trade]


class ResultDifference(NamedTuple):
    """A user's position in one symbol at the end of either day; a flat one where there never was one."""

    user: str
    recorded: PositionState
    altered: PositionState


class MarketDifference(NamedTuple):
    """An instrument's end of either day: last price in ticks (None: never traded), volume of its trading day."""

    symbol: str
    recorded_price: Optional[int]
    altered_price: Optional[int]
    recorded_volume: int
    altered_volume: int


class WhatIf(NamedTuple):
    """The comparison.  `accepted` is the order as it came in the recorded day.

    `first_difference` is the command behind which the days differ, None if they never do, but for the order
    itself.  `refusal` is why the changed order would not have been taken, None if it would (or was left out).
    `dropped_count` later commands named an order that the altered day does not have; `refused` counts by code
    those that the altered day refuses and the recorded one carried out.  `command_count` were played.
    """

    change: OrderChange
    accepted: OrderAccepted
    command_count: int
    trade_count: int
    first_difference: Optional[int]
    refusal: Optional[str]
    dropped_count: int
    refused: dict[str, int]
    trades: list[TradeDifference]
    results: list[ResultDifference]
    markets: list[MarketDifference]


def what_if(
    history: History, change: OrderChange, progress: Progress = lambda _done, _total: None
) -> WhatIf:
    """Play the day again from the order on, as it was and changed.  Twice a replay of that part.

    UnknownOrderError if the day does not have the order's beginning.
    """
    sequence, accepted = entry_of(history, change.order_id)
    day = AlteredDay(history.engine_at(sequence - 1), change)
    comparison = _Comparison(day)
    total = history.last - sequence + 1
    for count, twice in enumerate(day.play(history.commands(sequence - 1)), start=1):
        comparison.take(twice)
        if count % _PROGRESS_EVERY == 0:
            progress(count, total)
    return comparison.told(accepted, total)


def entry_of(history: History, order_id: int) -> tuple[int, OrderAccepted]:
    """The command with which an order came in, and what its user was told."""
    sequence = history.index.next_of_order(order_id, history.first)
    if sequence is None:
        raise UnknownOrderError(
            f"order {order_id}: not in the recorded day, commands {history.first + 1} to {history.last}"
        )
    for event in history.at(sequence).events:
        if isinstance(event, OrderAccepted) and event.order_id == order_id:
            return sequence, event
    raise UnknownOrderError(
        f"order {order_id}: came before the recorded day begins, with command {history.first + 1}"
    )


class _Comparison:
    """Told of every command in both days, it keeps what differs."""

    def __init__(self, day: AlteredDay) -> None:
        self._day = day
        self._own = day.change.order_id
        self._first_difference: Optional[int] = None
        self._refusal: Optional[str] = None
        self._dropped_count = self._trade_count = 0
        self._refused: Counter[str] = Counter()
        # Trades of commands that did not trade alike, by the ids of buyer's and seller's order.
        self._recorded: defaultdict[tuple[int, int], list[Trade]] = defaultdict(list)
        self._altered: defaultdict[tuple[int, int], list[Trade]] = defaultdict(list)

    def take(self, twice: Twice) -> None:
        """The next command."""
        recorded = [event for event in twice.recorded_events if type(event) is Trade]
        altered = [self._by_recorded_ids(event) for event in twice.altered_events if type(event) is Trade]
        self._trade_count += len(recorded)
        if [_compared(trade) for trade in recorded] != [_compared(trade) for trade in altered]:
            for trades, into in ((recorded, self._recorded), (altered, self._altered)):
                for trade in trades:
                    into[trade.buy_order_id, trade.sell_order_id].append(trade)
            self._note_difference(twice.sequence)
        self._take_refusals(twice)

    def _take_refusals(self, twice: Twice) -> None:
        if twice.asked is None:
            is_own = type(twice.command) is NewOrder
            self._dropped_count += not is_own
            return
        if isinstance(twice.command, CancelOrders):
            assert isinstance(twice.asked, CancelOrders)
            self._dropped_count += len(twice.asked.order_ids) < len(twice.command.order_ids)
        for event in twice.altered_events[-1:]:
            if isinstance(event, _REJECTED):
                if self._day.recorded.last_order_id == self._own and type(twice.command) is NewOrder:
                    self._refusal = f"{event.code.value}: {event.text}"
                else:
                    self._refused[event.code.value] += 1
                self._note_difference(twice.sequence)

    def _note_difference(self, sequence: int) -> None:
        if self._first_difference is None:
            self._first_difference = sequence

    def _by_recorded_ids(self, trade: Trade) -> Trade:
        buy, sell = self._day.recorded_id(trade.buy_order_id), self._day.recorded_id(trade.sell_order_id)
        return trade._replace(buy_order_id=buy, sell_order_id=sell)

    def told(self, accepted: OrderAccepted, command_count: int) -> WhatIf:
        """All that differs."""
        recorded, altered = self._day.recorded, self._day.altered
        return WhatIf(
            self._day.change,
            accepted,
            command_count,
            self._trade_count,
            self._first_difference,
            self._refusal,
            self._dropped_count,
            dict(self._refused),
            self._trades(),
            _results(recorded, altered),
            _markets(recorded, altered),
        )

    def _trades(self) -> list[TradeDifference]:
        found: list[TradeDifference] = []
        for orders in {**self._recorded, **self._altered}:
            for recorded, altered in zip_longest(self._recorded[orders], self._altered[orders]):
                if not _are_same(recorded, altered):
                    found.append(TradeDifference(recorded, altered))
        return sorted(found, key=_when)


def _when(difference: TradeDifference) -> tuple[int, int]:
    trade = difference.recorded or difference.altered
    assert trade is not None
    return trade.timestamp, trade.trade_id


def _are_same(recorded: Optional[Trade], altered: Optional[Trade]) -> bool:
    if recorded is None or altered is None:
        return False
    return _compared(recorded) == _compared(altered) and recorded.timestamp == altered.timestamp


def _compared(trade: Trade) -> tuple[object, ...]:
    """All of a trade but its id, which shifts, and its time."""
    return trade[1:9] + trade[10:]


def _results(recorded: Engine, altered: Engine) -> list[ResultDifference]:
    found: list[ResultDifference] = []
    for user in sorted({*recorded.accounts, *altered.accounts}):
        was, would = positions_of(recorded, user), positions_of(altered, user)
        for symbol in sorted({*was, *would}):
            flat = PositionState(symbol, 0, 0, 0, 0, 0)
            pair = ResultDifference(user, was.get(symbol, flat), would.get(symbol, flat))
            if pair.recorded != pair.altered:
                found.append(pair)
    return found


def positions_of(engine: Engine, user: str) -> dict[str, PositionState]:
    """A user's positions by symbol, P&L against the last trade."""
    [listed] = engine.process(GetPositions(user), 0)
    assert isinstance(listed, PositionsListed)
    return {position.symbol: position for position in listed.positions}


def _markets(recorded: Engine, altered: Engine) -> list[MarketDifference]:
    books = [(symbol, book, altered.books[symbol]) for symbol, book in recorded.books.items()]
    found = [
        MarketDifference(
            symbol, was.last_trade_price, would.last_trade_price, was.day.volume, would.day.volume
        )
        for symbol, was, would in books
    ]
    return [
        each
        for each in found
        if (each.recorded_price, each.recorded_volume) != (each.altered_price, each.altered_volume)
    ]
