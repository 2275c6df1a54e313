"""The kill campaign: the real engine, killed at random moments under pipelining clients, and held to account.

One seed is one data directory and a number of kills.  Each round:

    start the engine, now and then killing it before it listens, and again
    hold what it recovered against what was sent and told (`kill_oracle`)
    every client logs in, some with `cancel_on_disconnect`, checks its orders and positions, and sends again what
    was not answered
    all send bursts of orders, cancels and replaces without waiting, until the kill
    read what had been sent to the clients before it

The last round ends with SIGTERM instead: status 0 within 5 s, and `verify` finds the directory sound.  Snapshots
are so frequent that many kills hit one being taken.

With `Mix.EVERY_RULE` there are instruments of all kinds (`mixed_market`), orders of all kinds, and an operator
who halts, calls and reopens them meanwhile; breaker, calls and a trading day of ten seconds go on by the
exchange's own timer.

The seed decides what is sent and when the kill comes; what the engine is doing then is up to the machine, so a
seed that failed fails again only mostly.  That is why the directory of a failed one is kept.
"""

from __future__ import annotations

import json
import select
import time
from pathlib import Path
from random import Random
from typing import NamedTuple

from exchange.storage.verify import verify
from exchange.utils.disk import REAL_DISK
from tests.faults.engine_process import EngineProcess
from tests.faults.kill_oracle import KillOracle
from tests.faults.mixed_market import SYMBOLS, UNTIMED, instruments_for_a_run, operate, operators_words
from tests.faults.pipelining_client import PipeliningClient
from tests.faults.random_orders import USERS, Mix, RandomOrders

BURST_MAX = 40
# A killed process loses nothing under either.
DURABILITIES = ("fsync", "fsync", "fsync", "os")
CANCEL_ON_DISCONNECT = (False, True, "ALL")
STOP_S = 5.0
# How often the operator does something before the next bursts are sent.
OPERATORS_SHARE = 0.1


class KillFigures(NamedTuple):
    """What one seed, or several together, did."""

    kills: int = 0
    kills_before_listening: int = 0
    requests: int = 0
    orders_recovered: int = 0
    trades_recovered: int = 0
    orders_disconnected: int = 0
    resent: int = 0
    stops_triggered: int = 0
    orders_expired: int = 0
    auction_trades: int = 0

    def plus(self, other: KillFigures) -> KillFigures:
        """Both."""
        return KillFigures(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


class KillRun:
    """One seed, in a directory of its own, with the orders and instruments of a mix."""

    def __init__(self, seed: int, directory: Path, mix: Mix = Mix.PLAIN) -> None:
        self._mix = mix
        self._random = Random(seed)
        self._data = directory / "data"
        self._errors = directory / "stderr.txt"
        snapshot_every, durability = self._random.choice((100, 1_000, 5_000)), self._random.choice(DURABILITIES)
        self._options: tuple[str, ...] = ("--snapshot-every", str(snapshot_every), "--durability", durability)
        if mix is Mix.EVERY_RULE:
            path = directory / "instruments.json"
            path.write_text(json.dumps(instruments_for_a_run(time.time())))
            self._options += ("--instruments", str(path))
        self._oracle = KillOracle(self._data, USERS, UNTIMED if mix is Mix.EVERY_RULE else None)
        self._tokens: dict[str, str] = {}
        self._rounds = 0
        self.figures = KillFigures()

    def run(self, kills: int) -> KillFigures:
        """Kill it so often, then stop it.  Raises AssertionError, OSError."""
        while self.figures.kills < kills:
            if self._rounds and self._random.random() < 0.2:
                self._kill_before_listening()
            else:
                self._round(is_last=False)
        self._round(is_last=True)
        findings: list[str] = []
        assert verify(self._data, REAL_DISK, findings.append), "\n".join(findings)
        self._oracle.check_recovered()
        accounts = self._oracle.accounts.values()
        return self.figures._replace(
            orders_recovered=sum(len(account.orders) for account in accounts),
            trades_recovered=self._oracle.trade_count,
            orders_disconnected=sum(account.disconnected_count for account in accounts),
            resent=sum(len(account.resent) for account in accounts),
            stops_triggered=sum(account.triggered_count for account in accounts),
            orders_expired=sum(account.expired_count for account in accounts),
            auction_trades=self._oracle.auction_trade_count,
        )

    def _kill_before_listening(self) -> None:
        with EngineProcess(self._data, self._errors, *self._options) as engine:
            engine.port(wait_s=self._random.uniform(0.0, 0.5))
        self.figures = self.figures.plus(KillFigures(kills=1, kills_before_listening=1))

    def _round(self, is_last: bool) -> None:
        self._rounds += 1
        with EngineProcess(self._data, self._errors, *self._options) as engine:
            port = engine.port()
            assert port is not None, f"the engine does not start: {engine.errors()}"
            self._check_recovered(engine)
            clients = [self._client(port, user) for user in USERS]
            for client in clients:
                client.resend()
            # Mostly shorter than a snapshot takes, so that the kill hits it; sometimes long enough for a few.
            is_short = self._random.random() < 0.85
            self._trade(clients, self._random.uniform(0.005, 0.3) if is_short else self._random.uniform(0.5, 1.5))
            if is_last:
                self._stop(engine, clients)
            else:
                engine.kill()
                self.figures = self.figures.plus(KillFigures(kills=1))
                hear_to_the_end(clients)

    def _check_recovered(self, engine: EngineProcess) -> None:
        self._oracle.check_recovered(is_growing=self._mix is Mix.EVERY_RULE)
        # A killed process loses nothing that it wrote: ledger and logs can't be ahead of a journal written before.
        assert "the journal does not hold" not in engine.errors(), engine.errors()

    def _client(self, port: int, user: str) -> PipeliningClient:
        symbols = ("ACME",) if self._mix is Mix.PLAIN else SYMBOLS
        orders = RandomOrders(self._random, (user,), f"{self._rounds}-", symbols, self._mix)
        wish = self._random.choice(CANCEL_ON_DISCONNECT)
        return PipeliningClient(port, self._oracle.accounts[user], orders, self._tokens, wish)

    def _trade(self, clients: list[PipeliningClient], duration_s: float) -> None:
        """Keep every client's pipeline full until the time is over."""
        by_socket = {client.socket: client for client in clients}
        end_s = time.monotonic() + duration_s
        while (left_s := end_s - time.monotonic()) > 0:
            if self._mix is Mix.EVERY_RULE and self._random.random() < OPERATORS_SHARE:
                operate(self._data, operators_words(self._random))
            for client in clients:
                sent = client.send_burst(self._random.randint(1, BURST_MAX))
                self.figures = self.figures.plus(KillFigures(requests=sent))
            ready, _, _ = select.select(list(by_socket), [], [], left_s)
            for connection in ready:
                assert by_socket[connection].hear(), "the exchange hung up"

    def _stop(self, engine: EngineProcess, clients: list[PipeliningClient]) -> None:
        """SIGTERM in the middle of it."""
        told_at_start = engine.errors()  # What it has cut off, for one.
        engine.terminate()
        started_s = time.monotonic()
        hear_to_the_end(clients)
        status = engine.wait()
        assert (status, engine.errors()) == (0, told_at_start), (status, engine.errors())
        assert time.monotonic() - started_s < STOP_S


def hear_to_the_end(clients: list[PipeliningClient]) -> None:
    """What the exchange had sent them is told, whether they had read it or not."""
    for client in clients:
        client.hear_to_the_end()
