"""What the commands share: options that are refused in one line.  Knows no command."""

from __future__ import annotations

import argparse
import ssl
from typing import NoReturn

# The exit status of a command that could not start.
EXIT_REFUSED = 2
PORT_MAX = 65_535


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


def trusting(text: str) -> ssl.SSLContext:
    """TLS that trusts only what the certificate in this file vouches for, or is.  Raises ArgumentTypeError."""
    try:
        return ssl.create_default_context(cafile=text)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error}") from None
