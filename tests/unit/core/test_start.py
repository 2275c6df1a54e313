"""What an exchange does at its start with what an earlier one has left, before anybody can connect."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from exchange.assembly import Exchange, Options
from exchange.engine.commands import CancelOrders, Command, ListInstrument, NewOrder
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import CancelReason, OrderType, Side, TimeInForce
from exchange.networking.tcp_server import ServerOptions
from tests.support.kept_market import KeptMarket

USERS = ("alice", "bob", "carol")
ORDERS = 3_000


def order(number: int, ends_with_connection: bool) -> NewOrder:
    """One of USERS bids what nobody sells."""
    user, price_nanos = USERS[number % len(USERS)], 10_000_000
    return NewOrder(
        user,
        f"{user}-{number}",
        "ACME",
        Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, price_nanos, 1),
        ends_with_connection=ends_with_connection,
    )


def killed(path: Path, commands: list[Command]) -> None:
    """A market that was killed after these."""
    market = KeptMarket(path)
    market.run([(ListInstrument(Instrument("ACME")), 0), *((command, 1) for command in commands)], batch=1_000)
    market.kill()


def started_and_stopped(path: Path) -> list[str]:
    """The lines that the start adds to the audit logs, read when the exchange is about to listen."""
    before = log_lines(path)
    exchange = Exchange(Options(ServerOptions("127.0.0.1", 0), path, None))
    added = log_lines(path)[len(before) :]
    exchange.start()
    exchange.stop()
    assert exchange.failure is None
    return added


def log_lines(path: Path) -> list[str]:
    """Those of all users, in the order of their times."""
    return sorted(line for log in (path / "logs").iterdir() for line in log.read_text().splitlines())


def test_when_it_listens_the_logs_tell_that_all_orders_of_lost_connections_are_canceled(tmp_path: Path) -> None:
    killed(tmp_path, [order(number, ends_with_connection=number % 2 == 0) for number in range(ORDERS)])
    canceled = started_and_stopped(tmp_path)
    assert len(canceled) == ORDERS // 2
    assert all(line.endswith(" ACME canceled 1 DISCONNECTED") for line in canceled)
    assert started_and_stopped(tmp_path) == []


def test_a_start_that_was_killed_half_way_is_finished_by_the_next(tmp_path: Path) -> None:
    """The cancels of one user had reached the journal, those of the others had not."""
    orders = [order(number, ends_with_connection=True) for number in range(9)]
    killed(tmp_path, [*orders, CancelOrders("alice", (1, 4, 7), CancelReason.DISCONNECTED)])
    assert [line.split()[4] for line in started_and_stopped(tmp_path)] == ["2", "5", "8", "3", "6", "9"]
    assert started_and_stopped(tmp_path) == []


# -------------------------------------------------------------------------------------------------------- its end


def threads_begun_by(action: Callable[[], None]) -> set[str]:
    """The names of the threads that begin while `action` runs."""
    names: set[str] = set()
    threading.setprofile(lambda *_: names.add(threading.current_thread().name))
    try:
        action()
    finally:
        threading.setprofile(None)
    return names


def test_a_stop_begins_no_thread_since_there_may_be_none_to_be_had(tmp_path: Path) -> None:
    exchange = Exchange(Options(ServerOptions("127.0.0.1", 0), tmp_path, None))
    assert "matching" in threads_begun_by(exchange.start)
    assert threads_begun_by(exchange.stop) == set()
    assert exchange.failure is None
    assert [path.name for path in (tmp_path / "orders").iterdir()] == ["snapshot-00000000000000000001.jsonl"]
