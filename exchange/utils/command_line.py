"""What the commands share: options refused in one line, and lines that nobody may take.  Knows no command.

A command whose output is full or closed (`>/dev/full`, `| true`) goes on with its work: `say`, `complain` and
`write` write what they can, and from the first line that was not taken on, nothing more.

What they write may hold words from outside, which a terminal would obey: all of it is escaped (`visible_text`).
"""

from __future__ import annotations

import argparse
import math
import os
import re
import ssl
import sys
from collections.abc import Callable
from typing import NoReturn, Optional, TextIO

from exchange.utils.tls import client_context
from exchange.utils.visible_text import visible_text

# The exit status of a command that could not start.
EXIT_REFUSED = 2
PORT_MAX = 65_535
_LINE_ENDS = re.compile(r"([\r\n])")


class OneLineParser(argparse.ArgumentParser):
    """Says what is wrong with an option in one line."""

    def error(self, message: str) -> NoReturn:
        """One line on stderr, exit 2."""
        self.exit(EXIT_REFUSED, f"{self.prog}: {message} (see --help)\n")


def port_number(text: str) -> int:
    """A TCP port, 0 for any free one.  Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= PORT_MAX):
        raise argparse.ArgumentTypeError(f"port {text!r}: must be a number from 0 to {PORT_MAX}")
    return int(text)


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """What reads a whole number within these bounds for an option.  It raises ArgumentTypeError."""

    def read(text: str) -> int:
        is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(most))
        if not (is_number and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text!r}: must be a whole number from {least} to {most}")
        return int(text)

    return read


def number(least: float, most: float) -> Callable[[str], float]:
    """What reads a number within these bounds for an option.  It raises ArgumentTypeError."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r}: must be a number from {least:g} to {most:g}")
        return value

    return read


def trusting(text: str) -> ssl.SSLContext:
    """TLS that trusts only what the certificate in this file vouches for, or is.  Raises ArgumentTypeError."""
    try:
        return client_context(text)
    except OSError as error:
        raise argparse.ArgumentTypeError(error) from None


def say(line: str) -> None:
    """One line on stdout, at once, if it takes it."""
    write(f"{visible_text(line)}\n", sys.stdout)


def complain(line: str) -> None:
    """One line on stderr, at once, if it takes it."""
    write(f"{visible_text(line)}\n", sys.stderr)


def write(text: str, stream: Optional[TextIO]) -> None:
    """Write `text` at once, if the stream takes it; from the first text that it does not take on, nothing more.

    All but the ends of lines (CR, LF) is escaped: words from outside must not bring any, so escape those before.
    """
    if stream is None:  # It was closed before the command began.
        return
    parts = _LINE_ENDS.split(text)
    visible = "".join(part if part in ("\r", "\n") else visible_text(part) for part in parts)
    try:
        stream.write(visible)
        stream.flush()
    except OSError:
        _lead_nowhere(stream)


def _lead_nowhere(stream: TextIO) -> None:
    """What was not taken would be tried once more when the process ends, and then change its exit code."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
