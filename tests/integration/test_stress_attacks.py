"""The short side of the attacks of `make stress`: each is on, and ends when the engine is told to stop."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from tests.campaigns.stress_attacks import ASIDE, ATTACKS, measure_attack
from tests.campaigns.stress_probe import Probe
from tests.support.watched_engine import WatchedEngine

OPTIONS = argparse.Namespace(rounds=1, seconds=1, levels=500, live_orders=500)


# The others differ in what is asked for alone.
@pytest.mark.parametrize("name", ["foks", "deep-call", "the-past", "long-lines"])
def test_under_attack_the_others_are_answered_and_the_engine_stops_in_time(name: str, tmp_path: Path) -> None:
    with WatchedEngine(tmp_path / "data", "--symbols", f"ACME,{ASIDE}") as engine:
        half, tail, longest, stop = measure_attack(ATTACKS[name], OPTIONS, engine)
    assert half.startswith(ATTACKS[name].name)
    assert "ms p99" in tail and "ms max" in longest and stop.endswith(" s")


def test_a_turn_with_no_time_for_a_second_round_trip_has_its_figures_all_the_same(tmp_path: Path) -> None:
    with WatchedEngine(tmp_path / "data") as engine:
        probe = Probe(engine.port, "probe")
        trips = probe.round_trips_ms(0.0)
        probe.close()
    assert 0.0 < trips.p50 <= trips.longest
