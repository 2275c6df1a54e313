"""What runs on the trading screen with no engine anywhere: the tour, and a recorded day.

The screen is imported where it is needed, because all else also works where there is no terminal library.
"""

from __future__ import annotations

from typing import Optional

from exchange.laboratory.history import History
from tui.client import CannotStart, has_screen


def check_screen() -> None:
    """Raises CannotStart where there is no terminal for it."""
    if not has_screen():
        raise CannotStart("this needs a terminal that can place text anywhere")


def run_tour() -> None:
    """Show the tour until the learner leaves.  Raises CannotStart where there is no terminal for it."""
    check_screen()
    from tui.screen.tour.program import show_tour

    show_tour()


def run_rewind(day: History, symbol: Optional[str] = None) -> None:
    """Show a recorded day until the person leaves.  Raises CannotStart where there is no terminal for it."""
    check_screen()
    from tui.screen.rewind.program import show_day

    show_day(day, symbol)
