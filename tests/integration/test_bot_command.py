"""`exchange bot` as a process: signals, failing callbacks, files without a bot, and a newcomer's first fill."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from exchange.networking.tcp_client import ExchangeClient
from tests.support.processes import RunningEngine
from tests.support.project import ROOT

WAIT_S = 20.0
# Twice what it should take, since the machine may be busy.
ENDING_AWAY_S = 4.0
FIRST_BOT_LINES_MAX = 6
QUOTER = '''
from exchange.networking.tcp_client import Bot

class Quoter(Bot):
    size = 10
    def on_start(self):
        self.quote("99.00", "101.00", self.size)
        print("quoting", flush=True)
    def on_fill(self, order, fill):
        print("filled", flush=True)
        if fill.quantity == 7:
            return order.no_such_thing
    def on_stop(self):
        print("stopping", flush=True)

if __name__ == "__main__":
    Quoter().run(port=PORT)
'''


LINES = QUOTER.count("\n")


def quoter(engine: RunningEngine, directory: Path) -> Path:
    path = directory / "quoter.py"
    path.write_text(QUOTER.replace("PORT", str(engine.port)))
    return path


def started(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    """A program of Python's, whose data is in `directory`."""
    environment = {**os.environ, "EXCHANGE_HOME": str(directory / "home"), "PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([sys.executable, *arguments], text=True, env=environment, **pipes)  # type: ignore[call-overload,no-any-return]


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Exit code, output and complaints."""
    output, complaints = process.communicate(timeout=WAIT_S)
    return process.returncode, output, complaints


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_end_it_stops_with_its_orders_canceled(
    engine: RunningEngine, other: ExchangeClient, tmp_path: Path, number: signal.Signals
) -> None:
    book = other.follow_book()
    bot = started(tmp_path, "-m", "exchange", "bot", str(quoter(engine, tmp_path)), "--port", str(engine.port))
    assert bot.stdout is not None
    assert bot.stdout.readline() == "quoting\n"
    other.ping()
    bot.send_signal(number)
    assert ended(bot) == (0, "stopping\n", "")
    other.ping()
    assert (book.bids, book.asks) == ([], [])


def test_told_to_end_while_the_engine_is_away_it_ends_soon_and_says_what_may_be_left(
    engine: RunningEngine, tmp_path: Path
) -> None:
    bot = started(tmp_path, "-m", "exchange", "bot", str(quoter(engine, tmp_path)), "--port", str(engine.port))
    assert bot.stdout is not None and bot.stderr is not None
    assert bot.stdout.readline() == "quoting\n"
    engine.send_signal(signal.SIGKILL)
    assert "trying to come back" in bot.stderr.readline()
    told_s = time.monotonic()
    bot.send_signal(signal.SIGINT)
    code, _, complaints = ended(bot)
    assert code == 1 and "its orders may still be live" in complaints
    assert time.monotonic() - told_s < ENDING_AWAY_S


def test_a_failing_callback_ends_it_with_its_orders_canceled_and_says_where(
    engine: RunningEngine, other: ExchangeClient, tmp_path: Path
) -> None:
    book = other.follow_book()
    path = quoter(engine, tmp_path)
    bot = started(tmp_path, "-m", "exchange", "bot", str(path), "--port", str(engine.port), "--param", "size=12")
    assert bot.stdout is not None
    assert bot.stdout.readline() == "quoting\n"
    other.sell(7, "99.00")
    code, output, complaints = ended(bot)
    line = QUOTER.splitlines().index("            return order.no_such_thing") + 1
    assert (code, output) == (1, "filled\n")
    assert f"on_fill failed at {path}:{line}: AttributeError:" in complaints
    assert "it was told <order" in complaints and "OrderExecuted(" in complaints
    other.ping()
    assert (book.bids, book.asks) == ([], [])


def test_a_bot_of_one_market_on_an_exchange_of_two_is_told_in_one_line_how_to_choose(tmp_path: Path) -> None:
    with RunningEngine(tmp_path, "--symbols", "ACME,BETA") as engine:
        path = quoter(engine, tmp_path)
        bot = started(tmp_path, "-m", "exchange", "bot", str(path), "--port", str(engine.port))
        code, output, complaints = ended(bot)
    line = QUOTER.splitlines().index('        self.quote("99.00", "101.00", self.size)') + 1
    assert (code, output.count("quoting"), complaints.count("\n")) == (1, 0, 1)
    assert f"on_start failed at {path}:{line}: Quoter follows ACME, BETA: say which, with `exchange" in complaints
    assert '--symbol ACME` or symbols = ("ACME",) in the class; a bot of several asks' in complaints


def test_a_file_runs_as_a_program_too_and_keeps_its_token_where_all_data_is(
    engine: RunningEngine, other: ExchangeClient, tmp_path: Path
) -> None:
    for _ in range(2):
        bot = started(tmp_path, str(quoter(engine, tmp_path)))
        assert bot.stdout is not None
        assert bot.stdout.readline() == "quoting\n"
        other.buy(1, "101.00", time_in_force="IOC")
        bot.send_signal(signal.SIGTERM)
        code, output, complaints = ended(bot)
        assert (code, complaints) == (0, "")
        assert output in ("filled\nstopping\n", "stopping\n")
    assert any((tmp_path / "home" / "tokens").iterdir())


@pytest.mark.parametrize(
    ("source", "arguments", "complaint"),
    [
        ("x = 1\n", [], "it defines no Bot"),
        (QUOTER.replace("PORT", "1"), ["--param", "speed=3"], "Quoter has no parameter 'speed'; it has: size"),
        (QUOTER.replace("PORT", "1"), ["--param", "size=many"], "parameter size: 'many' is no int"),
        (QUOTER.replace("PORT", "1"), ["--param", "size"], "parameter 'size' is not NAME=VALUE"),
        (QUOTER.replace("PORT", "1"), ["--port", "1"], "cannot reach an engine at 127.0.0.1:1"),
        (QUOTER + QUOTER.replace("Quoter", "Other"), [], "it defines Quoter, Other: say which, as"),
        (QUOTER + "class Bad(\n", [], f"bot.py:{LINES + 1}: SyntaxError: "),
        (QUOTER + "import no_such_module\n", [], f"bot.py:{LINES + 1}: ModuleNotFoundError: No module named"),
        (QUOTER + "raise SystemExit(0)\n", [], f"bot.py:{LINES + 1}: it leaves the program when it is loaded"),
        (QUOTER + "Quoter().run()\n", [], f"bot.py:{LINES + 1}: it runs its bot when it is loaded: put `Quoter()"),
    ],
)
def test_what_can_not_start_says_why_in_one_line(
    tmp_path: Path, source: str, arguments: list[str], complaint: str
) -> None:
    (tmp_path / "bot.py").write_text(source)
    bot = started(tmp_path, "-m", "exchange", "bot", str(tmp_path / "bot.py"), *arguments)
    code, output, complaints = ended(bot)
    assert (code, output, complaints.count("\n")) == (2, "", 1)
    assert complaint in complaints


def test_the_first_bot_of_the_page_has_six_lines_and_fills(
    engine: RunningEngine, other: ExchangeClient, tmp_path: Path
) -> None:
    page = (ROOT / "exchange" / "networking" / "client" / "README.md").read_text("utf-8")
    found = re.search(r"```python\n(.*?)```", page, re.DOTALL)
    assert found is not None
    source = found[1]
    assert len([line for line in source.splitlines() if line.strip()]) <= FIRST_BOT_LINES_MAX
    (tmp_path / "first.py").write_text(source)
    other.sell(20, 100)
    bot = started(tmp_path, "-m", "exchange", "bot", str(tmp_path / "first.py"), "--port", str(engine.port))
    with ExchangeClient.connect(port=engine.port) as watcher:
        watcher.subscribe("trades")
        assert watcher.poll(WAIT_S) is not None
    bot.send_signal(signal.SIGTERM)
    assert ended(bot)[0] == 0
    assert all(fill.price == Decimal(100) for fill in other.fills())
