"""What keeps orders from trading as they come: the words of the banner over the ladder, and the rows it takes.

Pure; `panels.banner` draws it.  The ladder gives up as many of its highest prices: border, heads and the day's
figures stand below the banner, and no price moves when it comes or goes.
"""

from __future__ import annotations

import textwrap
from functools import lru_cache
from typing import NamedTuple, Optional

from exchange.utils.visible_text import visible_text
from tui.cancel_on_disconnect import DisconnectWish
from tui.screen.layout import Panel
from tui.screen.market_data import Market
from tui.screen.model import LinkState, Model, retry_in_s
from tui.screen.session_phase import Indication

GAP = "   "
_UNBROKEN = "\u00a0"
# The book needs the others of a small screen; what is longer is cut.
ROWS_MAX = 4
# What becomes of one's orders without a connection.
_ORPHANS = {
    DisconnectWish.NONE: "your orders may go on working",
    DisconnectWish.DAY: "your GTC orders may go on working",
    DisconnectWish.ALL: "the exchange cancels your orders",
}


class Banner(NamedTuple):
    """What it says, title first; `is_alarm`: nothing can be done but to cancel, or to wait."""

    title: str
    text: str
    is_alarm: bool


def banner_lines(found: list[Banner], width: int) -> list[str]:
    """What a banner of `width` cells says, a row each: nothing if all is well, one line if that has room for all.

    The worst comes first, and says what follows from it; the rest is named.  What has no room in a row goes on in
    the next one, up to `ROWS_MAX` in all.
    """
    if not found:
        return []
    titles, text, room = GAP.join(banner.title for banner in found), found[0].text, max(1, width - 2)
    if len(titles) + len(GAP) + len(text) <= room:
        return [GAP.join((titles, text))]
    lines = [*_wrapped_titles(tuple(banner.title for banner in found), room), *_wrapped(text, room)]
    return lines if len(lines) <= ROWS_MAX else [*lines[: ROWS_MAX - 1], " ".join(lines[ROWS_MAX - 1 :])]


# The same banner is measured and drawn many times a second.
@lru_cache(maxsize=64)
def _wrapped(text: str, width: int) -> tuple[str, ...]:
    return tuple(textwrap.wrap(visible_text(text), width))


@lru_cache(maxsize=64)
def _wrapped_titles(titles: tuple[str, ...], width: int) -> tuple[str, ...]:
    """No row ends within a title that has room in one: its blanks are such as no line is broken at, meanwhile."""
    shown = map(visible_text, titles)
    whole = [title.replace(" ", _UNBROKEN) if len(title) <= width else title for title in shown]
    return tuple(line.replace(_UNBROKEN, " ") for line in textwrap.wrap(GAP.join(whole), width))


def banner_rows(model: Model, now: float) -> int:
    """How many rows of the ladder's panel its banner takes; 0 where there is neither."""
    rect = model.layout.panels.get(Panel.LADDER)
    return 0 if rect is None else len(banner_lines(banners(model, now), rect.width))


def banners(model: Model, now: float) -> list[Banner]:
    """What keeps orders from trading as they come, the worst first; none: all is well."""
    found = (_link(model, now), _blocked(model), _elsewhere(model), _phase(model, now))
    return [banner for banner in found if banner is not None]


def phase_banners(model: Model, now: float) -> list[Banner]:
    """The same of the symbol alone."""
    found = _phase(model, now)
    return [] if found is None else [found]


def _link(model: Model, now: float) -> Optional[Banner]:
    link = model.link
    if link.state is LinkState.DOWN:
        wait_s = retry_in_s(model, now)
        wait = "" if wait_s is None else f" · next try in {wait_s} s"
        return Banner(f"DOWN{wait}", f"{link.reason}; {_ORPHANS[model.cancel_on_disconnect]}", is_alarm=True)
    if link.state is LinkState.CONNECTING and model.symbols:
        return Banner("CONNECTING", _ORPHANS[model.cancel_on_disconnect], is_alarm=True)
    if model.is_stale(now):
        text = "the book is old; nothing is sent but cancels"
        return Banner(f"STALE {now - link.heard_at:.1f} s", text, is_alarm=True)
    return None


def _blocked(model: Model) -> Optional[Banner]:
    if not model.is_blocked:
        return None
    return Banner("BLOCKED by the operator", "orders are refused; a typed :buy tries again", is_alarm=True)


def _elsewhere(model: Model) -> Optional[Banner]:
    """Who comes back to another exchange must not take it for the one before."""
    if model.left_behind is None:
        return None
    text = "what the one before said is forgotten"
    if model.left_behind:
        orders = "1 order" if model.left_behind == 1 else f"{model.left_behind} orders"
        text = f"{orders} may work on at the one before"
    return Banner("THIS IS ANOTHER EXCHANGE", f"{text} · Esc", is_alarm=model.left_behind > 0)


def _phase(model: Model, now: float) -> Optional[Banner]:
    market = model.market
    if market is None or market.phase.is_continuous:
        return None
    # A call takes orders; in a halt nothing can be done but to cancel.
    is_call = market.phase.is_call
    text = _indication_text(market) if is_call else "takes only cancels"
    return Banner(f"{market.symbol}  {market.phase.text(now + model.clock_offset_s)}", text, is_alarm=not is_call)


def _indication_text(market: Market) -> str:
    """Orders are collected, nothing trades."""
    indication = market.phase.indication or Indication(None, 0, 0, None)
    return indication.text(market.scale)
