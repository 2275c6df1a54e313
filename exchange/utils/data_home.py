"""Where the data is when no option says so: the same place whatever folder the command is typed in.

    $EXCHANGE_HOME      where somebody has chosen a place
    ./data              where it is there already, as in a clone, and is empty or holds an exchange's files
    the user's own      ~/.local/share/exchange-simulator ($XDG_DATA_HOME), on macOS
                        ~/Library/Application Support/exchange-simulator

Nothing is made here: who writes first makes the directory.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

HOME_VARIABLE = "EXCHANGE_HOME"
HERE = Path("data")
FOLDER = "exchange-simulator"
# By any of these a folder of this name is known for ours (the last: in a clone); many a project has a `data` with
# other things in it.
_OURS = (("journal",), ("engine_id",), ("tokens",), ("session_orders",), ("README.md", "samples"))


def data_home(environment: Mapping[str, str], folder: Path, platform: str) -> Path:
    """The data directory for a command that is typed in `folder`; `platform` as in `sys.platform`."""
    chosen = environment.get(HOME_VARIABLE)
    if chosen:
        return Path(chosen)
    if _is_ours(folder / HERE):
        return HERE
    return user_data_directory(environment, platform) / FOLDER


def _is_ours(directory: Path) -> bool:
    """Whether it is a directory of an exchange's, or a new one for it."""
    if not directory.is_dir():
        return False
    held = {path.name for path in directory.iterdir()}
    return not held or any(held.issuperset(names) for names in _OURS)


def user_data_directory(environment: Mapping[str, str], platform: str) -> Path:
    """Where the platform wants programs to keep what they keep for a user."""
    home = _home(environment)
    if platform == "darwin":
        return home / "Library" / "Application Support"
    # The XDG Base Directory Specification: a relative path is invalid, and to be ignored.
    told = Path(environment.get("XDG_DATA_HOME", ""))
    return told if told.is_absolute() else home / ".local" / "share"


def _home(environment: Mapping[str, str]) -> Path:
    """The user's home directory; this folder for one who has none, as there are in containers."""
    if environment.get("HOME"):
        return Path(environment["HOME"])
    try:
        return Path.home()
    except RuntimeError:
        return Path()


def described_data_home() -> tuple[Path, str]:
    """The data directory of this process, and the rule by which it is that one, for a help text."""
    own = user_data_directory(os.environ, sys.platform) / FOLDER
    rule = f"${HOME_VARIABLE}, else ./{HERE} where that is empty or an exchange's, else {own}"
    return data_home(os.environ, Path(), sys.platform), rule
