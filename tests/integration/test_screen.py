"""The real trading screen, on a pseudo-terminal, against a real engine."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from exchange.networking.tcp_client import ExchangeClient
from tests.support.canned_engine import CannedEngine
from tests.support.processes import WAIT_S, Program, RunningEngine, operate
from tests.support.project import ROOT
from tests.support.screen_process import DOWN, ENTER, ESCAPE, SHIFT_UP, UP, ScreenProcess
from tui.session_manager import SessionManager


def test_a_session_from_the_first_look_to_leaving(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client") as screen:
        screen.see("● LIVE")
        screen.see("99.95 / 100.05")
        screen.type(UP + b"b")
        screen.see("SEND? BUY 10 ACME @ 99.96 LIMIT GTC = 999.60")
        assert not market_saw(market, "99.96")
        screen.type(ENTER)
        screen.see("ACK 3 BUY 10 @ 99.96 accepted")
        screen.see("B10")
        market.sell(4, "99.96")
        screen.see("FILL 3 BUY 4 @ 99.96 (4/10)")
        screen.see("POS +4 @ 99.96")
        screen.type(SHIFT_UP)
        screen.see("MOVE 3 BUY 6 ACME 99.96 to 99.97")
        screen.type(ENTER)
        screen.see("MOVED 3 BUY 10 @ 99.97")
        screen.type(b"q")
        screen.see("QUIT? 1 order still works")
        screen.type(ESCAPE)
        screen.see_no_more("QUIT?")
        screen.type(b"X")
        screen.see("CANCEL ALL done: 1 order canceled")
        screen.see("MY ORDERS 0")
        screen.type(b"q")
        assert screen.end() == 0
        screen.check_restored()


def market_saw(client: ExchangeClient, price: str) -> bool:
    """Whether the price is in the book, as another user sees it."""
    return any(str(level.price) == price for level in client.follow_book("ACME").bids)


def test_armed_keys_and_the_command_line_trade(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client", 80, 24) as screen:
        screen.see("● LIVE")
        screen.see("99.95")
        screen.type(b"a")
        screen.see(" ARMED ")
        screen.type(b"1s")
        screen.see("SELL 1 @ 99.95")
        screen.see("POS -1")
        screen.type(b"\x1b[O")
        screen.see("SAFE again: the window lost the focus")
        screen.command("buy 2 100.05 ioc")
        screen.see("SEND? BUY 2 ACME @ 100.05 LIMIT IOC")
        screen.type(ENTER)
        screen.see("POS +1")
        screen.type(b"f")
        screen.see("FLATTEN? SELL 1 ACME MARKET IOC")
        screen.type(ENTER)
        screen.see("POS 0")


def test_nothing_unasked_for_gets_through(engine: RunningEngine, market: ExchangeClient, tmp_path: Path) -> None:
    with ScreenProcess(engine.port, tmp_path / "client") as screen:
        screen.see("● LIVE")
        screen.see("99.95 / 100.05")
        screen.type(b"a")
        screen.see(" ARMED ")
        screen.type(b"\x1b[200~bbb\rs\r\x1b[201~")
        screen.see("a paste is not taken as keys")
        screen.type(b"\x1b[38;5;98u\x1b]11;rgb:bbbb/ssss/bbbb\x07\x1bP1+r62=73\x1b\\\x1bOs")
        screen.type(b"o")
        screen.see(" POST GTC")
        screen.type(b"\x1bb")
        screen.see("Esc and b came together")
        market.ping()
        screen.see("MY ORDERS 0")
        assert market.follow_book("ACME").bids[0].quantity == 30


def test_help_themes_and_another_size(engine: RunningEngine, market: ExchangeClient, tmp_path: Path) -> None:
    with ScreenProcess(engine.port, tmp_path / "client") as screen:
        screen.see("● LIVE")
        screen.see("99.95 / 100.05")
        screen.type(b"?")
        screen.see("Cancel ALL my orders now, in every mode")
        screen.type(ESCAPE)
        screen.see("╭─ LADDER ACME")
        for width, height, sign in ((80, 24, "FILLS & TAPE"), (59, 20, "is too small"), (140, 40, "MY FILLS 0")):
            screen.resize(width, height)
            screen.see(sign)
        screen.wait_for(lambda: "? help" in screen.rows[-1], "the hints in the last row")
        assert screen.rows[-1].startswith(" ? help")
        for theme in ("red-green", "mono", "default"):
            screen.type(b"T")
            screen.see(f"theme {theme}")
        screen.type(b"\x0c")
        screen.see("99.95 / 100.05")


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT, signal.SIGUSR1]
)
def test_the_terminal_is_restored_when_a_signal_ends_the_screen(
    engine: RunningEngine, tmp_path: Path, number: signal.Signals
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client") as screen:
        screen.see("● LIVE")
        screen.process.send_signal(number)
        assert screen.end() == 0
        screen.check_restored()


# The screen with a way to connect again that has a bug in it.
BROKEN_SCREEN = """
import sys
from pathlib import Path
from exchange.networking.tcp_client import ExchangeClient
from tui.screen.app import run_screen
from tui.session_manager import SessionManager
client = ExchangeClient.connect(port=int(sys.argv[4]))
client.login("alice", heartbeat_s=1)
run_screen(client, SessionManager(Path(sys.argv[6]), "alice"), lambda last_seq: 1 // 0)
"""


def test_the_terminal_is_restored_and_the_traceback_told_when_there_is_a_bug(tmp_path: Path) -> None:
    with (
        RunningEngine(tmp_path / "engine") as engine,
        ScreenProcess(engine.port, tmp_path / "client", program=("-c", BROKEN_SCREEN)) as screen,
    ):
        screen.see("● LIVE")
        engine.send_signal(signal.SIGTERM)
        assert screen.end() == 1
        screen.check_restored()
        assert screen.process.stderr is not None
        assert "ZeroDivisionError" in screen.process.stderr.read().decode()


def test_stopping_and_going_on_paints_everything_again(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client") as screen:
        screen.see("99.95 / 100.05")
        screen.process.send_signal(signal.SIGSTOP)
        screen.type(b"?")
        screen.process.send_signal(signal.SIGCONT)
        screen.see("╭─ HELP")
        assert screen.output.count(b"?1049h") == 2


@pytest.mark.parametrize("value", ["1", "yes"])
def test_no_color_means_no_colour_and_everything_else(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path, value: str
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client", 80, 24, NO_COLOR=value) as screen:
        screen.see("99.95")
        screen.type(DOWN + b"b")
        screen.see("SEND? BUY 10 ACME @ 99.94")
        assert screen.cell(2, 21).reverse
        styles = re.findall(rb"\x1b\[([0-9;]*)m", screen.output)
        assert {code for style in styles for code in style.split(b";")} <= {b"", b"0", b"1", b"2", b"4", b"7"}


def test_a_terminal_of_eight_colours_gets_eight(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client", 80, 24, TERM="linux") as screen:
        screen.see("99.95")
        screen.type(DOWN + b"b")
        screen.see("SEND? BUY 10 ACME @ 99.94")
        assert (screen.cell(2, 21).bg, screen.cell(1, 0).fg) == ("brown", "cyan")
        styles = re.findall(rb"\x1b\[([0-9;]*)m", screen.output)
        codes = {int(code or 0) for style in styles for code in style.split(b";")}
        assert codes <= {0, 1, 2, 4, 7, *range(30, 38), *range(40, 48)}


def test_a_locale_without_utf8_gets_ascii(engine: RunningEngine, market: ExchangeClient, tmp_path: Path) -> None:
    with ScreenProcess(engine.port, tmp_path / "client", 80, 24, LC_ALL="C") as screen:
        screen.see("99.95")
        screen.see("###")
        assert screen.text.isascii()
        assert screen.rows[1].startswith("+- LADDER ACME -")


def test_a_dumb_terminal_gets_the_plain_client(engine: RunningEngine, tmp_path: Path) -> None:
    with ScreenProcess(engine.port, tmp_path / "client", 80, 24, TERM="dumb") as screen:
        screen.see("logged in as alice")
        assert b"\x1b[" not in screen.output


def test_an_idle_screen_writes_not_a_byte(engine: RunningEngine, market: ExchangeClient, tmp_path: Path) -> None:
    with ScreenProcess(engine.port, tmp_path / "client") as screen:
        screen.see("● LIVE")
        screen.see("99.95 / 100.05")
        # What still flashes from the start goes out; after that pings go on, each second, and nothing is written.
        while screen.read(0.6):
            pass
        assert screen.read(2.5) == b""


def test_a_lost_engine_is_told_and_found_again(tmp_path: Path) -> None:
    with RunningEngine(tmp_path / "engine") as engine:
        port = engine.port
        with ScreenProcess(port, tmp_path / "client") as screen:
            screen.see("● LIVE")
            screen.command("buy 5 99.90")
            screen.see("SEND? BUY 5 ACME @ 99.90")
            screen.type(ENTER)
            screen.see("B5 ")
            screen.type(b"a")
            screen.see(" ARMED ")
            engine.send_signal(signal.SIGTERM)
            assert engine.wait()[0] == 0
            screen.see("○ DOWN retry")
            screen.see("B5?")
            screen.see(" SAFE ")
            screen.type(b"X")
            screen.see("not connected: NOTHING was canceled")
            with Program("start_engine.py", "--port", str(port), "--data-dir", str(tmp_path / "engine")) as again:
                again.see("exchange listening")
                screen.see("● LIVE")
                screen.see_no_more("B5?")
                screen.type(b"X")
                screen.see("CANCEL ALL done")
                screen.type(b"q")
                assert screen.end() == 0


def test_a_second_market_and_a_reset_are_joined_with_a_line_that_says_so(tmp_path: Path) -> None:
    directory = tmp_path / "client"
    with RunningEngine(tmp_path / "one") as engine, ScreenProcess(engine.port, directory) as screen:
        screen.see("● LIVE")
        screen.type(b"q")
        assert screen.end() == 0
    with RunningEngine(tmp_path / "two") as engine, ScreenProcess(engine.port, directory, width=200) as screen:
        screen.see("this exchange did not know alice")
        operate(tmp_path / "two", "reset", "alice")
        screen.see("the operator has reset the token of alice: start again to claim the name anew")
        screen.see("○ DOWN")
        screen.type(b"q")
        assert screen.end() == 0
        # The screen has not claimed it.
        assert operate(tmp_path / "two", "reset", "alice")[1].startswith("alice had no token")
        with ScreenProcess(engine.port, directory, width=200) as anew:
            anew.see("● LIVE")
            anew.see("this exchange did not know alice")
            anew.type(b"q")
            assert anew.end() == 0
    one, two = ((tmp_path / name / "engine_id").read_text().strip() for name in ("one", "two"))
    tokens = {path.name for path in (directory / "tokens").glob("token_*")}
    assert tokens == {f"token_alice.{one}.txt", f"token_alice.{two}.txt", f"token_alice.{two}.other-1.txt"}


def test_orders_of_an_earlier_session_are_in_the_panel(engine: RunningEngine, tmp_path: Path) -> None:
    for expected in ("MY ORDERS 1", "CANC"):
        with ScreenProcess(engine.port, tmp_path / "client") as screen:
            screen.see("● LIVE")
            if expected == "MY ORDERS 1":
                screen.command("buy 5 99.90")
                screen.see("SEND?")
                screen.type(ENTER)
                screen.see(expected)
                screen.type(b"X")
                screen.see("CANCEL ALL done")
            screen.see("CANC")
            screen.type(b"q")
            assert screen.end() == 0


def test_two_screens_of_one_user_show_the_same_orders(engine: RunningEngine, tmp_path: Path) -> None:
    with ScreenProcess(engine.port, tmp_path / "one") as one:
        one.see("● LIVE")
        # Another machine of the same person, who has taken the token there.
        shutil.copytree(tmp_path / "one" / "tokens", tmp_path / "two" / "tokens")
        show_the_same_orders(one, engine, tmp_path / "two")


def show_the_same_orders(one: ScreenProcess, engine: RunningEngine, directory: Path) -> None:
    """What one screen does, the other shows."""
    with ScreenProcess(engine.port, directory) as two:
        two.see("● LIVE")
        one.command("buy 5 99.90")
        one.see("SEND?")
        one.type(ENTER)
        two.see("ACK 1 BUY 5 @ 99.90 accepted")
        two.type(b"X")
        one.see("CANCELED 1 BUY 5 @ 99.90")


# --- time decides nothing ----------------------------------------------------------------------------------------


def test_a_paste_whose_end_comes_late_arms_nothing_and_sends_nothing(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client") as screen:
        screen.see("99.95 / 100.05")
        screen.type(b"\x1b[200~a")
        screen.see("a paste has begun")
        for piece in (b"b\r", b"a", b"b", b"\r"):
            screen.type(piece)
            while screen.read(0.2):
                pass
        screen.type(b"\x1b[201~")
        screen.see("a paste is not taken as keys")
        assert " SAFE " in screen.text
        market.ping()
        assert [level.quantity for level in market.follow_book("ACME").bids] == [30]


def test_a_mail_that_comes_in_one_write_is_no_keys(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client") as screen:
        screen.see("99.95 / 100.05")
        screen.type(b"Hi all,\rplease see the numbers below.\rthanks\r")
        screen.see("a paste is not taken as keys")
        assert " SAFE " in screen.text and "SEND?" not in screen.text


# --- a terminal as it is -----------------------------------------------------------------------------------------


def test_a_terminal_that_takes_nothing_keeps_neither_keys_nor_signals_waiting(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client", 250, 80) as screen:
        screen.see("99.95 / 100.05")
        screen.command("buy 5 99.90")
        screen.see("SEND?")
        screen.type(ENTER)
        screen.see("ACK 3 BUY 5")
        # Nobody reads what is painted any more: each of these paints all of a large screen anew.
        for _ in range(40):
            screen.type(b"\x0c")
            market.ping()
        book = market.follow_book("ACME")
        assert [level.quantity for level in book.bids] == [30, 5]
        screen.type(b"X")
        wait_until_bid_alone(market, 30)
        screen.process.send_signal(signal.SIGTERM)
        assert screen.process.wait(10) == 0


def wait_until_bid_alone(client: ExchangeClient, quantity: int) -> None:
    """Wait until the only bid in the book is of this quantity."""
    for _ in client.events(10.0):
        if [level.quantity for level in client.follow_book("ACME").bids] == [quantity]:
            return
    raise AssertionError("the order was not canceled")


def test_an_output_that_says_try_again_is_tried_again(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client", 250, 80) as screen:
        screen.make_shared_descriptor_impatient()
        screen.see("99.95 / 100.05")
        for _ in range(40):
            screen.type(b"\x0c")
            market.ping()
        screen.type(b"?")
        screen.see("╭─ HELP")


def test_a_terminal_that_tells_no_size_gets_the_usual_one(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client", 80, 24, told_size=(0, 0)) as screen:
        screen.see("99.95")
        screen.see("FILLS & TAPE")


def test_a_terminal_that_tells_no_size_gets_that_of_the_environment(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    with ScreenProcess(
        engine.port, tmp_path / "client", 120, 36, told_size=(0, 0), COLUMNS="120", LINES="36"
    ) as screen:
        screen.see("99.95 / 100.05")
        screen.see("MY FILLS 0")


# --- who joins late ----------------------------------------------------------------------------------------------


def test_who_comes_back_sees_fills_tape_volume_and_chart(tmp_path: Path) -> None:
    with RunningEngine(tmp_path / "engine") as engine, ExchangeClient.connect(port=engine.port) as maker:
        maker.login("maker")
        maker.buy(30, "99.95")
        maker.sell(40, "100.05")
        with ScreenProcess(engine.port, tmp_path / "client", 200, 60) as screen:
            screen.see("99.95 / 100.05")
            screen.command("buy 2 100.05")
            screen.see("SEND? BUY 2 ACME @ 100.05 LIMIT GTC = 200.10  CROSSES: buys 2 @ 100.05 ")
            screen.type(ENTER)
            screen.see("POS +2 @ 100.05")
        see_what_was_before(engine.port, tmp_path / "client")
        engine.send_signal(signal.SIGTERM)
        assert engine.wait()[0] == 0
    with RunningEngine(tmp_path / "engine") as engine:
        see_what_was_before(engine.port, tmp_path / "client")


def see_what_was_before(port: int, directory: Path) -> None:
    """A screen that has just come shows the one trade of before, in every place where it belongs."""
    with ScreenProcess(port, directory, 200, 60) as screen:
        screen.see("POS +2 @ 100.05")
        screen.see("MY FILLS 1")
        screen.see("VOL 2")
        screen.see_no_more("no trades yet")
        both = re.compile(r"\d\d:\d\d:\d\d +B +100.05 +2 .*\d\d:\d\d:\d\d +B +100.05 +2")
        screen.wait_for(lambda: any(map(both.search, screen.rows)), "row of both my fill and the trade")


def test_another_exchange_at_the_same_address_is_told_and_starts_with_nothing(tmp_path: Path) -> None:
    with RunningEngine(tmp_path / "one") as engine, ExchangeClient.connect(port=engine.port) as maker:
        maker.login("maker")
        maker.sell(40, "100.05")
        port = engine.port
        with ScreenProcess(port, tmp_path / "client", 200, 60) as screen:
            screen.see("100.05")
            screen.command("buy 2 100.05")
            screen.see("SEND?")
            screen.type(ENTER)
            screen.see("MY FILLS 1")
            buy(screen, "buy 5 99.90")
            engine.send_signal(signal.SIGTERM)
            assert engine.wait()[0] == 0
            screen.see("○ DOWN retry")
            with Program("start_engine.py", "--port", str(port), "--data-dir", str(tmp_path / "two")) as again:
                again.see("exchange listening")
                screen.see("THIS IS ANOTHER EXCHANGE   1 order may work on at the one before · Esc")
                screen.see("MY FILLS 0")
                screen.see("MY ORDERS 0")
                screen.see("POS 0")
                screen.see("this exchange did not know alice: the name is claimed anew")
                screen.see("no trades yet")
                buy(screen, "buy 7 99.80")
                screen.type(ESCAPE)
                screen.see_no_more("ANOTHER EXCHANGE")
                screen.type(b"X")
                screen.see("CANCEL ALL done")
                screen.type(b"q")
                assert screen.end() == 0
    for name, quantities, status in (("one", [2, 5], "NEW"), ("two", [7], "CANCELED")):
        engine_id = (tmp_path / name / "engine_id").read_text().strip()
        orders = SessionManager(tmp_path / "client", "alice", engine_id=engine_id).orders
        assert [order.quantity for order in orders] == quantities
        assert orders[-1].status.value == status


def buy(screen: ScreenProcess, command: str) -> None:
    """An order by the command line, and its place in the book."""
    screen.command(command)
    screen.see("SEND?")
    screen.type(ENTER)
    screen.see("accepted")
    screen.see("MY ORDERS 1")


def test_a_refusal_full_of_control_sequences_is_told_in_one_harmless_line(tmp_path: Path) -> None:
    text = "\x1b]52;c;cm0gLXJmIH4=\x07\x1b[2J\u202e"
    refusal = json.dumps({"type": "login_rejected", "code": "BLOCKED", "text": text})
    with CannedEngine(lambda _: [refusal]) as engine:
        client = subprocess.run(
            [sys.executable, str(ROOT / "scripts" / "start_client.py"), "--user", "alice", "--plain"]
            + ["--port", str(engine.port), "--data-dir", str(tmp_path)],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=WAIT_S,
        )
    assert client.returncode == 2
    assert client.stderr.count(b"\n") == 1
    assert client.stderr.decode().strip().isprintable()
    assert rb"\x1b]52;c;cm0gLXJmIH4=\x07\x1b[2J\u202e" in client.stderr


# --- the rule book -----------------------------------------------------------------------------------------------


def test_an_iceberg_a_stop_and_a_halt_as_they_are_lived(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client") as screen:
        screen.see("99.95 / 100.05")
        screen.command("sell 50 100.02 show 5")
        screen.see("SEND? SELL 50 ACME @ 100.02 ICEBERG GTC shows 5")
        screen.type(ENTER)
        screen.see("S5+45")
        screen.see("ICE 5")
        market.buy(7, "100.02")
        screen.see("(7/50)")
        screen.see("S3+")
        screen.command("buy 4 stop 100.04")
        screen.see("SEND? BUY 4 ACME STOP GTC stop 100.04")
        screen.type(ENTER)
        screen.see("B4○")
        market.buy(43, "100.02")
        market.buy(1, "100.05")
        screen.see("TRIGGERED")
        screen.see("FILL 5 BUY 4 @ 100.05 (4/4)")
        screen.see_no_more("B4○")
        assert operate(tmp_path / "engine", "halt", "ACME")[0] == 0
        screen.see("ACME  HALTED · by the operator")
        screen.see("takes only cancels")
        assert operate(tmp_path / "engine", "resume", "ACME")[0] == 0
        screen.see("LADDER ACME")


def test_a_call_and_a_timed_halt_stand_over_the_ladder(
    engine: RunningEngine, market: ExchangeClient, tmp_path: Path
) -> None:
    with ScreenProcess(engine.port, tmp_path / "client") as screen:
        screen.see("99.95 / 100.05")
        assert operate(tmp_path / "engine", "phase", "ACME", "AUCTION")[0] == 0
        screen.see("ACME  AUCTION · by the operator")
        screen.see("INDICATIVE no price yet")
        market.sell(10, "99.90")
        screen.see("INDICATIVE 99.9")
        screen.see("◇99.9")
        assert operate(tmp_path / "engine", "phase", "ACME", "CONTINUOUS")[0] == 0
        screen.see("LADDER ACME")
        screen.wait_for(
            lambda: bool(re.search(r"\d\d:\d\d:\d\d A +99.9\d +10", screen.text)), "an auction's trade"
        )
        assert operate(tmp_path / "engine", "halt", "ACME", "60")[0] == 0
        screen.see("ACME  HALTED 0:5")
        screen.see("takes only cancels")
