"""The plain client: whole sessions over a pipe against a stand-in, and its command line."""

from __future__ import annotations

import json
import os
import pty
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.cli.loading import prepared
from exchange.networking.tcp_client import ConnectionLost, MessageClient, ProtocolError
from exchange.utils.visible_text import visible_ascii
from tests.support.canned_engine import WAIT_S, Answer, CannedEngine, Request, accepted, pong, rejected
from tui.plain.line_streams import LineInput, LineOutput, OutputLost
from tui.plain.market_watch import MarketWatch
from tui.plain.plain_client import PlainClient
from tui.plain.shown_line import PRICE_PROMPT, QUANTITY_PROMPT, SIDE_PROMPT
from tui.session_manager import SessionManager
from tui.session_order import SessionOrderStatus

# --- a session -------------------------------------------------------------------------------------------------

FILL = {
    "type": "order_executed",
    "order_id": 1,
    "symbol": "ACME",
    "side": "BUY",
    "quantity": 4,
    "price": 1.5,
    "remaining_quantity": 6,
    "status": "PARTIALLY_FILLED",
    "trade_id": 1,
    "liquidity": "MAKER",
}


def simple_engine(request: Request) -> Optional[list[str]]:
    """Accept what is above a price of 1, refuse the rest."""
    if request["type"] == "ping":
        return pong(request)
    if request["type"] in ("subscribe", "unsubscribe"):
        answer = {"type": f"{request['type']}d", "channel": request["channel"], "symbol": request.get("symbol")}
        return [json.dumps(answer)]
    if request["type"] == "new_order":
        too_low = request.get("price", 2) <= 1
        return [rejected(request, "PRICE_OUT_OF_BAND", "too low") if too_low else accepted(request)]
    return ['{"type":"error","code":"UNKNOWN_TYPE","text":"not today"}']


BOOK = (
    '{"type":"book_snapshot","symbol":"ACME","sequence":1,"bids":[[10,5,1]],"asks":[[10.20,7,2]]}',
    '{"type":"trades_snapshot","symbol":"ACME","sequence":1,"trades":[],"last":10.10}',
)


def market_engine(request: Request) -> Optional[list[str]]:
    """As `simple_engine`, with a book and a last trade, fills, and changes of orders."""
    if request["type"] == "subscribe":
        subscribed = {"type": "subscribed", "channel": request["channel"], "symbol": request.get("symbol")}
        told = {"book": [BOOK[0]], "trades": [BOOK[1]], "news": []}
        return [json.dumps(subscribed), *told[request["channel"]]]
    if request["type"] == "replace_order":
        return ['{"type":"replace_rejected","order_id":1,"code":"TOO_LATE","text":"order 1 is done"}']
    if request["type"] == "get_fills":
        fill = {**FILL, "client_order_id": "c", "timestamp": 1_767_225_661_500_000_000}
        return [json.dumps({"type": "fills", "fills": [fill], "more": False})]
    if request["type"] == "get_positions":
        return ['{"type":"positions","positions":[],"cash":99.5}']
    return simple_engine(request)


class Trial:
    """A plain session in a thread of its own, with pipes where a person would sit."""

    def __init__(self, answer: Answer, directory: Path, instruments: Sequence[str], is_terminal: bool) -> None:
        self.engine = CannedEngine(answer)
        self.history = SessionManager(directory, "alice")
        self.failure: Optional[Exception] = None
        self._instruments = [{"symbol": symbol, "tick_size": Decimal("0.05")} for symbol in instruments]
        self._is_terminal = is_terminal
        self._input, self._keyboard = os.pipe()
        shown, output = os.pipe()
        self._shown, self._output = os.fdopen(shown), os.fdopen(output, "w")
        self._thread = threading.Thread(target=self._run, name="plain-session")

    def _run(self) -> None:
        with self._output, MessageClient.connect(port=self.engine.port) as client:
            client.instrument_rows = self._instruments
            screen = LineOutput(self._output.fileno(), self._is_terminal)
            try:
                PlainClient(client, self.history, LineInput(self._input), screen, None).run()
            except (ConnectionLost, ProtocolError) as error:
                self.failure = error

    def __enter__(self) -> Trial:
        self.engine.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.end()
        self._shown.close()
        os.close(self._input)
        self.engine.__exit__(kind, error, trace)

    def type(self, text: str) -> None:
        """Type this."""
        os.write(self._keyboard, text.encode())

    def see(self, line: str) -> list[str]:
        """The lines shown since, up to and including this one."""
        lines: list[str] = []
        while not lines or lines[-1] != line:
            shown = self._shown.readline()
            assert shown, f"ended without {line!r} after {lines}"
            lines.append(shown.rstrip("\n"))
        return lines

    def see_prompt(self, prompt: str) -> None:
        """Read on until this prompt stands on an unfinished line."""
        shown = ""
        while not shown.endswith(prompt + " "):
            character = self._shown.read(1)
            assert character, f"ended without {prompt!r} after {shown!r}"
            shown += character

    def end(self) -> list[str]:
        """End the input; returns every line shown since."""
        if self._keyboard >= 0:
            os.close(self._keyboard)
            self._keyboard = -1
        lines = self._shown.read().split("\n")
        self._thread.join(WAIT_S)
        assert not self._thread.is_alive()
        return lines[:-1]


def sent(trial: Trial) -> list[Request]:
    """Every request the client has sent."""
    return [trial.engine.requests.get_nowait() for _ in range(trial.engine.requests.qsize())]


StartTrial = Callable[..., Trial]


@pytest.fixture
def start_trial(tmp_path: Path) -> Iterator[StartTrial]:
    with ExitStack() as trials:

        def start(answer: Answer, *instruments: str, is_terminal: bool = False) -> Trial:
            return trials.enter_context(Trial(answer, tmp_path, instruments, is_terminal))

        yield start


def test_an_order_is_asked_for_step_by_step_and_answered_before_the_next_prompt(start_trial: StartTrial) -> None:
    trial = start_trial(simple_engine)
    trial.type("b\n1.50\n10\ns\n\n5\n")
    assert trial.end() == [
        SIDE_PROMPT,
        PRICE_PROMPT,
        QUANTITY_PROMPT,
        "accepted: order 1 BUY 10 ACME @ 1.5 GTC",
        SIDE_PROMPT,
        PRICE_PROMPT,
        QUANTITY_PROMPT,
        "accepted: order 1 SELL 5 ACME @ market GTC",
        SIDE_PROMPT,
    ]


def test_a_bad_price_or_quantity_is_asked_for_again(start_trial: StartTrial) -> None:
    trial = start_trial(simple_engine)
    trial.type("b\nabc\n1.50\n0\n10")
    assert trial.end() == [
        SIDE_PROMPT,
        PRICE_PROMPT,
        "price 'abc' must be a decimal number like 101.25, or bid, ask, mid, last, bid+2t, +2t",
        PRICE_PROMPT,
        QUANTITY_PROMPT,
        "quantity '0' must be a whole number of at least 1 and at most 18 digits",
        QUANTITY_PROMPT,
        "accepted: order 1 BUY 10 ACME @ 1.5 GTC",
    ]


def test_a_fill_is_shown_while_the_prompt_stands_and_remembered(start_trial: StartTrial) -> None:
    trial = start_trial(simple_engine)
    trial.type("buy 10 1.50\n")
    trial.see("accepted: order 1 BUY 10 ACME @ 1.5 GTC")
    trial.see(SIDE_PROMPT)
    trial.engine.push(json.dumps(FILL))
    trial.see("fill: order 1 BUY 4 ACME @ 1.5, 6 remaining (trade 1, MAKER)")
    assert trial.end() == []
    order = trial.history.order(1)
    assert order is not None
    assert order.status is SessionOrderStatus.PARTIALLY_FILLED


def test_on_a_terminal_an_interrupted_prompt_is_repeated_on_a_line_of_its_own(start_trial: StartTrial) -> None:
    trial = start_trial(simple_engine, is_terminal=True)
    trial.type("b\n")
    trial.see_prompt(PRICE_PROMPT)
    trial.engine.push(json.dumps({**FILL, "order_id": 9}))
    trial.see("fill: order 9 BUY 4 ACME @ 1.5, 6 remaining (trade 1, MAKER)")
    assert trial.end() == [PRICE_PROMPT + " "]


def test_a_refusal_shows_the_engines_text_and_is_remembered(start_trial: StartTrial) -> None:
    trial = start_trial(simple_engine)
    trial.type("buy 10 1\norders\n")
    assert trial.end() == [
        SIDE_PROMPT,
        "rejected: too low (PRICE_OUT_OF_BAND)",
        SIDE_PROMPT,
        "refused: not today (UNKNOWN_TYPE)",
        SIDE_PROMPT,
    ]
    order = trial.history.orders[0]
    assert (order.status, order.price, order.quantity) == (SessionOrderStatus.REJECTED, Decimal(1), 10)


def test_quit_leaves_at_once_and_does_not_read_on(start_trial: StartTrial) -> None:
    trial = start_trial(simple_engine)
    trial.type("q\nbuy 10 1.50\n")
    assert trial.end() == [SIDE_PROMPT]
    assert [request["type"] for request in sent(trial)] == ["subscribe"]


def test_an_engine_that_goes_away_ends_the_session_though_nobody_types(start_trial: StartTrial) -> None:
    trial = start_trial(simple_engine)
    trial.see(SIDE_PROMPT)
    trial.engine.push(json.dumps({**FILL, "order_id": 9}))
    trial.engine.hang_up()
    trial.see("fill: order 9 BUY 4 ACME @ 1.5, 6 remaining (trade 1, MAKER)")
    assert trial._shown.read() == ""
    trial.end()
    assert isinstance(trial.failure, ConnectionLost)


def test_with_several_instruments_one_must_be_chosen(start_trial: StartTrial) -> None:
    trial = start_trial(simple_engine, "ACME", "B")
    trial.type("b\nbuy 1 2\nk\nsymbol NONE\nsymbol b\nbuy 1 2\n")
    choose = "several instruments are listed: choose one with `symbol NAME`: ACME, B"
    shown = [line for line in trial.end() if line != SIDE_PROMPT]
    assert shown[:5] == [choose, choose, choose, "'NONE' is not listed; listed: ACME, B", "trading B"]
    assert [request["symbol"] for request in sent(trial) if request["type"] == "new_order"] == ["B"]


# --- the market ------------------------------------------------------------------------------------------------


def test_words_for_prices_are_resolved_when_the_order_is_sent(start_trial: StartTrial) -> None:
    trial = start_trial(market_engine, "ACME")
    trial.type("buy 10 bid+1t\nsell 5 last\nsell 5 ask-1t stop +1t\nb\n-1t day\n3\nbuy 1 bid-400t\n")
    shown = [line for line in trial.end() if line.startswith(("accepted", "-400t"))]
    assert shown == [
        "accepted: order 1 BUY 10 ACME @ 10.05 GTC",
        "accepted: order 1 SELL 5 ACME @ 10.1 GTC",
        "accepted: order 1 SELL 5 ACME @ 10.15 GTC",
        "accepted: order 1 BUY 3 ACME @ 9.95 GTC",
        "-400t from 10 is -10.00, no price",
    ]
    orders = [request for request in sent(trial) if request["type"] == "new_order"]
    assert [(order["price"], order.get("stop_price")) for order in orders] == [
        (10.05, None),
        (10.10, None),
        (10.15, 10.25),
        (9.95, None),
    ]
    assert (orders[2]["order_type"], orders[3]["time_in_force"]) == ("STOP_LIMIT", "DAY")


def test_a_replace_counts_ticks_from_the_orders_own_price(start_trial: StartTrial) -> None:
    trial = start_trial(market_engine, "ACME")
    trial.type("buy 10 9.50\nreplace 1 price -2t\nreplace 7 price +1t\nreplace 1 stop +1t\n")
    shown = [line for line in trial.end() if line != SIDE_PROMPT]
    no_price = "there is no price to count ticks from: give the price as a number"
    refused = "not replaced: order 1 is done (TOO_LATE)"
    assert shown == ["accepted: order 1 BUY 10 ACME @ 9.5 GTC", refused, no_price, no_price]
    assert [request["price"] for request in sent(trial) if request["type"] == "replace_order"] == [9.40]


def test_stops_and_icebergs_are_sent_and_remembered_with_what_they_are(start_trial: StartTrial) -> None:
    trial = start_trial(market_engine, "ACME")
    trial.type("buy 10 stop 11\nsell 100 12 show 10 post\nbuy 10 1 show 5\n")
    trial.end()
    stop, iceberg, refused = [request for request in sent(trial) if request["type"] == "new_order"]
    assert (stop["order_type"], stop["stop_price"], "price" in stop) == ("STOP", 11, False)
    assert (iceberg["display_quantity"], iceberg["post_only"]) == (10, True)
    assert (trial.history.orders[-1].display_quantity, refused["display_quantity"]) == (5, 5)


def test_the_phase_stands_in_the_prompt_and_an_auction_is_told_of(start_trial: StartTrial) -> None:
    trial = start_trial(market_engine, "ACME")
    trial.see(SIDE_PROMPT)
    status = '{"type":"instrument_status","symbol":"ACME","phase":"%s","reason":"OPERATOR"}'
    indication = {"type": "auction_indication", "symbol": "ACME", "price": 10.05, "volume": 30, "surplus": 0}
    trial.engine.push(status % "AUCTION", json.dumps(indication))
    trial.see("*** ACME is now AUCTION (OPERATOR)")
    trial.see("ACME auction: 30 @ 10.05 would trade now")
    trial.see(f"[ACME AUCTION] {SIDE_PROMPT}")
    trial.engine.push(json.dumps({**indication, "volume": 35}))
    trial.type("k\n")
    assert trial.see("ACME auction: 35 @ 10.05 would trade now")[:3] == [
        "book of ACME",
        "ask        10.20          7 in 2",
        "bid           10          5 in 1",
    ]
    trial.engine.push(status % "CONTINUOUS")
    trial.see("*** ACME is now CONTINUOUS (OPERATOR)")
    trial.see(SIDE_PROMPT)
    assert [request["channel"] for request in sent(trial) if request["type"] == "subscribe"] == [
        "news",
        "trades",
        "book",
    ]


def test_a_busy_call_is_told_of_once_a_second_and_the_newest_always_at_last(start_trial: StartTrial) -> None:
    with CannedEngine(market_engine) as engine, MessageClient.connect(port=engine.port) as client:
        watch = MarketWatch(client, "ACME")
        indication = {"type": "auction_indication", "symbol": "ACME", "price": Decimal(10), "surplus": 0}
        told = []
        for tenths in range(25):
            watch.take({**indication, "volume": tenths})
            told.append(watch.line_to_tell(tenths / 10))
        assert [place for place, line in enumerate(told) if line is not None] == [0, 10, 20]
        assert watch.wait_s(2.4) == pytest.approx(0.6)
        assert watch.line_to_tell(3.0) == "ACME auction: 24 @ 10 would trade now"
        assert watch.wait_s(3.0) is None
        watch.take({**indication, "symbol": "BETA", "volume": 1})
        assert watch.wait_s(9.0) is None


def test_fills_positions_and_the_history_are_shown(start_trial: StartTrial) -> None:
    trial = start_trial(market_engine, "ACME")
    trial.type("buy 10 9.50\nfills\npositions\nhistory\n")
    shown = [line.split() for line in trial.end() if line != SIDE_PROMPT]
    assert shown[2:6] == [
        ["00:01:01", "1", "1", "ACME", "BUY", "4", "1.5", "MAKER"],
        ["no", "positions"],
        ["cash:", "99.5"],
        ["time", "id", "symbol", "side", "price", "quantity", "executed", "status"],
    ]
    assert shown[6][1:] == ["1", "ACME", "BUY", "9.5", "10", "0", "NEW"]


@pytest.mark.parametrize(
    "text",
    ["\x1b]52;c;aGk=\x07", "\x1b[2J", "\x9b2J", "\u202e01 yub", "\u2028", "a\nside (b/s):", "\x00", "é"],
)
def test_what_a_hostile_engine_says_is_shown_and_never_obeyed(start_trial: StartTrial, text: str) -> None:
    def answer(request: Request) -> Optional[list[str]]:
        if request["type"] == "new_order":
            return [rejected(request, text, text)]
        return market_engine(request)

    trial = start_trial(answer, "ACME")
    trial.see(SIDE_PROMPT)
    trial.type("buy 1 1\n")
    trial.engine.push(
        json.dumps({"type": "news", "text": text}),
        json.dumps({**FILL, "symbol": text, "liquidity": text, "side": text}),
        json.dumps({"type": "instrument_status", "symbol": "ACME", "phase": text}),
    )
    shown = trial.end()
    assert all(line.isascii() and line.isprintable() for line in shown)
    assert any(visible_ascii(text) in line for line in shown)


@pytest.mark.parametrize(
    "line",
    [
        '{"type":"order_accepted"}',
        '{"type":"order_executed","order_id":1,"price":"x"}',
        '{"type":"instrument_status","symbol":"ACME"}',
        '{"type":"news"}',
        '{"type":"auction_indication","symbol":"ACME","price":"much"}',
        '{"type":"gap"}',
    ],
)
def test_a_message_that_lacks_its_fields_ends_the_session_with_an_error_that_shows_it(
    start_trial: StartTrial, line: str
) -> None:
    trial = start_trial(market_engine, "ACME")
    trial.see(SIDE_PROMPT)
    trial.engine.push(line)
    assert trial._shown.read() == ""
    trial.end()
    assert isinstance(trial.failure, ProtocolError)
    assert "lacks its fields" in str(trial.failure)


# --- input and output ------------------------------------------------------------------------------------------


def test_output_that_the_other_end_does_not_take_is_waited_for() -> None:
    """Whoever shares a terminal may have made it non-blocking; a full one is no error then."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    text = "x" * 300_000
    taken: list[bytes] = []

    def take() -> None:
        with os.fdopen(reading, "rb") as pipe:
            taken.append(pipe.read())

    reader = threading.Thread(target=take, name="reader")
    reader.start()
    LineOutput(writing, is_terminal=False).show(text)
    os.close(writing)
    reader.join(WAIT_S)
    assert taken == [text.encode() + b"\n"]


def test_output_whose_reader_has_gone_is_told_apart_from_one_that_is_full() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with pytest.raises(OutputLost) as left:
        LineOutput(writing, is_terminal=False).show("x")
    os.close(writing)
    full = os.open("/dev/full", os.O_WRONLY)
    with pytest.raises(OutputLost, match="No space left") as lost:
        LineOutput(full, is_terminal=False).prompt("x")
    os.close(full)
    assert (left.value.is_left, lost.value.is_left) == (True, False)


def test_a_terminal_that_is_gone_is_the_end_of_the_input() -> None:
    person, terminal = pty.openpty()
    lines = LineInput(terminal)
    os.write(person, b"buy 1\n")
    lines.read()
    os.close(person)
    lines.read()
    os.close(terminal)
    assert (lines.next(), lines.is_over) == ("buy 1", True)


@given(st.binary(max_size=200), st.integers(1, 7))
def test_input_is_cut_into_lines_wherever_a_read_ends(data: bytes, piece_bytes: int) -> None:
    read_end, write_end = os.pipe()
    lines, taken = LineInput(read_end), []
    for start in range(0, len(data), piece_bytes):
        os.write(write_end, data[start : start + piece_bytes])
        lines.read()
    os.close(write_end)
    lines.read()
    while (line := lines.next()) is not None:
        taken.append(line)
    os.close(read_end)
    assert lines.is_over
    expected = data.split(b"\n")
    assert taken == [line.decode("utf-8", "replace") for line in (expected if expected[-1] else expected[:-1])]


# --- the command line ------------------------------------------------------------------------------------------

COMMAND = prepared("trade", "start_client.py")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "--user"),
        (["--user", "../x"], "user '../x' is not a name"),
        (["--user", "alice", "--port", "0"], "port '0'"),
        (["--user", "alice", "--port", "65536"], "port '65536'"),
        (["--user", "alice", "--port", "abc"], "port 'abc'"),
        (["--user", "alice", "--nonsense"], "--nonsense"),
    ],
)
def test_a_wrong_option_is_one_line_and_exit_2(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        COMMAND(arguments)
    written = capsys.readouterr()
    assert (caught.value.code, written.out, written.err.count("\n")) == (2, "", 1)
    assert named in written.err


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        COMMAND(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for option in ("--user", "--host", "--port", "--symbol", "--plain", "--data-dir"):
        assert option in text


def test_no_engine_is_one_line_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    status = COMMAND(["--user", "alice", "--plain", "--data-dir", str(tmp_path), "--port", port])
    written = capsys.readouterr()
    assert (status, written.out, written.err.count("\n")) == (2, "", 1)
    assert f"cannot reach an engine at 127.0.0.1:{port}" in written.err


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ('{"type":"login_rejected","code":"BAD_TOKEN","text":"token needed"}', "BAD_TOKEN: token needed"),
        (
            '{"type":"logged_in","user":"a","next_seq":1,"instruments":[{"symbol":"ACME","tick_size":1,"lot_size":1,'
            '"min_quantity":1,"max_quantity":9,"phase":"CLOSED"}]}',
            "'NONE' is not listed; listed: ACME",
        ),
        ("HTTP/1.1 400 Bad Request", "HTTP/1.1 400"),
    ],
)
def test_a_refused_start_is_one_line_and_exit_2(
    answer: str, named: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with CannedEngine(lambda request: [answer]) as engine:
        options = ["--user", "alice", "--symbol", "NONE", "--data-dir", str(tmp_path), "--port", str(engine.port)]
        status = COMMAND(options)
    written = capsys.readouterr()
    assert (status, written.out, written.err.count("\n")) == (2, "", 1)
    assert named in written.err
