"""One figure of the benchmark: what the exchange does beside its floor, run by run."""

from __future__ import annotations

import statistics
from typing import NamedTuple

HEADING = f"{'per second':<24} {'exchange':>11} {'floor':>11} {'ratio':>7}   lowest–highest"


class Figure(NamedTuple):
    """One comparison: rates per second of the floor and of the exchange, run by run."""

    name: str
    floors: list[float]
    ours: list[float]

    def line(self) -> str:
        """The figure as a row of the table."""
        ratios = [ours / floor for ours, floor in zip(self.ours, self.floors, strict=True)]
        return (
            f"{self.name:<24} {statistics.median(self.ours):>11,.0f} {statistics.median(self.floors):>11,.0f} "
            f"{statistics.median(ratios):>7.2f}   {min(ratios):.2f}–{max(ratios):.2f}"
        )
