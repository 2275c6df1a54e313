"""A bot among others on a virtual clock: the same class as over TCP, and the same day for the same seed."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Optional

import pytest

from exchange.engine.commands import GetPositions
from exchange.engine.events import PositionsListed
from exchange.engine.words import Side
from exchange.laboratory.backtest import Backtest
from exchange.laboratory.flow.lobster_file import Row, RowType
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.recorded.recorded_market import MIDNIGHT_NS
from exchange.laboratory.venue.bot_driver import DrivenBot
from exchange.laboratory.venue.latency import Latency
from exchange.networking.client.book_follower import BookFollower
from exchange.networking.client.bot.bot import Bot
from exchange.networking.client.bot.own_order import OwnOrder
from exchange.networking.client.typed_events import OrderExecuted
from exchange.storage.verify import verify
from exchange.utils.disk import REAL_DISK
from exchange.utils.helpers import NS_PER_S
from tests.support.background import MS, SimpleBot, background, kept_day
from tests.support.project import ROOT

SEED, SECONDS = 7, 120


class TalkingBot(Bot):
    """Buys once and says what it was told, and when."""

    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []

    def say(self, what: str) -> None:
        self.told.append((self.now_ns, what))

    def on_start(self) -> None:
        self.say("start")
        self.buy(5, "10.00")
        self.after(1.5)

    def on_book(self, book: BookFollower) -> None:
        self.say(f"book {book.best_bid.quantity if book.best_bid else 0}")

    def on_accepted(self, order: OwnOrder) -> None:
        self.say(f"accepted {order.quantity}")

    def on_fill(self, order: OwnOrder, fill: OrderExecuted) -> None:
        self.say(f"fill {fill.quantity}, {order.remaining_quantity} left")

    def on_timer(self) -> None:
        self.say("timer")
        self.stop()

    def on_stop(self) -> None:
        self.say("stop")


def test_a_bot_is_told_in_order_and_at_its_time() -> None:
    market = VirtualMarket()
    bot = TalkingBot()
    driven = DrivenBot(market, bot, latency=Latency(MS, MS))
    market.advance(1)
    other = market.join("other")
    other.send(
        {
            "type": "new_order", "client_order_id": "1", "side": "SELL", "order_type": "MARKET",
            "quantity": 2,
        }
    )
    market.advance(2)
    start_ns = bot.told[0][0]
    assert [what for _, what in bot.told] == [
        "start",
        "book 0",
        "accepted 5",
        "book 5",
        "fill 2, 3 left",
        "book 3",
        "timer",
        "stop",
    ]
    times_ns = {what: time_ns - start_ns for time_ns, what in bot.told}
    assert (times_ns["accepted 5"], times_ns["timer"]) == (2 * MS, 1_500 * MS)
    assert driven.is_done
    assert market.engine.accounts["talkingbot"].live_orders() == []
    assert bot.times.acknowledgement.median_ns == 2 * MS


class FailingBot(Bot):
    def on_start(self) -> None:
        self.buy(1, "10.00")

    def on_accepted(self, order: OwnOrder) -> None:
        raise ZeroDivisionError("so it goes")


def test_a_bot_that_fails_ends_the_day_with_its_orders_canceled_and_the_report_says_where() -> None:
    backtest = Backtest(FailingBot(), background, seed=1)
    backtest.run(60)
    assert backtest.driven.failure is not None and "so it goes" in str(backtest.driven.failure)
    assert backtest.market.engine.accounts["failingbot"].live_orders() == []
    assert any("so it goes" in text for _, text in backtest.report_lines())


def test_the_report_says_what_the_engine_says() -> None:
    backtest = Backtest(SimpleBot(), background, seed=3, latency=Latency(2 * MS, MS))
    parts: list[float] = []
    backtest.run(SECONDS, parts.append)
    lines = dict(backtest.report_lines())
    [held] = backtest.market.engine.process(GetPositions("simplebot"), 0)
    assert isinstance(held, PositionsListed)
    [position] = held.positions
    assert lines["position ACME"] == f"{position.net_quantity}"
    assert lines["sent to accepted"].startswith("3.000 ms, for 99 % at most 3.000 ms")
    worth = Decimal(position.realised_pnl_nanos + position.unrealised_pnl_nanos) / 10**9
    # The bot values what it holds at the mid, the engine at the last trade.
    assert abs(backtest.driven.bot.pnl - worth) < Decimal("0.5")
    assert parts[-1] == 1.0 and backtest.driven.is_done


def test_one_more_bot_that_does_nothing_changes_nobody_else() -> None:
    def trades(bot: Bot) -> list[str]:
        backtest = Backtest(bot, background, seed=9)
        backtest.run(60)
        return [f"{user} {account.seq}" for user, account in backtest.market.engine.accounts.items()]

    class Idle(Bot):
        """Follows nothing."""

    class OtherIdle(Bot):
        def on_start(self) -> None:
            self.every(0.001)

    assert trades(Idle()) == trades(OtherIdle())


def test_in_recorded_flow_the_day_ends_with_the_file() -> None:
    nine_ns = 9 * 3_600 * NS_PER_S
    rows = [
        Row(RowType.NEW, 1, 5, 100_000, Side.SELL, nine_ns),
        Row(RowType.NEW, 2, 5, 100_100, Side.SELL, nine_ns + 10 * NS_PER_S),
        Row(RowType.NEW, 3, 5, 100_200, Side.SELL, nine_ns + 18 * NS_PER_S),
    ]
    backtest = Backtest(SimpleBot(), rows)
    backtest.run(3_600)
    assert backtest.market.clock.now_ns - MIDNIGHT_NS - nine_ns < 20 * NS_PER_S
    assert dict(backtest.report_lines())["fills"] == "10"


# --- the same seed, the same bytes -----------------------------------------------------------------------------


def files_of(directory: Path) -> dict[str, str]:
    """What a day consists of, by name, as hashes; the lock's note holds a process's id."""
    paths = sorted(path for path in directory.rglob("*") if path.is_file() and "lock" not in path.name)
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths
    }


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The day as this interpreter makes it."""
    directory = tmp_path_factory.mktemp("days") / "day"
    kept_day(directory, SEED, SECONDS)
    return directory


def test_a_kept_day_is_sound(day: Path) -> None:
    told: list[str] = []
    assert verify(day, REAL_DISK, told.append), told
    assert (day / "trades" / "trades.jsonl").read_text().count("\n") > 500


def test_the_same_seed_gives_the_same_bytes_and_another_others(day: Path, tmp_path: Path) -> None:
    kept_day(tmp_path / "again", SEED, SECONDS)
    kept_day(tmp_path / "other", SEED + 1, SECONDS)
    assert files_of(tmp_path / "again") == files_of(day)
    assert files_of(tmp_path / "other") != files_of(day)


def interpreter(version: str) -> Optional[str]:
    """A Python of this version that runs, None if there is none."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for candidate in (shutil.which(f"python{version}"), *root.glob(f"{version}.*/bin/python")):
        if candidate is not None:
            asked = subprocess.run([candidate, "-c", "import sys"], capture_output=True, check=False, timeout=60)
            if asked.returncode == 0:
                return str(candidate)
    return None


PLAY = """
import sys
from pathlib import Path
from tests.support.background import kept_day
kept_day(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
"""


@pytest.mark.parametrize("version", ["3.10", "3.13"])
def test_every_python_gives_the_same_bytes(day: Path, tmp_path: Path, version: str) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} is installed here: python{version} does not run")
    arguments = [str(tmp_path / "day"), str(SEED), str(SECONDS)]
    # Another hash seed as well: no order may hang on a set's.
    surroundings = {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "12345", "PYTHONDONTWRITEBYTECODE": "1"}
    command = [python, "-c", PLAY, *arguments]
    done = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert sys.executable != python
    assert files_of(tmp_path / "day") == files_of(day)
