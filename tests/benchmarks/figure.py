"""One figure of the benchmark: what the exchange does beside its floor, round by round."""

from __future__ import annotations

import statistics
from typing import NamedTuple, Optional

NAME_WIDTH = 38
_COLUMNS = f"{'exchange':>11} {'floor':>11} {'unit':<9} {'ratio':>6}   {'lowest–highest':<15} aim"
HEADING = f"{'':<{NAME_WIDTH}} {_COLUMNS}"


class Aim(NamedTuple):
    """What is to be reached: at most (`sign` ≤) or at least (≥) so many times the floor, or so much in `unit`."""

    sign: str
    bound: float
    unit: str = "×"

    def text(self) -> str:
        """`≤ 2.2 ×`."""
        return f"{self.sign} {self.bound:g} {self.unit}"


class Figure(NamedTuple):
    """One comparison: what was measured of the floor and of the exchange, round by round, in `unit`.

    `beside` is the same of another checkout in the same rounds, empty where there was none.
    """

    name: str
    floors: list[float]
    ours: list[float]
    unit: str = "/s"
    aim: Optional[Aim] = None
    beside: list[float] = []  # noqa: RUF012  never added to: a figure that has one is given it

    @property
    def ratios(self) -> list[float]:
        """The exchange by the floor, round by round."""
        return [ours / floor for ours, floor in zip(self.ours, self.floors, strict=True)]

    @property
    def ratio(self) -> float:
        """The median ratio."""
        return statistics.median(self.ratios)

    def line(self) -> str:
        """The figure as a row of the table."""
        ratios = self.ratios
        aim = "" if self.aim is None else self.aim.text()
        row = (
            f"{self.name:<{NAME_WIDTH}} {_number(statistics.median(self.ours)):>11} "
            f"{_number(statistics.median(self.floors)):>11} {self.unit:<9} "
            f"{self.ratio:>6.2f}   {f'{min(ratios):.2f}–{max(ratios):.2f}':<15} {aim:<9}"
        )
        return f"{row} {self._beside_text()}".rstrip()

    def _beside_text(self) -> str:
        """The other checkout's median and its ratios to the same floor."""
        if not self.beside:
            return ""
        ratios = [beside / floor for beside, floor in zip(self.beside, self.floors, strict=True)]
        return (
            f"beside {_number(statistics.median(self.beside))}, {statistics.median(ratios):.2f} "
            f"({min(ratios):.2f}–{max(ratios):.2f})"
        )


def _number(value: float) -> str:
    """Three digits at least, whatever the unit."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
