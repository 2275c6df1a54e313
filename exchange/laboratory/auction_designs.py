"""Frequent batch auctions beside continuous trading, on the same flow of orders (RULES 28; Budish, Cramton, Shim).

    value   what the instrument is worth: it jumps now and then, and everybody sees it
    makers  quote on both sides of it, afresh every half second; after a jump they move their quotes, a little late
    fast    after a jump they take, at once, whatever is still quoted at the old value
    noise   come for reasons of their own: rest near the value for a while, or take what is there

The flow depends on the seed and the value alone, never on what the market makes of it, so both markets are asked
for the very same things at the very same moments.  In continuous trading a stale quote belongs to whoever is
first.  In a call of 100 ms the makers mostly get their quotes away before it ends, and those who are left compete
by price.

The engine runs in this process on a virtual clock: a seed gives the same figures on every machine.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import NamedTuple, Optional

from exchange.engine.commands import CancelOrder, Command, ListInstrument, NewOrder
from exchange.engine.engine import Engine
from exchange.engine.events import Event
from exchange.engine.instrument import Instrument
from exchange.engine.phases import next_due
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import OrderType, Side, TimeInForce

SYMBOL = "ACME"
TICK_NANOS = 10_000_000
NS_PER_MS = 1_000_000
VALUE_AT_START = 10_000
# How often what happens, in ms on average; and by how many ticks the value jumps.
JUMP_MS, JUMP_TICKS_MAX = 2_000, 8
NOISE_MS = 40
QUOTE_MS = 500
REST_MS = 2_000
# When makers and fast traders have acted on a jump, in ms.
MAKER_DELAY_MS = (20, 60)
FAST_DELAY_MS = (1, 5)
MAKERS, FAST = ("maker-1", "maker-2", "maker-3"), ("fast-1", "fast-2")
NOISE = tuple(f"noise-{number}" for number in range(1, 21))
HALF_SPREAD = 2
MAKER_QUANTITY, FAST_QUANTITY, NOISE_QUANTITY_MAX = 50, 100, 20
KINDS = ("maker", "fast", "noise")


class FlowMoment(NamedTuple):
    """Something that somebody asks for, at a time in ns; `value` is what the instrument is worth then."""

    at: int
    number: int
    value: int
    command: Command


class Flow:
    """All that is asked for, from a seed.  `moments` gives it in order."""

    def __init__(self, seed: int, seconds: float) -> None:
        self._random = Random(seed)
        self._end = int(seconds * 1_000) * NS_PER_MS
        self._waiting: list[tuple[int, int, Command]] = []
        self._number = 0
        # By maker and side, the name of the quote that is in the market.
        self._quotes: dict[tuple[str, Side], str] = {}

    def moments(self) -> Iterator[FlowMoment]:
        """Everything, one after the other."""
        value, jump_at, noise_at, quote_at = VALUE_AT_START, self._later(0, JUMP_MS), 0, 0
        while True:
            next_own = min(jump_at, noise_at, quote_at)
            while self._waiting and self._waiting[0][0] <= next_own:
                at, number, command = heapq.heappop(self._waiting)
                yield FlowMoment(at, number, value, command)
            if next_own >= self._end:
                return
            if next_own == quote_at:
                self._makers_quote(quote_at, value)
                quote_at += QUOTE_MS * NS_PER_MS
            elif next_own == jump_at:
                value = self._jump(jump_at, value)
                jump_at = self._later(jump_at, JUMP_MS)
            else:
                self._noise(noise_at, value)
                noise_at = self._later(noise_at, NOISE_MS)

    def _later(self, now: int, mean_ms: float) -> int:
        # Drawn from `random()` alone, whose numbers are the same on every version of Python.
        return now + 1 + int(2 * mean_ms * NS_PER_MS * self._random.random())

    def _within(self, least: int, most: int) -> int:
        return least + int((most - least + 1) * self._random.random())

    def _jump(self, now: int, value: int) -> int:
        up = self._random.random() < 0.5
        new = max(100, value + (1 if up else -1) * self._within(1, JUMP_TICKS_MAX))
        for user in FAST:
            at = now + self._within(FAST_DELAY_MS[0] * NS_PER_MS, FAST_DELAY_MS[1] * NS_PER_MS)
            side, price = (Side.BUY, new - 1) if up else (Side.SELL, new + 1)
            self._order(at, user, side, price, FAST_QUANTITY, TimeInForce.IOC)
        self._makers_quote(now, new)
        return new

    def _makers_quote(self, now: int, value: int) -> None:
        """Each takes both quotes away and puts new ones in, a moment later."""
        for user in MAKERS:
            delay = self._within(MAKER_DELAY_MS[0] * NS_PER_MS, MAKER_DELAY_MS[1] * NS_PER_MS)
            for side, price in ((Side.BUY, value - HALF_SPREAD), (Side.SELL, value + HALF_SPREAD)):
                old = self._quotes.get((user, side))
                if old is not None:
                    self._ask(now + delay, CancelOrder(user, None, old))
                name = self._order(now + delay, user, side, price, MAKER_QUANTITY, TimeInForce.GTC)
                self._quotes[user, side] = name

    def _noise(self, now: int, value: int) -> None:
        user = NOISE[self._within(0, len(NOISE) - 1)]
        side = Side.BUY if self._random.random() < 0.5 else Side.SELL
        quantity = self._within(1, NOISE_QUANTITY_MAX)
        if self._random.random() < 0.5:
            self._order(now, user, side, None, quantity, TimeInForce.IOC)
            return
        away = self._within(1, 5)
        price = value - away if side is Side.BUY else value + away
        name = self._order(now, user, side, price, quantity, TimeInForce.GTC)
        self._ask(self._later(now, REST_MS), CancelOrder(user, None, name))

    def _order(
        self, at: int, user: str, side: Side, price: Optional[int], quantity: int, time_in_force: TimeInForce
    ) -> str:
        name = str(self._number)
        order_type = OrderType.MARKET if price is None else OrderType.LIMIT
        nanos = None if price is None else price * TICK_NANOS
        self._ask(at, NewOrder(user, name, SYMBOL, Terms(side, order_type, time_in_force, nanos, quantity)))
        return name

    def _ask(self, at: int, command: Command) -> None:
        heapq.heappush(self._waiting, (at, self._number, command))
        self._number += 1


class DesignOutcome(NamedTuple):
    """What one market made of the flow.

    `spreads` in ticks, looked at every so many ms wherever both sides are there.  `volumes` by the kinds of buyer
    and seller in alphabetical order; `gains` by kind: ticks × units, against the value at the moment of the trade.
    """

    name: str
    spreads: list[int]
    trade_count: int
    volumes: Counter[tuple[str, str]]
    gains: Counter[str]
    distance: int

    @property
    def volume(self) -> int:
        """Units that changed hands."""
        return self.volumes.total()


class StudiedMarket:
    """An engine that is given a flow; `call_every_ms` None means continuous trading."""

    def __init__(self, name: str, call_every_ms: Optional[int], look_every_ms: int) -> None:
        self._engine = Engine()
        self._engine.process(ListInstrument(Instrument(SYMBOL, call_every_ms=call_every_ms)), 0)
        self._look_every = look_every_ms * NS_PER_MS
        self._looked_at = 0
        self._value = VALUE_AT_START
        self.outcome = DesignOutcome(name, [], 0, Counter(), Counter(), 0)

    def play(self, flow: Flow) -> DesignOutcome:
        """All of it."""
        for moment in flow.moments():
            self._pass_time(moment.at)
            self._value = moment.value
            self._take(self._engine.process(moment.command, moment.at))
        return self.outcome

    def _pass_time(self, until: int) -> None:
        """End the calls that are due and look at the book, on every beat: a call is over then, nothing crosses."""
        while (beat := self._looked_at + self._look_every) <= until:
            while (due := next_due(self._engine.books.values(), beat)) is not None and due.at <= beat:
                self._take(self._engine.process(due.command, due.at))
            self._look()
            self._looked_at = beat

    def _look(self) -> None:
        book = self._engine.book(SYMBOL)
        bid, ask = book.bids.best(), book.asks.best()
        if bid is not None and ask is not None:
            self.outcome.spreads.append(ask.price - bid.price)

    def _take(self, events: list[Event]) -> None:
        for event in events:
            if isinstance(event, Trade):
                self._count(event)

    def _count(self, trade: Trade) -> None:
        buyer, seller = kind_of(trade.buyer), kind_of(trade.seller)
        outcome = self.outcome
        outcome.volumes[(min(buyer, seller), max(buyer, seller))] += trade.quantity
        outcome.gains[buyer] += (self._value - trade.price) * trade.quantity
        outcome.gains[seller] += (trade.price - self._value) * trade.quantity
        self.outcome = outcome._replace(
            trade_count=outcome.trade_count + 1,
            distance=outcome.distance + abs(trade.price - self._value) * trade.quantity,
        )


def kind_of(user: str) -> str:
    """`maker-2` is a maker."""
    return user.partition("-")[0]


def study(seed: int, seconds: float, call_every_ms: int) -> list[DesignOutcome]:
    """Both markets, continuous trading first."""
    markets = [
        StudiedMarket("continuous", None, call_every_ms),
        StudiedMarket(f"calls of {call_every_ms} ms", call_every_ms, call_every_ms),
    ]
    return [market.play(Flow(seed, seconds)) for market in markets]


def table(outcomes: list[DesignOutcome]) -> list[str]:
    """The figures side by side, a line each."""
    pairs = sorted({pair for outcome in outcomes for pair in outcome.volumes})
    rows = [
        ("", [outcome.name for outcome in outcomes]),
        ("spread, mean in ticks", [f"{_mean(outcome.spreads):.2f}" for outcome in outcomes]),
        ("trades", [f"{outcome.trade_count:,}" for outcome in outcomes]),
        ("volume", [f"{outcome.volume:,}" for outcome in outcomes]),
        ("price from value, in ticks", [f"{outcome.distance / outcome.volume:.2f}" for outcome in outcomes]),
        *(
            (
                f"volume {' with '.join(pair)}",
                [f"{100 * each.volumes[pair] / each.volume:.1f} %" for each in outcomes],
            )
            for pair in pairs
        ),
        *((f"gained by {kind}, in ticks", [f"{each.gains[kind]:+,}" for each in outcomes]) for kind in KINDS),
    ]
    return [f"{name:<28}" + "".join(f"{text:>18}" for text in texts) for name, texts in rows]


def _mean(values: list[int]) -> float:
    return sum(values) / len(values)
