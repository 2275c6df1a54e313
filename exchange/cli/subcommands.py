"""The table of the subcommands: `exchange --help`, shell completion and the tests are made from it.

A row says what can be known without loading the subcommand's file, so that the command starts fast and any wing
may be missing.  The file has the row's name: `what-if` is in `what_if.py`.  Imports next to nothing, since what
comes before `end_at_once` is not covered by it.
"""

from __future__ import annotations

import signal

from exchange.utils.interruption import Ending, in_order, interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Optional

# What tells an engine or a simulation to stop in order, which they see to themselves.
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def cut_off(program: str) -> Ending:
    """Ctrl-C cuts off what was asked for: one line, exit code 130.  What most subcommands want."""
    return interrupted(program)


def left(_program: str) -> Ending:
    """Ctrl-C is one way to leave: no word, exit code 0.  It is KeyboardInterrupt in `run`, as for `cut_off`."""
    return in_order(signal.SIGINT)


def left_in_any_way(_program: str) -> Ending:
    """As `left`, also by SIGTERM and by a terminal that is closed: for who has started other processes."""
    return in_order(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stopped(_program: str) -> Ending:
    """Until `run` has handlers of its own for STOP_SIGNALS there is nothing to finish; no word, exit code 0."""
    return in_order(*STOP_SIGNALS)


class Subcommand:
    """One row: `exchange name`, shown in `group` with `summary`.

    `ending` says how a signal ends it; `extra` is the optional part of the package that it needs, if any.
    `chooses_engine`: an option of it says which engine runs.
    """

    def __init__(
        self,
        name: str,
        group: str,
        summary: str,
        ending: Callable[[str], Ending] = cut_off,
        extra: Optional[str] = None,
        chooses_engine: bool = False,
    ) -> None:
        self.name = name
        self.group = group
        self.summary = summary
        self.ending = ending
        self.extra = extra
        self.chooses_engine = chooses_engine

    @property
    def module_name(self) -> str:
        """The file that is loaded for it."""
        return f"exchange.cli.{self.name.replace('-', '_')}"

    @property
    def handles_signals(self) -> bool:
        """Whether `run` installs handlers of its own."""
        return self.ending is stopped


# The groups are those of `make help`.
_ROWS = (
    Subcommand("demo", "Run", "an engine, a simulated market and the trading screen together", left_in_any_way),
    Subcommand("engine", "Run", "start the exchange", stopped, chooses_engine=True),
    Subcommand("trade", "Run", "trade by hand, on the trading screen", left),
    Subcommand("rewind", "Learn", "wind back a recorded day on the trading screen", left),
    Subcommand("bot", "Learn", "run a bot of your own", stopped),
    Subcommand("tour", "Learn", "ten small lessons in trading, on a practice market; no engine needed", left),
    Subcommand("simulate", "Learn", "let simulated users trade", stopped),
    Subcommand("replay", "Learn", "play recorded order flow", stopped),
    Subcommand("backtest", "Learn", "let a bot trade among others, without a network"),
    Subcommand("record", "Learn", "write a live market down as order flow", stopped),
    Subcommand("explain", "Learn", "tell the life of an order from what was recorded"),
    Subcommand("what-if", "Learn", "play a recorded day again without an order, or with it changed"),
    Subcommand("study", "Learn", "how much a simulated market looks like a recorded one"),
    Subcommand("designs", "Learn", "frequent batch auctions beside continuous trading, on the same flow"),
    Subcommand("operate", "Run", "watch over the running engine: who is there, who may trade, and what"),
    Subcommand("verify", "Run", "check the data of a stopped engine"),
    Subcommand("completion", "Shell", "print the script by which bash or zsh completes all this"),
)
SUBCOMMANDS = {each.name: each for each in _ROWS}
