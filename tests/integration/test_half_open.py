"""Clients who are there and do nothing any more: dropped within two heartbeats, and their orders with them."""

from __future__ import annotations

import signal
import socket
import ssl
from contextlib import suppress
from pathlib import Path

import pytest

from exchange.networking.outbound import outbox
from exchange.networking.tcp_client import ExchangeClient
from exchange.utils.tls import server_context
from tests.support.certificates import make_certificate
from tests.support.in_process import WAIT_S, join_readers, running_exchange
from tests.support.processes import Program, RunningEngine
from tests.support.raw_client import RawClient, limit

BOT = Path(__file__).resolve().parent / "pinging_bot.py"
HEARTBEAT_S = 0.2
# In two silences of the exchange's it speaks twice, and once more where its two clocks disagree.
HEARTBEATS_MAX = 3


def test_a_process_that_is_stopped_loses_its_connection_and_its_orders(tmp_path: Path) -> None:
    """Its system goes on confirming all that is sent to it, and never says that it is gone."""
    with RunningEngine(tmp_path) as engine, RawClient(engine.port) as watcher:
        with Program(str(BOT), str(engine.port)) as bot:
            token = bot.see("token ").split()[1]
            watcher.login("bot", token, last_seq=0)
            assert watcher.next()["type"] == "order_accepted"
            bot.send_signal(signal.SIGSTOP)
            canceled = watcher.next()
            assert (canceled["type"], canceled["reason"]) == ("order_canceled", "DISCONNECTED")
            bot.send_signal(signal.SIGCONT)
            assert int(bot.see("heartbeats ").split()[1]) <= HEARTBEATS_MAX
            assert bot.wait() == (0, "")


def test_whoever_neither_reads_nor_writes_is_dropped_whatever_waits_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """More is on its way than the connection holds, so the exchange can't even say goodbye."""
    monkeypatch.setattr(outbox, "LINGER_S", 0.1)
    pings = [{"type": "ping", "id": "x" * 64}] * 5_000
    with running_exchange() as exchange:
        exchange.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        with RawClient(exchange.port, receive_bytes=4_096) as lost:
            with RawClient(exchange.port) as watcher:
                token = lost.login("alice", heartbeat_s=HEARTBEAT_S, cancel_on_disconnect="ALL")["token"]
                watcher.login("alice", token)
                lost.send(limit("1", "BUY", 1, 1), *pings)
                assert [watcher.next()["type"] for _ in range(2)] == ["order_accepted", "order_canceled"]
            join_readers()
            received = 0
            with suppress(ConnectionResetError):
                while data := lost.socket.recv(65_536):
                    received += len(data)
            assert received < 64 * len(pings)


def test_silence_ends_a_connection_over_tls_too(tmp_path: Path) -> None:
    files = make_certificate(tmp_path)
    trusting = ssl.create_default_context(cafile=str(files.certificate))
    with running_exchange(tls=server_context(str(files.certificate), str(files.key))) as exchange:
        with (
            ExchangeClient.connect(port=exchange.port, tls=trusting) as watcher,
            ExchangeClient.connect(port=exchange.port, tls=trusting) as lost,
        ):
            token = watcher.login("alice").token
            lost.login("alice", token=token, heartbeat_s=HEARTBEAT_S, cancel_on_disconnect="ALL")
            lost.send_order("BUY", 1, 1)
            events = watcher.messages(WAIT_S)
            assert [next(events)["type"] for _ in range(2)] == ["order_accepted", "order_canceled"]
            told = [event["type"] for event in lost.messages(WAIT_S)]
            assert told[0] == "order_accepted"
            assert set(told[1:]) <= {"heartbeat", "order_canceled"}
            assert told.count("heartbeat") <= HEARTBEATS_MAX
            assert not lost.is_open
