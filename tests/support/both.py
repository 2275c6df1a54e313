"""The engine and the oracle told the same, event by event held against each other."""

from __future__ import annotations

from exchange.engine.commands import Command
from exchange.engine.engine import Engine
from exchange.engine.events import AuctionIndication, Event
from exchange.engine.words import Side
from tests.support.every_rule import EveryRule, listings
from tests.support.oracle.oracle import Oracle
from tests.support.oracle.values import assert_same_events


class Both:
    """One engine and one oracle; `told` are the commands so far, for who wants to tell them again."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.oracle = Oracle()
        self.told: list[tuple[Command, int]] = []

    def tell(self, command: Command, timestamp: int) -> list[Event]:
        """Carry it out on both; AssertionError where they differ."""
        self.told.append((command, timestamp))
        expected = self.oracle.process(command, timestamp)
        happened = self.engine.process(command, timestamp)
        said = f"command {len(self.told)}: {command}"
        assert_same_events([e for e in happened if type(e) is not AuctionIndication], expected, said)
        assert self.engine.sequence == self.oracle.sequence, said
        return happened

    def check_state(self) -> None:
        """Books, waiting stops and phases are the same, and the engine's own invariants hold."""
        self.engine.check_invariants()
        for symbol, market in self.oracle.markets.items():
            book = self.engine.book(symbol)
            assert book.phase is market.phase, symbol
            assert book.last_trade_price == market.last_price, symbol
            for ours, side in ((book.bids, Side.BUY), (book.asks, Side.SELL)):
                assert ours.depth(None) == self.oracle.depth(symbol, side), symbol


def every_rule_session(seed: int, count: int, check_every: int = 20) -> Both:
    """A session of `count` random commands of every kind; raises AssertionError at the first difference."""
    both = Both()
    for command in listings():
        both.tell(command, 0)
    drawn = EveryRule(seed, both.oracle)
    for number in range(count):
        both.tell(drawn.next_command(), number * 1_000_000)
        if number % check_every == 0:
            both.check_state()
    both.check_state()
    return both
