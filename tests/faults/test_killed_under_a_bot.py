"""The market maker of the examples, while the real engine is killed ten times under it."""

from __future__ import annotations

import random
import threading
from collections import Counter
from pathlib import Path

from exchange.examples.market_maker import InventoryMaker
from exchange.networking.client.bot.bot_runner import BotRunner
from exchange.networking.tcp_client import (
    ExchangeClient,
    MessageClient,
    OrderAccepted,
    OrderExecuted,
    OwnOrder,
    PositionRow,
    TokenStore,
)
from tests.faults.engine_process import EngineProcess
from tests.support.project import ROOT

KILLS = 10
SEED = 7
WAIT_S = 30.0
MAKER_LINES_MAX = 60


class CountingMaker(InventoryMaker):
    """Counts what it is told, to see that it was told all of it, and once."""

    half_spread_ticks = 1

    def __init__(self) -> None:
        self.trade_ids: list[tuple[int, str]] = []
        self.losses = 0
        self.has_traded = threading.Event()

    def on_fill(self, order: OwnOrder, fill: OrderExecuted) -> None:
        self.trade_ids.append((fill.trade_id, fill.side))
        self.has_traded.set()
        super().on_fill(order, fill)

    def on_disconnected(self, reason: str) -> None:
        self.losses += 1
        self.has_traded.clear()


class KilledMarket:
    """An engine that is killed and started again, always at another port; the bot asks where it is."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._tokens = TokenStore(directory / "tokens")
        self.port = 0

    def start(self) -> EngineProcess:
        """Start the engine, and know where it is."""
        engine = EngineProcess(self._directory / "engine", self._directory / "errors")
        port = engine.port()
        assert port is not None
        self.port = port
        return engine

    def connect(self) -> MessageClient:
        """A connection of the bot's."""
        return MessageClient.connect(port=self.port)

    def taker(self) -> ExchangeClient:
        """Somebody who trades with the bot."""
        client = ExchangeClient.connect(port=self.port)
        client.login("taker", self._tokens)
        return client

    def what_became_of(self, user: str) -> tuple[list[OrderAccepted], list[OrderExecuted], list[PositionRow]]:
        """All that the exchange has ever told the user, and what it says they hold."""
        with ExchangeClient.connect(port=self.port) as client:
            client.login(user, self._tokens, last_seq=0)
            held = list(client.positions())
            told = list(client.events(timeout_s=0.5))
        accepted = [event for event in told if isinstance(event, OrderAccepted)]
        return accepted, [event for event in told if isinstance(event, OrderExecuted)], held


def trade(market: KilledMarket, draw: random.Random, maker: CountingMaker, engine: EngineProcess) -> None:
    """Take from the maker until it has traded, and kill the engine in the middle of that."""
    with market.taker() as taker:
        count = 0
        while not maker.has_traded.is_set() or count < 20:
            taker.send_order(draw.choice(["BUY", "SELL"]), draw.randint(1, 12), time_in_force="IOC")
            taker.ping()
            count += 1
        for _ in range(draw.randint(1, 40)):
            taker.send_order(draw.choice(["BUY", "SELL"]), draw.randint(1, 12), time_in_force="IOC")
        engine.kill()


def test_a_market_maker_survives_ten_kills_with_no_order_twice_and_its_position_right(tmp_path: Path) -> None:
    assert len((ROOT / "exchange/examples/market_maker.py").read_text().splitlines()) <= MAKER_LINES_MAX
    market, maker, draw = KilledMarket(tmp_path), CountingMaker(), random.Random(SEED)
    told: list[str] = []
    engine = market.start()
    runner = BotRunner(maker, "maker", market.connect, TokenStore(tmp_path / "tokens"), told.append)
    exit_codes: list[int] = []
    thread = threading.Thread(target=lambda: exit_codes.append(runner.run()), name="maker")
    thread.start()
    try:
        for _ in range(KILLS):
            with engine:
                trade(market, draw, maker, engine)
            engine = market.start()
        with engine:
            with market.taker() as taker:
                while not maker.has_traded.is_set():
                    taker.send_order("BUY", 1, time_in_force="IOC")
                    taker.ping()
            runner.request_stop()
            thread.join(WAIT_S)
            assert (exit_codes, maker.losses) == ([0], KILLS), told
            accepted, executed, held = market.what_became_of("maker")
    finally:
        runner.request_stop()
        engine.kill()
        thread.join(WAIT_S)
    times_made = Counter(event.client_order_id for event in accepted)
    assert {name for name, count in times_made.items() if count > 1} == set()
    assert maker.trade_ids == [(event.trade_id, event.side) for event in executed]
    assert [row.net_position for row in held] == [maker.position]
