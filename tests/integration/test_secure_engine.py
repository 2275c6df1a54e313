"""TLS between real programs: who trades over it, and who is told in one line that this engine is not for them."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from exchange.cli.engine import is_loopback
from exchange.networking.tcp_client import ConnectionLost, ExchangeClient, TokenStore
from tests.support.certificates import Certificate, make_certificate
from tests.support.processes import WAIT_S, Program, RunningEngine, plain_client
from tests.support.project import ROOT
from tests.support.raw_client import RawClient

EXIT_REFUSED = 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="module")
def trusting(certificate: Certificate) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate.certificate))


def secure_engine(directory: Path, certificate: Certificate) -> RunningEngine:
    """An engine that speaks TLS."""
    return RunningEngine(directory, "--tls-cert", str(certificate.certificate), "--tls-key", str(certificate.key))


@pytest.fixture
def engine(tmp_path: Path, certificate: Certificate) -> Iterator[RunningEngine]:
    with secure_engine(tmp_path / "engine", certificate) as engine:
        yield engine


def refused_client(engine: RunningEngine, directory: Path, *options: str) -> str:
    """The one line with which a plain client gives up."""
    with plain_client(engine, directory, "alice", *options) as client:
        status, output, errors = client.end("buy 1 1\n")
    assert (status, output) == (EXIT_REFUSED, "")
    (line,) = errors.splitlines()
    assert line.startswith("start_client.py: ")
    return line


def test_the_certificate_of_the_readme_lets_clients_in_by_address_and_by_name(tmp_path: Path) -> None:
    (command,) = [line for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("openssl ")]
    openssl, *arguments = command.replace("192.168.1.20", "127.0.0.1").split()
    if shutil.which(openssl) is None:
        pytest.skip("needs the openssl command to make a certificate")
    subprocess.run([openssl, *arguments], cwd=tmp_path, check=True, capture_output=True)
    made = Certificate(tmp_path / "exchange.pem", tmp_path / "key.pem")
    trusting = ssl.create_default_context(cafile=str(made.certificate))
    with secure_engine(tmp_path / "engine", made) as engine:
        for host in ("127.0.0.1", "localhost"):
            with ExchangeClient.connect(host, engine.port, tls=trusting) as client:
                client.ping()


# --- trading ---------------------------------------------------------------------------------------------------


def test_clients_and_library_trade_and_come_back_after_the_engine_was_killed(
    tmp_path: Path, certificate: Certificate, trusting: ssl.SSLContext
) -> None:
    trust = ("--tls-ca", str(certificate.certificate))
    tokens = TokenStore(tmp_path / "tokens")
    with secure_engine(tmp_path / "engine", certificate) as engine:
        with ExchangeClient.connect(port=engine.port, tls=trusting) as bob:
            bob.login("bob", tokens)
            with plain_client(engine, tmp_path, "alice", *trust) as alice:
                alice.type("sell 10 101.25\n")
                alice.see("accepted: order 1 SELL 10 ACME @ 101.25 GTC")
                bob.buy(4, "101.25")
                bob.ping()
                last_seq = [event["seq"] for event in bob.messages(0.0)][-1]
                assert "6 remaining" in alice.see("fill: order 1")
                bob.buy(5, "99.50", client_order_id="left behind")
                assert alice.end("sell 1 99.50\n")[0] == 0
            engine.send_signal(signal.SIGKILL)
            engine.wait()
            with pytest.raises(ConnectionLost):
                bob.ping()
    with secure_engine(tmp_path / "engine", certificate) as engine:
        with ExchangeClient.connect(port=engine.port, tls=trusting) as bob:
            bob.login("bob", tokens, last_seq=last_seq)
            bob.ping()
            missed = list(bob.messages(0.0))
            assert [event["type"] for event in missed] == ["order_accepted", "order_executed"]
            assert {event["client_order_id"] for event in missed} == {"left behind"}
            bob.buy(6, "101.25")
        with plain_client(engine, tmp_path, "alice", *trust) as alice:
            status, output, errors = alice.end("o\n")
    assert (status, errors) == (0, "")
    # It was filled while alice was away.
    assert "fill: order 1 SELL 6 ACME @ 101.25, filled" in output
    assert output.splitlines()[-2] == "no live orders"


# --- who is not let in -----------------------------------------------------------------------------------------


def test_a_client_without_tls_is_told_what_may_be_missing(engine: RunningEngine, tmp_path: Path) -> None:
    assert "it may want TLS" in refused_client(engine, tmp_path)
    with ExchangeClient.connect(port=engine.port) as client, pytest.raises(ConnectionLost, match="may want TLS"):
        client.login("alice")


def test_a_client_with_tls_is_told_that_the_engine_has_none(tmp_path: Path, certificate: Certificate) -> None:
    with RunningEngine(tmp_path / "engine") as engine:
        line = refused_client(engine, tmp_path, "--tls-ca", str(certificate.certificate))
    assert f"cannot reach an engine at 127.0.0.1:{engine.port}: it does not seem to speak TLS" in line


def test_an_engine_that_can_not_prove_who_it_is_gets_no_token(
    engine: RunningEngine, certificate: Certificate, tmp_path: Path
) -> None:
    (tmp_path / "stranger").mkdir()
    stranger = make_certificate(tmp_path / "stranger")
    line = refused_client(engine, tmp_path, "--tls-ca", str(stranger.certificate))
    assert "certificate verify failed: self" in line
    line = refused_client(engine, tmp_path, "--host", "localhost", "--tls-ca", str(certificate.certificate))
    assert "certificate is not valid for 'localhost'" in line
    line = refused_client(engine, tmp_path, "--tls-ca", str(certificate.key))
    assert f"{certificate.key} holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----" in line
    # None of them so much as made itself known to the engine.
    assert not list((tmp_path / "alice").rglob("token_*"))
    assert not list((tmp_path / "engine").rglob("logs_*"))


# --- starting --------------------------------------------------------------------------------------------------


def encrypted(key: Path, directory: Path) -> Path:
    """The same private key, which now needs a password."""
    made = directory / "encrypted.pem"
    openssl = shutil.which("openssl")
    assert openssl is not None
    options = ("pkey", "-in", str(key), "-aes128", "-passout", "pass:secret", "-out", str(made))
    subprocess.run([openssl, *options], check=True, capture_output=True)
    return made


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("no key", "go together"),
        ("another's key", "is not the private key of the certificate in"),
        ("encrypted key", "encrypted"),
        ("no such file", "No such file"),
        ("a directory", "Is a directory"),
        ("not PEM", "holds no private key in PEM, which begins with -----BEGIN PRIVATE KEY-----"),
        ("half a key", "is damaged, or of a kind that OpenSSL does not take"),
    ],
)
def test_certificate_files_that_can_not_be_used_are_refused_in_one_line(
    tmp_path: Path, certificate: Certificate, wrong: str, reason: str
) -> None:
    key = tmp_path / "wrong.pem"
    if wrong == "another's key":
        make_certificate(tmp_path).key.rename(key)
    elif wrong == "encrypted key":
        key = encrypted(certificate.key, tmp_path)
    elif wrong == "a directory":
        key.mkdir()
    elif wrong == "not PEM":
        key.write_bytes(os.urandom(1_000))
    elif wrong == "half a key":
        key.write_bytes(certificate.key.read_bytes()[:200])
    options = ["--tls-cert", str(certificate.certificate)]
    if wrong != "no key":
        options += ["--tls-key", str(key)]
    with Program("start_engine.py", "--port", "0", "--data-dir", str(tmp_path / "data"), *options) as engine:
        status, output, errors = engine.end()
    assert (status, output) == (EXIT_REFUSED, "")
    (line,) = errors.splitlines()
    assert line.startswith("start_engine.py: ")
    assert reason in line
    assert not (tmp_path / "data").exists()


def in_a_network_of_its_own() -> tuple[str, ...]:
    """A command that runs another where no machine can reach it; skips the test where the system has none."""
    command = ("unshare", "--user", "--map-root-user", "--net")
    if shutil.which(command[0]) is None or subprocess.run([*command, "true"], capture_output=True).returncode:
        pytest.skip("needs a network namespace to listen on every address without being reached")
    return command


@pytest.mark.parametrize("is_secure", [False, True], ids=["plain", "TLS"])
def test_listening_for_other_machines_without_tls_is_warned_of_in_one_line(
    tmp_path: Path, certificate: Certificate, is_secure: bool
) -> None:
    tls = ("--tls-cert", str(certificate.certificate), "--tls-key", str(certificate.key)) if is_secure else ()
    options = ("--host", "0.0.0.0", "--port", "0", "--data-dir", str(tmp_path), *tls)
    with Program("start_engine.py", *options, inside=in_a_network_of_its_own()) as engine:
        engine.see("exchange listening on 0.0.0.0:")
        engine.send_signal(signal.SIGTERM)
        status, errors = engine.wait()
    assert status == 0
    if is_secure:
        assert errors == ""
    else:
        (line,) = errors.splitlines()
        assert line.startswith("start_engine.py: warning: 0.0.0.0 may be reached from other machines")


@pytest.mark.parametrize("host", ["localhost", "127.1"])
def test_listening_for_this_machine_alone_is_not_warned_of(tmp_path: Path, host: str) -> None:
    with RunningEngine(tmp_path, "--host", host) as engine:
        engine.send_signal(signal.SIGTERM)
        assert engine.wait() == (0, "")


@pytest.mark.parametrize(
    ("address", "expected"), [("127.0.0.1", True), ("127.9.9.9", True), ("0.0.0.0", False), ("192.0.2.1", False)]
)
def test_only_loopback_is_out_of_the_reach_of_others(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected


# --- who never gets to the first word --------------------------------------------------------------------------


def half_a_hello(tls: ssl.SSLContext) -> bytes:
    """The first half of what a client opens TLS with."""
    outgoing = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        tls.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="127.0.0.1").do_handshake()
    hello = outgoing.read()
    return hello[: len(hello) // 2]


def test_handshakes_that_never_end_hold_up_neither_traders_nor_the_stop(
    engine: RunningEngine, trusting: ssl.SSLContext
) -> None:
    with ExitStack() as stack:
        stalled = [stack.enter_context(RawClient(engine.port)) for _ in range(100)]
        for client in stalled[::2]:
            client.socket.sendall(half_a_hello(trusting))
        with ExchangeClient.connect(port=engine.port, tls=trusting) as alice:
            alice.login("alice")
            alice.sell(10, 5)
            alice.buy(10, 5)
            alice.ping()
            assert [event["type"] for event in alice.messages(0.0)] == ["order_executed"] * 2
            engine.send_signal(signal.SIGTERM)
            assert engine.wait() == (0, "")
            assert [event["code"] for event in alice.messages(WAIT_S)] == ["ENGINE_STOPPING"]
        assert [client.socket.recv(1) for client in stalled[1::2]] == [b""] * 50
