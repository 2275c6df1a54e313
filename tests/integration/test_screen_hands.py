"""What hands do on the real screen, on a pseudo-terminal, against a real engine."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.networking.tcp_client import ExchangeClient
from tests.support.processes import RunningEngine
from tests.support.project import ROOT
from tests.support.screen_process import DOWN, ENTER, ESCAPE, ScreenProcess


@pytest.fixture
def screen(engine: RunningEngine, market: ExchangeClient, tmp_path: Path) -> Iterator[ScreenProcess]:
    with ScreenProcess(engine.port, tmp_path / "client") as screen:
        screen.see("● LIVE")
        screen.see("99.95 / 100.05")
        yield screen


def mouse(screen: ScreenProcess, code: int, x: int, y: int, final: str = "M") -> None:
    """A report of the mouse, at a cell counted from 0."""
    screen.type(f"\x1b[<{code};{x + 1};{y + 1}{final}".encode())


def row_of(screen: ScreenProcess, text: str) -> int:
    """The row that shows this on the ladder."""
    return next(y for y, row in enumerate(screen.rows) if text in row[:66])


def search(screen: ScreenProcess, text: str) -> None:
    """Search in the help, letter by letter as hands do: all at once it would be a paste."""
    screen.type(b"?")
    screen.see("type to search")
    for end in range(1, len(text) + 1):
        screen.type(text[end - 1 : end].encode())
        screen.see(f"search: {text[:end]} ")


def test_an_order_joins_the_best_bid_is_dragged_and_canceled_by_the_right_button(
    screen: ScreenProcess, market: ExchangeClient
) -> None:
    screen.type(b"B")
    screen.see("SEND? BUY 10 ACME @ 99.95 LIMIT GTC = 999.50")
    screen.type(ENTER)
    screen.see("BUY 10 @ 99.95 accepted")
    screen.see("B10")
    y = row_of(screen, "B10")
    x = screen.rows[y].index("B10")
    mouse(screen, 0, x, y)
    mouse(screen, 32, x, y + 2)
    screen.see("99.95 to 99.93")
    mouse(screen, 0, x, y + 2, "m")
    screen.see("SEND? MOVE 3 BUY 10 ACME 99.95 to 99.93")
    assert not any(str(level.price) == "99.93" for level in market.follow_book("ACME").bids)
    screen.type(ENTER)
    screen.see("MOVED 3 BUY 10 @ 99.93")
    screen.wait_for(lambda: "B10 " in screen.rows[y + 2], "the order in its new row")
    mouse(screen, 2, x, y + 2)
    screen.see("CANCELED 3 BUY 10 @ 99.93")


def test_a_search_tells_why_not_and_does_what_was_chosen(screen: ScreenProcess) -> None:
    search(screen, "reverse")
    screen.see("not now: there is no position left to flatten")
    screen.type(ESCAPE)
    screen.see("LADDER ACME")
    screen.command("sell 10 bid ioc")
    screen.see("SEND? SELL 10 ACME @ 99.95 LIMIT IOC")
    screen.type(ENTER)
    screen.see("POS -10")
    search(screen, "reverse")
    screen.type(ENTER)
    screen.see("REVERSE? BUY 20 ACME MARKET IOC")
    screen.type(ENTER)
    screen.see("POS +10")


def test_a_guard_is_remembered_from_one_run_to_the_next(
    screen: ScreenProcess, engine: RunningEngine, tmp_path: Path
) -> None:
    screen.command("max 5")
    screen.see("largest order: 5")
    screen.type(b"b")
    screen.see("10 is more than your largest order, 5")
    screen.type(b"q")
    assert screen.end() == 0
    with ScreenProcess(engine.port, tmp_path / "client") as later:
        later.see("99.95 / 100.05")
        later.type(DOWN + b"b")
        later.see("10 is more than your largest order, 5")


def test_what_the_engine_is_asked_to_cancel_it_cancels_when_the_screen_is_killed(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    program = (str(ROOT / "scripts" / "start_client.py"), "--cancel-on-disconnect", "all")
    with ScreenProcess(engine.port, tmp_path / "client", program=program) as screen:
        screen.see("99.95 / 100.05")
        screen.see("COD ALL")
        screen.type(b"B")
        screen.see("SEND?")
        screen.type(ENTER)
        screen.see("BUY 10 @ 99.95 accepted")
        screen.process.send_signal(signal.SIGKILL)
        screen.process.wait()
    with ScreenProcess(engine.port, tmp_path / "client") as later:
        later.see("99.95 / 100.05")
        later.wait_for(lambda: "MY ORDERS 0 " in later.text, "no order left")


def test_a_terminal_that_doubles_ambiguous_characters_gets_none(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client", EXCHANGE_AMBIGUOUS="2") as screen:
        screen.see("* LIVE")
        screen.see("99.95 / 100.05")
        screen.see("LADDER ACME")
        assert not re.search("[─│╭█●·×Δ]", screen.text)
