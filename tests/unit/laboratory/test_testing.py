"""The exchange that a bot's author asks for in a test of their own: `exchange.laboratory.testing`."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from exchange.engine.commands import HaltInstrument, ResumeInstrument
from exchange.engine.instrument import Instrument
from exchange.laboratory.hand_driven import HandDrivenExchange
from exchange.laboratory.market import MarketError
from exchange.laboratory.testing import tidied
from exchange.networking.tcp_client import Rejected
from tests.support.project import ROOT

TABLE = """
    BUY              | SELL
    alice 100 @ 10.00 | bob 70 @ 10.02
    carol 30 @ 9.99  | 10 @ 10.02
"""


@pytest.fixture
def exchange() -> HandDrivenExchange:
    """As `testing` makes it."""
    return HandDrivenExchange()


def test_a_book_that_is_given_is_the_book_that_is_shown(exchange: HandDrivenExchange) -> None:
    exchange.given_book(TABLE)
    assert exchange.book.show() == tidied(TABLE)


def test_somebody_trades_with_it(exchange: HandDrivenExchange) -> None:
    exchange.given_book(TABLE)
    dave = exchange.join("dave")
    dave.buy(75, "10.02")
    assert exchange.book.show() == tidied("""
        alice 100 @ 10.00 | 5 @ 10.02
        carol 30 @ 9.99   |
    """)
    assert [(trade.quantity, trade.price) for trade in exchange.trades] == [
        (70, Decimal("10.02")),
        (5, Decimal("10.02")),
    ]
    assert [position.net_position for position in dave.positions()] == [75]


def test_time_passes_when_the_test_says_so(exchange: HandDrivenExchange) -> None:
    alice = exchange.join("alice")
    exchange.operate(HaltInstrument("ACME", seconds=1))
    with pytest.raises(Rejected, match="HALTED"):
        alice.buy(1, "10.00", time_in_force="IOC")
    exchange.clock.advance(70)
    assert alice.buy(1, "10.00").status == "NEW"
    exchange.operate(HaltInstrument(None))
    exchange.operate(ResumeInstrument(None))
    assert exchange.clock.now_ns > 70 * 10**9


def test_a_table_whose_orders_trade_is_refused(exchange: HandDrivenExchange) -> None:
    with pytest.raises(ValueError, match="not all orders of the table rest: OrderExecuted"):
        exchange.given_book("alice 5 @ 10.00 | bob 5 @ 10.00")


def test_several_instruments_are_named() -> None:
    exchange = HandDrivenExchange([Instrument("AAA"), Instrument("BBB")])
    exchange.given_book("5 @ 10.00 |", "BBB")
    assert exchange.book_of("BBB").show() == tidied("5 @ 10.00 |")
    assert exchange.book_of("AAA").show() == tidied("")
    with pytest.raises(MarketError, match="AAA, BBB"):
        _ = exchange.book


A_TEST = """
def test_a_market(exchange):
    exchange.given_book("alice 5 @ 10.00 |")
    assert exchange.join("bob").sell(5, "10.00").status == "NEW"
    assert [trade.quantity for trade in exchange.trades] == [5]
"""


def test_a_conftest_of_one_line_gives_the_fixture(tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text(f"[pytest]\npythonpath = {ROOT}\n", "utf-8")
    (tmp_path / "conftest.py").write_text("from exchange.laboratory.testing import exchange\n", "utf-8")
    (tmp_path / "test_it.py").write_text(A_TEST, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_no_project_gets_the_fixture_without_asking() -> None:
    assert "pytest11" not in Path(ROOT, "setup.cfg").read_text("utf-8")
