"""What tests of the server share: an exchange in this process, and who is connected to it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.in_process import InProcessExchange, running_exchange
from tests.support.raw_client import RawClient


@pytest.fixture
def exchange() -> Iterator[InProcessExchange]:
    """An exchange in this process, on a port of its own."""
    with running_exchange() as exchange:
        yield exchange


@pytest.fixture
def client(exchange: InProcessExchange) -> Iterator[RawClient]:
    """Somebody who is connected, and no more."""
    with RawClient(exchange.port) as client:
        yield client


@pytest.fixture
def alice(exchange: InProcessExchange) -> Iterator[RawClient]:
    """A logged-in trader."""
    with RawClient(exchange.port) as alice:
        assert alice.login("alice")["type"] == "logged_in"
        yield alice


@pytest.fixture
def bob(exchange: InProcessExchange) -> Iterator[RawClient]:
    """Another."""
    with RawClient(exchange.port) as bob:
        assert bob.login("bob")["type"] == "logged_in"
        yield bob
