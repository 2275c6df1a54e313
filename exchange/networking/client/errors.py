"""What the client library raises.

    ExchangeError
      ├─ ConnectionLost      the outside world: no engine there, or not any more
      ├─ ProtocolError       something else than an exchange answers
      ├─ TokenFileError      what is kept as the user's token can't be one
      ├─ NoAnswer            a wait took too long: the answer may still come (also a TimeoutError)
      └─ Rejected            the engine said no, and why
           └─ LoginRejected

What is about an order names it: `client_order_id`, `order_id`, each None where it is not known.  After
ConnectionLost or NoAnswer the order may be in the book or not.  Ask (`orders`), or send it again under the same
`client_order_id`: that makes one order, never two.
"""

from __future__ import annotations

from typing import Any, Optional


class ExchangeError(Exception):
    """Anything the client library raises about the exchange; catch it to catch them all."""


class ConnectionLost(ExchangeError):  # noqa: N818  the names of this file are what a bot's author reads
    """The engine can't be reached, closed the connection, or no longer takes what is sent.

    The ids are those of the request that was waiting for its answer, if one was.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.client_order_id: Optional[str] = None
        self.order_id: Optional[int] = None


class NoAnswer(ExchangeError, TimeoutError):  # noqa: N818
    """The engine has not answered in time; the ids are those of the request that waited."""

    def __init__(self, timeout_s: float, client_order_id: Optional[str], order_id: Optional[int]) -> None:
        named = client_order_id if client_order_id is not None else order_id
        about = "" if named is None else f" about order {named}, which it may have taken"
        super().__init__(f"the engine has not answered within {timeout_s:g} s{about}")
        self.client_order_id = client_order_id
        self.order_id = order_id


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

    @property
    def client_order_id(self) -> Optional[str]:
        """Of the order that was refused, where the answer names one."""
        return self.message.get("client_order_id")

    @property
    def order_id(self) -> Optional[int]:
        """Of the order that was refused, where the answer names one."""
        return self.message.get("order_id")


class LoginRejected(Rejected):
    """The engine refused the login; it closes the connection."""
