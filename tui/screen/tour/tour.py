"""The tour's state and its one message: a model of its own, a practice market, and where the learner is.

    update(model, message) ─► updated_in_tour ─► keys, time, size ─► the tour's model ─► practice market ─┐
                                    │                                     ▲──────────────────────────────┘
                                    └─► engine, connection ─► the real model, which goes on as before

Changes both models and nothing else.  Of what the tour's model asks for only effects on the terminal come out.
"""

from __future__ import annotations

from typing import Any, Optional

from tui.screen.key_decoder import Key
from tui.screen.messages import (
    ClockSet,
    Connected,
    Effect,
    EngineSaid,
    Incoming,
    Outgoing,
    Resized,
    TimePassed,
    ToEngine,
    Typed,
)
from tui.screen.model import Model, Notice, NoticeKind, Tour, Update, refuse
from tui.screen.modes import LessonShown
from tui.screen.sending import disarm
from tui.screen.tour.lessons import LESSONS
from tui.screen.tour.practice import LEARNER, Practice

# What the learner must hear of the real market all the same.
_REAL_NEWS = (NoticeKind.FILL, NoticeKind.REJECT, NoticeKind.WARN)
_PASSED_ON = (Effect.REPAINT, Effect.SUSPEND, Effect.RING)
_LEAVING = (Key("q"), Key("ctrl_c"))
ANSWERS_PER_MESSAGE_MAX = 10_000


def begin_tour(model: Model, update: Update) -> list[Outgoing]:
    """Show the first lesson; refused while real orders work, which nobody would watch meanwhile."""
    if model.orders.open():
        return refuse(model, f"{len(model.orders.open())} orders of yours work: cancel them (X) before the tour")
    disarm(model, "the tour begins")
    model.tour = _at_lesson(model, 0, update)
    model.is_changed = True
    return []


def updated_in_tour(model: Model, message: Incoming, update: Update) -> list[Outgoing]:
    """Take one message while the tour is on; `update` is that of one model by itself."""
    tour = model.tour
    assert tour is not None
    outgoing: list[Outgoing] = []
    if isinstance(message, (Typed, Resized, TimePassed, ClockSet)):
        outgoing = _learn(model, tour, message, update)
    if not isinstance(message, Typed):
        before = model.notices[-1] if model.notices else None
        outgoing += update(model, message)
        _tell_real_news(model, tour, before)
    if model.tour is tour:
        model.is_changed = model.is_changed or tour.model.is_changed
        tour.model.is_changed = False
    return outgoing


def _learn(model: Model, tour: Tour, message: Incoming, update: Update) -> list[Outgoing]:
    """A message for the tour's own model; what it asks of an engine ends in the practice market."""
    inner, shown = tour.model, tour.model.lesson
    assert shown is not None
    is_free = inner.confirm is None and inner.command is None and not inner.is_help_shown
    if isinstance(message, Typed) and is_free:
        if message.input == Key("enter") and shown.is_done:
            return _go_on(model, tour, 1, update)
        if message.input in _LEAVING:
            return _leave(model)
    # It is in this process: it can't fall silent, however long nobody looked.
    inner.link.heard_at = message.now
    tour.practice.run_until(message.now - tour.began_at)
    requests = update(inner, message)
    _answer(tour, requests, message.now, update)
    model.theme = inner.theme
    if Effect.QUIT in requests:
        return _leave(model)
    if shown.wanted_step:
        return _go_on(model, tour, shown.wanted_step, update)
    return [request for request in requests if request in _PASSED_ON]


def _go_on(model: Model, tour: Tour, step: int, update: Update) -> list[Outgoing]:
    """Another lesson; behind the last one the tour is over."""
    number = tour.number + step
    if number >= len(LESSONS):
        return _leave(model)
    model.tour = _at_lesson(model, max(0, number), update)
    model.is_changed = True
    return []


def _leave(model: Model) -> list[Outgoing]:
    model.tour = None
    if model.is_tour_only:
        return [Effect.QUIT]
    model.say(NoticeKind.WARN, "the tour is over: this is the real market")
    return []


def _at_lesson(model: Model, number: int, update: Update) -> Tour:
    """A lesson from its beginning, on a market of its own."""
    lesson, now = LESSONS[number], model.now
    practice = Practice(lesson.self_trade_prevention)
    lesson.prepare(practice)
    while practice.take() is not None:
        pass  # What was prepared is told by the answers to the first questions.
    inner = Model(
        LEARNER,
        id_prefix=f"tour{number}-",
        clock_offset_s=model.clock_offset_s,
        zone_offset_s=model.zone_offset_s,
        theme=model.theme,
        now=now,
        last_input_at=now,
        is_heat_fine=model.is_heat_fine,
    )
    inner.lesson = LessonShown(number + 1, len(LESSONS), lesson.title, lesson.task)
    tour = Tour(inner, practice, now, number)
    practice.ask({"type": "login", "user": LEARNER})
    logged_in = practice.take()
    assert logged_in is not None
    for message in (Resized(now, model.width, model.height), Connected(now, logged_in, ())):
        _answer(tour, update(inner, message), now, update)
    update(inner, TimePassed(now))
    inner.notices.clear()
    return tour


def _answer(tour: Tour, requests: list[Outgoing], now: float, update: Update) -> None:
    """Let the practice market answer, and whatever that leads to."""
    waiting: list[Any] = [request.message for request in requests if isinstance(request, ToEngine)]
    for message in waiting:
        tour.practice.ask(message)
    for _ in range(ANSWERS_PER_MESSAGE_MAX):
        said = tour.practice.take()
        if said is None:
            return
        _react(tour, said)
        for request in update(tour.model, EngineSaid(now, said)):
            if isinstance(request, ToEngine):
                tour.practice.ask(request.message)


def _react(tour: Tour, message: dict[str, Any]) -> None:
    shown = tour.model.lesson
    assert shown is not None
    reaction = None if shown.is_done else LESSONS[tour.number].react(tour.practice, message)
    if reaction is not None:
        shown.said, shown.is_done = reaction.text, reaction.is_done
        tour.model.is_changed = True


def _tell_real_news(model: Model, tour: Tour, before: Optional[Notice]) -> None:
    """What the real market says goes on the tour's messages line, too."""
    after = model.notices[-1] if model.notices else None
    if after is not None and after is not before and after.kind in _REAL_NEWS:
        tour.model.say(after.kind, f"REAL MARKET: {after.text}")
