"""The lesson of the tour: what to do, and, when it was done, what has happened."""

from __future__ import annotations

import textwrap

from tui.screen.cells import Area, Attribute, Color, fit
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
    # Where there is not room for both, what has happened is worth more; of the task the beginning is kept.
    room = max(0, inside.height - len(said))
    if len(task) > room > 0:
        task = [*task[: room - 1], fit(task[room - 1], width - 2) + " …"]
    lines = [(line, False) for line in task[:room]] + [(line, True) for line in said[-inside.height :]]
    for y, (line, is_said) in enumerate(lines):
        color = (Color.GOOD if lesson.is_done else Color.WARN) if is_said else Color.DIM if said else Color.BRIGHT
        inside.put(3, y, line, color)
    if said:
        y = min(len(task), room)
        mark, color = ("✓", Color.GOOD) if lesson.is_done else ("→", Color.WARN)
        inside.put(1, y, mark, color, None, Attribute.BOLD)
