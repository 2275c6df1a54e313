"""Ctrl-C and other signals that end a command: without a traceback, whatever it is at.  Knows no command.

    end_at_once    while a command still imports its parts: nothing was started, nothing is to be finished
    run            while it works: KeyboardInterrupt, so that its blocks end what they have started
    ignore         when it has done all: whoever tells it once more changes nothing

A command that has something better to do when it is told to end (a snapshot, a summary) installs handlers of its
own in place of `run`.  What comes before `end_at_once` is not covered by it, so this module imports next to
nothing: not even typing, which takes as long as Python's own start.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn, Optional

EXIT_INTERRUPTED = 130


class Ending:
    """How a command ends that one of the signals `numbers` tells to: `last_words` are for stderr."""

    def __init__(self, numbers: tuple[signal.Signals, ...], exit_code: int, last_words: str) -> None:
        self.numbers = numbers
        self.exit_code = exit_code
        self.last_words = last_words


def interrupted(program: str) -> Ending:
    """Ctrl-C cut off what was asked for: one line, and the exit code that shells have for it."""
    return Ending((signal.SIGINT,), EXIT_INTERRUPTED, f"{program}: interrupted\n")


def in_order(*numbers: signal.Signals) -> Ending:
    """To be told to end is the usual way to: exit code 0 and no word."""
    return Ending(numbers, 0, "")


def end_at_once(ending: Ending) -> None:
    """From here on each of the signals ends the process on the spot.  Main thread.

    Called before anything is opened, so this is also where closed standard streams are made harmless.
    """
    _occupy_closed_streams()

    def end(_number: int, _frame: Optional[FrameType]) -> NoReturn:
        # Not by an exception, which the machinery of an import may swallow, or tell a story about.
        try:
            os.write(2, ending.last_words.encode())
        finally:  # Standard error may be closed.
            os._exit(ending.exit_code)

    for number in ending.numbers:
        signal.signal(number, end)


def _occupy_closed_streams() -> None:
    """A file that were opened as number 1 or 2 would be taken for the output: error messages would end in it."""
    number = 0
    while number <= 2:
        number = os.open(os.devnull, os.O_RDWR)
    os.close(number)


def run(main: Callable[[list[str]], int], ending: Ending, arguments: Optional[list[str]] = None) -> int:
    """Run a command with these arguments (None: those of the process); the exit code.  Main thread.

    The first of the signals raises KeyboardInterrupt in `main`.  More are ignored: it is ending things.
    """

    def interrupt(_number: int, _frame: Optional[FrameType]) -> NoReturn:
        ignore(ending.numbers)
        raise KeyboardInterrupt

    for number in ending.numbers:
        signal.signal(number, interrupt)
    try:
        exit_code = main(sys.argv[1:] if arguments is None else arguments)
        ignore(ending.numbers)  # It is done, and the exit code stands.
    except KeyboardInterrupt:
        sys.stderr.write(ending.last_words)
        return ending.exit_code
    return exit_code


def ignore(numbers: tuple[signal.Signals, ...]) -> None:
    """From here on these signals change nothing.  Main thread.

    Python takes handlers away while it ends: whoever is impatient would kill a command that has done all.
    """
    for number in numbers:
        signal.signal(number, signal.SIG_IGN)
