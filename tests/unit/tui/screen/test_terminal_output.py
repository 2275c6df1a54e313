"""A terminal that does not take what is written to it: nobody waits, and nothing is lost."""

from __future__ import annotations

import os
import pty
import select
import time
import tty
from collections.abc import Iterator

import pytest

from tui.screen.terminal_output import TerminalOutput, size_of

# More than the kernel keeps for a terminal that nobody reads.
MUCH = "0123456789abcdef" * 8_192


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    """(the terminal's own end, the program's end), without any processing between them."""
    terminal, program = pty.openpty()
    tty.setraw(program)
    yield terminal, program
    os.close(terminal)
    os.close(program)


def read_all(terminal: int, output: TerminalOutput) -> str:
    """What arrives while the output goes on whenever it can."""
    data = b""
    while output.is_waiting or select.select([terminal], [], [], 0)[0]:
        if select.select([terminal], [], [], 0)[0]:
            data += os.read(terminal, 65_536)
        output.go_on()
    return data.decode()


def test_what_is_not_taken_is_kept_and_written_later(ends: tuple[int, int]) -> None:
    terminal, program = ends
    output = TerminalOutput(program)
    output.start()
    output.write(MUCH)
    assert output.is_waiting
    output.write("the end")
    assert read_all(terminal, output) == MUCH + "the end"
    output.close()


def test_the_descriptor_of_the_shell_stays_one_that_waits(ends: tuple[int, int]) -> None:
    output = TerminalOutput(ends[1])
    output.start()
    assert os.get_blocking(ends[1])
    output.stop()
    output.close()


def test_a_terminal_without_a_name_is_shared_and_given_back_as_it_was() -> None:
    read_end, write_end = os.pipe()  # no terminal, so it has no name to be opened by
    output = TerminalOutput(write_end)
    output.start()
    assert not os.get_blocking(write_end)
    output.write("x" * 1_000_000)
    assert output.is_waiting
    output.stop()
    assert os.get_blocking(write_end)
    os.close(read_end)
    os.close(write_end)


def test_a_terminal_that_takes_nothing_is_given_up(ends: tuple[int, int]) -> None:
    output = TerminalOutput(ends[1])
    output.start()
    output.write(MUCH)
    before = time.monotonic()
    output.finish(0.05)
    assert time.monotonic() - before < 5.0
    assert output.is_waiting
    output.drop_waiting()
    assert not output.is_waiting
    output.close()


def test_a_terminal_that_is_gone_is_told() -> None:
    terminal, program = pty.openpty()
    output = TerminalOutput(program)
    os.close(terminal)
    with pytest.raises(OSError, match="Input/output error"):
        output.write("x")
    output.close()
    os.close(program)


@pytest.mark.parametrize(
    ("told", "environment", "expected"),
    [
        ((120, 36), {"COLUMNS": "99", "LINES": "33"}, (120, 36)),
        ((0, 0), {"COLUMNS": "99", "LINES": "33"}, (99, 33)),
        ((0, 0), {}, (80, 24)),
        ((0, 50), {"COLUMNS": "132"}, (132, 50)),
        ((0, 0), {"COLUMNS": "wide", "LINES": "-3"}, (80, 24)),
        ((0, 0), {"COLUMNS": "0", "LINES": "99999"}, (80, 24)),
    ],
)
def test_a_size_that_is_not_told_is_looked_for(
    told: tuple[int, int], environment: dict[str, str], expected: tuple[int, int]
) -> None:
    assert size_of(*told, environment) == expected
