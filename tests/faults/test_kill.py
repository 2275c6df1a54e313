"""The real engine, killed 25 times under five pipelining clients.

More of it, or one seed again: `python scripts/faults.py --kills 1000 --seed 1`.
"""

from __future__ import annotations

from pathlib import Path

from tests.faults.kill_campaign import KillRun

KILLS = 25
SEED = 1


def test_killed_25_times_it_loses_nothing_it_told_and_does_nothing_twice(tmp_path: Path) -> None:
    figures = KillRun(SEED, tmp_path).run(KILLS)
    assert figures.kills == KILLS
    # It was really under load: orders rested, traded, lost their connection, and were cut off before their answer.
    assert 0 < figures.trades_recovered < figures.orders_recovered < figures.requests
    assert figures.orders_disconnected > 0, figures
    assert figures.kills_before_listening > 0 and figures.resent > 0, figures
