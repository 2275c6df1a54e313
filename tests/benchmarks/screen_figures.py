"""The trading screen as it runs on a pseudo-terminal, a market that keeps it busy, and what that costs."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import statistics
import struct
import sys
import termios
import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

from exchange.networking.tcp_client import ExchangeClient
from tests.support.project import ROOT
from tests.support.started_process import started_process
from tui.screen.painter import BEGIN_FRAME
from tui.screen.panel_choice import NAMES
from tui.settings_file import FILE_NAME, SettingsFile

WIDTH, HEIGHT = 120, 40
KEY_EVERY_S = 0.37
RESTING_AT_ONCE = 30
KEYS = (b"\x1b[A", b"\x1b[B")
CURSOR_MARK = "►".encode()


class Market(threading.Thread):
    """A trader who places and cancels orders about the middle, `rate` requests a second, until `close`.

    The requests go to the `symbols` in turn, by twos.
    """

    def __init__(self, port: int, rate: float, symbols: Sequence[str] = ("ACME",)) -> None:
        super().__init__(name="market")
        self._symbols = symbols
        self.request_count = 0
        self._is_over = threading.Event()
        self._rate = rate
        self._client = ExchangeClient.connect(port=port)
        self._client.login("market")
        for symbol in symbols:
            for index in range(1, 16):
                self._client.buy(20 + index, Decimal("100.00") - index * Decimal("0.01"), symbol)
                self._client.sell(20 + index, Decimal("100.00") + index * Decimal("0.01"), symbol)

    def run(self) -> None:
        """One request at a time, each when it is due; every twentieth order trades."""
        start = time.monotonic()
        # An order rests while some others come, so that the book that is shown changes, too.
        resting: deque[str] = deque()
        while not self._is_over.wait(max(0.0, start + self.request_count / self._rate - time.monotonic())):
            number = self.request_count
            self.request_count += 1
            if number % 2 and len(resting) >= RESTING_AT_ONCE:
                self._client.send_cancel(client_order_id=resting.popleft())
            else:
                order_number = number // 2
                is_taking = order_number % 20 == 0
                offset = 1 + order_number * 7 % 12
                price = Decimal("100.00") + (1 if order_number % 4 else -1) * offset * Decimal("0.01")
                side = "SELL" if (price > 100) != is_taking else "BUY"
                symbol = self._symbols[order_number % len(self._symbols)]
                identity = self._client.send_order(side, 1 + number % 9, price, symbol=symbol)
                if not is_taking:
                    resting.append(identity)
            while self._client.poll() is not None:
                pass

    def close(self) -> None:
        """End, and hang up."""
        self._is_over.set()
        if self.is_alive():
            self.join()
        self._client.close()


class Screen:
    """The trading screen on a pseudo-terminal; `output` is all it has written."""

    def __init__(self, port: int, data_directory: str, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
        self._terminal, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self.output = bytearray()
        options = ("--user", "watcher", "--port", str(port), "--data-dir", data_directory)
        with ExitStack() as ending:
            ending.callback(os.close, self._terminal)
            self._process = ending.enter_context(
                started_process(
                    [sys.executable, str(ROOT / "scripts" / "start_client.py"), *options],
                    stdin=inner,
                    stdout=inner,
                    env=os.environ | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"},
                    start_new_session=True,
                )
            )
            os.close(inner)
            self._ending = ending.pop_all()

    def read_until(self, deadline: float, wanted: bytes = b"") -> bool:
        """Read until `wanted` comes (b"": nothing does) or the deadline passes; whether it came."""
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self._terminal], [], [], left)[0]:
                continue
            searched_from = max(0, len(self.output) - len(wanted))
            self.output += os.read(self._terminal, 65_536)
            if wanted and wanted in self.output[searched_from:]:
                return True
        return False

    def type(self, key: bytes) -> None:
        """Press a key."""
        os.write(self._terminal, key)

    def close(self) -> None:
        """End the program; nobody reads what it would still say."""
        self._ending.close()

    def processor_s(self) -> float:
        """The processor time it has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def show_every_panel(data_directory: Path, user: str = "watcher") -> None:
    """Have the user's screen begin with all panels, the second ladder and the heat map included."""
    file = SettingsFile(data_directory / "tokens" / FILE_NAME, user)
    file.save({"panels": list(NAMES)})


def measure_load(screen: Screen, market: Market, seconds: float) -> list[str]:
    """The figures under load."""
    screen.read_until(time.monotonic() + 2.0)
    start, bytes_before, processor_before = time.monotonic(), len(screen.output), screen.processor_s()
    requests_before, delays_ms, index = market.request_count, [], 0
    while time.monotonic() - start < seconds:
        index += 1
        # Not in step with anything: each key comes at another moment between two frames.
        screen.read_until(time.monotonic() + KEY_EVERY_S + 0.007 * (index % 11))
        typed_at = time.monotonic()
        screen.type(KEYS[index % 2])
        if screen.read_until(typed_at + 1.0, CURSOR_MARK):
            delays_ms.append(1000 * (time.monotonic() - typed_at))
    took = time.monotonic() - start
    written = screen.output[bytes_before:]
    frames = written.count(BEGIN_FRAME.encode())
    delays_ms.sort()
    return [
        f"load            {(market.request_count - requests_before) / took:.0f} book changes/s for {took:.0f} s",
        f"frames          {frames / took:.1f} /s",
        f"bytes           {len(written) / max(1, frames):.0f} per frame, {len(written) / took / 1000:.1f} kB/s",
        f"processor       {100 * (screen.processor_s() - processor_before) / took:.1f} % of a core",
        f"key to paint    median {statistics.median(delays_ms):.1f} ms, "
        f"95 % {delays_ms[len(delays_ms) * 95 // 100]:.1f} ms, most {delays_ms[-1]:.1f} ms, {len(delays_ms)} keys",
    ]


def measure_idle(screen: Screen, seconds: float) -> list[str]:
    """The figures of a screen on which nothing happens."""
    screen.read_until(time.monotonic() + 2.0)
    bytes_before, processor_before = len(screen.output), screen.processor_s()
    screen.read_until(time.monotonic() + seconds)
    used = 100 * (screen.processor_s() - processor_before) / seconds
    written = len(screen.output) - bytes_before
    return [f"idle            {written} bytes in {seconds:.0f} s, {used:.1f} % of a core"]
