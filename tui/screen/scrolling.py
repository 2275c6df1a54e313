"""Which prices the ladder shows, and where its cursor is.

Changes the model and nothing else.

The ladder never moves under the cursor: it moves when the person asks, or when the market has left what is shown
and nothing is being confirmed.  Who scrolls away from the market is left there until it comes into view again.
The cursor's price changes only by the person's hand; the ticket shows it always.
"""

from __future__ import annotations

from typing import Optional

from tui.screen.banners import banner_rows
from tui.screen.layout import Panel
from tui.screen.market_data import Market
from tui.screen.model import Model
from tui.screen.price_rows import automatic_group, next_group, row_price

# A book of so many times the levels is another one, and so are rows of so many times as many ticks.
GROWN_TIMES = 2


def follow_market(model: Model) -> None:
    """Centre on the market if it isn't in view and nothing is being confirmed."""
    market = model.market
    middle = None if market is None else market.middle
    if market is None or middle is None or not model.layout.ladder_rows:
        return
    if model.centre is not None and _is_market_in_view(model, market, middle):
        model.is_following = True
        if _has_grown(model, market):
            centre(model)
            model.is_changed = True
    elif model.is_following and model.confirm is None and model.drag is None:
        _group_by_itself(model, market)
        model.centre = middle
        model.is_changed = True
    if model.cursor is None:
        _put_cursor_on_market(model, market, middle)


def centre(model: Model) -> None:
    """Centre on the market now; a cursor that would be out of view comes along."""
    market = model.market
    if market is None or market.middle is None:
        return
    _group_by_itself(model, market)
    model.centre, model.is_following = market.middle, True
    if model.cursor is None or not is_in_view(model, model.cursor):
        _put_cursor_on_market(model, market, market.middle)


def _group_by_itself(model: Model, market: Market) -> None:
    """Choose how many ticks a row is; only while the ladder is centred, so that no row moves under the cursor."""
    model.automatic_group = automatic_group(market, model.layout.ladder_rows)
    model.grouped_levels = len(market.bids) + len(market.asks)


def _has_grown(model: Model, market: Market) -> bool:
    """Whether the rows were chosen by a book of a few levels, and quite others fit the one that it has become."""
    count = len(market.bids) + len(market.asks)
    is_busy = model.confirm is not None or model.drag is not None or model.is_armed
    if is_busy or count < GROWN_TIMES * model.grouped_levels or model.symbol in model.chosen_groups:
        return False
    model.grouped_levels = count
    group, before = automatic_group(market, model.layout.ladder_rows), model.automatic_group
    return max(group, before) >= GROWN_TIMES * min(group, before)


def fit_rows(model: Model) -> None:
    """The ladder has another height: choose how many ticks a row is anew, unless something is under way on it."""
    if model.market is not None and model.confirm is None and model.drag is None and model.is_following:
        _group_by_itself(model, model.market)


def regroup(model: Model, step: int) -> None:
    """More (`step` 1) or fewer (-1) ticks per row, for this symbol until the person chooses again."""
    choose_group(model, next_group(model.group, step))


def choose_group(model: Model, group: int | None) -> None:
    """So many ticks per row of this symbol; None: as the screen finds best."""
    if group is None:
        model.chosen_groups.pop(model.symbol, None)
        centre(model)
    else:
        model.chosen_groups[model.symbol] = group
        follow_market(model)
    keep_cursor_in_view(model)
    model.is_changed = True


def _put_cursor_on_market(model: Model, market: Market, middle: int) -> None:
    """To the best bid if it is shown, else to where the ladder is centred."""
    bid = market.best_bid
    model.cursor = bid if bid is not None and is_in_view(model, bid) else middle


def move_cursor(model: Model, rows: int) -> None:
    """Move the cursor up (above 0) or down by rows; the ladder scrolls as far as it must."""
    if model.cursor is not None:
        group = model.group
        model.cursor = max(1, row_price(model.cursor, group, is_buy=True) + rows * group)
        keep_cursor_in_view(model)
        _note_scrolled_away(model)


def scroll(model: Model, rows: int) -> None:
    """Show higher (above 0) or lower prices; the cursor stays at its price."""
    if model.centre is not None:
        model.centre = max(1, model.centre + rows * model.group)
        _note_scrolled_away(model)


def _note_scrolled_away(model: Model) -> None:
    market = model.market
    if market is not None and market.middle is not None:
        model.is_following = _is_market_in_view(model, market, market.middle)


def keep_cursor_in_view(model: Model) -> None:
    """Scroll as little as is needed to show the cursor."""
    ends, group = _ends(model), model.group
    if ends is None or model.cursor is None or model.centre is None:
        return
    top, bottom = ends
    cursor = row_price(model.cursor, group, is_buy=True)
    model.centre += max(0, cursor - top) + min(0, cursor - bottom)


def is_in_view(model: Model, price: int, *, is_buy: bool = True) -> bool:
    """Whether the ladder has a row for this price (ticks), as a bid or as an offer."""
    ends = _ends(model)
    return ends is not None and ends[1] <= row_price(price, model.group, is_buy=is_buy) <= ends[0]


def _ends(model: Model) -> Optional[tuple[int, int]]:
    """The first and the last price of the ladder's rows, those left out that its banner takes; None: no row."""
    top, rows = model.top, model.layout.ladder_rows
    if top is None or not rows:
        return None
    return top - banner_rows(model, model.now) * model.group, top - (rows - 1) * model.group


def _is_market_in_view(model: Model, market: Market, middle: int) -> bool:
    """Both best prices if they fit, else at least the middle between them."""
    ends, bid, ask = _ends(model), market.best_bid, market.best_ask
    if ends is not None and bid is not None and ask is not None and ask - bid <= ends[0] - ends[1]:
        return is_in_view(model, bid) and is_in_view(model, ask, is_buy=False)
    return is_in_view(model, middle)


def scroll_list(model: Model, panel: Panel, rows: int, length: int) -> None:
    """Scroll a list of `length` entries down by `rows` (below 0: up)."""
    model.scrolled[panel] = max(0, min(model.scrolled.get(panel, 0) + rows, length - 1))


def first_watched(model: Model, rows: int) -> int:
    """Which symbol of the watchlist is the first that is shown: the one that is traded is always among them."""
    index = model.symbols.index(model.symbol) if model.symbol in model.symbols else 0
    return max(0, min(index - rows // 2, len(model.symbols) - rows))
