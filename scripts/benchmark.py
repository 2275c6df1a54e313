#!/usr/bin/env python3
"""Measure the exchange, each figure beside a floor that is measured in the same run.

    engine       the public workload through `Engine.process`, against a loop that per command does one dict
                 look-up, one small slots object and one list append
    position-max, resting, memory, start, replay   the engine with much of everything (most of it with --long):
                 against little of it, and starts against json.loads of the same lines
    round trip   one order, one answer, over TCP, against a bare server that parses and echoes each JSON line; with
                 durability fsync against that and one fdatasync of a record of that size
    pipelined    orders sent without waiting, each answer of which waits for the disk, against the same server
                 (line) and one that answers all lines which one recv brought at once (chunk); 1.4 private events
                 per order
    processor    what a pipelined order costs the server's process, all its threads and the system's work for it
    bot reads    a line as the typed value that a bot gets, against a bare `json.loads` of the same line
    subscribers, instruments   the same exchange with and without them

Machines differ and are shared, so what counts is the ratio.  Floor and exchange take turns in each round, and
the medians are quoted; the lowest and highest ratio say how calm the machine was.  --save keeps all with machine,
Python and commit in a JSON file, --against compares with a run that was kept, --beside measures another checkout
of the project in the same rounds.  --growth draws instead how cost grows over resting orders, clients, subscribers
and the length of the journal.
"""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, interrupted, run

ENDING = interrupted("benchmark.py")
if __name__ == "__main__":
    end_at_once(ENDING)

import argparse
from collections.abc import Iterator
from pathlib import Path

from exchange.utils.command_line import OneLineParser, whole_number
from exchange.utils.helpers import write_atomically
from tests.benchmarks.engine_growth import engine_growth_figures
from tests.benchmarks.engine_rates import engine_figure
from tests.benchmarks.figure import HEADING, NAME_WIDTH, Figure
from tests.benchmarks.growth import growth_curves
from tests.benchmarks.growth_picture import growth_picture
from tests.benchmarks.report import ReportError, comparison, load_figures, save_report
from tests.benchmarks.tcp_rates import tcp_figures
from tests.benchmarks.typed_reading import typed_reading_figures
from tests.benchmarks.workload import read_messages
from tests.support.project import SHARED_DATA

RUNS_MAX = 1_000
# As many as the workload has.
MESSAGES_MAX = 1_996_097
# Where the tests look too; it is not part of the project.
WORKLOAD = SHARED_DATA / "matching_benchmark_normal.bin.xz"


def options_parser() -> OneLineParser:
    """What may be asked for."""
    parser = OneLineParser(prog="benchmark.py", description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--runs",
        type=whole_number(1, RUNS_MAX),
        default=5,
        help="rounds, whose median counts (default: %(default)s)",
    )
    parser.add_argument(
        "--messages",
        type=whole_number(1, MESSAGES_MAX),
        default=500_000,
        help="messages of the workload (default: %(default)s)",
    )
    parser.add_argument(
        "--workload",
        type=Path,
        metavar="FILE",
        help="what the engine is given: the normal workload of the public flash1-dev/matching-engine-benchmark, "
        f"xz (default: {str(WORKLOAD).replace('%', '%%')}; without it the engine is not measured by itself)",
    )
    parser.add_argument(
        "--long", action="store_true", help="measure with 1,000,000 orders and commands as well: some minutes more"
    )
    parser.add_argument("--save", type=Path, metavar="FILE", help="keep the figures in this JSON file")
    parser.add_argument("--against", type=Path, metavar="FILE", help="compare with the figures kept in this one")
    parser.add_argument("--beside", type=Path, metavar="DIR", help="another checkout, measured in the same rounds")
    parser.add_argument(
        "--growth", type=Path, metavar="FILE.svg", help="measure only how cost grows, and draw it into this file"
    )
    return parser


def main(arguments: list[str]) -> int:
    """Measure and print the table."""
    parser = options_parser()
    options = parser.parse_args(arguments)
    try:
        then = [] if options.against is None else load_figures(options.against)
    except ReportError as error:
        parser.error(f"--against {error}")
    for option, path in (("--save", options.save), ("--growth", options.growth)):
        if path is not None and not path.parent.is_dir():
            parser.error(f"{option} {path}: there is no directory {path.parent}")
    if options.beside is not None and not (options.beside / "scripts" / "start_engine.py").is_file():
        parser.error(f"--beside {options.beside}: is no checkout of this project")
    try:
        if options.workload is not None:
            read_messages(options.workload)
    except (OSError, ValueError) as error:
        parser.error(f"--workload {error}")
    if options.growth is not None:
        return _draw_growth(options.growth)
    print(HEADING)
    figures = []
    for figure in measured(options):
        print(figure.line(), flush=True)
        figures.append(figure)
    if then:
        print("\n" + "\n".join(comparison(then, figures)))
    if options.save is not None:
        save_report(options.save, figures)
    return 0


def _draw_growth(path: Path) -> int:
    curves = []
    for curve in growth_curves():
        print(curve.line(), flush=True)
        curves.append(curve)
    write_atomically(path, growth_picture(curves).encode())
    return 0


def measured(options: argparse.Namespace) -> Iterator[Figure]:
    """Each figure, as soon as it is there: first what a client sees."""
    yield from tcp_figures(options.runs, options.beside)
    workload = options.workload or WORKLOAD
    if workload.exists():
        yield engine_figure(options.runs, workload, options.messages)
    else:
        print(f"{'engine in process':<{NAME_WIDTH}} skipped: no workload at {workload} (see --workload)")
    yield from typed_reading_figures(options.runs)
    yield from engine_growth_figures(options.runs, options.long)


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
