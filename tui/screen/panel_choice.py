"""Which panels stand beside the ladder, as the person chooses.  Changes the model and nothing else."""

from __future__ import annotations

from tui.screen.layout import Panel
from tui.screen.messages import Outgoing
from tui.screen.model import Model, NoticeKind, refuse
from tui.screen.second_ladder import follow_second
from tui.screen.subscriptions import sync_books

# How a panel is called on the command line and in the settings.
NAMES: dict[str, Panel] = {
    "ladder2": Panel.LADDER_2,
    "watch": Panel.WATCH,
    "heat": Panel.HEAT,
    "chart": Panel.CHART,
    "orders": Panel.ORDERS,
    "fills": Panel.FILLS,
    "tape": Panel.TAPE,
}


def choose_panel(model: Model, name: str) -> list[Outgoing]:
    """Show this panel, or no more; "" says which are chosen."""
    panel = NAMES.get(name)
    if panel is None and name:
        return refuse(model, f"there is no panel {name}; there are {' '.join(NAMES)}")
    if panel is not None:
        model.chosen ^= {panel}
        if panel is model.focus and panel not in model.chosen:
            model.focus, model.is_zoomed = Panel.LADDER, False
        follow_second(model)
    text = f"{chosen_text(model.chosen)}{_room_text(model, panel)}" if name else _all_text(model)
    model.say(NoticeKind.INFO, f"panels: {text}")
    return sync_books(model)


def chosen_text(chosen: frozenset[Panel]) -> str:
    """`watch heat chart orders`"""
    return " ".join(name for name, panel in NAMES.items() if panel in chosen) or "none"


def _all_text(model: Model) -> str:
    """`chart orders; no room here for: watch heat`"""
    layout = model.layout_for(model.width, model.height, is_whole=True)
    # Fills and tape share a panel on a screen of two columns.
    shared = frozenset() if layout.is_wide else {Panel.TAPE} if Panel.FILLS in layout.panels else frozenset()
    shown = model.chosen & (frozenset(layout.panels) | shared)
    hidden = model.chosen - shown
    return chosen_text(shown) + (f"; no room here for: {chosen_text(hidden)}" if hidden else "")


def _room_text(model: Model, panel: Panel | None) -> str:
    """Why a panel that was chosen is not to be seen."""
    if panel is None or panel not in model.chosen:
        return ""
    if panel not in model.panels_wanted:
        return "; that one needs a second symbol"
    shown = model.layout_for(model.width, model.height, is_whole=True).panels
    return "" if panel in shown else "; for that one there is no room here: Tab and z show it alone"
