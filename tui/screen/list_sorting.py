"""By which column MY ORDERS and MY FILLS are sorted, and which way round.  Pure values.

A column goes by its head where there is room for all of it; narrow lists say where they are drawn what theirs are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Union

TIME = "TIME"
# What rows are compared by: of one column always of the same kinds.
SortKey = tuple[Union[int, str], ...]


class Sorting(NamedTuple):
    """Sorted by `column`, smallest or first on top unless it `is_turned`.  By TIME a list is as it always was."""

    column: str = TIME
    is_turned: bool = False

    @property
    def mark(self) -> str:
        """What stands at the column's head."""
        return "▼" if self.is_turned else "▲"

    def next_of(self, columns: Sequence[str]) -> Sorting:
        """By the column behind this one, by the first behind the last."""
        place = columns.index(self.column) + 1 if self.column in columns else 0
        return Sorting(columns[place % len(columns)])

    def turned(self) -> Sorting:
        """By the same column, the other way round."""
        return self._replace(is_turned=not self.is_turned)

    def by(self, column: str) -> Sorting:
        """By this column; the other way round if it was by it already."""
        return self.turned() if column == self.column else Sorting(column)


# As lists are until somebody sorts them.
BY_TIME = Sorting()
