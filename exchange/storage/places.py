"""Where things are in a data directory (`data/README.md` says what they are)."""

from __future__ import annotations

from pathlib import Path


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


def lock_path(data_directory: Path) -> Path:
    """The lock of the one engine that may work here."""
    return data_directory / "engine.lock"
