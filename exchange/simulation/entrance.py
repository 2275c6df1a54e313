"""How a simulated user or a replay is let in: one connection, logged in, or one line that says why not."""

from __future__ import annotations

import ssl
from typing import NamedTuple, Optional

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


class Entrance(NamedTuple):
    """Where the engine is, and `tokens`, where those of all users are, or will be; `tls` None means plain TCP."""

    tokens: TokenStore
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    tls: Optional[ssl.SSLContext] = None

    def admit(self, user: str, last_seq: Optional[int] = None) -> KeptLogin:
        """A client that speaks for `user`, and hears what was missed since `last_seq`.

        Raises EngineAbsentError where nobody answers, and CannotStartError where somebody says no.
        """
        try:
            return log_in(self._connect, user, self.tokens, last_seq=last_seq)
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
