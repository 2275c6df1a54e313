"""The options of all who speak to an engine over TCP: where it is, and how it is known to be the right one."""

from __future__ import annotations

import argparse
import ssl
from typing import NamedTuple, Optional

from exchange.cli.command_parser import CommandParser
from exchange.networking.tcp_client import DEFAULT_HOST, DEFAULT_PORT, MessageClient
from exchange.utils.command_line import PORT_MAX, trusting


class EngineAddress(NamedTuple):
    """Where the engine is; `tls` None means plain TCP."""

    host: str
    port: int
    tls: Optional[ssl.SSLContext]

    def connect(self) -> MessageClient:
        """A client that is connected, and not logged in.  Raises ConnectionLost."""
        return MessageClient.connect(self.host, self.port, tls=self.tls)


def add_address(parser: CommandParser) -> None:
    """Add --host, --port and --tls-ca; `address` makes one value of them."""
    parser.add_argument("--host", default=DEFAULT_HOST, help="where the engine runs (default: %(default)s)")
    parser.add_argument(
        "--port", type=engine_port, default=DEFAULT_PORT, help="the port it listens on (default: %(default)s)"
    )
    parser.add_argument(
        "--tls-ca",
        type=trusting,
        metavar="FILE.pem",
        help="talk TLS, and only to an engine that this certificate vouches for (default: plain TCP)",
    )


def address(options: argparse.Namespace) -> EngineAddress:
    """What was said with the options of `add_address`."""
    return EngineAddress(options.host, options.port, options.tls_ca)


def engine_port(text: str) -> int:
    """A port that an engine can listen on.  Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= PORT_MAX):
        raise argparse.ArgumentTypeError(f"port {text!r} is not a number from 1 to {PORT_MAX}")
    return int(text)
