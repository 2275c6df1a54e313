"""The trading screen while a recorded day is played again, as a terminal shows it: engine, replay, screen → SVG.

Other pictures are of fixed states (`screen_picture`); these are taken of real processes, so no two are the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.support.processes import Program, RunningEngine
from tests.support.screen_picture import Picture
from tests.support.screen_process import ScreenProcess
from tui.screen.cells import Attribute, Canvas, Color
from tui.screen.theme import PALETTES, Theme

WIDTH, HEIGHT = 120, 40
SYMBOL = "AAPL"
STRETCH = ("--speed", "10", "--from", "9:45", "--to", "10:00")
# So long after it joined the screen is shown.
WATCHED_S = 45.0
# The pictures, and who trades in the recorded day beside history.
AMONG: dict[str, tuple[str, ...]] = {
    "replay.svg": (),
    "replay_with_traders.svg": ("--mix", "mm:2,zi:5,momentum:3"),
}


def shown_canvas(width: int, height: int, cell: Callable[[int, int], Any]) -> Canvas:
    """The cells of an emulated terminal of many colours as a canvas of the default theme; `cell` has x and y."""
    canvas = Canvas(width, height)
    palette = {f"{red:02x}{green:02x}{blue:02x}": color for color, (red, green, blue) in _palette()}
    written_on = palette | {name: color for name, color in palette.items() if color >= Color.BASE}
    for index in range(width * height):
        shown = cell(index % width, index // width)
        canvas.characters[index] = shown.data
        canvas.foregrounds[index] = palette.get(shown.fg, Color.TEXT)
        canvas.backgrounds[index] = written_on.get(shown.bg, Color.BASE)
        canvas.attributes[index] = (
            Attribute.BOLD * shown.bold
            | Attribute.REVERSE * shown.reverse
            | Attribute.UNDERLINE * shown.underscore
        )
    return canvas


def _palette() -> list[tuple[Color, tuple[int, int, int]]]:
    return list(PALETTES[Theme.DEFAULT].items())


def replay_picture(flow: Path, *among: str) -> str:
    """The screen in the middle of that day's second quarter of an hour.  Takes a minute."""
    with TemporaryDirectory() as name, RunningEngine(Path(name) / "engine", "--symbols", SYMBOL) as engine:
        where = ("--port", str(engine.port), "--data-dir", str(Path(name) / "replay"))
        with Program("start_simulation.py", "--replay", str(flow), *where, *STRETCH, *among) as replay:
            replay.see("playing ")
            with ScreenProcess(engine.port, Path(name), WIDTH, HEIGHT, COLORTERM="truecolor") as screen:
                screen.see(f"LADDER {SYMBOL}")
                end_s = time.monotonic() + WATCHED_S
                while time.monotonic() < end_s:
                    screen.read(0.1)
                screen.type(b" ")  # Centre the ladder.
                end_s += 1
                while time.monotonic() < end_s:
                    screen.read(0.1)
                return Picture(shown_canvas(WIDTH, HEIGHT, screen.cell), Theme.DEFAULT).svg()
