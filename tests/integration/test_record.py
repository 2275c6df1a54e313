"""`exchange record` beside a real engine: what was heard is in the file, however it ends."""

from __future__ import annotations

import gzip
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from exchange.engine.instrument import Instrument
from exchange.laboratory.flow.lobster_file import read_flow
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.recorded.recorded_market import RecordedMarket, first_ns
from exchange.networking.tcp_client import ExchangeClient, TokenStore
from tests.support.processes import RunningEngine
from tests.support.project import ROOT

WAIT_S = 30.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    with RunningEngine(tmp_path) as running:
        yield running


@contextmanager
def recording(engine: RunningEngine, file: Path) -> Iterator[subprocess.Popen[str]]:
    """The command, when it listens."""
    command = [sys.executable, "-m", "exchange", "record", str(file), "--port", str(engine.port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            assert process.stdout.readline().startswith("recording ")
            yield process
        finally:
            process.kill()


def trade(engine: RunningEngine, tokens: Path) -> ExchangeClient:
    """Some orders and trades of one user; the client is left connected."""
    client = ExchangeClient.connect(port=engine.port)
    client.login("trader", TokenStore(tokens))
    for number in range(20):
        client.sell(10, f"10.{10 + number}")
        client.buy(7 + number, f"9.{70 + number}")
    client.buy(35, "10.13", self_trade_prevention="NONE")
    client.cancel_all()
    client.buy(5, "9.50")
    client.ping()
    return client


def played(file: Path) -> VirtualMarket:
    acme = Instrument("ACME")
    rows = read_flow(file)
    market = VirtualMarket([acme], start_ns=first_ns(rows))
    recorded = RecordedMarket(market, acme, rows)
    market.run_until(recorded.end_ns)
    return market


def test_a_stopped_recording_plays_the_same_market_again(engine: RunningEngine, tmp_path: Path) -> None:
    file = tmp_path / "flow.csv"
    with recording(engine, file) as process:
        with trade(engine, tmp_path / "tokens"):
            # The recorder has heard all that a client heard who asks behind it: at most one look later.
            process.send_signal(signal.SIGINT)
            output, complaints = process.communicate(timeout=WAIT_S)
    assert process.returncode == 0, complaints
    assert output.endswith(f"rows written to {file}\n")
    market = played(file)
    assert market.engine.book("ACME").bids.depth() == [(950, 5, 1)]
    assert market.engine.book("ACME").asks.depth() == []
    assert market.engine.matcher.last_trade_id == 4


def test_what_a_killed_recording_has_written_is_whole(engine: RunningEngine, tmp_path: Path) -> None:
    file = tmp_path / "flow.csv.gz"
    with recording(engine, file) as process:
        with trade(engine, tmp_path / "tokens") as client:
            while not file.stat().st_size:
                client.ping()
            process.kill()
            process.wait(WAIT_S)
    assert gzip.decompress(file.read_bytes()).endswith(b"\n")
    assert read_flow(file)


def test_a_recording_ends_with_its_exchange_and_keeps_what_it_heard(
    engine: RunningEngine, tmp_path: Path
) -> None:
    file = tmp_path / "flow.csv"
    with recording(engine, file) as process:
        with trade(engine, tmp_path / "tokens"):
            engine.send_signal(signal.SIGTERM)
            process.communicate(timeout=WAIT_S)
    assert process.returncode == 1
    assert played(file).engine.book("ACME").bids.depth() == [(950, 5, 1)]


def test_a_file_that_is_there_is_not_written_over(engine: RunningEngine, tmp_path: Path) -> None:
    file = tmp_path / "flow.csv"
    file.write_text("mine", "utf-8")
    command = [sys.executable, "-m", "exchange", "record", str(file), "--port", str(engine.port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, cwd=ROOT, check=False)
    assert (done.returncode, file.read_text("utf-8")) == (2, "mine")
    assert f"{file}: can't be made: File exists" in done.stderr
