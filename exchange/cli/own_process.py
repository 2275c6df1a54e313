"""How a subcommand runs another one in a process of its own: by this Python, from the same place on the disk."""

from __future__ import annotations

import sys
from pathlib import Path

import exchange

# Where this very package is, a clone or an installation: the folder one works in may hold another `exchange`.
PLACE = Path(exchange.__file__).resolve().parent.parent


def command_line(*words: str) -> list[str]:
    """What starts `exchange WORDS…`."""
    program = (
        f"import sys; sys.path.insert(0, {str(PLACE)!r}); from exchange.cli.main import main; sys.exit(main())"
    )
    return [sys.executable, "-I", "-c", program, *words]
