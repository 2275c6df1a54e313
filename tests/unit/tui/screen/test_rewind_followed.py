"""Following one order through a recorded day, key by key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from exchange.laboratory.history import History
from exchange.laboratory.telling.moment_view import concerned
from tests.support.rewound_day import RewoundDay, busy_day


@pytest.fixture(scope="module")
def day() -> Iterator[History]:
    with busy_day(1_200) as history:
        yield history


def test_an_order_that_is_followed_stays_the_one_whoever_trades_with_it(day: History) -> None:
    screen = RewoundDay(day)
    order_id, events = next(
        (number, places)
        for number in range(1, 400)
        for places in [events_of_order(day, number)]
        if len(places) >= 3 and concerned(day.at(places[1]))[1] != number
    )
    screen.command(f"goto {day.first}")
    screen.command(f"order {order_id}")
    seen = [screen.place.sequence]
    for _ in events[1:]:
        screen.press("o")
        assert screen.place.order_id == order_id
        seen.append(screen.place.sequence)
    assert seen == events


def test_a_step_ends_following_an_order(day: History) -> None:
    screen = RewoundDay(day)
    screen.command(f"goto {day.first}")
    screen.command("order 5")
    screen.press("right", "right")
    assert screen.place.order_id == concerned(day.at(screen.place.sequence))[1]


def events_of_order(day: History, order_id: int) -> list[int]:
    """Every command that was about the order."""
    places: list[int] = []
    found = day.index.next_of_order(order_id, day.first)
    while found is not None:
        places.append(found)
        found = day.index.next_of_order(order_id, found)
    return places
