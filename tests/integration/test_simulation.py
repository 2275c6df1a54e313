"""Simulated traders and recorded order flow against a real engine process, over TCP."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Optional

import pytest

from exchange.laboratory.flow.lobster_file import Row, read_flow
from exchange.networking.tcp_client import ExchangeClient, TokenStore
from exchange.simulation.counts import Tally
from exchange.simulation.entrance import Entrance
from exchange.simulation.replay.replay import WINDOW, Replay, book_holds_orders
from exchange.simulation.traded_instrument import choose_instrument
from exchange.simulation.traders.crowd import LIVELY, user_places
from exchange.simulation.traders.inventory_maker import QuotingTrader
from exchange.simulation.traders.mix_run import MixRun, MixRunOptions
from exchange.simulation.traders.rationed_turns import ORDERS_MAX
from tests.support.canned_engine import CannedEngine
from tests.support.level_limited import cut
from tests.support.processes import Program, RunningEngine
from tests.support.project import ROOT

WAIT_S = 60.0
FLOW = "order_flow/aapl_2012-06-21.csv"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    with RunningEngine(tmp_path) as running:
        yield running


def ledger_trade_count(engine: RunningEngine, data_directory: Path) -> int:
    """Stops the engine; returns how many trades its ledger holds."""
    engine.send_signal(signal.SIGTERM)
    assert engine.wait() == (0, "")
    ledger = data_directory / "trades" / "trades.jsonl"
    trade_ids = [json.loads(line)["trade_id"] for line in ledger.read_text().splitlines()]
    assert trade_ids == list(range(1, len(trade_ids) + 1))
    return len(trade_ids)


def run_simulation(*options: str) -> tuple[int, str, str]:
    """Exit status, output and complaints of the command, when it has ended by itself."""
    with Program("start_simulation.py", *options) as simulation:
        return simulation.end()


def started(engine: RunningEngine, tokens: TokenStore, rate_per_s: float, **others: Any) -> MixRun:
    """Four users, as `--rate` starts them."""
    entrance = Entrance(tokens, port=engine.port)
    crowd = {"settings": LIVELY, "cancels_at_end": False, "seed": 7, **others}
    simulation = MixRun(MixRunOptions(entrance, user_places(4), rate_per_s=rate_per_s, **crowd))
    simulation.start()
    return simulation


def finish(simulation: MixRun) -> Tally:
    assert simulation.wait(WAIT_S)
    assert simulation.failure is None
    return simulation.tally()


def test_every_request_is_answered_and_every_trade_is_in_the_ledger(
    engine: RunningEngine, tmp_path: Path, tokens: TokenStore
) -> None:
    tally = finish(started(engine, tokens, 0, order_count=3_001))
    assert tally.sent_count == 3_001 == tally.accepted_count + tally.rejected_count
    assert tally.rejected.keys() <= {"TOO_LATE", "NO_LIQUIDITY"}
    assert tally.trade_count > 100
    # Both sides of every trade are simulated users.
    assert tally.fill_count == 2 * tally.trade_count
    assert ledger_trade_count(engine, tmp_path) == tally.trade_count


def test_a_second_run_takes_over_the_orders_of_the_first(engine: RunningEngine, tokens: TokenStore) -> None:
    for seed in (1, 2):
        assert finish(started(engine, tokens, 0, order_count=400, seed=seed)).sent_count == 400
    for user in ("sim-1", "sim-2"):
        with Entrance(tokens, port=engine.port).admit(user).client as client:
            assert 0 < len(client.order_rows()) <= ORDERS_MAX + 2 * QuotingTrader.LEVELS


def test_a_simulation_stops_when_it_is_told_to(engine: RunningEngine, tokens: TokenStore) -> None:
    with Entrance(tokens, port=engine.port).admit("watcher").client as client:
        client.subscribe("book")
        simulation = started(engine, tokens, 50)
        assert next(client.messages(WAIT_S))["type"] == "book_snapshot"
        assert next(client.messages(WAIT_S))["type"] == "book_update"
    assert not simulation.wait(0)
    simulation.request_stop()
    tally = finish(simulation)
    assert 0 < tally.sent_count == tally.accepted_count + tally.rejected_count
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("sim-")]


def test_prices_begin_at_the_reference_price_of_an_instrument_that_nobody_trades_yet(
    tmp_path: Path, tokens: TokenStore
) -> None:
    path = tmp_path / "instruments.json"
    terms = {"tick_size": 0.5, "lot_size": 10, "min_quantity": 10, "max_quantity": 500, "price_band_percent": 5}
    path.write_text(json.dumps([{"symbol": "DEAR", "reference_price": 4_000, **terms}]))
    with RunningEngine(tmp_path, "--instruments", str(path)) as engine:
        tally = finish(started(engine, tokens, 0, order_count=400))
        assert tally.trade_count > 5 and tally.rejected.keys() <= {"TOO_LATE"}


@pytest.mark.parametrize("rate_per_s", [5, 100])
def test_each_user_sends_as_many_requests_a_second_as_is_asked(
    engine: RunningEngine, tokens: TokenStore, rate_per_s: float
) -> None:
    simulation = started(engine, tokens, rate_per_s, duration_s=4.0)
    # A user may be a few requests ahead, of whole orders and cancels; a busy machine, a little behind.
    wanted = 4 * rate_per_s * 4.0
    assert finish(simulation).sent_count == pytest.approx(wanted, rel=0.1, abs=4)


def play(engine: RunningEngine, tokens: TokenStore, path: Path, row_count: Optional[int] = None) -> Replay:
    return play_rows(engine, tokens, read_flow(path, row_count))


def play_rows(engine: RunningEngine, tokens: TokenStore, rows: Sequence[Row]) -> Replay:
    with Entrance(tokens, port=engine.port).admit("replay").client as client:
        replay = Replay(client, choose_instrument(client.instrument_rows, None, "AAPL"), rows, "test-")
        replay.run(lambda: None, lambda: False)
    return replay


def test_recorded_order_flow_meets_the_orders_it_met_in_history(
    engine: RunningEngine, tmp_path: Path, tokens: TokenStore, shared_data: Callable[[str], Path]
) -> None:
    replay = play(engine, tokens, shared_data(FLOW), 2_000)
    # Up to here the recorded exchange followed price and time without exception, and so must this one.
    assert (replay.comparison.same_count, replay.comparison.played_count) == (146, 146)
    assert replay.comparison.unexpected_trade_count == 0
    assert replay.tally.rejected_count == 0
    assert ledger_trade_count(engine, tmp_path) == replay.tally.trade_count == 146


def test_where_history_did_not_follow_price_and_time_only_that_differs(
    engine: RunningEngine, tokens: TokenStore, shared_data: Callable[[str], Path]
) -> None:
    replay = play(engine, tokens, shared_data(FLOW), 3_000)
    comparison = replay.comparison
    # The recorded exchange passed over the first order of a level three times (rows 2411, 2419 and 2420).
    assert (comparison.same_count, comparison.other_count, comparison.unfilled_count) == (238, 3, 0)
    translator = replay.translator
    assert translator.put_back_level_count == 3
    assert sum(replay.skipped.values()) + replay.tally.sent_count == 3_000 + translator.put_back_request_count
    assert replay.tally.rejected_count == 0


def test_an_hour_of_recorded_order_flow_meets_the_orders_it_met_in_history(
    engine: RunningEngine, tmp_path: Path, tokens: TokenStore, shared_data: Callable[[str], Path]
) -> None:
    replay = play(engine, tokens, shared_data(FLOW))
    comparison = replay.comparison
    assert (replay.done_count, comparison.played_count) == (91_997, 4_055)
    assert comparison.same_percent is not None and comparison.same_percent >= 99
    # The 24 are those that the recording itself did not choose by price and time.
    assert comparison.other_count == replay.translator.put_back_level_count == 24
    assert comparison.unexpected_trade_count == replay.tally.rejected_count == replay.tally.unanswered_count == 0
    assert ledger_trade_count(engine, tmp_path) == replay.tally.trade_count


@pytest.mark.parametrize(
    ("level_count", "row_count", "same_count", "played_count", "same_percent_min"),
    [(20, 82_268, 3_795, 3_950, 96), (10, 72_941, 3_446, 3_738, 92), (5, 60_316, 3_059, 3_528, 86)],
)
def test_a_feed_of_the_best_few_prices_meets_most_of_the_orders_it_met_in_history(
    engine: RunningEngine,
    tokens: TokenStore,
    shared_data: Callable[[str], Path],
    level_count: int,
    row_count: int,
    same_count: int,
    played_count: int,
    same_percent_min: int,
) -> None:
    rows = cut(read_flow(shared_data(FLOW)), level_count)
    replay = play_rows(engine, tokens, rows)
    comparison = replay.comparison
    assert len(rows) == row_count == replay.done_count
    assert (comparison.same_count, comparison.played_count) == (same_count, played_count)
    assert comparison.same_percent is not None and comparison.same_percent >= same_percent_min
    assert comparison.unfilled_count == comparison.unexpected_trade_count == replay.tally.rejected_count == 0
    assert abs(replay.tally.sent_count - row_count) < row_count / 50


def test_an_order_that_went_unseen_does_not_take_the_executions_of_others(
    engine: RunningEngine, tmp_path: Path
) -> None:
    path = tmp_path / "flow.csv"
    path.write_text("1.0,1,1,20,1000000,1\n1.1,1,2,10,1000100,1\n2.0,4,1,10,1000000,1\n2.0,4,1,10,1000000,1\n")
    status, output, _ = run_simulation(*where(engine, tmp_path), "--replay", str(path))
    assert status == 0
    assert re.search(r"^  hit the same order +2 \(100\.00 %\)$", output, re.MULTILINE)
    assert re.search(r"^gone unseen +1 orders that a later row proved gone$", output, re.MULTILINE)


def test_a_replay_without_executions_says_so(engine: RunningEngine, tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_text("1.0,1,1,20,1000000,1\n")
    _, output, _ = run_simulation(*where(engine, tmp_path), "--replay", str(path))
    assert re.search(r"^  hit the same order +none", output, re.MULTILINE)


def test_a_replay_at_its_own_speed_takes_as_long_as_the_recording(engine: RunningEngine, tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_text("34200.0,1,1,20,1000000,1\n34200.5,1,2,10,1000000,1\n34206.0,4,1,10,1000000,1\n")
    _, output, _ = run_simulation(*where(engine, tmp_path), "--replay", str(path), "--speed", "10")
    elapsed = re.search(r"^elapsed +([\d.]+) s$", output, re.MULTILINE)
    assert elapsed is not None and float(elapsed[1]) >= 0.6


def test_a_replay_that_waits_for_its_next_row_can_be_stopped(engine: RunningEngine, tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_text("1,1,1,20,1000000,1\n90000,1,2,10,1000000,1\n")
    options = (*where(engine, tmp_path), "--replay", str(path), "--speed", "1")
    with Program("start_simulation.py", *options) as simulation:
        simulation.see("playing 2 rows")
        with ExchangeClient.connect(port=engine.port) as client:
            book = client.follow_book("ACME")
            while book.best_bid is None:
                assert client.poll_message(WAIT_S) is not None
        simulation.send_signal(signal.SIGINT)
        status, output, _ = simulation.end()
    assert status == 0 and re.search(r"^rows +1 of 2$", output, re.MULTILINE)


def test_a_level_too_long_for_the_window_is_put_back(
    engine: RunningEngine, tmp_path: Path, tokens: TokenStore
) -> None:
    path = tmp_path / "flow.csv"
    new = [f"1,1,{number},5,5853300,1\n" for number in range(1, WINDOW + 201)]
    executed = [f"2,4,{number},5,5853300,1\n" for number in (len(new), 1, 2)]
    path.write_text("".join(new + executed))
    replay = play(engine, tokens, path)
    assert (replay.comparison.same_count, replay.comparison.other_count) == (2, 1)
    # The first order was executed in the last one's stead: all others are canceled, all but the last entered anew.
    assert replay.translator.put_back_request_count == 2 * (len(new) - 1)
    assert replay.tally.rejected_count == 0
    assert ("put back as in history", "1 level where history passed over the next order, by 2,398 requests") in (
        replay.summary_lines()
    )


def test_a_replay_stops_when_it_is_told_to(engine: RunningEngine, tmp_path: Path, tokens: TokenStore) -> None:
    path = tmp_path / "flow.csv"
    path.write_text("".join(f"1,1,{number},5,5853300,1\n" for number in range(1, 1_001)))
    rows = read_flow(path)
    with Entrance(tokens, port=engine.port).admit("replay").client as client:
        assert not book_holds_orders(client, "ACME")
        replay = Replay(client, choose_instrument(client.instrument_rows), rows, "test-")
        replay.run(lambda: None, lambda: replay.done_count >= 400)
        assert replay.done_count == replay.tally.accepted_count == 400
    with ExchangeClient.connect(port=engine.port) as client:
        assert book_holds_orders(client, "ACME")


def where(engine: RunningEngine, directory: Path) -> tuple[str, ...]:
    """The options that say which engine, and where the users' tokens are."""
    return ("--port", str(engine.port), "--data-dir", str(directory / "market"))


def test_the_command_prints_a_summary_that_adds_up(engine: RunningEngine, tmp_path: Path) -> None:
    options = ("--orders", "500", "--rate", "0", "--seed", "3", "--users", "3")
    status, output, complaints = run_simulation(*where(engine, tmp_path), *options)
    assert (status, complaints) == (0, "")
    numbers = dict(re.findall(r"^(\w+) +([\d,]+)", output, re.MULTILINE))
    assert numbers["sent"] == "500"
    assert int(numbers["accepted"]) + int(numbers["rejected"]) == 500
    assert int(numbers["trades"]) == ledger_trade_count(engine, tmp_path)


def test_an_engine_that_goes_away_is_one_line_and_exit_1(engine: RunningEngine, tmp_path: Path) -> None:
    options = (*where(engine, tmp_path), "--rate", "0", "--patience", "0")
    with Program("start_simulation.py", *options) as simulation:
        simulation.see("users trade ACME")
        engine.send_signal(signal.SIGKILL)
        status, output, complaints = simulation.end()
    assert status == 1
    assert complaints.splitlines()[-1].startswith("start_simulation.py: the engine")
    assert "Traceback" not in complaints and output.startswith("sent")


def test_an_engine_that_stays_away_is_waited_for_and_then_given_up(engine: RunningEngine, tmp_path: Path) -> None:
    options = (*where(engine, tmp_path), "--rate", "50", "--patience", "0.6")
    with Program("start_simulation.py", *options) as simulation:
        simulation.see("users trade ACME")
        engine.send_signal(signal.SIGTERM)
        status, _, complaints = simulation.end()
    said = [line for line in complaints.splitlines() if line.startswith("start_simulation.py: ")]
    assert status == 1 and len(said) == 2
    assert said[0].endswith("; trying again for up to 0.6 s") and said[1] == said[0].partition("; trying")[0]


@pytest.mark.parametrize(("rate_per_s", "order_count"), [(400, 1_500), (0, 6_000)])
def test_simulated_users_come_back_to_an_engine_that_was_killed_and_miss_no_fill(
    tmp_path: Path, tokens: TokenStore, rate_per_s: float, order_count: int
) -> None:
    with RunningEngine(tmp_path) as engine:
        simulation = started(engine, tokens, rate_per_s, order_count=order_count)
        with Entrance(tokens, port=engine.port).admit("watcher").client as watcher:
            watcher.subscribe("trades")
            assert any(message["type"] == "trade" for message in watcher.messages(WAIT_S))
        engine.send_signal(signal.SIGKILL)
        engine.wait()
    with RunningEngine(tmp_path, "--port", str(engine.port)) as engine:
        tally = finish(simulation)
        assert tally.sent_count == order_count
        lost, back = simulation.notices()
        assert lost.endswith("; trying again for up to 60 s") and back.startswith("the engine is back after ")
        # Both sides of every trade are simulated users, and what happened unheard was told to them later.
        assert tally.fill_count == 2 * tally.trade_count
        assert ledger_trade_count(engine, tmp_path) == tally.trade_count


def test_names_that_a_new_market_does_not_know_are_claimed_anew_and_told_in_one_line(
    engine: RunningEngine, tmp_path: Path
) -> None:
    options = ("--data-dir", str(tmp_path / "market"), "--rate", "0", "--orders", "100", "--name", "crowd")
    run_simulation("--port", str(engine.port), *options)
    with RunningEngine(tmp_path / "another") as another:
        status, output, complaints = run_simulation("--port", str(another.port), *options)
    assert status == 0 and "sent              100 " in output
    [line] = complaints.splitlines()
    assert line.startswith("start_simulation.py: this exchange did not know crowd-1: the name is claimed anew")
    assert line.endswith("(and so of 3 more users)")


def test_a_replay_takes_a_name_and_claims_it_anew_on_a_new_market(engine: RunningEngine, tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_text("1.0,1,1,20,1000000,1\n")
    options = ("--data-dir", str(tmp_path / "market"), "--replay", str(path), "--name", "tape")
    assert run_simulation("--port", str(engine.port), *options)[2] == ""
    with RunningEngine(tmp_path / "another") as another:
        status, _, complaints = run_simulation("--port", str(another.port), *options)
    assert status == 0 and complaints.count("\n") == 1
    assert "this exchange did not know tape: the name is claimed anew" in complaints


@pytest.mark.parametrize("refuses", ["login", "subscribe"])
def test_what_a_hostile_engine_says_reaches_the_terminal_only_escaped(tmp_path: Path, refuses: str) -> None:
    hostile = "\x1b]52;c;cm0gLXJmIH4=\x07\x1b[2J\x9b31m\u202e\r\n"
    limits = {"lot_size": 1, "min_quantity": 1, "max_quantity": 9, "phase": "CONTINUOUS"}
    instrument = {"symbol": "ACME", "tick_size": 0.01, **limits}
    logged_in = {"type": "logged_in", "user": "sim-1", "token": "t", "next_seq": 1, "instruments": [instrument]}

    def answer(request: dict[str, Any]) -> list[str]:
        refusal = {"type": "login_rejected" if refuses == "login" else "error", "code": "NO", "text": hostile}
        return [json.dumps(refusal if request["type"] == refuses else logged_in)]

    with CannedEngine(answer) as engine:
        options = ("--port", str(engine.port), "--data-dir", str(tmp_path), "--users", "1", "--patience", "0")
        status, output, complaints = run_simulation(*options)
    assert (status, output, complaints.count("\n")) == (2, "", 1)
    assert complaints.rstrip("\n").isprintable()
    assert r"\x1b]52;c;cm0gLXJmIH4=\x07\x1b[2J\x9b31m\u202e\r\n" in complaints


def test_ctrl_c_ends_it_while_the_engine_is_away(engine: RunningEngine, tmp_path: Path) -> None:
    with Program("start_simulation.py", *where(engine, tmp_path), "--rate", "50") as simulation:
        simulation.see("users trade ACME")
        engine.send_signal(signal.SIGKILL)
        engine.wait()
        simulation.send_signal(signal.SIGINT)
        status, output, complaints = simulation.end()
    assert status == 0 and "trades" in output and "Traceback" not in complaints


def test_ctrl_c_ends_with_a_summary_and_exit_0(engine: RunningEngine, tmp_path: Path) -> None:
    with Program("start_simulation.py", *where(engine, tmp_path), "--rate", "100") as simulation:
        simulation.see("users trade ACME")
        simulation.send_signal(signal.SIGINT)
        status, output, complaints = simulation.end()
    assert status == 0
    assert "trades" in output and "Traceback" not in complaints


@pytest.mark.parametrize("redirection", [">/dev/full", ">/dev/full 2>/dev/full", ">&-", "2>&-", ">&- 2>&-"])
def test_a_simulation_whose_output_is_full_or_closed_goes_on_and_can_be_stopped(
    engine: RunningEngine, tmp_path: Path, redirection: str
) -> None:
    options = (*where(engine, tmp_path), "--rate", "50")
    with unheard("start_simulation.py", redirection, *options) as simulation, watching_trades(engine) as watcher:
        deadline = time.monotonic() + 1.5  # Past the first lines of progress.
        while time.monotonic() < deadline:
            assert any(message["type"] == "trade" for message in watcher.messages(WAIT_S))
        simulation.send_signal(signal.SIGTERM)
        assert simulation.wait(WAIT_S) == 0


@pytest.mark.parametrize("redirection", [">/dev/full", ">/dev/full 2>/dev/full", ">&-"])
def test_a_replay_whose_output_is_full_or_closed_plays_to_the_end(
    engine: RunningEngine, tmp_path: Path, redirection: str
) -> None:
    path = tmp_path / "flow.csv"
    path.write_text("1,1,1,20,1000000,1\n1,4,1,5,1000000,1\n")
    options = (*where(engine, tmp_path), "--replay", str(path))
    with unheard("start_simulation.py", redirection, *options) as replay:
        assert replay.wait(WAIT_S) == 0
    assert ledger_trade_count(engine, tmp_path) == 1


def test_a_simulation_whose_reader_has_left_goes_on_and_can_be_stopped(
    engine: RunningEngine, tmp_path: Path
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    options = (*where(engine, tmp_path), "--rate", "50")
    with unheard("start_simulation.py", "", *options, stdout=writing, stderr=writing) as simulation:
        os.close(writing)
        with watching_trades(engine) as watcher:
            assert any(message["type"] == "trade" for message in watcher.messages(WAIT_S))
        simulation.send_signal(signal.SIGINT)
        assert simulation.wait(WAIT_S) == 0


@contextmanager
def unheard(script: str, redirection: str, *options: str, **streams: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A command of which a shell is told where its output goes.  Killed, if need be, when the block ends."""
    command = [sys.executable, str(ROOT / "scripts" / script), *options]
    process = subprocess.Popen(
        ["sh", "-c", f'exec "$@" {redirection}', "sh", *command], stdin=subprocess.DEVNULL, **streams
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@contextmanager
def watching_trades(engine: RunningEngine) -> Iterator[ExchangeClient]:
    """A client that is told of every trade."""
    with ExchangeClient.connect(port=engine.port) as client:
        client.subscribe("trades")
        yield client


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--port", "1"], "cannot reach an engine at 127.0.0.1:1"),
        (["--users", "none"], "argument --users: 'none': must be a whole number"),
        (["--replay", "no-such-file.csv"], "no-such-file.csv: can't be read: No such file"),
        (["--replay", str(ROOT / "setup.cfg")], f"{ROOT / 'setup.cfg'}:1: '[metadata]' is no row of order flow"),
        (["--name", "a b"], "argument --name: 'a b': must be 1 to 27 characters of A-Z a-z 0-9 _ -"),
        (["--patience", "-1"], "argument --patience: '-1': must be a number from 0 to"),
        (["--speed", "2"], "--speed: has a meaning only together with --replay"),
        (["--replay", "x.csv", "--speed", "0"], "argument --speed: '0': must be max or a number above 0"),
        (["--replay", "x.csv", "--speed", "nan"], "argument --speed: 'nan': must be max or a number above 0"),
        (["--replay", str(ROOT / "setup.cfg"), "--seed", "1"], "--seed: has no meaning together with --replay"),
    ],
)
def test_what_can_not_start_says_so_in_one_line(options: list[str], text: str) -> None:
    status, output, complaint = run_simulation(*options)
    assert (status, output) == (2, "")
    assert complaint.startswith(f"start_simulation.py: {text}") and complaint.count("\n") == 1


def test_a_symbol_that_is_not_listed_is_refused(engine: RunningEngine, tmp_path: Path) -> None:
    status, _, complaint = run_simulation(*where(engine, tmp_path), "--symbol", "NOPE")
    assert status == 2
    assert complaint == "start_simulation.py: symbol NOPE: not listed; the engine lists ACME\n"


def test_users_whose_tokens_are_lost_are_told_where_they_are_expected(
    engine: RunningEngine, tmp_path: Path, tokens: TokenStore
) -> None:
    Entrance(tokens, port=engine.port).admit("sim-1").client.close()
    status, output, complaint = run_simulation(*where(engine, tmp_path))
    assert (status, output, complaint.count("\n")) == (2, "", 1)
    assert "user sim-1 is not let in: BAD_TOKEN" in complaint
    assert str(tmp_path / "market" / "tokens" / "token_sim-1.txt") in complaint
    assert "operate reset sim-1" in complaint
