"""What tests of logging in by kept tokens share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from exchange.networking.client.token_store import TokenStore


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What is entered here is left when the test is over."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def tokens(tmp_path: Path) -> TokenStore:
    """Where whoever logs in keeps tokens."""
    return TokenStore(tmp_path / "tokens")
