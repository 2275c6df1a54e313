"""Days for the laboratory to open: seeded commands of every kind, handed in or kept as an engine keeps them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from exchange.engine.commands import Command
from exchange.engine.engine import Engine
from exchange.engine.events import Event
from exchange.storage.data_directory import StorageOptions
from tests.property.strategies import Stamped
from tests.support.every_rule import EveryRule, listings
from tests.support.kept_market import ONLY_AT_THE_END, KeptMarket
from tests.support.oracle.oracle import Oracle

MS_NS = 1_000_000


def every_rule_day(seed: int, count: int) -> list[Stamped]:
    """`count` random commands of every kind, refused ones among them, a millisecond apart."""
    oracle = Oracle()
    drawn = EveryRule(seed, oracle)
    day: list[Stamped] = []
    for number in range(count):
        command = listings()[number] if number < len(listings()) else drawn.next_command()
        day.append((command, (1 + number) * MS_NS))
        oracle.process(*day[-1])
    return day


class CarriedOut(NamedTuple):
    """A command that changed something, what it caused, and the state after it."""

    command: Command
    timestamp: int
    events: tuple[Event, ...]
    state: str


def played(day: Iterable[Stamped]) -> list[CarriedOut]:
    """The day in the plainest way: one engine, every state written down."""
    engine, carried_out = Engine(), []
    for command, timestamp in day:
        sequence = engine.sequence
        events = tuple(engine.process(command, timestamp))
        if engine.sequence > sequence:
            carried_out.append(CarriedOut(command, timestamp, events, live_state(engine)))
    return carried_out


def live_state(engine: Engine) -> str:
    """The whole state but what only decides refusals: done orders, and names that lead to none that is live."""
    done = {
        order.order_id
        for account in engine.accounts.values()
        for order in account.orders.values()
        if not order.is_live
    }
    kept = [
        record
        for record in engine.snapshot()
        if not (record[0] == "order" and record[1] in done) and not (record[0] == "reserved" and record[3] in done)
    ]
    return repr(kept)


def kept_day(path: Path, day: list[Stamped], options: StorageOptions = ONLY_AT_THE_END) -> Path:
    """A data directory in which an engine has recorded the day and was killed."""
    market = KeptMarket(path, options)
    market.run(day)
    market.kill()
    return path
