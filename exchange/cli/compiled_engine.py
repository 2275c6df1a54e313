"""Which engine runs: the source as it is, or the same source compiled (`make fast`).

`make fast` compiles the modules of `exchange/engine` into a folder of the clone that is named by what they were
compiled from: the source, to the byte, and the Python.  So a compiled engine whose source has changed since is
never found, and a stale one can't run by mistake.

    build/fast/3f9c…/exchange/engine/order_entry.cpython-311-x86_64-linux-gnu.so …

The environment variable EXCHANGE_ENGINE says which is wanted; it reaches every process that a test starts.  It
must be asked before anything of the engine is imported, so this imports nothing of it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Optional

import exchange.engine

VARIABLE = "EXCHANGE_ENGINE"
PURE, COMPILED, AUTO = "pure", "compiled", "auto"
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


def put_in_front(environment: Mapping[str, str] = os.environ) -> None:
    """Let what is imported of the engine from now on be the one that the environment asks for.

    `pure`, the default: the source.  `compiled`: that or EngineChoiceError.  `auto`: that where there is one.
    """
    wanted = environment.get(VARIABLE) or PURE
    if wanted not in (PURE, COMPILED, AUTO):
        raise EngineChoiceError(f"{VARIABLE}={wanted}: must be {PURE}, {COMPILED} or {AUTO}")
    if wanted == PURE or is_compiled():
        return
    folder = build_folder()
    if not folder.is_dir():
        if wanted == COMPILED:
            raise EngineChoiceError(f"{VARIABLE}={wanted}: there is none of this source; make fast compiles it")
        return
    imported = [name for name in sys.modules if name.startswith("exchange.engine.")]
    assert not imported, f"imported before the engine was chosen: {imported}"
    # The modules share one library, which they import by its name.
    sys.path.append(str(folder))
    exchange.engine.__path__.insert(0, str(folder / "exchange" / "engine"))


def is_compiled() -> bool:
    """Whether a compiled engine was put in front in this process."""
    return str(BUILDS) in exchange.engine.__path__[0]


def chosen(environment: Mapping[str, str] = os.environ) -> Optional[str]:
    """Which engine this process runs, in a line for whoever left it open (`auto`); None where it was asked for."""
    if environment.get(VARIABLE) != AUTO:
        return None
    if is_compiled():
        return "the engine is compiled"
    is_stale = BUILDS.is_dir() and any(BUILDS.iterdir())
    return "the engine is pure Python" + ("; the compiled one is of another source: make fast" if is_stale else "")
