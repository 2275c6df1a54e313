"""What the benchmark keeps of a run, and two runs side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks.figure import Aim, Figure
from tests.benchmarks.report import ReportError, comparison, load_figures, save_report

FIGURES = [Figure("engine", [100.0, 200.0, 400.0], [50.0, 50.0, 100.0]), Figure("pipelined", [1.5], [3.0])]
COUNTED = Figure("processor", [4.0, 5.0], [8.0, 20.0], "µs", Aim("≤", 8, "µs"), [16.0, 15.0])


def test_a_row_gives_medians_ratios_round_by_round_the_aim_and_who_ran_beside() -> None:
    expected = "processor 14 4.5 µs 3.00 2.00–4.00 ≤ 8 µs beside 15.5, 3.50 (3.00–4.00)"
    assert " ".join(COUNTED.line().split()) == expected


def test_what_was_saved_is_loaded_and_says_where_it_was_measured(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    save_report(path, FIGURES)
    assert load_figures(path) == FIGURES
    report = json.loads(path.read_text())
    assert report["machine"]["cpus"] >= 1 and report["machine"]["cpu"]
    assert report["python"].startswith("3.") and report["time"].endswith("+00:00")


def test_two_runs_are_compared_by_their_median_ratios() -> None:
    then = [Figure("engine", [100.0], [20.0])]
    assert comparison(then, FIGURES) == [
        "ratio to the floor                        then     now   change",
        "engine                                    0.20    0.25  +25.0 %",
        "pipelined                                    -    2.00      new",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"figures": 1}',
        '{"figures": [{"name": "a", "floors": [], "ours": []}]}',
        '{"figures": [{"name": "a", "floors": [1], "ours": [1, 2]}]}',
        '{"figures": [{"name": "a", "floors": [0], "ours": [1]}]}',
        '{"figures": [{"name": "a", "floors": ["x"], "ours": [1]}]}',
    ],
)
def test_a_file_of_something_else_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(ReportError, match=str(path)):
        load_figures(path)
