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

    @property
    def ratios(self) -> list[float]:
        """The exchange's rate by the floor's, run by run."""
        return [ours / floor for ours, floor in zip(self.ours, self.floors, strict=True)]

    @property
    def ratio(self) -> float:
        """The median ratio."""
        return statistics.median(self.ratios)

    def line(self) -> str:
        """The figure as a row of the table."""
        ratios = self.ratios
        return (
            f"{self.name:<24} {statistics.median(self.ours):>11,.0f} {statistics.median(self.floors):>11,.0f} "
            f"{self.ratio:>7.2f}   {min(ratios):.2f}–{max(ratios):.2f}"
        )
