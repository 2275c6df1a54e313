"""Any size, any state: exact geometry, and painting the difference equals painting everything."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import moving_market, screen_scenes
from tests.support.screen_scenes import Scene
from tui.screen.cells import Attribute, Canvas, Color
from tui.screen.key_decoder import KeyDecoder
from tui.screen.key_table import ACTIONS
from tui.screen.layout import is_too_small, layout
from tui.screen.messages import Resized, Typed
from tui.screen.painter import paint
from tui.screen.theme import ColorDepth, Styles, Theme
from tui.screen.update import update
from tui.screen.view import view

MAKERS = (
    screen_scenes.busy,
    screen_scenes.empty,
    screen_scenes.wide,
    screen_scenes.long_numbers,
    screen_scenes.many_orders,
    screen_scenes.call,
    screen_scenes.halt,
    screen_scenes.iceberg,
    screen_scenes.waiting_stop,
    lambda width, height: moving_market.moving(width, height, seconds=20),
)
widths, heights = st.integers(1, 260), st.integers(1, 90)
key_names = st.lists(st.sampled_from(sorted(ACTIONS)), max_size=8)
EVERY_STYLES = [
    Styles(Theme.DEFAULT, depth) for depth in (ColorDepth.TRUE_COLOR, ColorDepth.ANSI_8, ColorDepth.NONE)
]


class Terminal:
    """As much of a terminal as the painter uses; every cell with the style it was written in."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.cells = [("?", "?")] * (width * height)
        self._style: dict[str, str] = {}

    def write(self, text: str) -> None:
        x = y = 0
        for code, final, letters in re.findall(r"\x1b\[([0-9;?]*)([A-Za-z])([^\x1b]*)", text):
            if final == "H":
                y, x = (int(number) - 1 for number in code.split(";"))
            elif final == "m":
                self._set(code)
            for letter in letters:
                assert 0 <= x < self.width and 0 <= y < self.height, (x, y)
                self.cells[y * self.width + x] = (letter, repr(sorted(self._style.items())))
                x += 1

    def _set(self, code: str) -> None:
        if code.startswith("0"):
            self._style = {"attributes": re.split(";?[34]8;", code)[0]}
        for layer, color in re.findall(r"([34]8);2;(\d+;\d+;\d+)", code):
            self._style[layer] = color


def scene_of(maker_index: int, width: int, height: int, keys: list[str]) -> Scene:
    scene = MAKERS[maker_index](width, height)
    scene.press(*keys)
    return scene


def frame_of(scene: Scene) -> Canvas:
    return view(scene.model, scene.model.width, scene.model.height, scene.now)


@given(st.data())
def test_nothing_is_ever_drawn_outside_an_area(data: st.DataObject) -> None:
    width, height = data.draw(st.integers(1, 12)), data.draw(st.integers(1, 6))
    canvas, number = Canvas(width, height), st.integers(-3, 14)
    left, top, part_width, part_height = (data.draw(st.integers(0, limit)) for limit in (5, 5, 14, 14))
    area = canvas.area().part(left, top, part_width, part_height)
    text, x, y = data.draw(st.text("abc", max_size=15)), data.draw(number), data.draw(number)
    data.draw(
        st.sampled_from(
            [
                lambda: area.put(x, y, text, Color.BID, Color.CURSOR, Attribute.BOLD),
                lambda: area.put_right(x, y, text, Color.BID, Color.CURSOR, Attribute.BOLD),
                lambda: area.shade(x, y, len(text), Color.CURSOR),
                lambda: area.pick_out(y, Color.CURSOR),
                area.dim,
            ]
        )
    )()
    blank = Canvas(width, height)
    for index in range(width * height):
        is_inside_x = area.left <= index % width < area.left + area.width
        if not (is_inside_x and area.top <= index // width < area.top + area.height):
            assert cell(canvas, index) == cell(blank, index)
    assert len(canvas.characters) == len(canvas.foregrounds) == width * height


def cell(canvas: Canvas, index: int) -> tuple[str, int, int, int]:
    layers = (canvas.foregrounds[index], canvas.backgrounds[index], canvas.attributes[index])
    return (canvas.characters[index], *layers)


@settings(deadline=None)
@given(st.integers(0, len(MAKERS) - 1), widths, heights, key_names)
def test_every_state_fits_every_size_exactly(index: int, width: int, height: int, keys: list[str]) -> None:
    canvas = frame_of(scene_of(index, width, height, keys))
    assert (canvas.width, canvas.height) == (width, height)
    layers = (canvas.characters, canvas.foregrounds, canvas.backgrounds, canvas.attributes)
    assert {len(layer) for layer in layers} == {width * height}
    assert all(len(character) == 1 and character.isprintable() for character in canvas.characters)


@settings(deadline=None)
@given(widths, heights)
def test_panels_tile_the_room_between_the_header_and_the_ticket(width: int, height: int) -> None:
    shown = layout(width, height)
    if is_too_small(width, height):
        assert shown.panels == {}
        return
    covered = [
        (x, y)
        for rect in shown.panels.values()
        for x in range(rect.x, rect.x + rect.width)
        for y in range(rect.y, rect.y + rect.height)
    ]
    assert sorted(covered) == sorted((x, y) for x in range(width) for y in range(1, height - 3))


@settings(deadline=None)
@given(st.integers(0, len(MAKERS) - 1), st.integers(1, 140), st.integers(1, 45), key_names, key_names)
def test_painting_the_difference_equals_painting_everything(
    index: int, width: int, height: int, keys: list[str], more_keys: list[str]
) -> None:
    scene = scene_of(index, width, height, keys)
    before = frame_of(scene)
    scene.press(*more_keys)
    scene.now += 0.4
    after = frame_of(scene)
    for styles in EVERY_STYLES:
        by_steps, at_once = Terminal(width, height), Terminal(width, height)
        by_steps.write(paint(None, before, styles))
        by_steps.write(paint(before, after, styles))
        at_once.write(paint(None, after, styles))
        assert by_steps.cells == at_once.cells
        assert [letter for letter, _ in at_once.cells] == after.characters


@settings(deadline=None)
@given(st.integers(0, len(MAKERS) - 1), st.lists(st.tuples(widths, heights), min_size=1, max_size=5))
def test_any_order_of_resizes_draws(index: int, sizes: list[tuple[int, int]]) -> None:
    scene = MAKERS[index](120, 36)
    for width, height in sizes:
        update(scene.model, Resized(scene.now, width, height))
        frame = frame_of(scene)
        assert (frame.width, frame.height) == (width, height)


@settings(deadline=None)
@given(st.lists(st.binary(max_size=12), max_size=12))
def test_any_bytes_in_any_pieces_give_the_same_inputs_and_never_harm(pieces: list[bytes]) -> None:
    whole, split = KeyDecoder(), KeyDecoder()
    at_once = whole.feed(b"".join(pieces), 0.0)
    assert [found for piece in pieces for found in split.feed(piece, 0.0)] == at_once
    assert whole.expire(9.0) == split.expire(9.0)
    scene = screen_scenes.busy(80, 24)
    for found in at_once:
        update(scene.model, Typed(scene.now, found))
    frame_of(scene)
