"""A run of the benchmark as a JSON file, and two runs side by side.

    {"machine": {"cpu": …, "cpus": 2, "system": …}, "python": …, "commit": …, "time": …,
     "figures": [{"name": …, "unit": …, "floors": [round by round], "ours": [the same], "aim": …, "beside": …}, …]}

What is compared is the ratio to the floor, since machines and hours differ.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from exchange.utils.helpers import JsonError, parse_json, write_atomically
from tests.benchmarks.figure import NAME_WIDTH, Figure
from tests.support.project import ROOT

COMPARISON_HEADING = f"{'ratio to the floor':<{NAME_WIDTH}} {'then':>7} {'now':>7} {'change':>8}"


class ReportError(Exception):
    """A file that holds no run of the benchmark; the text is one line."""


def save_report(path: Path, figures: Sequence[Figure]) -> None:
    """Write the run to `path`, which it takes the place of.  Raises OSError."""
    report = {
        "machine": {"cpu": _cpu(), "cpus": os.cpu_count(), "system": platform.platform()},
        "python": platform.python_version(),
        "commit": _commit(),
        "time": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "figures": [
            {**figure._asdict(), "aim": None if figure.aim is None else figure.aim.text()} for figure in figures
        ],
    }
    write_atomically(path, json.dumps(report, indent=2).encode() + b"\n")


def load_figures(path: Path) -> list[Figure]:
    """The figures of a run that was saved.  Raises ReportError."""
    try:
        return [_figure(item) for item in parse_json(path.read_bytes())["figures"]]
    except OSError as error:
        raise ReportError(f"{path}: can't be read: {error.strerror}") from error
    except (JsonError, KeyError, TypeError, ValueError) as error:
        raise ReportError(f"{path}: holds no run of the benchmark: {error!r}") from error


def comparison(then: Sequence[Figure], now: Sequence[Figure]) -> list[str]:
    """A line for each figure of now, beside the one of that name then."""
    before = {figure.name: figure for figure in then}
    return [COMPARISON_HEADING, *(_compared(figure, before) for figure in now)]


def _compared(figure: Figure, before: dict[str, Figure]) -> str:
    if figure.name not in before:
        return f"{figure.name:<{NAME_WIDTH}} {'-':>7} {figure.ratio:>7.2f} {'new':>8}"
    old = before[figure.name].ratio
    change_percent = 100 * (figure.ratio / old - 1)
    return f"{figure.name:<{NAME_WIDTH}} {old:>7.2f} {figure.ratio:>7.2f} {change_percent:>+6.1f} %"


def _figure(item: Any) -> Figure:
    """Raises KeyError, TypeError or ValueError for anything else."""
    floors, ours = ([float(value) for value in item[side]] for side in ("floors", "ours"))
    figure = Figure(str(item["name"]), floors, ours, str(item["unit"]))
    if not figure.ours or len(figure.ours) != len(figure.floors) or min(*figure.ours, *figure.floors) <= 0:
        raise ValueError(f"{figure.name}: figures must be positive, as many of ours as of the floor")
    return figure


def _cpu() -> str:
    """What the system calls the processor; the machine's kind where it calls it nothing."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> str:
    """The commit that is measured, with a plus where files have changed since; empty outside a repository."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return told.stdout.strip()
