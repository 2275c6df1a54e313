"""The banner over the ladder while something keeps orders from trading as they come: nobody can overlook it.

It takes the ladder's upper border, and where that has too little room the heads of its columns, so that no price
moves when it comes or goes.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from tui.cancel_on_disconnect import DisconnectWish
from tui.screen.cells import Area, Attribute, Color, fit
from tui.screen.market_data import Market
from tui.screen.model import LinkState, Model, retry_in_s
from tui.screen.session_phase import Indication

GAP = "   "
# What becomes of one's orders without a connection.
_ORPHANS = {
    DisconnectWish.NONE: "your orders may go on working",
    DisconnectWish.DAY: "your GTC orders may go on working",
    DisconnectWish.ALL: "the exchange cancels your orders",
}


class Banner(NamedTuple):
    """What it says in its two lines; `is_alarm`: nothing can be done but to cancel, or to wait."""

    title: str
    text: str
    is_alarm: bool


def draw_banner(area: Area, found: list[Banner]) -> None:
    """Draw them into the area of the ladder's panel, borders included; nothing if all is well."""
    if not found:
        return
    background = Color.ALARM if found[0].is_alarm else Color.CONFIRM
    # The worst comes first, and says what follows from it; the rest is named.
    lines = ["   ".join(banner.title for banner in found), found[0].text]
    if len(GAP.join(lines)) <= area.width - 2:
        lines = [GAP.join(lines)]
    for y, line in enumerate(lines):
        area.put(0, y, " " * area.width, Color.INK, background)
        text = fit(line, area.width - 2)
        area.put((area.width - len(text)) // 2, y, text, Color.INK, background, Attribute.BOLD)


def banners(model: Model, now: float) -> list[Banner]:
    """What keeps orders from trading as they come, the worst first; none: all is well."""
    return [banner for banner in (_link(model, now), _blocked(model), _phase(model, now)) if banner is not None]


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
    return Banner("BLOCKED by the operator", "orders are refused; an order that is taken ends this", is_alarm=True)


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
