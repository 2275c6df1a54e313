"""Which engine runs: the source as it is, or the same source compiled (`make fast`).

`make fast` compiles the modules of `exchange/engine` into a folder of the clone that is named by what they were
compiled from: the source, to the byte, and the Python.  So a compiled engine whose source has changed since is
never found, and a stale one can't run by mistake.

    build/fast/3f9c…/exchange/engine/order_entry.cpython-311-x86_64-linux-gnu.so …

`exchange engine --engine` says which is wanted, else the environment variable EXCHANGE_ENGINE, which reaches every
process that a test starts; where neither does, the exchange runs what there is, all else the source.  It must be
known before anything of the engine is imported, so this imports nothing of it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Optional

import exchange.engine

VARIABLE = "EXCHANGE_ENGINE"
PURE, COMPILED, AUTO = "pure", "compiled", "auto"
OPTION, CHOICES = "--engine", (PURE, COMPILED, AUTO)
SOURCE = Path(exchange.engine.__file__).resolve().parent
# Beside the package, not in it: an installed package has none.
BUILDS = SOURCE.parent.parent / "build" / "fast"


# Named values, which others read the fields of, with their types: compiled they would be the same, without these.
VALUES = frozenset({"__init__", "commands", "events", "instrument", "limits", "terms", "trade", "words"})


class EngineChoiceError(Exception):
    """The engine that is wanted can't run; the text is one line."""


def module_files() -> list[Path]:
    """What is compiled: every module of the engine that does something."""
    return sorted(path for path in SOURCE.glob("*.py") if path.stem not in VALUES)


def build_folder() -> Path:
    """Where the engine is that was compiled from this very source by this very Python, if it was."""
    # Only who compiles, or asks for what was compiled, pays for the import.
    from hashlib import sha256

    total = sha256(f"{sys.implementation.cache_tag} {sys.version}".encode())
    for path in sorted(SOURCE.glob("*.py")):
        total.update(b"%s %d\n" % (path.name.encode(), path.stat().st_size))
        total.update(path.read_bytes())
    return BUILDS / total.hexdigest()[:16]


def option_in(words: Sequence[str]) -> Optional[str]:
    """What the option says among the words of a command, of which nothing is loaded yet; None: nothing.

    A wrong value is left to the parser of the whole command.
    """
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument(OPTION, nargs="?")
    said: Optional[str] = parser.parse_known_args(words)[0].engine
    return said if said in CHOICES else None


def put_in_front(
    option: Optional[str] = None, default: str = PURE, environment: Mapping[str, str] = os.environ
) -> None:
    """Let what is imported of the engine from now on be what `option` asks for, or environment, or `default`.

    `pure`: the source.  `compiled`: that or EngineChoiceError.  `auto`: that where there is one.
    """
    wanted = option or environment.get(VARIABLE) or default
    told = f"{OPTION} {option}" if option else f"{VARIABLE}={wanted}"
    if wanted not in CHOICES:
        raise EngineChoiceError(f"{told}: must be {PURE}, {COMPILED} or {AUTO}")
    if wanted == PURE or is_compiled():
        return
    folder = build_folder()
    if not folder.is_dir():
        if wanted == COMPILED:
            what = "the compiled one is of another source" if _is_stale() else "there is none of this source"
            raise EngineChoiceError(f"{told}: {what}; make fast compiles it")
        return
    imported = [name for name in sys.modules if name.startswith("exchange.engine.")]
    assert not imported, f"imported before the engine was chosen: {imported}"
    # The modules share one library, which they import by its name.
    sys.path.append(str(folder))
    exchange.engine.__path__.insert(0, str(folder / "exchange" / "engine"))


def is_compiled() -> bool:
    """Whether a compiled engine was put in front in this process."""
    return str(BUILDS) in exchange.engine.__path__[0]


def chosen(option: Optional[str] = None, environment: Mapping[str, str] = os.environ) -> Optional[str]:
    """Which engine the exchange runs, in a line for whoever left it open.

    None where it was asked for, and where nobody spoke of it and nothing was ever compiled.
    """
    wanted = option or environment.get(VARIABLE)
    if (wanted or AUTO) != AUTO:
        return None
    if is_compiled():
        return "the engine is compiled"
    if _is_stale():
        return "the engine is pure Python; the compiled one is of another source: make fast"
    return "the engine is pure Python" if wanted else None


def _is_stale() -> bool:
    """Where none of this source is found: whether something was compiled."""
    return BUILDS.is_dir() and any(BUILDS.iterdir())
