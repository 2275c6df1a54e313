"""A clock that jumps an hour back and forth: who came first is decided by the order of arrival, before and after
a restart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from random import Random

from exchange.engine.commands import NewOrder
from exchange.engine.events import OrderExecuted
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Side, TimeInForce
from exchange.storage.data_directory import StorageOptions
from tests.faults.power_loss import HOUR_NS
from tests.faults.seeded_workers import Workers
from tests.faults.simulated_disk import SimulatedDisk
from tests.faults.simulated_market import Record, SimulatedMarket

COUNT = 40
HUNDRED = 100 * 10**9


def jumping_times() -> Iterator[int]:
    """ns since the epoch: an hour back, two forth …"""
    return (10**18 + jump * HOUR_NS for jump in cycle((0, -1, 1, -2, 2)))


def limit(user: str, client_order_id: str, side: Side, quantity: int) -> NewOrder:
    """An order at 100."""
    return NewOrder(user, client_order_id, None, Terms(side, OrderType.LIMIT, TimeInForce.GTC, HUNDRED, quantity))


def test_orders_at_one_price_trade_in_the_order_they_came_however_the_clock_jumps() -> None:
    times = jumping_times()
    assert sorted(islice(jumping_times(), COUNT)) != list(islice(jumping_times(), COUNT))
    workers = Workers(Random(0))
    disk, record = SimulatedDisk(Random(0)), Record()
    market = SimulatedMarket(disk, record, workers, StorageOptions(), lambda: next(times))
    market.run([limit("maker", str(number), Side.SELL, 1) for number in range(COUNT)])
    market.run([limit("taker", "a", Side.BUY, COUNT // 2)])
    disk = disk.after_kill(lambda _operation, _path: None)
    market = SimulatedMarket(disk, record, workers, StorageOptions(), lambda: next(times))
    market.run([limit("taker", "b", Side.BUY, COUNT // 2)])
    disk = disk.after_kill(lambda _operation, _path: None)
    SimulatedMarket(disk, record, workers, StorageOptions(), lambda: next(times))
    fills = [event for event in record.private_events if isinstance(event, OrderExecuted)]
    assert [fill.client_order_id for fill in fills if fill.user == "maker"] == [str(n) for n in range(COUNT)]
