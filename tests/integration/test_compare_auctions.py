"""Frequent batch auctions beside continuous trading: the same flow, and the same figures each time."""

from __future__ import annotations

from itertools import islice

import pytest

from tests.campaigns.batch_auctions import KINDS, Flow, study, table
from tests.support.processes import Program

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
    with Program("compare_auctions.py", "--seconds", "20", "--call-every-ms", "200") as command:
        status, output, complaints = command.end()
    assert (status, complaints) == (0, "")
    lines = output.splitlines()
    assert lines[0].split() == ["continuous", "calls", "of", "200", "ms"]
    assert any(line.startswith("volume fast with maker") for line in lines)


def test_a_call_of_no_length_is_refused_in_one_line() -> None:
    with Program("compare_auctions.py", "--call-every-ms", "0") as command:
        status, _, complaint = command.end()
    assert status == 2 and complaint.count("\n") == 1
