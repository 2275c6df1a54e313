#!/usr/bin/env python3
"""Kill the exchange and cut its power, again and again, and hold it to account: options in, figures out.

Exit code 0: nothing was found.  1: something was; each failed seed is told with how to run it again.  2: wrong
options.  130: Ctrl-C.
"""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, interrupted, run

ENDING = interrupted("faults.py")
if __name__ == "__main__":
    end_at_once(ENDING)

import argparse
import logging
import os
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from typing import NamedTuple, Optional, Union

from exchange.utils.command_line import OneLineParser, whole_number
from tests.faults.kill_campaign import KillFigures, KillRun
from tests.faults.power_loss import Figures, run_seed
from tests.faults.random_orders import Mix
from tests.faults.scheduled_day import DayFigures, kill_a_day
from tests.support.started_process import deaf_workers

KILLS_PER_SEED = 25
COUNT_MAX = 1_000_000_000
JOBS_MAX = 1_000

AnyFigures = Union[Figures, KillFigures, DayFigures]


class Result(NamedTuple):
    """What came of one seed; `failure` None: nothing was found."""

    seed: int
    figures: AnyFigures
    failure: Optional[str] = None


def parse(arguments: list[str]) -> argparse.Namespace:
    """The options."""
    parser = OneLineParser(
        prog="faults.py",
        description="Kill the real engine at random moments under load, and cut the power of a simulated one, and "
        "check each time that nothing told is lost and nothing happens twice.  Every second seed has orders and "
        "instruments of every kind.",
        epilog="exit code: 0 nothing was found, 1 something was",
    )
    parser.add_argument(
        "--kills", type=whole_number(0, COUNT_MAX), default=0, help="how often to kill the real engine"
    )
    parser.add_argument(
        "--power-loss",
        type=whole_number(0, COUNT_MAX),
        default=0,
        metavar="SEEDS",
        help="how many seeds to cut the power in",
    )
    parser.add_argument(
        "--days",
        type=whole_number(0, COUNT_MAX),
        default=0,
        help="how many scheduled days to kill at a random moment, and compare the ledgers",
    )
    parser.add_argument(
        "--seed", type=whole_number(0, COUNT_MAX), help="the first seed (default: by the clock; it is printed)"
    )
    parser.add_argument(
        "--jobs",
        type=whole_number(1, JOBS_MAX),
        default=os.cpu_count(),
        help="seeds at a time (default: %(default)s)",
    )
    options = parser.parse_args(arguments)
    if not (options.kills or options.power_loss or options.days):
        parser.error("say --kills N, --power-loss SEEDS or --days N")
    return options


@contextmanager
def ending_with_engine() -> Iterator[None]:
    """While a process of the pool has an engine: when it is told to end, let it kill that first.

    At any other time it simply dies.  A handler of Python's runs between two of its steps, so one that came just
    before the wait for the next seed would be heeded when there is one: never.
    """
    usual = signal.signal(signal.SIGTERM, lambda _number, _frame: end_with_engine())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, usual)


def end_with_engine() -> None:
    """Kill what this process has started and leave by SystemExit.

    The children are the system's own list: an engine that is just being started is in no variable yet.
    """
    for children in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        for pid in children.read_text().split():
            os.kill(int(pid), signal.SIGKILL)
    sys.exit(1)


def mix_of(seed: int) -> Mix:
    """Odd seeds have orders and instruments of every kind."""
    return Mix.EVERY_RULE if seed % 2 else Mix.PLAIN


def killed(seed_and_kills: tuple[int, int]) -> Result:
    """One seed of the kill campaign, in a directory that is kept if something is found."""
    seed, kills = seed_and_kills
    with ending_with_engine():
        directory = Path(tempfile.mkdtemp(prefix=f"exchange-kill-{seed}-"))
        run = KillRun(seed, directory, mix_of(seed))
        try:
            figures = run.run(kills)
        except SystemExit:  # It is told to end.
            shutil.rmtree(directory)
            raise
        except (AssertionError, OSError) as error:
            again = f"again: scripts/faults.py --kills {kills} --seed {seed}"
            return Result(seed, run.figures, f"{told(error)}\n  its data: {directory}\n  {again}")
        shutil.rmtree(directory)
        return Result(seed, figures)


def without_power(seed: int) -> Result:
    """One seed of the power-loss campaign."""
    logging.disable(logging.CRITICAL)
    try:
        return Result(seed, run_seed(seed, mix_of(seed)))
    except Exception as error:  # noqa: BLE001  whatever it is, the exchange did it, and the seed must be told
        return Result(seed, Figures(), f"{told(error)}\n  again: scripts/faults.py --power-loss 1 --seed {seed}")


def day(seed: int) -> Result:
    """One scheduled day, killed at a moment that the seed decides, beside the same day undisturbed."""
    logging.disable(logging.CRITICAL)
    try:
        return Result(seed, kill_a_day(seed))
    except Exception as error:  # noqa: BLE001  as above
        return Result(seed, DayFigures(), f"{told(error)}\n  again: scripts/faults.py --days 1 --seed {seed}")


def told(error: BaseException) -> str:
    """An error and where it was raised."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"{error!r}\n  raised in {Path(where.filename).name}, line {where.lineno}: {where.line}"


def report(name: str, results: Iterable[Result], nothing: AnyFigures) -> int:
    """Tell of each failure as it comes, and of all in the end; how many seeds failed."""
    started_s = time.monotonic()
    total, seeds, failures = nothing, 0, 0
    for result in results:
        seeds += 1
        total = total.plus(result.figures)  # type: ignore[arg-type]
        if result.failure is not None:
            failures += 1
            print(f"{name}: seed {result.seed} FAILED after {total}: {result.failure}", flush=True)
        elif isinstance(total, KillFigures):
            print(f"{name}: seed {result.seed} is fine; {total.kills} kills so far", flush=True)
    figures = ", ".join(f"{value:,} {field.replace('_', ' ')}" for field, value in total._asdict().items())
    print(f"{name}: {seeds} seeds, {failures} failed; {figures}; {time.monotonic() - started_s:.0f} s", flush=True)
    return failures


def main(arguments: list[str]) -> int:
    """The exit code."""
    options = parse(arguments)
    first_seed = options.seed if options.seed is not None else time.time_ns() % 1_000_000
    print(f"first seed {first_seed}", flush=True)
    failures = 0
    with ExitStack() as ending:
        with deaf_workers():
            pool = ending.enter_context(Pool(options.jobs))
        in_parallel: Callable[..., Iterable[Result]] = partial(pool.imap_unordered, chunksize=1)
        if options.power_loss > 0:
            seeds = range(first_seed, first_seed + options.power_loss)
            failures += report("power loss", in_parallel(without_power, seeds), Figures())
        if options.days > 0:
            seeds = range(first_seed, first_seed + options.days)
            failures += report("day", in_parallel(day, seeds), DayFigures())
        if options.kills > 0:
            starts = range(0, options.kills, KILLS_PER_SEED)
            shares = [min(KILLS_PER_SEED, options.kills - start) for start in starts]
            failures += report("kill", in_parallel(killed, enumerate(shares, first_seed)), KillFigures())
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
