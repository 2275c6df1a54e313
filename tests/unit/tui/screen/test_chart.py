"""The price chart: the whole session in whatever width there is."""

from __future__ import annotations

import pytest

from tests.support.screen_scenes import LAST_TICKS, Scene
from tui.screen.panels.chart import BRAILLE
from tui.screen.view import view


def chart_rows(scene: Scene) -> list[str]:
    """The inside of the chart, zoomed, without its labels."""
    canvas = view(scene.model, scene.model.width, scene.model.height, scene.now)
    return [canvas.row(y)[1:-10] for y in range(2, scene.model.height - 4)]


def zoomed() -> Scene:
    scene = Scene(120, 36)
    scene.book([[LAST_TICKS - 1, 5]], [[LAST_TICKS + 1, 5]])
    scene.press("tab", "z")
    return scene


def dotted_columns(rows: list[str]) -> list[int]:
    return [x for x in range(len(rows[0])) if any(ord(row[x]) > BRAILLE for row in rows)]


@pytest.mark.parametrize("minutes", [1, 5, 20, 55])
def test_all_that_was_traded_fills_most_of_the_width_without_a_hole(minutes: float) -> None:
    scene = zoomed()
    for index in range(200):
        scene.now += minutes * 60 / 200
        scene.trade(LAST_TICKS + index // 20, 1)
    columns = dotted_columns(chart_rows(scene))
    assert columns == list(range(columns[0], columns[-1] + 1))
    assert len(columns) > len(chart_rows(scene)[0]) * 0.4


def test_a_rising_price_rises_and_the_last_one_is_labelled() -> None:
    scene = zoomed()
    for index in range(80):
        scene.now += 0.25
        scene.trade(LAST_TICKS + index, 1)
    rows = chart_rows(scene)
    columns = dotted_columns(rows)

    def highest_row(x: int) -> int:
        return min(y for y, row in enumerate(rows) if ord(row[x]) > BRAILLE)

    assert highest_row(columns[0]) > highest_row(columns[-1])
    canvas = view(scene.model, 120, 36, scene.now)
    assert any("104.20" in canvas.row(y) for y in range(2, 6))


def test_a_new_trading_day_goes_on_with_the_chart_of_the_one_before() -> None:
    """The volume at each price starts anew with the day; it was all gone when the chart looked for its widest."""
    scene = zoomed()
    for index in range(20):
        scene.now += 1
        scene.trade(LAST_TICKS + index, 1)
    assert scene.model.market is not None
    for phase in ("CLOSED", "PRE_OPEN"):
        scene.say({"type": "instrument_status", "symbol": "ACME", "phase": phase, "reason": "SCHEDULE"})
    assert not scene.model.market.volume_at
    assert dotted_columns(chart_rows(scene))
