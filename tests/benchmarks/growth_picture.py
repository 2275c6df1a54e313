"""Curves as a picture: an SVG of small charts side by side, of the standard library alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from tests.benchmarks.growth import Curve

CHART_WIDTH, CHART_HEIGHT = 420, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 12, 44, 44
# Room for the names of the first and the last point.
INSET = 32
COLUMNS = 2


def growth_picture(curves: Sequence[Curve]) -> str:
    """The whole SVG: each chart from 0 upwards, its sizes side by side at equal distances."""
    rows = math.ceil(len(curves) / COLUMNS)
    width, height = COLUMNS * CHART_WIDTH, rows * CHART_HEIGHT
    charts = [
        f'<g transform="translate({place % COLUMNS * CHART_WIDTH},{place // COLUMNS * CHART_HEIGHT})">'
        f"{''.join(_chart(curve))}</g>"
        for place, curve in enumerate(curves)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="11">\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n' + "\n".join(charts) + "\n</svg>\n"
    )


def _chart(curve: Curve) -> list[str]:
    top_cost = _rounded_up(max(cost for _, cost in curve.points))
    inner_width, inner_height = CHART_WIDTH - LEFT - RIGHT, CHART_HEIGHT - TOP - BOTTOM
    step = (inner_width - 2 * INSET) / max(1, len(curve.points) - 1)
    floor_y = TOP + inner_height
    dots = [
        (LEFT + INSET + place * step, floor_y - cost / top_cost * inner_height)
        for place, (_, cost) in enumerate(curve.points)
    ]
    parts = [
        _text(LEFT, 18, f"{curve.title}, {curve.unit}", "start", "#000000"),
        _text(LEFT + inner_width / 2, CHART_HEIGHT - 8, curve.over, "middle", "#555555"),
    ]
    for part in range(5):
        y = floor_y - part / 4 * inner_height
        parts.append(f'<path d="M{LEFT} {y:.1f}h{inner_width}" stroke="#dddddd"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{top_cost * part / 4:g}", "end", "#555555"))
    line = "L".join(f"{x:.1f} {y:.1f}" for x, y in dots)
    parts.append(f'<path d="M{line}" fill="none" stroke="#1f5fa8" stroke-width="2"/>')
    for (x, y), (size, cost) in zip(dots, curve.points, strict=True):
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#1f5fa8"/>')
        parts.append(_text(x, y - 8, f"{cost:.3g}", "middle", "#1f5fa8"))
        parts.append(_text(x, floor_y + 16, f"{size:,}", "middle", "#555555"))
    return parts


def _text(x: float, y: float, text: str, anchor: str, color: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{color}">{escape(text)}</text>'


def _rounded_up(cost: float) -> float:
    """The next of 1, 2, 4, 8 times a power of ten, so that the lines have short names."""
    power = 10.0 ** math.floor(math.log10(cost))
    return next(step * power for step in (1, 2, 4, 8, 10) if step * power >= cost)
