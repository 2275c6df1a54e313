"""Where things are in a data directory (`data/README.md` says what they are)."""

from __future__ import annotations

import shlex
from pathlib import Path

from exchange.utils.helpers import FileError

_NAMES = frozenset({"journal", "orders", "trades", "logs", "operator.sock", "engine.lock", "engine_id"})


def journal_directory(data_directory: Path) -> Path:
    """The segments of the journal."""
    return data_directory / "journal"


def snapshot_directory(data_directory: Path) -> Path:
    """The snapshots."""
    return data_directory / "orders"


def ledger_path(data_directory: Path) -> Path:
    """The ledger."""
    return data_directory / "trades" / "trades.jsonl"


def log_directory(data_directory: Path) -> Path:
    """The audit logs."""
    return data_directory / "logs"


def operator_socket_path(data_directory: Path) -> Path:
    """Where the operator reaches the engine that runs here."""
    return data_directory / "operator.sock"


def engine_id_path(data_directory: Path) -> Path:
    """The engine's random name."""
    return data_directory / "engine_id"


def verify_command(data_directory: Path) -> str:
    """What a person types to have this very directory checked."""
    return f"exchange verify --data-dir {shlex.quote(str(data_directory))}"


def refuse_what_is_not_ours(data_directory: Path) -> None:
    """Raise FileError if something of ours is somewhere else (only the data directory as a whole may be), or if
    what an operator's socket would take the place of is none."""
    for part in sorted(data_directory.iterdir()):
        if part.is_symlink() and part.name in _NAMES:
            raise FileError(
                f"{part}: is a symbolic link; the exchange writes to files and directories of its own alone: "
                "move what it leads to here, or let the whole data directory be elsewhere"
            )
    socket_path = operator_socket_path(data_directory)
    if socket_path.exists() and not socket_path.is_socket():
        raise FileError(f"{socket_path}: is not the exchange's own, it is no socket; move it away")


def lock_path(data_directory: Path) -> Path:
    """The lock of the one engine that may work here."""
    return data_directory / "engine.lock"
