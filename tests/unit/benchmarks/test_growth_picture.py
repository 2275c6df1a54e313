"""The picture of how cost grows: one chart for each curve, every point in it, and nothing beside the paper."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from tests.benchmarks.growth import Curve
from tests.benchmarks.growth_picture import growth_picture

SVG = "{http://www.w3.org/2000/svg}"
POINTS = st.lists(st.tuples(st.integers(0, 10**6), st.floats(1e-3, 1e6)), min_size=1, max_size=8)


@given(st.lists(POINTS, min_size=1, max_size=5))
def test_every_point_of_every_curve_is_on_the_paper(curves: list[list[tuple[int, float]]]) -> None:
    picture = growth_picture([Curve("a < b & c", "sizes", "µs", points) for points in curves])
    charts = ET.fromstring(picture).findall(f"{SVG}g")
    assert [len(chart.findall(f"{SVG}circle")) for chart in charts] == [len(points) for points in curves]
    for chart in charts:
        heights = [float(circle.attrib["cy"]) for circle in chart.findall(f"{SVG}circle")]
        assert all(40 <= y <= 200 for y in heights)
        assert [text.text for text in chart.findall(f"{SVG}text")][0] == "a < b & c, µs"


def test_what_costs_more_stands_higher() -> None:
    picture = growth_picture([Curve("cost", "clients", "µs", [(1, 5.0), (2, 10.0), (4, 7.5)])])
    low, high, middle = (float(each.attrib["cy"]) for each in ET.fromstring(picture).iter(f"{SVG}circle"))
    assert high < middle < low
