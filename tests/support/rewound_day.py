"""A recorded day on the trading screen without threads: keys in, the day's turns taken, until nothing is due."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from exchange.engine.commands import CancelOrder, Command, ListInstrument, NewOrder
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Side, TimeInForce
from exchange.laboratory.history import History
from tui.screen.cells import Canvas
from tui.screen.key_decoder import Input, Key
from tui.screen.link_reader import ScreenLink
from tui.screen.messages import Incoming, Resized, ToDay, Typed
from tui.screen.model import Model
from tui.screen.modes import Rewind
from tui.screen.rewind.day_link import DayLink
from tui.screen.rewind.day_messages import DayPlace
from tui.screen.update import update
from tui.screen.view import view

USERS = ("alice", "bob", "maria", "tom")
TICK_NANOS = 50_000_000
# 2026-01-05 10:00 UTC.
START_NS = 1_767_607_200_000_000_000
STEP_NS = 50_000_000
# From so many orders on more are canceled than come.
ORDERS_USUAL = 2_000
TURNS_MAX = 100


class RewoundDay:
    """The screen on a day; `now` is the clock by which it is played."""

    def __init__(self, day: History, width: int = 120, height: int = 36) -> None:
        self.day = day
        self.now = 0.0
        self.model = Model("-", id_prefix="", rewind=Rewind())
        self.left: list[Any] = []
        self._told: list[Incoming] = []
        self.link = DayLink(day, self._put, lambda: self.now)
        self.put(Resized(0.0, width, height))
        self.link.begin()
        self.settle()

    def _put(self, _link: ScreenLink, batch: list[Incoming]) -> bool:
        self._told += batch
        return True

    def put(self, message: Incoming) -> None:
        """One message for the screen; what it wishes of the day is carried out, what else leaves is in `left`."""
        for request in update(self.model, message):
            if isinstance(request, ToDay):
                self.link.send(request.wish)
            else:
                self.left.append(request)

    def settle(self) -> None:
        """Take turns until the day has told all that it was to tell."""
        for _ in range(TURNS_MAX):
            if not self.link.is_busy:
                break
            self.link.turn()
        while self._told:
            self.put(self._told.pop(0))

    def type(self, *inputs: Input) -> None:
        """Keys and clicks, each with all that follows from it."""
        for each in inputs:
            self.put(Typed(self.now, each))
            self.settle()

    def press(self, *keys: str) -> None:
        """Keys by their names."""
        self.type(*map(Key, keys))

    def command(self, text: str) -> None:
        """A line."""
        self.press(":", *["space" if letter == " " else letter for letter in text], "enter")

    def play(self, seconds: float) -> None:
        """So much time passes; the day goes on if it is played."""
        self.now += seconds
        self.link.turn()
        self.settle()

    @property
    def place(self) -> DayPlace:
        """Where the day is, as the screen knows it."""
        rewind = self.model.rewind
        assert rewind is not None and rewind.place is not None
        return rewind.place

    def canvas(self) -> Canvas:
        """The frame."""
        return view(self.model, self.model.width, self.model.height, self.now)


def busy_day(count: int, seed: int = 5) -> History:
    """`count` commands of four users about a price that wanders, 50 ms apart; to be closed."""
    return History.of(busy_commands(count, seed))


def busy_commands(count: int, seed: int = 5) -> Iterator[tuple[Command, int]]:
    """The same as commands with their times."""
    chance, middle, names = Random(seed), 2_000, list[tuple[str, str]]()
    yield ListInstrument(Instrument("ACME", tick_size_nanos=TICK_NANOS)), START_NS
    for number in range(1, count):
        time_ns = START_NS + number * STEP_NS
        middle += chance.choice((-1, 1)) if chance.random() < 0.02 else 0
        if names and chance.random() < (0.35 if len(names) < ORDERS_USUAL else 0.6):
            user, name = names.pop(chance.randrange(len(names)))
            yield CancelOrder(user, None, name), time_ns
            continue
        user, name, is_buy = chance.choice(USERS), f"{number}", chance.random() < 0.5
        is_taking = chance.random() < 0.12
        away = -2 if is_taking else 1 + min(int(chance.expovariate(0.2)), 30)
        price = middle - away if is_buy else middle + away
        quantity = chance.choice((5, 10, 20, 40, 100)) * (8 if chance.random() < 0.02 else 1)
        display = quantity // 5 if quantity >= 40 and chance.random() < 0.1 else None
        side = Side.BUY if is_buy else Side.SELL
        terms = Terms(
            side, OrderType.LIMIT, TimeInForce.GTC, price * TICK_NANOS, quantity, display_quantity=display
        )
        names.append((user, name))
        yield NewOrder(user, name, "ACME", terms), time_ns


def at_a_queue(day: History, width: int, height: int) -> RewoundDay:
    """At a trade in the middle of the day, with the queue in which it happened."""
    screen = RewoundDay(day, width, height)
    screen.command(f"goto {day.last * 2 // 3}")
    screen.press("t", "c")
    market = screen.model.market
    assert market is not None and market.last is not None
    screen.model.cursor = market.last.price
    screen.press("enter")
    return screen
