"""A small market of others for tests: two who quote, and some who trade at random, all of one seed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from exchange.laboratory.backtest import Backtest
from exchange.laboratory.participants import MixMember, Participants
from exchange.laboratory.venue.latency import Draw, Latency, random_below, random_stream
from exchange.laboratory.venue.records import KeptDay
from exchange.networking.client.bot.bot import Bot

MS = 1_000_000


class QuotingBot(Bot):
    """Quotes around a value that wanders."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.value_ticks = 10_000

    def on_start(self) -> None:
        self.every(0.5)

    def on_timer(self) -> None:
        self.value_ticks += random_below(self.draw, 3) - 1
        skew = self.position // 50
        middle = self.value_ticks - skew
        distance = 1 + random_below(self.draw, 3)
        self.quote(in_cents(middle - distance), in_cents(middle + distance), 10 + random_below(self.draw, 40))


class RandomBot(Bot):
    """Now and then buys or sells a little, at the market or near it."""

    def __init__(self, draw: Draw) -> None:
        self.draw = draw

    def on_start(self) -> None:
        self.wait()

    def wait(self) -> None:
        self.after(0.001 + round(self.draw() * 1_000) / 1_000, self.trade)

    def trade(self) -> None:
        self.wait()
        kind, quantity, mid = self.draw(), 1 + random_below(self.draw, 20), self.mid
        buys = self.draw() < 0.5
        if kind < 0.3 and self.orders:
            self.cancel(self.orders[0])
        elif kind < 0.6 or mid is None:
            (self.buy if buys else self.sell)(quantity)
        else:
            ticks = int(mid * 100) + (-1 if buys else 1) * random_below(self.draw, 6)
            (self.buy if buys else self.sell)(quantity, in_cents(ticks))


def in_cents(ticks: int) -> Decimal:
    """A price of so many cents."""
    return Decimal(ticks) / 100


def background(seed: int) -> Participants:
    """The mix."""
    members = []
    for number in range(2):
        name = f"quoting-{number}"
        members.append(MixMember(name, QuotingBot(random_stream(seed, f"{name} thinks")), Latency(MS, MS, MS)))
    for number in range(6):
        name = f"random-{number}"
        latency = Latency(5 * MS, 5 * MS, MS)
        members.append(MixMember(name, RandomBot(random_stream(seed, f"{name} thinks")), latency))
    return Participants(members)


class SimpleBot(Bot):
    """Buys one a second, and sells when it has many."""

    many: int = 20

    def on_start(self) -> None:
        self.every(1.0)

    def on_timer(self) -> None:
        if self.position < self.many:
            self.buy(1)
        else:
            self.sell(5)


def kept_day(directory: Path, seed: int, seconds: float) -> Backtest:
    """A day of a SimpleBot among them, written to `directory`."""
    with KeptDay(directory) as keep:
        backtest = Backtest(SimpleBot(), background, seed=seed, latency=Latency(MS, MS), keep=keep)
        backtest.run(seconds)
    return backtest
