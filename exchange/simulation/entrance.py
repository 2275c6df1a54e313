"""How a simulated user or a replay is let in: one connection, logged in, or one line that says why not."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import NamedTuple, Optional, TypeVar

from exchange.networking.tcp_client import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    ConnectionLost,
    ExchangeError,
    KeptLogin,
    LoginRejected,
    MessageClient,
    TokenFileError,
    TokenStore,
    log_in,
)
from exchange.simulation.errors import CannotStartError, EngineAbsentError

T = TypeVar("T")


class Entrance(NamedTuple):
    """Where the engine is, and `tokens`, where those of all users are, or will be; `tls` None means plain TCP."""

    tokens: TokenStore
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    tls: Optional[ssl.SSLContext] = None

    def admit(self, user: str) -> KeptLogin:
        """A client that speaks for `user`.  Raises what `let_in` raises."""
        return self.let_in(user, lambda: log_in(self._connect, user, self.tokens))

    def let_in(self, user: str, log_in: Callable[[], T]) -> T:
        """What this `log_in` returns.

        Raises EngineAbsentError where nobody answers, and CannotStartError where somebody says no.
        """
        try:
            return log_in()
        except LoginRejected as refusal:
            advice = f"; {self.tokens.advice(user, self.host, self.port)}" if refusal.code == "BAD_TOKEN" else ""
            raise CannotStartError(f"user {user} is not let in: {refusal}{advice}") from refusal
        except TokenFileError as error:
            raise CannotStartError(str(error)) from error
        except ExchangeError as error:
            raise EngineAbsentError(f"no exchange at {self.host}:{self.port}: {error}") from error
        except OSError as error:
            raise CannotStartError(f"the token of {user} can't be kept: {error}") from error

    def connect(self) -> MessageClient:
        """A connection on which nobody is logged in.  Raises ConnectionLost."""
        return MessageClient.connect(self.host, self.port, tls=self.tls)

    def _connect(self) -> MessageClient:
        try:
            return self.connect()
        except ConnectionLost as error:
            raise EngineAbsentError(str(error)) from error
