"""The second ladder: another symbol beside the one that is traded, to look at.

Changes the model and nothing else.

No order goes from it: an order goes where the eye is, and that is the first ladder.  To trade what the second one
shows, its symbol is brought to the first (a click, or Enter while it has the focus), and the two change places.
"""

from __future__ import annotations

import dataclasses
from typing import Optional

from tui.screen.layout import Panel
from tui.screen.messages import Outgoing
from tui.screen.model import Model
from tui.screen.price_rows import automatic_group
from tui.screen.subscriptions import switch_symbol, sync_books


def follow_second(model: Model) -> None:
    """Centre the second ladder when its market nears the edge of what it shows."""
    rows = model.layout.second_ladder_rows
    symbol = model.second_symbol
    market = model.markets.get(symbol or "")
    if not rows or market is None or market.middle is None:
        return
    second = model.second
    near = rows * second.group // 4
    if second.centre is not None and second.shown == symbol and abs(market.middle - second.centre) <= near:
        return
    second.shown, second.centre, second.group = symbol, market.middle, automatic_group(market, rows)
    model.is_changed = True


def as_first(model: Model) -> Optional[Model]:
    """The model as it were if the second ladder's symbol were the one that is traded, to be drawn by it.

    It shares all that it holds with `model`.  None: there is nothing to show.
    """
    second = model.second
    if second.shown is None or second.shown != model.second_symbol:
        return None
    return dataclasses.replace(
        model,
        symbol=second.shown,
        cursor=None,
        centre=second.centre,
        chosen_groups={},
        automatic_group=second.group,
        focus=Panel.LADDER if model.focus is Panel.LADDER_2 else Panel.LADDER_2,
    )


def choose_second(model: Model, symbol: str) -> list[Outgoing]:
    """Show this symbol, which is listed, in the second ladder."""
    model.second.symbol = symbol
    model.is_changed = True
    return sync_books(model)


def trade_second(model: Model) -> list[Outgoing]:
    """The two ladders change places."""
    symbol, before = model.second_symbol, model.symbol
    if symbol is None:
        return []
    model.second.symbol, model.focus = before, Panel.LADDER
    return switch_symbol(model, symbol)
