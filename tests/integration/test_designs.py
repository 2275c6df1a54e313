"""Frequent batch auctions beside continuous trading: the same flow, and the same figures each time."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice

import pytest

from exchange.laboratory.auction_designs import KINDS, Flow, study, table

SECONDS = 120


def test_the_flow_depends_on_its_seed_alone() -> None:
    first, second, other = (list(islice(Flow(seed, SECONDS).moments(), 2_000)) for seed in (1, 1, 2))
    assert first == second != other
    assert [moment.at for moment in first] == sorted(moment.at for moment in first)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_in_calls_the_fast_gain_less_and_the_makers_more(seed: int) -> None:
    continuous, calls = study(seed, SECONDS, 100)
    for outcome in (continuous, calls):
        # What one gains another loses, and everybody who trades is of some kind.
        assert sum(outcome.gains[kind] for kind in KINDS) == 0
        assert outcome.volume > 1_000 and len(outcome.spreads) > SECONDS
        assert min(outcome.spreads) > 0
    assert calls.gains["fast"] < 0.6 * continuous.gains["fast"]
    assert calls.gains["maker"] > continuous.gains["maker"]


def test_a_seed_gives_the_same_table_again() -> None:
    assert table(study(7, 20, 50)) == table(study(7, 20, 50))


def test_the_command_prints_both_markets_side_by_side() -> None:
    command = [sys.executable, "-m", "exchange", "designs", "--seconds", "20", "--call-every-ms", "200"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    lines = ended.stdout.splitlines()
    assert lines[0].split() == ["continuous", "calls", "of", "200", "ms"]
    assert any(line.startswith("volume fast with maker") for line in lines)


def test_a_call_of_no_length_is_refused_in_one_line() -> None:
    command = [sys.executable, "-m", "exchange", "designs", "--call-every-ms", "0"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2 and ended.stderr.count("\n") == 1
