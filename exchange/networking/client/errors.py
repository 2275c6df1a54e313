"""What the client library raises.

    ExchangeError
      ├─ ConnectionLost      the outside world: no engine there, or not any more
      ├─ ProtocolError       something else than an exchange answers
      ├─ TokenFileError      what is kept as the user's token can't be one
      └─ Rejected            the engine said no, and why
           └─ LoginRejected

A wait that takes too long raises the built-in TimeoutError: the answer may still come.
"""

from __future__ import annotations

from typing import Any


class ExchangeError(Exception):
    """Anything the client library raises about the exchange; catch it to catch them all."""


class ConnectionLost(ExchangeError):  # noqa: N818  the names of this file are what a bot's author reads
    """The engine can't be reached, closed the connection, or no longer takes what is sent."""


class ProtocolError(ExchangeError):
    """The engine sent a line that is not a message of the protocol: probably something else listens there."""


class TokenFileError(ExchangeError):
    """The file that should hold the user's token holds something else."""


class Rejected(ExchangeError):  # noqa: N818
    """The engine refused a request: `code` for the program, `text` for the person, `message` the whole answer."""

    def __init__(self, code: str, text: str, message: dict[str, Any]) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text
        self.message = message


class LoginRejected(Rejected):
    """The engine refused the login; it closes the connection."""
