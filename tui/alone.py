"""What runs on the trading screen with no engine anywhere: the tour.

The screen is imported where it is needed, because all else also works where there is no terminal library.
"""

from __future__ import annotations

from tui.client import CannotStart, has_screen


def run_tour() -> None:
    """Show the tour until the learner leaves.  Raises CannotStart where there is no terminal for it."""
    if not has_screen():
        raise CannotStart("this needs a terminal that can place text anywhere")
    from tui.screen.tour.program import show_tour

    show_tour()
