#!/usr/bin/env python3
"""Write the trading screen's pictures for the READMEs anew: `tui/screenshot.svg` and those in `tui/pictures`.

With --replay, those of a recorded day that is played again, in `exchange/simulation/pictures`.
"""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, interrupted, run

ENDING = interrupted("render_screen.py")
if __name__ == "__main__":
    end_at_once(ENDING)

from pathlib import Path
from typing import Optional

from exchange.utils.command_line import OneLineParser
from tests.support.replay_picture import AMONG, replay_picture
from tests.support.screen_picture import pictures

ROOT = Path(__file__).resolve().parent.parent
PLACE = ROOT / "tui"
REPLAY_PLACE = ROOT / "exchange" / "simulation" / "pictures"


def main(arguments: list[str]) -> int:
    """Draw and write them."""
    parser = OneLineParser(prog="render_screen.py", description=__doc__)
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="AAPL's recorded order flow from 9:30 on, to be played again"
    )
    flow: Optional[Path] = parser.parse_args(arguments).replay
    if flow is None:
        for name, text in pictures().items():
            _write(PLACE / name, text)
    else:
        for name, among in AMONG.items():
            _write(REPLAY_PLACE / name, replay_picture(flow, *among))
    return 0


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"wrote {path}")


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
