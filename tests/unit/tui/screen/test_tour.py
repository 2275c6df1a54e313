"""The tour: each lesson is done by the keys it names, says what happened, and nothing leaves for the engine."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.support.screen_scenes import Scene, busy, calm, said, sent
from tui.screen.messages import Effect, Lost, Resized, TimePassed
from tui.screen.model import Model
from tui.screen.modes import LessonShown
from tui.screen.tour.lessons import LESSONS
from tui.screen.tour.practice import TICK
from tui.screen.update import next_wake, update
from tui.screen.view import view


class Learner:
    """A person in the tour; every key must leave the real engine alone."""

    def __init__(self, scene: Scene, lesson: int = 1) -> None:
        self.scene = scene
        self.command("tour")
        for _ in range(lesson - 1):
            self.command("next")
        assert self.shown.number == lesson

    @property
    def model(self) -> Model:
        tour = self.scene.model.tour
        assert tour is not None
        return tour.model

    @property
    def shown(self) -> LessonShown:
        shown = self.model.lesson
        assert shown is not None
        return shown

    def press(self, *keys: str) -> list[Any]:
        requests = self.scene.press(*keys)
        assert sent(requests) == []
        return requests

    def command(self, text: str) -> list[Any]:
        return self.press(":", *["space" if letter == " " else letter for letter in text], "enter")

    def go_to(self, price: str) -> None:
        ticks = int(Decimal(price) / TICK)
        for _ in range(200):
            cursor = self.model.cursor
            assert cursor is not None
            if cursor == ticks:
                return
            self.press("up" if cursor < ticks else "down")
        raise AssertionError(f"the cursor does not get to {price}")


def resting(learner: Learner) -> None:
    learner.go_to("100.10")
    learner.press("b", "enter")
    assert not learner.shown.is_done and "at once" in learner.shown.said
    learner.go_to("99.90")
    learner.press("b", "enter")


def crossing(learner: Learner) -> None:
    learner.go_to("99.90")
    learner.press("b", "enter")
    assert not learner.shown.is_done and "rests" in learner.shown.said
    learner.go_to("100.05")
    learner.press("b", "enter")


def queue(learner: Learner) -> None:
    learner.go_to("99.90")
    learner.press("b", "enter")
    assert "Not there" in learner.shown.said
    learner.go_to("99.95")
    learner.press("b", "enter")
    assert [order.ahead for order in learner.model.orders.open() if order.price == 1999] == [10]


def partial(learner: Learner) -> None:
    learner.go_to("100.00")
    learner.press("1", "s", "enter")
    assert "too few" in learner.shown.said
    learner.press("x", "4", "s", "enter")


def cancel(learner: Learner) -> None:
    learner.go_to("99.95")
    learner.press("x")


def replace(learner: Learner) -> None:
    learner.go_to("99.95")
    learner.press("shift_down", "enter")


def iceberg(learner: Learner) -> None:
    learner.go_to("100.00")
    learner.press("s", "enter")
    assert "shows all of itself" in learner.shown.said
    learner.press("x")
    learner.command("sell 50 100.00 show 10")
    learner.press("enter")


def stop(learner: Learner) -> None:
    learner.command("sell 10 stop 99.90")
    learner.press("enter")


def auction(learner: Learner) -> None:
    learner.command("buy 10 100.20")
    learner.press("enter")


def self_trade(learner: Learner) -> None:
    learner.go_to("100.00")
    learner.press("b", "enter")


DOINGS = (resting, crossing, queue, partial, cancel, replace, iceberg, stop, auction, self_trade)
WORDS = (
    "rests in the book at 99.90",
    "Traded at once: 10 at 100.05",
    "now it is 10",
    "10/25, and the other 15",
    "20 that had not traded",
    "same order at 99.90",
    "35 are left and 5 are shown",
    "it sold 10 at 99.85",
    "one price, 100.00",
    "No trade",
)


@pytest.mark.parametrize(("number", "doing", "words"), list(zip(range(1, 11), DOINGS, WORDS, strict=True)))
def test_a_lesson_is_done_by_what_it_asks_for(number: int, doing: Callable[[Learner], None], words: str) -> None:
    learner = Learner(calm(), number)
    assert not learner.shown.is_done
    doing(learner)
    assert learner.shown.is_done and words in learner.shown.said, learner.shown.said


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("sell 10 100.10", "one more offer"),
        ("buy 10 99.90", "does not reach your own offer"),
        ("cancel all", "sell 10 at 100.00 once more"),
    ],
)
def test_a_wrong_act_in_the_last_lesson_is_answered(typed: str, words: str) -> None:
    learner = Learner(calm(), 10)
    learner.command(typed)
    learner.press("enter")
    assert not learner.shown.is_done and words in learner.shown.said, learner.shown.said
    learner.command("next")
    assert learner.scene.model.tour is None


def test_a_buy_at_the_market_in_the_last_lesson_meets_ones_own_offer() -> None:
    learner = Learner(calm(), 10)
    learner.command("buy 10")
    learner.press("enter")
    assert learner.shown.is_done and "No trade" in learner.shown.said


def test_where_room_is_short_the_task_keeps_its_beginning() -> None:
    learner = Learner(calm(80, 24), 9)
    auction(learner)
    text = text_of(learner.scene).splitlines()
    assert "Orders are being collected" in text[2] and text[2].rstrip(" │").endswith("…")
    assert "✓ The call is over" in text[3]


def test_the_whole_tour_from_the_first_lesson_to_the_last() -> None:
    scene = calm(80, 24)
    learner = Learner(scene)
    for number, doing in enumerate(DOINGS, start=1):
        assert learner.shown.number == number
        doing(learner)
        learner.press("enter")
    assert scene.model.tour is None and "the tour is over" in said(scene)


@pytest.mark.parametrize(("width", "height"), [(60, 20), (80, 24), (120, 36), (200, 60)])
def test_every_lesson_and_what_it_says_at_its_end_can_be_read(width: int, height: int) -> None:
    for number, doing in enumerate(DOINGS, start=1):
        learner = Learner(calm(width, height), number)
        assert LESSONS[number - 1].task.split()[-1] in text_of(learner.scene)
        doing(learner)
        assert learner.shown.said.split()[-1] in text_of(learner.scene)


def text_of(scene: Scene) -> str:
    canvas = view(scene.model, scene.model.width, scene.model.height, scene.now)
    return "\n".join(canvas.row(y) for y in range(canvas.height))


def test_it_works_without_any_engine_and_leaving_it_ends_the_program() -> None:
    model = Model("you", "t-", is_tour_only=True, is_tour_wanted=True)
    update(model, Resized(1.0, 100, 30))
    assert model.tour is not None
    assert "1/10  A resting order" in view(model, 100, 30, 1.0).row(1)
    scene = Scene(100, 30)
    scene.model, scene.now = model, 1.0
    assert scene.press("q") == [Effect.QUIT]


def test_the_real_connection_goes_on_and_its_news_are_told() -> None:
    scene = calm()
    learner = Learner(scene)
    requests = sent(update(scene.model, TimePassed(scene.now + 1.5)))
    assert [request["type"] for request in requests] == ["ping"]
    assert next_wake(scene.model, scene.now + 1.5) <= scene.now + 2.5
    update(scene.model, Lost(scene.now, "the cable was cut"))
    assert learner.model.notices[-1].text.startswith("REAL MARKET: the cable was cut")
    assert learner.model.is_stale(scene.now) is False
    update(scene.model, TimePassed(scene.now + 30.0))
    assert learner.model.link.state.value == "LIVE"


def test_it_does_not_begin_while_real_orders_work_nor_within_itself() -> None:
    scene = busy(120, 36)
    scene.press(":", *"tour", "enter")
    assert scene.model.tour is None and "orders of yours work" in said(scene)
    learner = Learner(calm())
    learner.command("tour")
    assert "q leaves it" in learner.model.notices[-1].text
    learner.command("back")
    assert learner.shown.number == 1


def test_leaving_shows_the_real_market_as_it_was() -> None:
    scene = calm(120, 36)
    before = text_of(scene).splitlines()[1:-3]
    learner = Learner(scene)
    learner.go_to("99.90")
    learner.press("b", "enter", "T")
    assert text_of(scene).splitlines()[1:-3] != before
    learner.press("q")
    assert text_of(scene).splitlines()[1:-3] == before
    assert scene.model.orders.open() == [] and not scene.model.positions
