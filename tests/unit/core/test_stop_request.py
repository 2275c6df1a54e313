"""A signal handler asks the exchange to stop: it interrupts the thread that waits for that, wherever it is."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any, Optional

from exchange.assembly import Exchange, Options
from exchange.networking.tcp_server import ServerOptions

WAIT_S = 20.0
LINES = 8


class Interruption:
    """Asks for a stop in front of line `number` of those that the thread runs, those within functions included."""

    def __init__(self, exchange: Exchange, number: int) -> None:
        self._exchange = exchange
        self._left = number

    def __call__(self, _frame: FrameType, event: str, _argument: Any) -> Optional[Interruption]:
        self._left -= event == "line"
        if not self._left:
            self._left = -1
            self._exchange.request_stop()
        return self


def returns(exchange: Exchange, number: int) -> bool:
    """Whether `wait` returns when it is interrupted there; asked once more at the end, in case it is shorter."""

    def wait() -> None:
        sys.settrace(Interruption(exchange, number))
        exchange.wait()

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    waiting.join(0.1)
    threading.Thread(target=exchange.request_stop, daemon=True).start()
    waiting.join(WAIT_S)
    return not waiting.is_alive()


def test_a_request_to_stop_may_interrupt_whoever_waits_for_it_at_any_line(tmp_path: Path) -> None:
    for number in range(1, LINES):
        exchange = Exchange(Options(ServerOptions("127.0.0.1", 0), tmp_path / str(number), None))
        exchange.start()
        assert returns(exchange, number), number
        exchange.stop()
        assert exchange.failure is None
