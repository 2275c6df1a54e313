"""A data directory that an earlier version made, and left without a snapshot at its end, opens and goes on."""

from __future__ import annotations

import json
import shutil
import signal
from decimal import Decimal
from pathlib import Path

import pytest

from exchange.storage.verify import verify
from exchange.utils.disk import REAL_DISK
from tests.support.processes import RunningEngine
from tests.support.raw_client import RawClient, kinds, limit

OLD = Path(__file__).with_name("old_data_directory")
# What the earlier version gave alice, and what it told her when it was last asked.
TOKEN = "7be78e29ab717d19ec4604dd5029e97294f30790cd865f587c9094a85255f124"  # noqa: S105
LIVE_ORDERS = [("c10", "ACME", Decimal("98.5"), 8)]
POSITIONS = [("ACME", 15, Decimal("100.416666667"), 15), ("BETA", 3, Decimal("50.01"), 3)]
LAST_TRADE_ID = 4


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Path(shutil.copytree(OLD, tmp_path / "data"))


def is_sound(path: Path) -> bool:
    findings: list[str] = []
    return verify(path, REAL_DISK, findings.append) or bool(print("\n".join(findings)))


def test_it_opens_with_its_orders_positions_and_tokens_and_goes_on(path: Path) -> None:
    assert is_sound(path)
    with RunningEngine(path) as engine, RawClient(engine.port) as alice:
        assert alice.login("alice", TOKEN, last_seq=12)["type"] == "logged_in"
        orders, positions = alice.ask({"type": "get_orders"}, {"type": "get_positions"})
        assert [
            (order["client_order_id"], order["symbol"], order["price"], order["remaining_quantity"])
            for order in orders["orders"]
        ] == LIVE_ORDERS
        assert [
            (row["symbol"], row["net_position"], row["average_price"], row["volume"])
            for row in positions["positions"]
        ] == POSITIONS
        crossing = [limit("x1", "SELL", 1, 99.0, symbol="ACME"), limit("x2", "BUY", 1, 99.0, symbol="ACME")]
        assert kinds(alice.ask(*crossing)).count("order_executed") == 2
        engine.send_signal(signal.SIGTERM)
        alice.remainder()
        assert engine.end()[0] == 0
    ledger = (path / "trades" / "trades.jsonl").read_bytes().splitlines()
    assert [json.loads(line)["trade_id"] for line in ledger] == list(range(1, LAST_TRADE_ID + 2))
    assert ledger[:LAST_TRADE_ID] == (OLD / "trades" / "trades.jsonl").read_bytes().splitlines()
    assert is_sound(path)


def test_what_its_users_were_told_is_read_back(path: Path) -> None:
    with RunningEngine(path) as engine, RawClient(engine.port) as alice:
        alice.login("alice", TOKEN)
        [answer] = alice.ask({"type": "get_fills"})
    assert [fill["trade_id"] for fill in answer["fills"]] == [1, 2, 3, 4]
