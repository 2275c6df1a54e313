"""What commands write: nothing of it is obeyed by a terminal, and nobody need take it."""

from __future__ import annotations

import io
import os

import pytest

from exchange.utils.command_line import complain, say, write

HOSTILE = "a\x1b]52;c;cm0gLXJmIH4=\x07b\x1b[2Jc\x9b31md\u202e10\u2066"
SHOWN = r"a\x1b]52;c;cm0gLXJmIH4=\x07b\x1b[2Jc\x9b31md\u202e10\u2066"


def test_a_line_is_one_line_and_nothing_in_it_is_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    say(f"{HOSTILE}\r\nmore – é")
    complain(f"{HOSTILE}\rmore")
    output, errors = capsys.readouterr()
    assert output == SHOWN + r"\r\nmore – é" + "\n"
    assert errors == SHOWN + r"\rmore" + "\n"


def test_a_text_keeps_the_ends_of_its_lines() -> None:
    stream = io.StringIO(newline="")
    write(f"\r{HOSTILE}\r\n\n{HOSTILE}\n", stream)
    assert stream.getvalue() == f"\r{SHOWN}\r\n\n{SHOWN}\n"


def test_a_stream_that_is_full_leads_nowhere_from_then_on() -> None:
    write("lost", None)  # It was closed before the command began.
    with open("/dev/full", "w") as full:
        write("text", full)
        write("more", full)
        assert os.path.samestat(os.fstat(full.fileno()), os.stat(os.devnull))
