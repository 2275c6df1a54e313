"""A mix of traders over TCP, each a bot of its own: its counts, its ends, an engine that goes away, its files."""

from __future__ import annotations

import itertools
import json
import os
import pty
import re
import select
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.networking.tcp_client import BotFailed, TokenStore
from exchange.simulation.counts import Tally
from exchange.simulation.entrance import Entrance
from exchange.simulation.errors import CannotStartError, EngineGoneError
from exchange.simulation.traders.fundamental_value import FundamentalValue, ValueModel
from exchange.simulation.traders.mix import Settings, parse_mix, places_of
from exchange.simulation.traders.mix_run import MixRun, MixRunOptions
from exchange.utils.helpers import NS_PER_S
from tests.support.processes import Program, RunningEngine
from tests.support.project import ROOT

WAIT_S = 60.0
MIX = "zi:4,mm:1,momentum:1"
KEEN: Settings = {"zi": {"RATE_PER_S": 20.0, "TAKE_CHANCE": 0.3}}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    with RunningEngine(tmp_path) as running:
        yield running


def options(engine: RunningEngine, tokens: TokenStore, **others: object) -> MixRunOptions:
    filled = {"settings": KEEN, "seed": 7, **others}
    return MixRunOptions(Entrance(tokens, port=engine.port), places_of(parse_mix(MIX)), **filled)  # type: ignore[arg-type]


def started(wish: MixRunOptions) -> MixRun:
    run = MixRun(wish)
    run.start()
    return run


def finished(run: MixRun) -> Tally:
    while not run.wait(0.05):
        assert run.elapsed_ns < WAIT_S * 1e9
    assert run.failure is None
    return run.tally()


def ledger_trade_count(engine: RunningEngine, data_directory: Path) -> int:
    """Stops the engine; returns how many trades its ledger holds."""
    engine.send_signal(signal.SIGTERM)
    assert engine.wait() == (0, "")
    return len((data_directory / "trades" / "trades.jsonl").read_text().splitlines())


def run_command(*wish: str) -> tuple[int, str, str]:
    """Exit status, output and complaints of the command, when it has ended by itself."""
    with Program("start_simulation.py", *wish) as simulation:
        return simulation.end()


def where(engine: RunningEngine, directory: Path) -> tuple[str, ...]:
    return ("--port", str(engine.port), "--data-dir", str(directory / "market"))


def test_every_request_is_answered_and_every_trade_is_in_the_ledger(
    engine: RunningEngine, tmp_path: Path, tokens: TokenStore
) -> None:
    tally = finished(started(options(engine, tokens, order_count=600)))
    assert tally.sent_count == 600 == tally.accepted_count + tally.rejected_count
    assert tally.rejected.keys() <= {"TOO_LATE", "NO_LIQUIDITY"}
    # Both sides of every trade are traders of the mix.
    assert tally.trade_count > 5 and tally.fill_count == 2 * tally.trade_count
    with Entrance(tokens, port=engine.port).admit("sim-zi-1").client as client:
        assert client.order_rows() == []
    assert ledger_trade_count(engine, tmp_path) == tally.trade_count


def test_a_mix_trades_where_the_market_is_already(engine: RunningEngine, tokens: TokenStore) -> None:
    with Entrance(tokens, port=engine.port).admit("early").client as client:
        for side, price in (("BUY", "41.00"), ("SELL", "43.00")):
            client.send_order(side, 10, price, symbol="ACME")
        client.subscribe("trades")
        run = started(options(engine, tokens))
        trade = next(message for message in client.messages(WAIT_S) if message["type"] == "trade")
        assert 41 <= trade["price"] <= 43
        run.request_stop()
        finished(run)


def test_orders_of_a_run_that_was_cut_off_are_canceled_by_the_next(
    engine: RunningEngine, tokens: TokenStore
) -> None:
    with Entrance(tokens, port=engine.port).admit("sim-zi-1").client as client:
        client.send_order("BUY", 5, "1.00", symbol="ACME")
        assert client.poll_message(WAIT_S)["type"] == "order_accepted"  # type: ignore[index]
        run = started(options(engine, tokens, pace=1e-6))
        assert client.poll_message(WAIT_S)["type"] == "order_canceled"  # type: ignore[index]
        run.request_stop()
        finished(run)


def test_a_mix_stops_when_it_is_told_to_and_after_its_time(engine: RunningEngine, tokens: TokenStore) -> None:
    run = started(options(engine, tokens))
    assert not run.wait(0)
    run.request_stop()
    finished(run)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith("sim-")]
    timed = started(options(engine, tokens, duration_s=0.5))
    finished(timed)
    assert timed.elapsed_ns >= 500_000_000


def test_traders_come_back_to_an_engine_that_was_killed_and_miss_no_fill(
    tmp_path: Path, tokens: TokenStore
) -> None:
    with RunningEngine(tmp_path) as engine:
        run = started(options(engine, tokens, order_count=800))
        with Entrance(tokens, port=engine.port).admit("watcher").client as watcher:
            watcher.subscribe("trades")
            assert any(message["type"] == "trade" for message in watcher.messages(WAIT_S))
        engine.send_signal(signal.SIGKILL)
        engine.wait()
    with RunningEngine(tmp_path, "--port", str(engine.port)) as engine:
        tally = finished(run)
        lost, back = run.notices()
        assert lost.endswith("; trying again for up to 60 s") and back.startswith("the engine is back after ")
        assert tally.fill_count == 2 * tally.trade_count
        assert ledger_trade_count(engine, tmp_path) == tally.trade_count


def test_an_engine_that_stays_away_is_given_up(engine: RunningEngine, tokens: TokenStore) -> None:
    run = started(options(engine, tokens, patience_s=0.3))
    with Entrance(tokens, port=engine.port).admit("watcher").client as watcher:
        watcher.subscribe("book")
        assert next(watcher.messages(WAIT_S))["type"] == "book_snapshot"
        assert next(watcher.messages(WAIT_S))["type"] == "book_update"
    engine.send_signal(signal.SIGKILL)
    while not run.wait(0.05):
        assert run.elapsed_ns < WAIT_S * 1e9
    assert isinstance(run.failure, EngineGoneError)
    assert len(run.notices()) == 1


def test_without_an_engine_nothing_starts(tmp_path: Path) -> None:
    run = MixRun(MixRunOptions(Entrance(TokenStore(tmp_path), port=1), places_of(parse_mix(MIX))))
    with pytest.raises(CannotStartError, match="cannot reach an engine"):
        run.start()
    assert run.wait(0)


def test_a_traders_mistake_ends_the_run_and_is_a_bug(engine: RunningEngine, tokens: TokenStore) -> None:
    # No float is so large: a bug of whoever gave this number.
    run = started(options(engine, tokens, settings={"zi": {"RATE_PER_S": 50.0, "LIFE_SPREAD": 1e300}}))
    while not run.wait(0.05):
        assert run.elapsed_ns < WAIT_S * 1e9
    assert isinstance(run.failure, BotFailed)


def test_the_command_runs_a_scenario_and_its_summary_adds_up(engine: RunningEngine, tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"seed": 11, "mix": "zi:5,mm:2", "pace": 5, "settings": KEEN}))
    status, output, complaints = run_command(
        *where(engine, tmp_path), "--scenario", str(path), "--orders", "200", "--name", "crowd"
    )
    assert (status, "Traceback" in complaints) == (0, False)
    assert "7 users trade ACME" in output and ", seed 11\n" in output
    numbers = dict(re.findall(r"^(\w+) +([\d,]+)", output, re.MULTILINE))
    assert int(numbers["sent"]) == int(numbers["accepted"]) + int(numbers["rejected"]) == 200
    assert list((tmp_path / "market" / "tokens").glob("*crowd-mm-2*"))
    assert int(numbers["trades"]) == ledger_trade_count(engine, tmp_path)


def test_a_pace_that_is_given_takes_the_place_of_the_files(engine: RunningEngine, tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"seed": 11, "mix": "zi:5,mm:2", "pace": 0.01}))
    # At the file's pace this many would take hours.
    status, output, _ = run_command(
        *where(engine, tmp_path), "--scenario", str(path), "--orders", "100", "--pace", "500"
    )
    assert (status, re.findall(r"^sent +([\d,]+)", output, re.MULTILINE)) == (0, ["100"])


def test_names_that_a_new_market_does_not_know_are_told_in_one_line(engine: RunningEngine, tmp_path: Path) -> None:
    wish = ("--data-dir", str(tmp_path / "market"), "--mix", "zi:3", "--duration", "0.5")
    run_command("--port", str(engine.port), *wish)
    with RunningEngine(tmp_path / "another") as another:
        status, _, complaints = run_command("--port", str(another.port), *wish)
    told = [line for line in complaints.splitlines() if "did not know" in line]
    assert status == 0 and len(told) == 1 and told[0].endswith("(and so of 2 more users)")


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        (["--mix", "ape:3"], "argument --mix: 'ape' is no kind of trader"),
        (["--mix", "zi:3", "--users", "4"], "--users: has no meaning together with --mix or --scenario"),
        (["--pace", "2"], "--pace: has a meaning only together with --mix or --scenario; else it is --rate"),
        (["--mix", "zi:3", "--pace", "0"], "argument --pace: '0': must be a number from 0.01 to 1000"),
        (["--scenario", "no-such.json"], "--scenario: no-such.json: can't be read: No such file"),
        (["--replay", "x.csv", "--scenario", "s.json"], "--scenario: has no meaning together with --replay"),
        (["--replay", "x.csv", "--news"], "--news: has no meaning together with --replay"),
        (["--from", "09:45"], "--from: has a meaning only together with --replay"),
        (["--replay", "x.csv", "--to", "9.45"], "argument --to: '9.45': must be a time of day such as 09:45"),
    ],
)
def test_what_can_not_start_says_so_in_one_line(wish: list[str], text: str) -> None:
    status, output, complaint = run_command(*wish)
    assert (status, output) == (2, "")
    assert complaint.startswith(f"start_simulation.py: {text}") and complaint.count("\n") == 1


def test_users_whose_tokens_are_lost_are_told_where_they_are_expected(
    engine: RunningEngine, tmp_path: Path, tokens: TokenStore
) -> None:
    Entrance(tokens, port=engine.port).admit("sim-zi-2").client.close()
    status, output, complaint = run_command(*where(engine, tmp_path), "--mix", "zi:3")
    assert (status, output, complaint.count("\n")) == (2, "", 1)
    assert "user sim-zi-2 is not let in" in complaint


# --- news -----------------------------------------------------------------------------------------------------


def test_whoever_follows_the_news_hears_the_value_jump(engine: RunningEngine, tmp_path: Path) -> None:
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps({"seed": 1, "mix": "mm:1,informed:1", "value": {"jumps_per_hour": 7_200}}))
    with Entrance(TokenStore(tmp_path / "tokens"), port=engine.port).admit("reader").client as client:
        client.subscribe("news")
        with Program(
            "start_simulation.py", *where(engine, tmp_path), "--scenario", str(path), "--news", str(tmp_path)
        ) as simulation:
            heard = (each["text"] for each in client.messages(WAIT_S) if each["type"] == "news")
            texts = list(itertools.islice(heard, 3))
            simulation.send_signal(signal.SIGINT)
            status, _, complaints = simulation.end()
    value = FundamentalValue(1, 100.0, 0, ValueModel(jumps_per_hour=7_200))
    value.at(60 * NS_PER_S)
    assert texts == [jump.news for jump in value.jumps[:3]]
    assert (status, "news" in complaints) == (0, False)


def test_users_at_a_rate_have_news_too_from_their_own_data_directory(tmp_path: Path) -> None:
    with RunningEngine(tmp_path) as engine:
        options = ("--port", str(engine.port), "--data-dir", str(tmp_path), "--duration", "0.3", "--news")
        status, output, complaints = run_command(*options)
    assert (status, "news" in complaints) == (0, False) and "4 users trade ACME" in output


def test_without_an_operators_channel_there_is_no_news_and_nothing_starts(
    engine: RunningEngine, tmp_path: Path
) -> None:
    for elsewhere in (tmp_path / "market", tmp_path / "none"):
        (tmp_path / "market").mkdir(exist_ok=True)
        status, output, complaint = run_command(*where(engine, tmp_path), "--news", str(elsewhere))
        assert (status, output, complaint.count("\n")) == (2, "", 1)
        assert complaint.startswith(f"start_simulation.py: --news {elsewhere}: ")


# --- in a recorded day -------------------------------------------------------------------------------------------


def recorded(tmp_path: Path) -> Path:
    """Ten minutes from 9:30 on: two orders, an execution every second of the last minute, each order anew."""
    rows = ["34200,1,1,500,1000000,1", "34200,1,2,500,1000400,-1"]
    for second in range(60):
        number = 10 + second
        rows += [f"{34740 + second},1,{number},5,1000100,1", f"{34740 + second}.5,4,{number},5,1000100,1"]
    path = tmp_path / "flow.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def replayed(engine: RunningEngine, tmp_path: Path, *wish: str) -> tuple[str, str]:
    """Output and complaints of a replay of that recording."""
    options = ("--replay", str(recorded(tmp_path)), *where(engine, tmp_path), *wish)
    with Program("start_simulation.py", *options) as program:
        status, output, complaints = program.end()
    assert status == 0
    return output, complaints


def test_a_stretch_of_a_recording_is_played_at_its_speed_and_what_was_before_at_once(
    engine: RunningEngine, tmp_path: Path
) -> None:
    output, _ = replayed(engine, tmp_path, "--from", "09:39", "--to", "9:39:30", "--speed", "60")
    assert re.search(r"^rows +62 of 62$", output, re.MULTILINE)
    elapsed = re.search(r"^elapsed +([\d.]+) s$", output, re.MULTILINE)
    assert elapsed is not None and 0.4 <= float(elapsed[1]) < 8


def test_a_stretch_in_which_nothing_was_recorded_is_refused(tmp_path: Path) -> None:
    for wish, told in (
        (("--from", "10:00"), "--from 10:00: nothing was recorded then in "),
        (("--from", "9:39:30", "--to", "09:38"), "--from 09:39:30 --to 09:38: --to must be later than --from"),
    ):
        with Program("start_simulation.py", "--replay", str(recorded(tmp_path)), *wish) as program:
            status, output, complaint = program.end()
        assert (status, output, complaint.count("\n")) == (2, "", 1)
        assert told in complaint


def test_traders_of_a_mix_trade_in_a_recorded_day(engine: RunningEngine, tmp_path: Path) -> None:
    wish = ("--from", "09:39", "--speed", "10", "--mix", "zi:10,mm:3")
    output, complaints = replayed(engine, tmp_path, *wish)
    assert "Traceback" not in complaints
    history, _, traders = output.partition("traders of the mix")
    assert re.search(r"^rows +122 of 122$", history, re.MULTILINE)
    sent = re.search(r"^sent +([\d,]+) ", traders, re.MULTILINE)
    assert sent is not None and int(sent[1].replace(",", "")) > 10


def read_until(terminal: int, pattern: bytes) -> bytes:
    """What the program has written when the pattern has come, or all of it; fails after WAIT_S."""
    seen = b""
    while not re.search(pattern, seen):
        assert select.select([terminal], [], [], WAIT_S)[0], seen
        try:
            seen += os.read(terminal, 4_096)
        except OSError:  # The program has ended.
            break
    return seen


def test_enter_has_a_replay_stand_still_and_go_on(engine: RunningEngine, tmp_path: Path) -> None:
    path = tmp_path / "flow.csv"
    path.write_text("1,1,1,20,1000000,1\n3,1,2,10,1000000,1\n")
    script = str(ROOT / "scripts" / "start_simulation.py")
    options = ("--replay", str(path), *where(engine, tmp_path), "--speed", "1")
    process, terminal = pty.fork()
    if not process:
        os.execv(sys.executable, [sys.executable, script, *options])
    try:
        read_until(terminal, rb"rows/s")
        os.write(terminal, b"\n")
        read_until(terminal, rb"00:00:03, paused")
        os.write(terminal, b"\n")
        rest = read_until(terminal, rb"elapsed +[\d.]+ s")
        assert re.search(rb"rows +2 of 2\r", rest)
        _, status = os.waitpid(process, 0)
    finally:
        os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 0
