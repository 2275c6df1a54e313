"""The plain client: whole sessions over a pipe against a stand-in, and its command line."""

from __future__ import annotations

import json
import os
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

from exchange.networking.tcp_client import ConnectionLost, ExchangeClient
from tests.support.canned_engine import WAIT_S, Answer, CannedEngine, Request, accepted, pong, rejected
from tui.client import main
from tui.plain.line_streams import LineInput, LineOutput
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
    if request["type"] == "new_order":
        too_low = request.get("price", 2) <= 1
        return [rejected(request, "PRICE_OUT_OF_BAND", "too low") if too_low else accepted(request)]
    return ['{"type":"error","code":"UNKNOWN_TYPE","text":"not today"}']


class Trial:
    """A plain session in a thread of its own, with pipes where a person would sit."""

    def __init__(self, answer: Answer, directory: Path, instruments: Sequence[str], is_terminal: bool) -> None:
        self.engine = CannedEngine(answer)
        self.history = SessionManager(directory, "alice")
        self.failure: Optional[Exception] = None
        self._instruments = [{"symbol": symbol} for symbol in instruments]
        self._is_terminal = is_terminal
        self._input, self._keyboard = os.pipe()
        shown, output = os.pipe()
        self._shown, self._output = os.fdopen(shown), os.fdopen(output, "w")
        self._thread = threading.Thread(target=self._run, name="plain-session")

    def _run(self) -> None:
        with self._output, ExchangeClient.connect(port=self.engine.port) as client:
            client.instruments = self._instruments
            screen = LineOutput(self._output.fileno(), self._is_terminal)
            try:
                PlainClient(client, self.history, LineInput(self._input), screen, None).run()
            except ConnectionLost as error:
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
        "price 'abc' must be a decimal number like 101.25",
        PRICE_PROMPT,
        QUANTITY_PROMPT,
        "quantity '0' must be a whole number of at least 1",
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
    assert trial.engine.requests.empty()


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
    requests = [trial.engine.requests.get_nowait() for _ in range(trial.engine.requests.qsize())]
    assert [request["symbol"] for request in requests if request["type"] == "new_order"] == ["B"]


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
        main(arguments)
    written = capsys.readouterr()
    assert (caught.value.code, written.out, written.err.count("\n")) == (2, "", 1)
    assert named in written.err


def test_help_names_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    text = capsys.readouterr().out
    for option in ("--user", "--host", "--port", "--symbol", "--plain", "--data-dir"):
        assert option in text


def test_no_engine_is_one_line_and_exit_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
    status = main(["--user", "alice", "--plain", "--data-dir", str(tmp_path), "--port", port])
    written = capsys.readouterr()
    assert (status, written.out, written.err.count("\n")) == (2, "", 1)
    assert f"cannot reach an engine at 127.0.0.1:{port}" in written.err


@pytest.mark.parametrize(
    ("answer", "named"),
    [
        ('{"type":"login_rejected","code":"BAD_TOKEN","text":"token needed"}', "BAD_TOKEN: token needed"),
        (
            '{"type":"logged_in","next_seq":1,"instruments":[{"symbol":"ACME"}]}',
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
        status = main(options)
    written = capsys.readouterr()
    assert (status, written.out, written.err.count("\n")) == (2, "", 1)
    assert named in written.err
