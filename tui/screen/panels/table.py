"""Columns of a list: who gets which cells when there is not room for all.  Pure."""

from __future__ import annotations

from typing import NamedTuple

from tui.screen.cells import Area, Attribute, Color

GAP_MAX = 4


class Wanted(NamedTuple):
    """A column that would like to be shown: its head, its width, and how soon it is left out (highest first)."""

    head: str
    width: int
    rank: int
    is_right_aligned: bool = True


class Placed(NamedTuple):
    """A column that is shown."""

    x: int
    width: int
    is_right_aligned: bool


class Table:
    """The columns that fit into a width, by their heads; what is left over widens the gaps up to `GAP_MAX`.

    A margin of one cell is left at either side; if it `may_touch`, that at the right goes before a column does.
    """

    def __init__(self, wanted: list[Wanted], width: int, *, may_touch: bool = False) -> None:
        while len(wanted) > 1 and table_width(wanted) > width - (1 if may_touch else 2):
            worst = max(range(len(wanted)), key=lambda index: wanted[index].rank)
            wanted = wanted[:worst] + wanted[worst + 1 :]
        gap = min(GAP_MAX, 1 + max(0, width - 2 - table_width(wanted)) // len(wanted))
        self._columns: dict[str, Placed] = {}
        x = 1
        for head, column_width, _, is_right_aligned in wanted:
            self._columns[head] = Placed(x, column_width, is_right_aligned)
            x += column_width + gap
        self.end = x - gap

    def __contains__(self, head: str) -> bool:
        return head in self._columns

    def x(self, head: str) -> int:
        """Where a column that is shown begins."""
        return self._columns[head].x

    def width(self, head: str) -> int:
        """How many cells a column that is shown has."""
        return self._columns[head].width

    def draw_heads(self, area: Area, sorted_by: str = "", mark: str = "") -> None:
        """Write the heads into row 0, before that of the column `sorted_by` the mark."""
        for head in self._columns:
            if mark and head == sorted_by:
                self.put(area, 0, head, f"{mark}{head.strip()}", Color.ACCENT)
            else:
                self.put(area, 0, head, head, Color.FAINT)

    def head_at(self, x: int) -> str:
        """The head of the column that has the cell x, the gap before it included; "" if none has."""
        return next((head for head, column in self._columns.items() if x < column.x + column.width), "")

    def put(
        self, area: Area, y: int, head: str, text: str, color: int = Color.TEXT, attribute: int = Attribute.NONE
    ) -> None:
        """Write into a column, if it is shown; a text that is too long loses its end."""
        column = self._columns.get(head)
        if column is not None:
            text = text[: column.width]
            x = column.x + column.width - len(text) if column.is_right_aligned else column.x
            area.put(x, y, text, color, None, attribute)


def table_width(wanted: list[Wanted]) -> int:
    """How many cells they take at least, the margins left out."""
    return sum(column.width + 1 for column in wanted) - 1
