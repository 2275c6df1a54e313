"""The screen with a recorded day in place of an engine."""

from __future__ import annotations

import gc
import time
from typing import Optional

from exchange.laboratory.history import History
from tui.screen.app import TradingScreen
from tui.screen.link_reader import HandOver
from tui.screen.model import Model
from tui.screen.modes import Rewind
from tui.screen.rewind.day_link import DayLink

# Nobody: a recorded day has no user of its own.
NOBODY = "-"


def show_day(day: History, symbol: Optional[str] = None) -> None:
    """Show the day until the person leaves; `symbol` None: that of the first trade.

    Standard input and output must be a terminal.  The day is used by another thread than the caller's, so nobody
    else may use it meanwhile.
    """
    model = Model(NOBODY, id_prefix="", rewind=Rewind())

    def make_link(put: HandOver, _last_seq: int, _is_first: bool) -> DayLink:
        return DayLink(day, put, time.monotonic, symbol or "", gc.collect)

    # A collection in the middle of a jump would double it: what there is now stays, and the rest is seen to by the
    # link where there is time.
    gc.freeze()
    gc.disable()
    try:
        TradingScreen(model, make_link).run()
    finally:
        gc.enable()
