"""What the screen remembers for its user from one run to the next.  Pure: values in, values out, no file.

    theme            default, red-green, mono
    presets          five sizes, in lots, for the keys 1 to 5
    grouping         ticks a row of the ladder is, by symbol, where that was chosen
    confirmations    always: each order asks; unless armed: ARMED sends without asking
    bell_on_fills    whether the terminal's bell rings when an order trades
    panels           what stands beside the ladder
    order_max        the largest order that is let through, null: as the exchange takes
    notional_max     the most that an order may be worth, likewise

A value that makes no sense is left as it is in the file, told once, and the usual one holds.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple, Optional, TypeVar

from tui.screen.guards import Guards
from tui.screen.layout import CHOSEN_AT_START, Panel
from tui.screen.model import Model, NoticeKind
from tui.screen.panel_choice import NAMES
from tui.screen.price_rows import STEPS
from tui.screen.sending import disarm
from tui.screen.theme import Theme
from tui.screen.ticket import PRESETS
from tui.typed_price import shown

ALWAYS, UNLESS_ARMED = "always", "unless armed"
PRESET_MAX = 10**9
_Value = TypeVar("_Value")


class ScreenSettings(NamedTuple):
    """The settings as the model holds them; `groups` are sorted pairs of symbol and ticks."""

    theme: Theme = Theme.DEFAULT
    presets: tuple[int, ...] = PRESETS
    groups: tuple[tuple[str, int], ...] = ()
    asks_always: bool = False
    rings_on_fills: bool = False
    chosen: frozenset[Panel] = CHOSEN_AT_START
    guards: Guards = Guards()


def settings_of(model: Model) -> ScreenSettings:
    """What is to be remembered of the model."""
    return ScreenSettings(
        model.theme,
        model.ticket.presets,
        tuple(sorted(model.chosen_groups.items())),
        model.asks_always,
        model.rings_on_fills,
        model.chosen,
        model.guards,
    )


def apply_settings(model: Model, settings: ScreenSettings) -> None:
    """Make the model as it was."""
    model.theme = settings.theme
    model.ticket.presets = settings.presets
    model.chosen_groups = dict(settings.groups)
    model.asks_always = settings.asks_always
    model.rings_on_fills = settings.rings_on_fills
    model.chosen, model.guards = settings.chosen, settings.guards
    if model.asks_always and model.is_armed:
        disarm(model, "each order asks from now on")


def to_fields(settings: ScreenSettings) -> dict[str, Any]:
    """As they stand in the file."""
    return {
        "theme": settings.theme.value,
        "presets": list(settings.presets),
        "grouping": dict(settings.groups),
        "confirmations": ALWAYS if settings.asks_always else UNLESS_ARMED,
        "bell_on_fills": settings.rings_on_fills,
        "panels": [name for name, panel in NAMES.items() if panel in settings.chosen],
        "order_max": settings.guards.quantity_max,
        "notional_max": None if settings.guards.notional_max is None else str(settings.guards.notional_max),
    }


def from_fields(fields: dict[str, Any]) -> tuple[ScreenSettings, list[str]]:
    """The settings of a file, and what is wrong with it, a line each; a missing one is as usual."""
    wrong: list[str] = []

    def take(name: str, usual: _Value, read: Callable[[Any], _Value]) -> _Value:
        if name not in fields:
            return usual
        try:
            return read(fields[name])
        except (ArithmeticError, ValueError, TypeError, KeyError, AttributeError):
            wrong.append(f"{name} {fields[name]!r} makes no sense: it is as usual")
            return usual

    settings = ScreenSettings(
        take("theme", Theme.DEFAULT, Theme),
        take("presets", PRESETS, presets_of),
        take("grouping", (), _groups),
        take("confirmations", False, lambda value: {ALWAYS: True, UNLESS_ARMED: False}[value]),
        take("bell_on_fills", False, _truth),
        take("panels", CHOSEN_AT_START, lambda value: frozenset(NAMES[name] for name in value)),
        Guards(take("order_max", None, _order_max), take("notional_max", None, _notional_max)),
    )
    return settings, wrong


def presets_of(values: Any) -> tuple[int, ...]:
    """Five sizes in lots, each larger than the one before.  Raises ValueError and TypeError."""
    presets = tuple(values)
    are_whole = all(type(preset) is int and 0 < preset <= PRESET_MAX for preset in presets)
    if not are_whole or len(presets) != len(PRESETS) or list(presets) != sorted(set(presets)):
        raise ValueError(f"presets are {len(PRESETS)} whole numbers of lots, smallest first")
    return presets


def _groups(values: Any) -> tuple[tuple[str, int], ...]:
    pairs = tuple(sorted(values.items()))
    if any(type(symbol) is not str or type(group) is not int or group not in STEPS for symbol, group in pairs):
        raise ValueError("a group is 1, 2, 5, 10 … ticks")
    return pairs


def _order_max(value: Any) -> Optional[int]:
    if value is not None and (type(value) is not int or value < 1):
        raise ValueError("the largest order is a whole number above 0")
    return value


def _notional_max(value: Any) -> Optional[Decimal]:
    if value is None:
        return None
    amount = Decimal(value) if type(value) in (str, int) else Decimal("nan")
    if not amount.is_finite() or amount <= 0:
        raise ValueError("what an order may be worth is a number above 0")
    return amount


def _truth(value: Any) -> bool:
    if type(value) is not bool:
        raise TypeError("neither true nor false")
    return value


def change_setting(model: Model, name: str, value: str) -> str:
    """`:set bell on`, `:set confirm always`; no name: say what is set.  Returns what is wrong with it, or ""."""
    switches = {"bell": ("off", "on"), "confirm": ("unless-armed", "always")}
    if name and name not in switches:
        return f"there is no setting {shown(name)}: there are {' and '.join(switches)}"
    if name and value not in switches[name]:
        return f"{name} {shown(value)} must be {' or '.join(switches[name])}"
    if name:
        is_on = value == switches[name][1]
        settings = settings_of(model)
        apply_settings(
            model,
            settings._replace(rings_on_fills=is_on) if name == "bell" else settings._replace(asks_always=is_on),
        )
    bell = switches["bell"][model.rings_on_fills]
    confirm = switches["confirm"][model.asks_always]
    presets = " ".join(map(str, model.ticket.presets))
    model.say(NoticeKind.INFO, f"bell {bell}, confirm {confirm}, theme {model.theme.value}, presets {presets}")
    return ""
