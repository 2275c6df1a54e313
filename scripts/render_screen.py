#!/usr/bin/env python3
"""Write the trading screen's picture for the README, `tui/screenshot.svg`, anew."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from exchange.utils.command_line import OneLineParser
from tests.screen_picture import picture

PICTURE = ROOT / "tui" / "screenshot.svg"


def main(arguments: list[str]) -> int:
    """Draw and write it."""
    OneLineParser(prog="render_screen.py", description=__doc__).parse_args(arguments)
    PICTURE.write_text(picture(), encoding="utf-8")
    print(f"wrote {PICTURE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
