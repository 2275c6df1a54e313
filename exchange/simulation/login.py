"""How a simulated user or a replay is let in: one connection, logged in, or one line that says why not."""

from __future__ import annotations

import ssl
from typing import Optional

from exchange.networking.tcp_client import (
    ConnectionLost,
    ExchangeClient,
    LoginRejected,
    ProtocolError,
    TokenFileError,
    TokenStore,
)
from exchange.simulation.errors import CannotStartError


def log_in(
    host: str, port: int, user: str, tokens: TokenStore, tls: Optional[ssl.SSLContext] = None
) -> ExchangeClient:
    """A client that speaks for `user`, whose token is, or will be, in `tokens`.  Raises CannotStartError."""
    try:
        client = ExchangeClient.connect(host, port, tls=tls)
    except ConnectionLost as error:
        raise CannotStartError(str(error)) from error
    try:
        client.login(user, tokens)
    except LoginRejected as refusal:
        client.close()
        advice = f"; {tokens.advice(user)}" if refusal.code == "BAD_TOKEN" else ""
        raise CannotStartError(f"user {user} is not let in: {refusal}{advice}") from refusal
    except TokenFileError as error:
        client.close()
        raise CannotStartError(str(error)) from error
    except (ConnectionLost, ProtocolError, TimeoutError) as error:
        client.close()
        raise CannotStartError(f"no exchange at {host}:{port}: {error}") from error
    except OSError as error:
        client.close()
        raise CannotStartError(f"the token of {user} can't be kept: {error}") from error
    return client
