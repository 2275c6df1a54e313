"""The lesson of the tour: what to do, and, when it was done, what has happened."""

from __future__ import annotations

import textwrap

from tui.screen.cells import Area, Attribute, Color
from tui.screen.modes import LessonShown
from tui.screen.panels.frame import frame


def draw_lesson(area: Area, lesson: LessonShown) -> None:
    """Draw it above the panels."""
    note = "Enter: next lesson" if lesson.is_done else ":next  :back  q leaves"
    title = f"TOUR {lesson.number}/{lesson.count}  {lesson.title}"
    inside = frame(area, title, is_focused=True, note=note, note_color=Color.GOOD if lesson.is_done else Color.DIM)
    width = max(10, inside.width - 4)
    task = textwrap.wrap(lesson.task, width)
    said = textwrap.wrap(lesson.said, width)
    # Where there is not room for both, what has happened is worth more.
    lines = [(line, False) for line in task] + [(line, True) for line in said]
    for y, (line, is_said) in enumerate(lines[-inside.height :] if said else lines[: inside.height]):
        color = (Color.GOOD if lesson.is_done else Color.WARN) if is_said else Color.DIM if said else Color.BRIGHT
        inside.put(3, y, line, color)
    if said:
        y = max(0, min(len(task), inside.height - len(said)))
        mark, color = ("✓", Color.GOOD) if lesson.is_done else ("→", Color.WARN)
        inside.put(1, y, mark, color, None, Attribute.BOLD)
