"""The real engine, killed 25 times under five pipelining clients with orders and instruments of every kind.

More of it, or one seed again: `python scripts/faults.py --kills 1000 --seed 1`; even seeds have plain orders only.
"""

from __future__ import annotations

from pathlib import Path

from tests.faults.kill_campaign import KillRun
from tests.faults.random_orders import Mix

KILLS = 25
SEED = 1


def test_killed_25_times_it_loses_nothing_it_told_and_does_nothing_twice(tmp_path: Path) -> None:
    figures = KillRun(SEED, tmp_path, Mix.EVERY_RULE).run(KILLS)
    assert figures.kills == KILLS
    # It was really under load: orders rested, traded, lost their connection, and were cut off before their answer.
    assert 0 < figures.trades_recovered < figures.orders_recovered < figures.requests
    assert figures.orders_disconnected > 0, figures
    assert figures.kills_before_listening > 0 and figures.resent > 0, figures
    # And every rule was in use: stops, auctions, ends of a day.
    assert figures.stops_triggered > 0 and figures.auction_trades > 0 and figures.orders_expired > 0, figures
