"""The tour and a recorded day, as real programs on a pseudo-terminal; and the tour beside a real engine."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from exchange.networking.tcp_client import ExchangeClient
from tests.support.processes import RunningEngine
from tests.support.screen_process import ENTER, UP, ScreenProcess

RIGHT, LEFT = b"\x1b[C", b"\x1b[D"


def alone(tmp_path: Path, *words: str, width: int = 120, height: int = 36) -> ScreenProcess:
    return ScreenProcess(0, tmp_path, width, height, program=("-m", "exchange"), where=words)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The data of an engine that has stopped."""
    directory = tmp_path / "engine"
    with RunningEngine(directory) as engine, ExchangeClient.connect(port=engine.port) as client:
        client.login("maria")
        for quantity in (30, 20):
            client.buy(quantity, "99.95")
        client.sell(40, "100.05")
        client.sell(35, "99.95")
        engine.send_signal(signal.SIGTERM)
        assert engine.end()[0] == 0
    return directory


def test_a_stopped_engines_day_is_wound_back_and_forth(kept: Path, tmp_path: Path) -> None:
    with alone(tmp_path, "rewind", "--data-dir", str(kept)) as screen:
        screen.see("maria sells 30 at 99.95 to maria")
        screen.see("RECORDED 1×")
        screen.type(ENTER)
        screen.see("QUEUE 99.95  1")
        screen.type(LEFT)
        screen.see("QUEUE 99.95  2")
        screen.see("SELL 40 at 100.05")
        screen.type(b"b")
        screen.see("nothing can be ordered or canceled")
        screen.type(RIGHT)
        screen.see("QUEUE 99.95  1")
        screen.type(b"h")
        screen.see("DEPTH ACME")
        screen.type(b"q")
        assert screen.end() == 0
        screen.check_restored()


def test_the_tour_needs_no_engine(tmp_path: Path) -> None:
    with alone(tmp_path, "tour", width=80, height=24) as screen:
        screen.see("A resting order")
        screen.type(b"b")
        screen.see("SEND? BUY 10 PRACTICE @ 99.95")
        screen.type(ENTER)
        screen.see("Your order rests in the book at 99.95")
        screen.type(ENTER)
        screen.see("A crossing order")
        screen.type(b"q")
        assert screen.end() == 0
        screen.check_restored()


def test_what_is_ordered_in_the_tour_never_reaches_the_engine(tmp_path: Path) -> None:
    with RunningEngine(tmp_path / "engine") as engine, ExchangeClient.connect(port=engine.port) as watcher:
        watcher.login("alice-watching")
        book = watcher.follow_book("ACME")
        with ScreenProcess(engine.port, tmp_path / "client") as screen:
            screen.see("● LIVE")
            screen.command("tour")
            screen.see("A resting order")
            screen.type(UP)
            screen.type(b"b")
            screen.see("SEND?")
            screen.type(ENTER)
            screen.see("MY ORDERS 1")
            screen.type(b"q")
            screen.see("this is the real market")
            screen.see("MY ORDERS 0")
            screen.type(b"q")
            assert screen.end() == 0
        watcher.ping()
        assert book.bids == [] and book.asks == []
