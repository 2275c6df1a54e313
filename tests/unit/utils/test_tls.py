"""TLS: both directions at once through one connection, ends in good order, and nobody without it gets in."""

from __future__ import annotations

import contextlib
import random
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from exchange.networking.inbound import connection_reader
from exchange.networking.outbound import outbox as outbox_module
from exchange.networking.outbound.backlogs import BacklogSender
from exchange.networking.outbound.outbox import Outbox
from exchange.networking.tcp_client import ConnectionLost, ExchangeClient
from exchange.utils.tls import TlsSocket, server_context
from tests.support.certificates import Certificate, make_certificate
from tests.support.in_process import WAIT_S, InProcessExchange, join_readers, running_exchange
from tests.support.raw_client import RawClient

TRAFFIC_BYTES = 3_000_000
SMALL_BUFFER_BYTES = 4_096


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def server_tls(certificate: Certificate) -> ssl.SSLContext:
    return server_context(str(certificate.certificate), str(certificate.key))


@pytest.fixture(scope="module")
def client_tls(certificate: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate.certificate))


class Pair:
    """Two ends of one connection, both behind TLS.  The client's has a timeout, the server's none, as it is."""

    def __init__(self, server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
        self.plain = socket.socketpair()
        self.plain[0].settimeout(WAIT_S)
        self.client = TlsSocket(self.plain[0], client_tls, "127.0.0.1")
        self.server = TlsSocket(self.plain[1], server_tls)
        run_together(self.client.handshake, self.server.handshake)

    def shrink_buffers(self) -> None:
        """From now on a few kilobytes fill the connection."""
        for sock in self.plain:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SMALL_BUFFER_BYTES)


def run_together(*bodies: Callable[[], object]) -> None:
    """Each in a thread of its own; all must end, none may fail."""
    failures: list[BaseException] = []

    def run(body: Callable[[], object]) -> None:
        try:
            body()
        except BaseException as failure:  # noqa: BLE001  it is raised again below
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(body,), daemon=True) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    assert failures == []
    assert not any(thread.is_alive() for thread in threads)


@pytest.fixture
def pair(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> Iterator[Pair]:
    pair = Pair(server_tls, client_tls)
    yield pair
    for sock in pair.plain:
        sock.close()


def send_without_waiting(sock: TlsSocket, data: bytes) -> None:
    """As the outbox does: what was not taken is offered again as it was when there is room."""
    while data:
        try:
            data = data[sock.send(data[:50_000], socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            select.select([], [sock.fileno()], [], WAIT_S)


def receive(sock: TlsSocket, size: int) -> bytes:
    """So many bytes, as a reader thread takes them."""
    received = bytearray()
    while len(received) < size:
        data = sock.recv(65_536)
        assert data
        received += data
    return bytes(received)


def receive_when_readable(sock: TlsSocket, size: int) -> bytes:
    """So many bytes, as the client library takes them."""
    received = bytearray()
    while len(received) < size:
        assert select.select([sock.fileno()], [], [], WAIT_S)[0]
        received += sock.receive() or b""
    return bytes(received)


def test_both_directions_at_once_through_small_buffers_bring_every_byte(pair: Pair) -> None:
    pair.shrink_buffers()
    down, up = (random.Random(seed).randbytes(TRAFFIC_BYTES) for seed in (1, 2))
    received: dict[str, bytes] = {}
    run_together(
        lambda: send_without_waiting(pair.server, down),
        lambda: pair.client.sendall(up),
        lambda: received.update(down=receive_when_readable(pair.client, TRAFFIC_BYTES)),
        lambda: received.update(up=receive(pair.server, TRAFFIC_BYTES)),
    )
    assert received == {"down": down, "up": up}


def test_what_is_sent_is_not_on_the_wire_as_it_is(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> None:
    pair = Pair(server_tls, client_tls)
    pair.server.send(b"a secret", 0)
    with pair.plain[0] as wire, pair.plain[1]:
        assert b"secret" not in wire.recv(65_536)


@pytest.mark.parametrize("says_goodbye", [True, False])
def test_the_end_comes_after_all_that_was_sent(pair: Pair, says_goodbye: bool) -> None:
    pair.server.send(b"last words", 0)
    if says_goodbye:
        pair.server.shutdown(socket.SHUT_WR)
    pair.plain[1].close()
    assert receive_when_readable(pair.client, 10) == b"last words"
    assert pair.client.receive() == b""


def test_who_stops_reading_may_still_send(pair: Pair) -> None:
    pair.server.shutdown(socket.SHUT_RD)
    pair.server.send(b"the answer\n", 0)
    assert receive_when_readable(pair.client, 11) == b"the answer\n"


def test_a_client_too_slow_gets_whole_lines_and_the_reason(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was encrypted already can't be taken back, so it goes ahead of the reason."""
    monkeypatch.setattr(outbox_module, "LINGER_S", WAIT_S)
    pair.shrink_buffers()
    failures: list[BaseException] = []
    sender = BacklogSender(failures.append)
    sender.start()
    ended = threading.Event()

    def end() -> None:
        pair.server.shutdown(socket.SHUT_WR)
        ended.set()

    outbox = Outbox(pair.server, sender, b"too slow\n", end, backlog_bytes_max=200_000)
    line = b"." * 9_999 + b"\n"
    for _ in range(60):
        outbox.send(line)
    received = b""
    while data := pair.client.recv(65_536):
        received += data
    assert ended.wait(WAIT_S)
    sender.stop()
    assert failures == []
    lines = received.splitlines(keepends=True)
    assert lines[-1] == b"too slow\n"
    assert 0 < len(lines) - 1 < 60
    assert set(lines[:-1]) == {line}


# --- the exchange ----------------------------------------------------------------------------------------------


@pytest.fixture
def exchange(server_tls: ssl.SSLContext) -> Iterator[InProcessExchange]:
    with running_exchange(tls=server_tls) as exchange:
        yield exchange


@contextmanager
def connected(exchange: InProcessExchange, tls: ssl.SSLContext) -> Iterator[ExchangeClient]:
    with ExchangeClient.connect(port=exchange.port, tls=tls, timeout_s=WAIT_S) as client:
        yield client


def test_the_client_library_trades_over_tls(exchange: InProcessExchange, client_tls: ssl.SSLContext) -> None:
    with connected(exchange, client_tls) as alice, connected(exchange, client_tls) as bob:
        alice.login("alice")
        bob.login("bob")
        with alice.batch():
            for _ in range(2_000):
                alice.send_order("SELL", 1, 100)
        alice.ping()
        bob.buy(1_500)
        bob.ping()
        alice.ping()
        assert sum(event["type"] == "order_executed" for event in alice.messages(0.0)) == 1_500
        assert len(alice.orders()) == 500
        assert alice.poll_message(0.0) is None


def test_polling_does_not_wait_for_what_only_tls_has_to_say(
    exchange: InProcessExchange, client_tls: ssl.SSLContext
) -> None:
    """After the handshake the server sends session tickets, which are no message."""
    with connected(exchange, client_tls) as client:
        assert client.poll_message(0.0) is None
        assert client.poll_message(0.0) is None
        client.ping()


def test_a_stop_answers_what_was_read_and_says_goodbye(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext
) -> None:
    exchange = InProcessExchange(tls=server_tls)
    exchange.start()
    with connected(exchange, client_tls) as client:
        client.login("alice")
        client.ping()
        exchange.stop()
        (goodbye,) = client.messages()
        assert goodbye["code"] == "ENGINE_STOPPING"
    join_readers()
    assert exchange.failures == []


def test_a_client_that_does_not_speak_tls_is_hung_up_on_and_the_others_served(
    exchange: InProcessExchange, client_tls: ssl.SSLContext
) -> None:
    with RawClient(exchange.port) as plain:
        plain.send({"type": "login", "user": "alice"})
        # A reset, the line unread, is as good a way to be hung up on.
        with contextlib.suppress(ConnectionError):
            assert b"logged_in" not in plain.socket.recv(65_536)
    with connected(exchange, client_tls) as client:
        assert client.login("alice").token


def test_a_client_refuses_an_exchange_that_can_not_prove_who_it_is(
    exchange: InProcessExchange, server_tls: ssl.SSLContext, tmp_path: Path
) -> None:
    stranger = ssl.create_default_context(cafile=str(make_certificate(tmp_path).certificate))
    with pytest.raises(ConnectionLost, match="certificate verify failed"):
        ExchangeClient.connect(port=exchange.port, tls=stranger)
    (tmp_path / "elsewhere").mkdir()
    elsewhere = make_certificate(tmp_path / "elsewhere", "192.0.2.1")
    with running_exchange(tls=server_context(str(elsewhere.certificate), str(elsewhere.key))) as other:
        trusting = ssl.create_default_context(cafile=str(elsewhere.certificate))
        with pytest.raises(ConnectionLost, match="IP address mismatch"):
            ExchangeClient.connect(port=other.port, tls=trusting)


def test_the_library_says_so_where_no_exchange_speaks_tls(client_tls: ssl.SSLContext) -> None:
    with running_exchange() as plain, pytest.raises(ConnectionLost, match="cannot reach an engine"):
        ExchangeClient.connect(port=plain.port, tls=client_tls, timeout_s=5.0)


def test_a_handshake_that_does_not_go_on_is_ended(
    server_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_reader, "TLS_HANDSHAKE_S_MAX", 0.1)
    with running_exchange(tls=server_tls) as exchange, RawClient(exchange.port) as silent:
        assert silent.remainder() == []


def test_a_handshake_that_goes_on_for_ever_is_ended(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_reader, "TLS_HANDSHAKE_S_MAX", 0.2)
    hello = ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        client_tls.wrap_bio(ssl.MemoryBIO(), hello, server_hostname="127.0.0.1").do_handshake()
    *bytes_but_last, _ = hello.read()
    with running_exchange(tls=server_tls) as exchange, RawClient(exchange.port) as dripping:
        for byte in bytes_but_last:
            dripping.socket.sendall(bytes([byte]))
            # Far less than the limit on silence, so that alone would never end it.
            if select.select([dripping.socket], [], [], 0.01)[0]:
                break
        assert dripping.remainder() == []


def test_a_stop_waits_for_no_handshake(
    server_tls: ssl.SSLContext, client_tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_reader, "TLS_HANDSHAKE_S_MAX", 3_600.0)
    exchange = InProcessExchange(tls=server_tls)
    exchange.start()
    with RawClient(exchange.port), connected(exchange, client_tls) as client:
        client.ping()  # So the one who came before has a reader, too.
        exchange.stop()
    join_readers()
    assert exchange.failures == []
