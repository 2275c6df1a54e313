"""What the keys do that choose which panel is looked at, how large, and how its list is sorted.

Changes the model and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

from tui.screen.availability import why_not_heat_time, why_not_sort, why_not_zoom
from tui.screen.layout import Panel
from tui.screen.list_sorting import Sorting
from tui.screen.messages import Outgoing
from tui.screen.model import Model, NoticeKind, refuse
from tui.screen.my_fills import FILL_COLUMNS
from tui.screen.my_order import ORDER_COLUMNS
from tui.screen.scrolling import follow_market


def next_panel(step: int) -> Callable[[Model], list[Outgoing]]:
    """The focus goes on by so many panels, round and round."""

    def go(model: Model) -> list[Outgoing]:
        shown = model.layout.panels
        is_one = len(shown) == 1
        wanted = {Panel.LADDER, *model.panels_wanted}
        panels = [panel for panel in Panel if panel in (wanted if is_one else shown)]
        if model.focus not in panels:
            model.focus = panels[0] if panels else Panel.LADDER
        elif panels:
            model.focus = panels[(panels.index(model.focus) + step) % len(panels)]
        follow_market(model)
        return []

    return go


def zoom(model: Model) -> list[Outgoing]:
    """All of the screen for the panel with the focus, and back."""
    why_not = why_not_zoom(model)
    if why_not:
        return refuse(model, why_not)
    model.is_zoomed = not model.is_zoomed
    follow_market(model)
    return []


def heat(model: Model) -> list[Outgoing]:
    """All of the screen for the heat map, and back."""
    is_shown = model.focus is Panel.HEAT and model.is_zoomed
    model.focus, model.is_zoomed = (Panel.LADDER, False) if is_shown else (Panel.HEAT, True)
    follow_market(model)
    return []


def heat_time(step: int) -> Callable[[Model], list[Outgoing]]:
    """A column of the heat map is a longer time (above 0) or a shorter one."""

    def go(model: Model) -> list[Outgoing]:
        why_not = why_not_heat_time(model)
        if why_not:
            return refuse(model, why_not)
        model.heat.stretch_time(step)
        return []

    return go


def sort_list(turn: Callable[[Sorting, list[str]], Sorting]) -> Callable[[Model], list[Outgoing]]:
    """My orders or my fills, whichever has the focus, are sorted as `turn` makes of it and of what there is."""

    def go(model: Model) -> list[Outgoing]:
        why_not = why_not_sort(model)
        if why_not:
            return refuse(model, why_not)
        listed = model.orders if model.focus is Panel.ORDERS else model.fills
        columns = ORDER_COLUMNS if model.focus is Panel.ORDERS else FILL_COLUMNS
        known = [name for name in columns if name != "SYMBOL" or len(model.symbols) > 1]
        listed.sorting = turn(listed.sorting, known)
        model.scrolled.pop(Panel.FILLS, None)
        name = "my orders" if model.focus is Panel.ORDERS else "my fills"
        model.say(NoticeKind.INFO, f"{name} {listed.sorting.mark}{listed.sorting.column}")
        return []

    return go
