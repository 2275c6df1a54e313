"""Frames of the trading screen as text files, to compare with those in `tests/unit/tui/screen/frames`.

A file holds four pictures of the same frame: the characters, then the foregrounds, the backgrounds and the
attributes, one letter per cell; what is ordinary is a blank.  After a wanted change of the screen:

    python3 -m tests.support.screen_snapshots     writes them all anew; read the difference before you commit it
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Union

from tests.support import moving_market, screen_scenes
from tests.support.project import ROOT
from tests.support.rewound_day import RewoundDay, at_a_queue, busy_day
from tests.support.screen_scenes import Scene
from tui.screen.cells import Canvas, Color
from tui.screen.messages import Lost
from tui.screen.update import update
from tui.screen.view import view

SCREENS = ROOT / "tests" / "unit" / "tui" / "screen" / "frames"
SIZES = {"60x20": (60, 20), "80x24": (80, 24), "120x36": (120, 36), "200x60": (200, 60)}


def _busy(width: int, height: int) -> Scene:
    return screen_scenes.busy(width, height)


def _confirm(width: int, height: int) -> Scene:
    scene = screen_scenes.busy(width, height)
    scene.press("5", "s")
    return scene


def _stale(width: int, height: int) -> Scene:
    scene = screen_scenes.busy(width, height)
    scene.now += 3.2
    return scene


def _disconnected(width: int, height: int) -> Scene:
    scene = screen_scenes.busy(width, height)
    scene.press("a")
    update(scene.model, Lost(scene.now, "the engine closed the connection"))
    return scene


def _help(width: int, height: int) -> Scene:
    scene = screen_scenes.busy(width, height)
    scene.press("?")
    return scene


def _zoomed_orders(width: int, height: int) -> Scene:
    scene = screen_scenes.many_orders(width, height)
    scene.press("z")
    return scene


def _rewind(width: int, height: int) -> RewoundDay:
    with busy_day(3_000) as day:
        return at_a_queue(day, width, height)


SCENES: dict[str, tuple[Callable[[int, int], Union[Scene, RewoundDay]], tuple[str, ...]]] = {
    "busy": (_busy, ("60x20", "80x24", "120x36", "200x60")),
    "several": (moving_market.several, ("120x36", "200x60")),
    "tour": (moving_market.tour, ("60x20", "80x24", "120x36", "200x60")),
    "rewind": (_rewind, ("60x20", "80x24", "120x36", "200x60")),
    "two_ladders": (moving_market.two_ladders, ("200x60",)),
    "empty": (screen_scenes.empty, ("80x24", "120x36")),
    "wide": (screen_scenes.wide, ("80x24",)),
    "long_numbers": (screen_scenes.long_numbers, ("80x24", "120x36")),
    "many_orders": (screen_scenes.many_orders, ("80x24", "120x36")),
    "zoomed_orders": (_zoomed_orders, ("120x36",)),
    "confirm": (_confirm, ("80x24",)),
    "stale": (_stale, ("80x24",)),
    "disconnected": (_disconnected, ("120x36",)),
    "call": (screen_scenes.call, ("80x24", "120x36")),
    "halt": (screen_scenes.halt, ("80x24", "120x36")),
    "iceberg": (screen_scenes.iceberg, ("80x24", "120x36")),
    "waiting_stop": (screen_scenes.waiting_stop, ("80x24", "120x36")),
    "heat_map": (moving_market.heat_map, ("60x20", "80x24", "120x36", "200x60")),
    "help": (_help, ("80x24", "120x36")),
}
NAMES = [f"{scene}_{size}" for scene, (_, sizes) in SCENES.items() for size in sizes]


def canvas(name: str) -> Canvas:
    """The frame called `name`, such as `busy_80x24`."""
    scene_name, _, size = name.rpartition("_")
    width, height = SIZES[size]
    scene = SCENES[scene_name][0](width, height)
    return view(scene.model, width, height, scene.now)


def picture(frame: Canvas) -> str:
    """The text of the file for a frame."""
    layers = [
        "".join(frame.characters),
        _letters(frame.foregrounds, Color.TEXT, "a"),
        _letters(frame.backgrounds, Color.BASE, "A"),
        _letters(frame.attributes, 0, "0"),
    ]
    titles = ("characters", "foregrounds", "backgrounds", "attributes")
    parts = []
    for title, layer in zip(titles, layers, strict=True):
        rows = [layer[y * frame.width : (y + 1) * frame.width].rstrip() for y in range(frame.height)]
        parts.append("\n".join([f"== {title}", *rows]))
    return "\n".join(parts) + "\n"


def _letters(layer: bytearray, ordinary: int, first: str) -> str:
    base = Color.BASE if first == "A" else 0
    return "".join(" " if value == ordinary else chr(ord(first) + value - base) for value in layer)


if __name__ == "__main__":
    SCREENS.mkdir(exist_ok=True)
    for snapshot_name in NAMES:
        (SCREENS / f"{snapshot_name}.txt").write_text(picture(canvas(snapshot_name)), encoding="utf-8")
    print(f"wrote {len(NAMES)} screens")
