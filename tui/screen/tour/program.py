"""The tour as a program of its own: the screen on the practice market alone, with no engine anywhere."""

from __future__ import annotations

import threading
import time
from typing import Any

from tui.screen.app import TradingScreen
from tui.screen.link_reader import HandOver
from tui.screen.model import Model
from tui.screen.tour.practice import LEARNER


class NoLink:
    """Where an engine would be: nothing is said, and what is sent goes nowhere."""

    was_reset = False

    def __init__(self) -> None:
        self._is_stopped = threading.Event()

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._is_stopped.is_set()

    def run(self) -> None:
        """Wait for the end."""
        self._is_stopped.wait()

    def send(self, message: Any) -> None:
        """There is nobody to send it to."""

    def stop(self) -> None:
        """Make `run` return."""
        self._is_stopped.set()


def show_tour() -> None:
    """Show the tour until the learner leaves.  Standard input and output must be a terminal."""
    now = time.monotonic()
    model = Model(
        LEARNER,
        id_prefix="tour-",
        clock_offset_s=time.time() - now,
        zone_offset_s=float(time.localtime().tm_gmtoff),
        last_input_at=now,
        is_tour_only=True,
        is_tour_wanted=True,
    )

    def make_link(_put: HandOver, _last_seq: int, _is_first: bool) -> NoLink:
        return NoLink()

    TradingScreen(model, make_link).run()
