"""For the tests of one's own bots: an exchange in the test's own process, as a fixture of pytest.

In a `conftest.py`:

    from exchange.laboratory.testing import exchange  # noqa: F401

Then a test asks for `exchange` and gets a `HandDrivenExchange`.  It is no plugin that comes by itself, so no other
project in the same environment meets a fixture of this name.  Needs pytest, which the package does not install.
"""

from __future__ import annotations

import pytest

from exchange.laboratory.hand_driven import HandDrivenExchange
from exchange.laboratory.telling.book_table import tidied
from exchange.laboratory.venue.latency import Latency

__all__ = ["HandDrivenExchange", "Latency", "exchange", "tidied"]


@pytest.fixture
def exchange() -> HandDrivenExchange:
    """An exchange that lists ACME and trades, on a clock that stands still until the test moves it."""
    return HandDrivenExchange()
