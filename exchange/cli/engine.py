"""`exchange engine`: the exchange itself, until SIGINT or SIGTERM."""

from __future__ import annotations

import argparse
import gc
import ipaddress
import logging
import os
import resource
import signal
import ssl
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Optional

from exchange.assembly import Exchange, Options, StartupError
from exchange.cli import compiled_engine
from exchange.cli.command_parser import CommandFailed, CommandParser
from exchange.cli.subcommands import STOP_SIGNALS
from exchange.engine.instrument import Instrument
from exchange.engine.limits import Limits
from exchange.networking.inbound.login_check import NEW_USERS_BURST_S, NEW_USERS_PER_S_DEFAULT
from exchange.networking.tcp_server import ServerOptions
from exchange.storage.data_directory import StorageOptions
from exchange.storage.instruments_file import InstrumentsFileError, instruments_from_symbols, read_instruments
from exchange.storage.journal_format import Durability
from exchange.utils.batch_thread import BatchThreadError
from exchange.utils.command_line import complain, port_number, say
from exchange.utils.data_home import described_data_home
from exchange.utils.helpers import FileError
from exchange.utils.interruption import ignore
from exchange.utils.tls import server_context

DESCRIPTION = "Run the exchange until SIGINT or SIGTERM: take orders over TCP, match them, keep the trades."
EPILOG = "exit code: 0 stopped in order, 1 it failed and said why, 2 it could not start"

EXIT_FAILED = 1
SWITCH_INTERVAL_S = 0.001


# --- options ---------------------------------------------------------------------------------------------------


def add_options(parser: CommandParser) -> None:
    """All that can be said of an exchange."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=port_number, default=9009, help="port to listen on, 0 for a free one (default: %(default)s)"
    )
    parser.add_data_dir("where everything is kept")
    parser.add_argument(
        compiled_engine.OPTION,
        choices=compiled_engine.CHOICES,
        help="the engine as its source (pure), the same compiled by `make fast` (compiled), or that where there "
        f"is one of this source (auto; default: ${compiled_engine.VARIABLE}, else auto)",
    )
    _add_listing(parser)
    _add_storage(parser)
    _add_limits(parser)
    tls_files = parser.add_argument_group("TLS; both or neither")
    tls_files.add_argument("--tls-cert", type=Path, metavar="FILE.pem", help="certificate to show to clients")
    tls_files.add_argument("--tls-key", type=Path, metavar="FILE.pem", help="its private key")
    parser.add_argument(
        "--log-level",
        choices=["DEBUG", "INFO", "WARNING", "ERROR"],
        default="WARNING",
        help="what to report on stderr (default: %(default)s)",
    )


def _add_listing(parser: CommandParser) -> None:
    listing = parser.add_mutually_exclusive_group()
    listing.add_argument(
        "--symbols", metavar="A,B", help="instruments to list, tick 0.01, lot 1 (default: what the data directory "
        "holds, or ACME if it is new)"
    )  # fmt: skip
    listing.add_argument(
        "--instruments", type=Path, metavar="FILE.json", help="instruments to list, with tick, lot and limits"
    )


def _add_storage(parser: CommandParser) -> None:
    parser.add_argument(
        "--durability",
        choices=[durability.value for durability in Durability],
        default=Durability.FSYNC.value,
        help="when an event may be told: after its command is on stable storage (fsync), or after it was handed "
        "to the system (os: survives the end of the process, not a loss of power; default: %(default)s)",
    )
    parser.add_argument(
        "--snapshot-every",
        type=command_count,
        metavar="N",
        default=StorageOptions().snapshot_every,
        help="commands between two snapshots of the state, from which a restart goes on; 0 for only one at the "
        "end (default: %(default)s)",
    )


def _add_limits(parser: CommandParser) -> None:
    limits = parser.add_argument_group("limits, for each user; none unless it says otherwise")
    for option, meaning, default in (
        ("--messages-per-s", "messages per second, in bursts of as many", None),
        ("--open-orders-max", "live orders (default: %(default)s)", Limits().open_orders_max),
        ("--quantity-max", "quantity of one order", None),
        ("--position-max", "position in one symbol, live orders counted as filled", None),
        (
            "--connections-max",
            "connections of all users together (default: as many as the system allows)",
            None,
        ),
        (
            "--new-users-per-s",
            f"names that one address may claim per second, {NEW_USERS_BURST_S} times as many at once "
            f"(default: {NEW_USERS_PER_S_DEFAULT}, for this machine no limit)",
            None,
        ),
        ("--users-max", "users there may be, ever (default: no limit)", None),
    ):
        limits.add_argument(option, type=positive, metavar="N", default=default, help=meaning)


def command_count(text: str) -> int:
    """A number of commands, 0 or more.  Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 15):
        raise argparse.ArgumentTypeError(f"{text!r}: must be a number of commands, 0 or more")
    return int(text)


def positive(text: str) -> int:
    """A number of at least 1.  Raises ArgumentTypeError."""
    if not (text.isascii() and text.isdecimal() and 0 < len(text) <= 15 and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r}: must be a number of at least 1")
    return int(text)


# --- parts -----------------------------------------------------------------------------------------------------


def tls(options: argparse.Namespace) -> Optional[ssl.SSLContext]:
    """What clients are shown, None for plain TCP.  Raises StartupError."""
    if (options.tls_cert is None) != (options.tls_key is None):
        raise StartupError("--tls-cert and --tls-key go together")
    if options.tls_cert is None:
        return None
    try:
        return server_context(str(options.tls_cert), str(options.tls_key))
    except OSError as error:
        raise StartupError(f"--tls-cert {options.tls_cert} --tls-key {options.tls_key}: {error}") from error


def is_loopback(address: str) -> bool:
    """Whether only this machine can reach the IP `address`."""
    return ipaddress.ip_address(address).is_loopback


def instruments(options: argparse.Namespace) -> Optional[list[Instrument]]:
    """The instruments that were asked for, None if none were."""
    if options.symbols is not None:
        return instruments_from_symbols(options.symbols)
    if options.instruments is not None:
        return read_instruments(options.instruments)
    return None


def exchange_of(options: argparse.Namespace, tell: Callable[[str], None]) -> Exchange:
    """The exchange that the options ask for; `tell` takes what whoever waits for it should know.

    Raises CommandFailed.
    """
    try:
        return Exchange(
            Options(
                ServerOptions(options.host, options.port, options.connections_max, tls(options)),
                options.data_dir,
                instruments(options),
                StorageOptions(Durability(options.durability), options.snapshot_every),
                Limits(options.open_orders_max, options.quantity_max, options.position_max),
                options.messages_per_s,
                options.new_users_per_s,
                options.users_max,
            ),
            tell=tell,
        )
    except (StartupError, InstrumentsFileError, FileError, BatchThreadError) as error:
        raise CommandFailed(error) from error
    except RuntimeError as error:
        raise without_thread(error) from error
    except OSError as error:
        where = f"{options.host}:{options.port} with {options.data_dir}"
        raise CommandFailed(f"can't start on {where}: {error}") from error


def without_thread(error: RuntimeError) -> CommandFailed:
    """What to say where the system has a limit on threads; other errors of this type are bugs, raised again."""
    if "new thread" not in str(error):
        raise error
    return CommandFailed(f"{error}: the system allows this user no more (ulimit -u)")


def allow_all_descriptors() -> None:
    """Each connection needs a descriptor: have as many as the system lets this process have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (ValueError, OSError):
        return  # A system that does not allow it; then there are fewer connections.


def prepare_process(log_level: str) -> None:
    """Make the process one that only trades."""
    allow_all_descriptors()
    # Reference counts free all that the exchange makes (test_no_garbage.py), and a full collection would stop
    # trading for as long as it takes to look at every order there is.
    gc.disable()
    # Who waits for the interpreter while somebody else's bytes are decoded waits no longer than this.
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    logging.raiseExceptions = False  # A log that can't be written is no reason to tell a story about it.
    logging.basicConfig(level=log_level, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)


def stop_at_signals(request_stop: Callable[[], None]) -> None:
    """The first of the signals asks for a stop; more change nothing, however many come."""

    def stop(_number: int, _frame: Optional[FrameType]) -> None:
        ignore(STOP_SIGNALS)
        request_stop()

    for number in STOP_SIGNALS:
        signal.signal(number, stop)


# --- the whole -------------------------------------------------------------------------------------------------


def run(options: argparse.Namespace) -> int:
    """Run until stopped; the exit code.  Raises CommandFailed where it can't start."""
    prepare_process(options.log_level)

    def tell(line: str) -> None:
        complain(f"{options.program}: {line}")

    exchange = exchange_of(options, tell)
    # The address that was had, not the name that was asked for: names of this machine alone are many.
    host, port = exchange.address
    if options.tls_cert is None and not is_loopback(host):
        tell(f"warning: {host} may be reached from other machines, and without TLS tokens can be read")
    if (choice := compiled_engine.chosen(options.engine)) is not None:
        tell(choice)
    if options.data_dir == described_data_home()[0]:
        tell(f"everything is kept in {options.data_dir.resolve()}")  # Nobody has said where.
    stop_at_signals(exchange.request_stop)
    try:
        exchange.start()
    except RuntimeError as error:
        raise without_thread(error) from error
    say(f"exchange listening on {f'[{host}]' if ':' in host else host}:{port}")
    exchange.wait()
    exchange.stop()
    if exchange.failure is not None:
        # Python's own end would wait for whoever is stuck in the middle of a word that nobody takes.
        os._exit(EXIT_FAILED)
    return 0
