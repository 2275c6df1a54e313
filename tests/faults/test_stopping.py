"""The real engine under load: told to stop, met by a second one, and stopped by a disk that takes no more."""

from __future__ import annotations

import resource
import select
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Optional

import pytest

from tests.faults.engine_process import EngineProcess
from tests.faults.kill_campaign import KillRun
from tests.faults.kill_oracle import KillOracle
from tests.faults.pipelining_client import PipeliningClient
from tests.faults.random_orders import USERS, RandomOrders

EXIT_REFUSED = 2
EXIT_FAILED = 1
STOPS = 3


class Market:
    """The engine on one data directory, with its oracle, over several starts.

    `data` is where the engine finds it; `seen_as` where this process does, if that is somewhere else.
    """

    def __init__(self, errors: Path, data: Path, seen_as: Optional[Path] = None) -> None:
        self.data = data
        self._errors = errors
        self._oracle = KillOracle(seen_as or data, USERS)
        self._tokens: dict[str, str] = {}
        self._starts = 0

    def engine(self, command_before: Sequence[str] = ()) -> EngineProcess:
        """Start it."""
        self._starts += 1
        return EngineProcess(self.data, self._errors, command_before=command_before)

    @contextmanager
    def clients(self, engine: EngineProcess) -> Iterator[list[PipeliningClient]]:
        """Check what it recovered, let every user log in, and send again what was not answered."""
        port = engine.port()
        assert port is not None, engine.errors()
        self._oracle.check_recovered()
        clients: list[PipeliningClient] = []
        for number, user in enumerate(USERS):
            orders = RandomOrders(Random(number), (user,), f"{self._starts}-")
            clients.append(PipeliningClient(port, self._oracle.accounts[user], orders, self._tokens))
        try:
            for client in clients:
                client.resend()
            yield clients
        finally:
            for client in clients:
                client.close()


def trade_until_it_ends(clients: list[PipeliningClient]) -> None:
    """Keep all pipelines full until the exchange is gone."""
    left = {client.socket: client for client in clients}
    while left:
        for client in left.values():
            send_if_it_is_there(client)
        ready, _, _ = select.select(list(left), [], [], 1.0)
        for connection in ready:
            if not left[connection].hear():
                del left[connection]


def send_if_it_is_there(client: PipeliningClient) -> None:
    """A burst; whoever sends into a closed connection hears that it is closed when it listens."""
    try:
        client.send_burst(20)
    except ConnectionError:
        return


def check_goes_on(market: Market, command_before: Sequence[str] = ()) -> None:
    """Started again it has what it told, takes orders, and stops as it should."""
    with market.engine(command_before) as engine, market.clients(engine) as clients:
        assert all(client.send_burst(5) for client in clients)
        engine.terminate()
        for client in clients:
            client.hear_to_the_end()
        assert engine.wait() == 0


def test_sigterm_under_load_ends_it_with_status_0_in_5_s_and_nothing_told_is_lost(tmp_path: Path) -> None:
    for number in range(STOPS):
        directory = tmp_path / str(number)
        directory.mkdir()
        # A run without a kill is one start, load, and SIGTERM in the middle of it.
        KillRun(number, directory).run(kills=0)


def test_a_second_engine_on_the_same_data_gives_up_in_one_line_and_the_first_goes_on(tmp_path: Path) -> None:
    market = Market(tmp_path / "first.txt", tmp_path / "data")
    with market.engine() as first, market.clients(first) as clients:
        with EngineProcess(market.data, tmp_path / "second.txt") as second:
            assert second.wait() == EXIT_REFUSED
            (line,) = second.errors().splitlines()
            assert f"locked by process {first.pid}" in line
        assert all(client.send_burst(5) for client in clients)
        first.terminate()
        for client in clients:
            client.hear_to_the_end()
        assert first.wait() == 0
    check_goes_on(market)


def test_a_file_size_limit_stops_it_and_tells_everybody_why_and_without_it_all_is_well(tmp_path: Path) -> None:
    market = Market(tmp_path / "stderr.txt", tmp_path / "data")
    with market.engine() as engine, market.clients(engine) as clients:
        resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (200_000, 200_000))
        check_fails(engine, clients, "File too large")
    check_goes_on(market)


def test_a_full_disk_stops_it_and_tells_everybody_why_and_with_room_all_is_well(
    tmp_path: Path, small_disk: SmallDisk
) -> None:
    market = Market(tmp_path / "stderr.txt", small_disk.path / "data", small_disk.seen_as / "data")
    with market.engine(small_disk.enter) as engine, market.clients(engine) as clients:
        check_fails(engine, clients, "No space left on device")
    small_disk.resize("64m")
    check_goes_on(market, small_disk.enter)


class SmallDisk:
    """A file system in memory of a few hundred KB, which only processes started by `enter` see at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        script = 'mount -t tmpfs -o size=400k none "$1" && echo mounted && exec sleep infinity'
        self._holder = subprocess.Popen(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh", str(path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.enter = ("nsenter", "--target", str(self._holder.pid), "--user", "--mount", "--preserve-credentials")
        self.seen_as = Path(f"/proc/{self._holder.pid}/root{path}")

    def is_there(self) -> bool:
        """Whether this system lets us have one."""
        assert self._holder.stdout is not None
        return self._holder.stdout.readline() == b"mounted\n"

    def resize(self, size: str) -> None:
        """Make room."""
        subprocess.run([*self.enter, "mount", "-o", f"remount,size={size}", str(self.path)], check=True)

    def close(self) -> None:
        """Give it back, with all that is on it."""
        self._holder.kill()
        self._holder.wait()
        assert self._holder.stdout is not None
        self._holder.stdout.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """Skips the test where there are no user namespaces."""
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        pytest.skip("needs unshare and nsenter, of util-linux")
    path = tmp_path / "small"
    path.mkdir()
    disk = SmallDisk(path)
    try:
        if not disk.is_there():
            pytest.skip("needs to mount a tmpfs in a user namespace, which this system doesn't allow")
        yield disk
    finally:
        disk.close()


def check_fails(engine: EngineProcess, clients: list[PipeliningClient], reason: str) -> None:
    """Under load it stops by itself, with one clear line and the reason for every client."""
    trade_until_it_ends(clients)
    assert engine.wait() == EXIT_FAILED
    stops = [line for line in engine.errors().splitlines() if "the exchange stops" in line]
    assert len(stops) == 1 and reason in stops[0], engine.errors()
    assert "Traceback" not in engine.errors(), engine.errors()
    for client in clients:
        assert client.goodbye["code"] == "ENGINE_STOPPING" and reason in client.goodbye["text"], client.goodbye
