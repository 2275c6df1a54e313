#!/usr/bin/env python3
"""Write the trading screen's pictures for the READMEs anew: `tui/screenshot.svg` and those in `tui/pictures`."""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, interrupted, run

ENDING = interrupted("render_screen.py")
if __name__ == "__main__":
    end_at_once(ENDING)

from pathlib import Path

from exchange.utils.command_line import OneLineParser
from tests.support.screen_picture import pictures

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "tui"


def main(arguments: list[str]) -> int:
    """Draw and write them."""
    OneLineParser(prog="render_screen.py", description=__doc__).parse_args(arguments)
    for name, text in pictures().items():
        path = PLACE / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
