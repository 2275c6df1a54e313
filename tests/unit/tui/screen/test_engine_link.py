"""One connection as the screen uses it: what it hands over, what it keeps, how it ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from exchange.networking.tcp_client import ConnectionLost, KeptLogin, MessageClient
from tests.support.canned_engine import CannedEngine, Request, accepted, pong, rejected, talking_to
from tui.screen.engine_link import SAVE_EVERY_S, ConnectAgain, EngineLink
from tui.screen.link_reader import ScreenLink
from tui.screen.messages import Connected, EngineSaid, Incoming, Lost, Trouble
from tui.session_manager import SessionManager
from tui.session_order import SessionOrderStatus

ORDER = {
    "type": "new_order", "client_order_id": "a-1", "symbol": "ACME", "side": "BUY", "order_type": "LIMIT",
    "quantity": 5, "price": 100, "time_in_force": "GTC",
}  # fmt: skip
WAIT_S = 10.0


class Receiver:
    """Takes what a link hands over and stops it once it has heard enough."""

    def __init__(self, stop_after: str = "") -> None:
        self.heard: list[Incoming] = []
        self._stop_after = stop_after
        self.has_heard = threading.Event()

    def take(self, link: ScreenLink, batch: list[Incoming]) -> bool:
        self.heard += batch
        self.has_heard.set()
        if self._stop_after in [message.message["type"] for message in batch if isinstance(message, EngineSaid)]:
            link.stop()
        return True

    @property
    def types(self) -> list[str]:
        """The types of the engine's messages, in their order."""
        return [message.message["type"] for message in self.heard if isinstance(message, EngineSaid)]


def never(_last_seq: int) -> KeptLogin:
    """A way to connect that must not be used."""
    raise AssertionError("the link has a connection already")


class Clock:
    """A clock that a test moves; each look at it takes `step_s`."""

    def __init__(self, step_s: float = 0.0) -> None:
        self.now = 100.0
        self._step_s = step_s

    def __call__(self) -> float:
        self.now += self._step_s
        return self.now


@contextmanager
def running(link: EngineLink) -> Iterator[None]:
    """The link's `run` on a thread of its own, as in the program; stopped and joined at the end."""
    thread = threading.Thread(target=link.run, name="engine-reader")
    thread.start()
    try:
        yield
        thread.join(WAIT_S)
        assert not thread.is_alive()
    finally:
        link.stop()
        thread.join(WAIT_S)


def link_of(
    client: MessageClient | None, receiver: Receiver, directory: Path, connect: ConnectAgain = never
) -> EngineLink:
    return EngineLink(connect, SessionManager(directory, "alice"), receiver.take, Clock(), client, last_seq=7)


def answer(request: Request) -> list[str]:
    """Accept an order for 5, refuse others; a ping is answered by its pong."""
    if request["type"] == "ping":
        return pong(request)
    return [accepted(request) if request["quantity"] == 5 else rejected(request, "BAD_VALUE", "5 it must be")]


def test_what_the_engine_says_is_handed_over_in_order_behind_the_word_that_it_is_connected(tmp_path: Path) -> None:
    receiver = Receiver(stop_after="pong")
    with talking_to(answer) as (client, _):
        link = link_of(client, receiver, tmp_path)
        link.send(ORDER)
        link.send({"type": "ping", "id": 1})
        with running(link):
            pass
    assert isinstance(receiver.heard[0], Connected)
    assert receiver.types == ["order_accepted", "pong"]
    assert [message.now for message in receiver.heard] == [100.0] * 3


def test_an_order_that_was_accepted_is_in_the_file_when_the_link_has_ended(tmp_path: Path) -> None:
    with talking_to(answer) as (client, _):
        link = link_of(client, Receiver(stop_after="order_accepted"), tmp_path)
        link.send(ORDER)
        with running(link):
            pass
    (order,) = SessionManager(tmp_path, "alice").orders
    assert (order.client_order_id, order.quantity, order.status) == ("a-1", 5, SessionOrderStatus.NEW)


def test_a_refused_order_is_kept_with_all_that_was_asked_for(tmp_path: Path) -> None:
    with talking_to(answer) as (client, _):
        link = link_of(client, Receiver(stop_after="order_rejected"), tmp_path)
        link.send(ORDER | {"quantity": 6})
        with running(link):
            pass
    (order,) = SessionManager(tmp_path, "alice").orders
    assert (order.side, order.quantity, order.status) == ("BUY", 6, SessionOrderStatus.REJECTED)
    assert order.reason == "BAD_VALUE: 5 it must be"


def test_the_engines_own_list_corrects_the_history(tmp_path: Path) -> None:
    before = SessionManager(tmp_path, "alice")
    before.apply(json.loads(accepted(ORDER)))
    before.save()
    with talking_to(lambda _: ['{"type":"orders","orders":[]}']) as (client, _):
        link = link_of(client, Receiver(stop_after="orders"), tmp_path)
        link.send({"type": "get_orders"})
        with running(link):
            pass
    assert [order.status for order in SessionManager(tmp_path, "alice").orders] == [SessionOrderStatus.UNKNOWN]


def test_orders_of_earlier_sessions_come_with_the_word_that_it_is_connected(tmp_path: Path) -> None:
    before = SessionManager(tmp_path, "alice")
    before.apply(json.loads(accepted(ORDER)))
    before.save()
    receiver = Receiver(stop_after="pong")
    with talking_to(answer) as (client, _):
        link = link_of(client, receiver, tmp_path)
        link.send({"type": "ping", "id": 1})
        with running(link):
            pass
    connected = receiver.heard[0]
    assert isinstance(connected, Connected)
    assert [order["client_order_id"] for order in connected.history] == ["a-1"]


def test_an_engine_that_hangs_up_is_told_as_the_last_word(tmp_path: Path) -> None:
    receiver = Receiver()
    with talking_to(lambda _: None) as (client, _):
        link = link_of(client, receiver, tmp_path)
        link.send({"type": "ping", "id": 1})
        with running(link):
            pass
    assert isinstance(receiver.heard[-1], Lost)
    assert "the engine closed the connection" in receiver.heard[-1].reason


def test_a_token_that_was_reset_is_the_reason_of_the_loss(tmp_path: Path) -> None:
    receiver = Receiver()
    farewell = json.dumps({"type": "error", "code": "BAD_TOKEN", "text": "user alice: the token was reset"})
    with talking_to(lambda request: [farewell] if request["id"] == 1 else None) as (client, _):
        link = link_of(client, receiver, tmp_path)
        link.send({"type": "ping", "id": 1})
        link.send({"type": "ping", "id": 2})
        with running(link):
            pass
    lost = receiver.heard[-1]
    assert isinstance(lost, Lost) and lost.is_reset


def test_a_link_without_a_connection_connects_to_go_on_where_it_left_off(tmp_path: Path) -> None:
    asked: list[int] = []
    receiver = Receiver(stop_after="pong")
    with CannedEngine(lambda request: pong(request)) as engine:

        def connect(last_seq: int) -> KeptLogin:
            asked.append(last_seq)
            client = MessageClient.connect(port=engine.port)
            client.send_raw({"type": "ping", "id": 1})
            return KeptLogin(client, {"type": "logged_in", "next_seq": 8}, "the name was claimed anew")

        link = link_of(None, receiver, tmp_path, connect)
        with pytest.raises(ConnectionLost, match="not connected"):
            link.send(ORDER)
        with running(link):
            pass
    assert asked == [7]
    assert Trouble(100.0, "the name was claimed anew") in receiver.heard
    assert receiver.types == ["pong"]


def test_how_the_first_login_came_to_be_is_told_after_it(tmp_path: Path) -> None:
    receiver = Receiver(stop_after="pong")
    with talking_to(answer) as (client, _):
        history = SessionManager(tmp_path, "alice")
        link = EngineLink(never, history, receiver.take, Clock(), client, notice="the name was claimed anew")
        link.send({"type": "ping", "id": 1})
        with running(link):
            pass
    assert isinstance(receiver.heard[0], Connected)
    assert receiver.heard[1] == Trouble(100.0, "the name was claimed anew")


def test_who_cannot_connect_is_lost_with_the_reason_and_nothing_else(tmp_path: Path) -> None:
    receiver = Receiver()

    def connect(_last_seq: int) -> KeptLogin:
        raise ConnectionLost("nobody is there")

    link_of(None, receiver, tmp_path, connect).run()
    assert receiver.heard == [Lost(100.0, "nobody is there")]


def test_a_link_that_is_stopped_from_outside_ends_though_nothing_is_said(tmp_path: Path) -> None:
    receiver = Receiver()
    with talking_to(answer) as (client, _):
        link = link_of(client, receiver, tmp_path)
        with running(link):
            assert receiver.has_heard.wait(WAIT_S)
            link.stop()
    assert link.is_stopped
    assert receiver.types == []


def test_a_receiver_who_takes_no_more_ends_the_link(tmp_path: Path) -> None:
    heard: list[Incoming] = []

    def take(_link: ScreenLink, batch: list[Incoming]) -> bool:
        heard.extend(batch)
        return len(heard) < 2

    with talking_to(answer) as (client, _):
        link = EngineLink(never, SessionManager(tmp_path, "alice"), take, Clock(), client)
        link.send({"type": "ping", "id": 1})
        with running(link):
            pass
    assert len(heard) == 2


def test_a_history_that_cannot_be_written_is_told_once_and_trading_goes_on(tmp_path: Path) -> None:
    receiver = Receiver(stop_after="pong")
    history = SessionManager(tmp_path / "elsewhere", "alice")
    (tmp_path / "elsewhere").write_text("a file where the directory belongs")
    with talking_to(answer) as (client, _):
        link = EngineLink(never, history, receiver.take, Clock(step_s=SAVE_EVERY_S), client)
        link.send(ORDER)
        link.send(ORDER | {"client_order_id": "a-2"})
        link.send({"type": "ping", "id": 1})
        with running(link):
            pass
    troubles = [message for message in receiver.heard if isinstance(message, Trouble)]
    assert len(troubles) == 1
    assert "the order history can't be written" in troubles[0].text
    assert receiver.types == ["order_accepted", "order_accepted", "pong"]
