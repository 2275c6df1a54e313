"""Every example bot against a real engine, and their types as somebody outside of the project sees them."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import venv
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from exchange.networking.client.bot.bot import Bot
from exchange.networking.client.bot.bot_file import load_bot
from exchange.networking.client.bot.bot_runner import BotRunner
from exchange.networking.tcp_client import ExchangeClient, MessageClient, TokenStore
from tests.support.processes import RunningEngine
from tests.support.project import ROOT

EXAMPLES = ROOT / "exchange" / "examples"
BOTS = sorted(path.stem for path in EXAMPLES.glob("[a-z]*.py") if path.stem != "ledger")
WAIT_S = 20.0
EXAMPLE_LINES_MAX = 80
SYMBOLS = "ACME,ACME.B"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    with RunningEngine(tmp_path / "engine", "--symbols", SYMBOLS) as engine:
        yield engine


class RunningBot:
    """An example in a thread of its own, as `exchange bot` runs it."""

    def __init__(self, engine: RunningEngine, directory: Path, bot: Bot) -> None:
        self.told: list[str] = []
        self.exit_codes: list[int] = []
        tokens = TokenStore(directory / "tokens")
        self.runner = BotRunner(
            bot, "bot", lambda: MessageClient.connect(port=engine.port), tokens, self.told.append
        )
        self.thread = threading.Thread(target=self._run, name="bot")

    def _run(self) -> None:
        self.exit_codes.append(self.runner.run())

    def join(self) -> int:
        """Wait until it has ended; the exit code."""
        self.thread.join(WAIT_S)
        assert self.exit_codes, f"it does not end: {self.told}"
        return self.exit_codes[0]


@contextmanager
def running(
    engine: RunningEngine, directory: Path, name: str, symbols: tuple[str, ...] = ("ACME",), **parameters: str
) -> Iterator[tuple[Bot, RunningBot]]:
    """The example of this name, at work."""
    bot = load_bot(str(EXAMPLES / f"{name}.py"), parameters, symbols)
    started, on_start = threading.Event(), bot.on_start

    def start() -> None:
        on_start()
        started.set()

    bot.on_start = start  # type: ignore[method-assign]
    run = RunningBot(engine, directory, bot)
    run.thread.start()
    try:
        assert started.wait(WAIT_S), run.told
        yield bot, run
    finally:
        run.runner.request_stop()
        run.thread.join(WAIT_S)
    assert run.exit_codes == [0], run.told


def until(client: ExchangeClient, is_there: Callable[[], bool]) -> None:
    """Wait, by barriers, until something can be seen."""
    for _ in range(20_000):
        if is_there():
            return
        client.ping()
    raise AssertionError("it never came")


def test_hello_buys_one_and_ends(engine: RunningEngine, other: ExchangeClient, tmp_path: Path) -> None:
    with running(engine, tmp_path, "hello") as (bot, run):
        other.sell(5, 100, "ACME")
        assert run.join() == 0
        assert bot.position == 1


def test_twap_trades_all_of_it_slice_by_slice(
    engine: RunningEngine, other: ExchangeClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other.sell(7, "100.00", "ACME")
    other.sell(30, "100.10", "ACME")
    with running(engine, tmp_path, "twap", quantity="20", seconds="0.2", slices="4") as (bot, run):
        assert run.join() == 0
        assert bot.position == 20
    assert "BUY 20 of 20 ACME at 100.0650 on average" in capsys.readouterr().out
    assert len(list(other.fills())) >= 4


def test_twap_keeps_to_its_limit(engine: RunningEngine, other: ExchangeClient, tmp_path: Path) -> None:
    book = other.follow_book("ACME")
    other.buy(30, "99.00", "ACME")
    with running(
        engine, tmp_path, "twap", side="SELL", quantity="20", seconds="0.1", slices="2", limit="99.50"
    ) as (bot, run):
        other.buy(5, "99.50", "ACME")
        until(other, lambda: bot.position == -5)
        other.ping()
        assert book.best_bid is not None
        assert (book.best_bid.price, run.exit_codes) == (Decimal("99.00"), [])


def test_momentum_buys_into_a_rise_and_sells_into_a_fall(
    engine: RunningEngine, other: ExchangeClient, tmp_path: Path
) -> None:
    with running(engine, tmp_path, "momentum", fast="2", slow="4", size="3") as (bot, _):
        other.sell(50, "101.00", "ACME")
        other.buy(50, "99.00", "ACME")
        trade_along(other, range(10_001, 10_090), lambda: bot.position == 3)
        trade_along(other, range(10_089, 9_910, -1), lambda: bot.position == -3)


def trade_along(client: ExchangeClient, cents: range, is_there: Callable[[], bool]) -> None:
    """Trade at one price after the other until something can be seen: the bot's own trades are in the way."""
    for price in cents:
        trade_at(client, f"{price // 100}.{price % 100:02}")
        if is_there():
            return
    until(client, is_there)


def trade_at(client: ExchangeClient, price: str) -> None:
    """One trade with oneself at this price."""
    client.sell(1, price, "ACME")
    client.buy(1, price, "ACME")


def test_a_market_maker_leans_against_what_it_holds(
    engine: RunningEngine, other: ExchangeClient, tmp_path: Path
) -> None:
    book = other.follow_book("ACME")
    with running(engine, tmp_path, "market_maker", size="10", limit="20") as (bot, _):
        until(other, lambda: bool(book.bids and book.asks))
        assert [(level.price, level.quantity) for level in (*book.bids, *book.asks)] == [
            (Decimal("99.98"), 10),
            (Decimal("100.02"), 10),
        ]
        other.sell(10, "99.98", "ACME", time_in_force="IOC")
        until(other, lambda: bool(book.asks) and book.asks[0].price == Decimal("99.98"))
        # It holds half of its limit: 2 ticks lower, around the last price.
        assert [level.price for level in (*book.bids, *book.asks)] == [Decimal("99.94"), Decimal("99.98")]
        assert bot.position == 10
    until(other, lambda: not book.bids and not book.asks)


def test_an_arbitrage_buys_here_and_sells_there(
    engine: RunningEngine, other: ExchangeClient, tmp_path: Path
) -> None:
    with running(engine, tmp_path, "arbitrage", symbols=()) as (bot, _):
        other.sell(6, "100.00", "ACME")
        other.buy(4, "100.05", "ACME.B")
        until(other, lambda: bot.markets[1].position == -4)
        until(other, lambda: bot.market("ACME").position == 4)
    traded: Counter[tuple[str, str, Decimal]] = Counter()
    for fill in other.fills():
        traded[fill.symbol, fill.side, fill.price] += fill.quantity
    assert traded == {("ACME", "SELL", Decimal(100)): 4, ("ACME.B", "BUY", Decimal("100.05")): 4}


def test_an_iceberg_is_found_and_stepped_ahead_of(
    engine: RunningEngine, other: ExchangeClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    book = other.follow_book("ACME")
    with running(engine, tmp_path, "iceberg_hunter") as (bot, _):
        other.buy(100, "99.00", "ACME", display_quantity=10)
        other.sell(1, "101.00", "ACME")
        until(other, lambda: bot.book.best_ask is not None)
        other.sell(25, "99.00", "ACME")
        until(other, lambda: bool(book.bids) and book.bids[0].price == Decimal("99.01"))
        assert book.bids[0].quantity == 5
    assert "an iceberg bought at 99.00" in capsys.readouterr().out


def test_the_ledger_is_read_cell_by_cell(engine: RunningEngine, other: ExchangeClient, tmp_path: Path) -> None:
    trade_at(other, "100.00")
    trade_at(other, "101.00")
    engine.send_signal(signal.SIGTERM)
    assert engine.wait()[0] == 0
    command = [sys.executable, str(EXAMPLES / "ledger.py")]
    environment = {**os.environ, "EXCHANGE_HOME": str(tmp_path / "engine")}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("2 trades in ")
    assert lines[1:3] == ["ACME: 2 traded, at 100.5000 on average", "other: 4"]


def test_every_example_is_short_and_can_be_run_as_it_is() -> None:
    lines = {name: (EXAMPLES / f"{name}.py").read_text("utf-8").splitlines() for name in (*BOTS, "ledger")}
    assert {name: len(each) for name, each in lines.items() if len(each) >= EXAMPLE_LINES_MAX} == {}
    for name in BOTS:
        assert re.fullmatch(r"    \w+\(\)\.run\(\)", lines[name][-1]), name


def test_examples_are_fully_typed_for_whoever_copies_them(tmp_path: Path) -> None:
    """In a folder of their own, with the package where pip puts packages: its types are found by `py.typed`."""
    venv.create(tmp_path / "venv", with_pip=False)
    (site_packages,) = (tmp_path / "venv").glob("lib/*/site-packages")
    (site_packages / "exchange").symlink_to(ROOT / "exchange")
    copies = tmp_path / "copies"
    copies.mkdir()
    for path in EXAMPLES.glob("[a-z]*.py"):
        shutil.copy(path, copies)
    page = (ROOT / "exchange" / "networking" / "client" / "README.md").read_text("utf-8")
    (copies / "first.py").write_text(page.partition("```python\n")[2].partition("```")[0])
    python = str(tmp_path / "venv" / "bin" / "python")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--python-executable", python, "."]
    checked = subprocess.run(command, cwd=copies, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout
    misspelt = (copies / "hello.py").read_text().replace("fill.quantity", "fill.quantaty")
    (copies / "hello.py").write_text(misspelt)
    checked = subprocess.run(command, cwd=copies, capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    assert '"OrderExecuted" has no attribute "quantaty"' in checked.stdout
