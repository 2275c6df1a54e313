"""What tests against an engine in a process of its own share; a file whose engine is another one makes its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.networking.tcp_client import ExchangeClient, TokenStore
from tests.support.processes import RunningEngine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    """An engine that lists ACME, its data in `engine` below the test's directory."""
    with RunningEngine(tmp_path / "engine") as engine:
        yield engine


@pytest.fixture
def tokens(tmp_path: Path) -> TokenStore:
    """Where whoever logs in keeps tokens."""
    return TokenStore(tmp_path / "tokens")


def logged_in(engine: RunningEngine, user: str) -> Iterator[ExchangeClient]:
    """Somebody's client, for a fixture."""
    with ExchangeClient.connect(port=engine.port) as client:
        client.login(user)
        yield client


@pytest.fixture
def alice(engine: RunningEngine) -> Iterator[ExchangeClient]:
    """A logged-in trader."""
    yield from logged_in(engine, "alice")


@pytest.fixture
def bob(engine: RunningEngine) -> Iterator[ExchangeClient]:
    """Another."""
    yield from logged_in(engine, "bob")


@pytest.fixture
def other(engine: RunningEngine) -> Iterator[ExchangeClient]:
    """Somebody who trades with a bot."""
    yield from logged_in(engine, "other")


@pytest.fixture
def market(engine: RunningEngine) -> Iterator[ExchangeClient]:
    """Another user, who bids 30 at 99.95 and offers 40 at 100.05."""
    with ExchangeClient.connect(port=engine.port) as client:
        client.login("maker")
        client.buy(30, "99.95")
        client.sell(40, "100.05")
        yield client
