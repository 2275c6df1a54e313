"""A mix of traders at an exchange that runs: each is a bot in a thread of its own, over TCP like anybody's.

    run = MixRun(MixRunOptions(Entrance(TokenStore("data/tokens")), parse_mix("zi:20,mm:4"), seed=7))
    run.start()
    …
    run.request_stop()

The users are called PREFIX-KIND-NUMBER, such as sim-zi-1.  All draw from the seed and their own names, but what
they see depends on who was faster: two runs with one seed are alike, not identical.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Optional

from exchange.networking.tcp_client import BotFailed, BotRunner, ExchangeError
from exchange.simulation.counts import NS_PER_S, CountedTrades, Tally, total
from exchange.simulation.entrance import Entrance
from exchange.simulation.errors import CannotStartError, EngineAbsentError, EngineGoneError
from exchange.simulation.summary_lines import progress_text
from exchange.simulation.traded_instrument import choose_instrument
from exchange.simulation.traders.counted_line import CountedLine
from exchange.simulation.traders.mix import MixPart, Settings, traders_of
from exchange.simulation.traders.run_state import Notices, Outage, condensed
from exchange.simulation.traders.scenario import Scenario
from exchange.simulation.traders.settings import CALIBRATED
from exchange.simulation.traders.simulated_trader import SimulatedTrader
from exchange.simulation.traders.threaded_run import ThreadedRun

# Where prices begin in a market that has none, in currency.
START_PRICE = 100.0
# What a runner says of a login begins so; all else that it says, this run tells in its own words.
LOGIN_NOTICE = "this "


@dataclass(frozen=True)
class MixRunOptions:
    """Who trades where.

    `start_price` None is where the market is, or START_PRICE where it is nowhere; `pace` multiplies how often all
    act.  `order_count` requests, or a few more, are sent by all together, and for `duration_s`; None: until
    stopped.  `symbol` None means the first one listed.  An engine that goes away is waited for up to `patience_s`.
    """

    entrance: Entrance
    mix: Sequence[MixPart]
    seed: int = 1
    settings: Settings = field(default_factory=lambda: CALIBRATED)
    start_price: Optional[float] = None
    pace: float = 1.0
    order_count: Optional[int] = None
    duration_s: Optional[float] = None
    symbol: Optional[str] = None
    name: str = "sim"
    patience_s: float = 60.0


@dataclass(frozen=True)
class _Seat:
    """One trader, with what runs it and what counts."""

    user: str
    runner: BotRunner
    line: CountedLine


class MixRun(ThreadedRun):
    """Runs once: `start`, then `wait` or `stop`.  Its methods belong to one thread, none is called by a trader's.

    A trader that fails stops them all.  `clock_ns` is monotonic.
    """

    def __init__(self, options: MixRunOptions, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(clock_ns)
        self._options = options
        self._notices = Notices()
        self._outage = Outage(self._notices, options.patience_s, clock_ns)
        self._trades = CountedTrades()
        self._seats: list[_Seat] = []
        # Said while not all are logged in yet.
        self._early: list[str] = []
        self.symbol = options.symbol or ""

    def start(self) -> None:
        """Let all traders log in and trade.  Raises CannotStartError; ValueError for a setting of no trader."""
        options = self._options
        first_user = f"{options.name}-{options.mix[0].kind}-1"
        start_price = self._look(first_user)
        scenario = Scenario(options.seed, start_price, time.time_ns(), options.pace)
        for trader in traders_of(options.mix, scenario, options.settings):
            self._seats.append(self._seat(trader))
        self._begin((seat.user, partial(self._run, seat)) for seat in self._seats)

    def wait(self, timeout_s: Optional[float] = None) -> bool:
        """See `ThreadedRun`; to be called now and then, since it also ends the run when it has done enough."""
        self._stop_when_enough()
        return super().wait(timeout_s)

    def request_stop(self) -> None:
        """Let every trader cancel its orders and go; returns at once."""
        for seat in self._seats:
            seat.runner.request_stop()

    def notices(self) -> list[str]:
        """What a person should know and has not been told, one line each: a name claimed anew, an engine gone."""
        self._early += self._notices.take()
        if self._elapsed_ns is None and not all(seat.line.has_connected for seat in self._seats):
            return []
        lines, self._early = condensed(self._early), []
        return lines

    def tally(self) -> Tally:
        """All counts together; once `wait` has returned True."""
        return total(seat.line.tally for seat in self._seats)

    def progress_text(self) -> str:
        """One line on how far it is; at any time."""
        tallies = [seat.line.tally for seat in self._seats]
        return progress_text(tallies, self.elapsed_ns, self._options.order_count)

    def _look(self, user: str) -> float:
        """Log the first user in to see what is traded and where prices are; returns where they begin.

        Raises CannotStartError.
        """
        client, _, notice = self._options.entrance.admit(user)
        if notice is not None:
            self._notices.put(notice)
        with client:
            self.symbol = choose_instrument(client.instrument_rows, self._options.symbol).symbol
            if self._options.start_price is not None:
                return self._options.start_price
            try:
                book = client.follow_book(self.symbol, depth=1)
            except ExchangeError as error:
                raise EngineAbsentError(f"user {user} can't follow the book: {error}") from error
            bid, ask = book.best_bid, book.best_ask
            return START_PRICE if bid is None or ask is None else float(bid.price + ask.price) / 2

    def _seat(self, trader: SimulatedTrader) -> _Seat:
        """What runs this trader and counts."""
        options = self._options
        user = f"{options.name}-{trader.name}"
        trader.symbols = (self.symbol,)
        line = CountedLine(Tally(self._trades), self._outage, self._clock_ns)
        runner = BotRunner(
            trader,
            user,
            options.entrance.connect,
            options.entrance.tokens,
            self._tell,
            watch=line,
            patience_s=options.patience_s,
        )
        return _Seat(user, runner, line)

    def _tell(self, line: str) -> None:
        """Called by the traders' threads."""
        if line.startswith(LOGIN_NOTICE):
            self._notices.put(line)

    def _stop_when_enough(self) -> None:
        options = self._options
        is_over = options.duration_s is not None and self.elapsed_ns >= options.duration_s * NS_PER_S
        sent_count = sum(seat.line.tally.sent_count for seat in self._seats)
        if is_over or self._failures or (options.order_count is not None and sent_count >= options.order_count):
            self.request_stop()

    def _run(self, seat: _Seat) -> None:
        """The body of a trader's thread."""
        try:
            exit_code = seat.runner.run()
        except BaseException as failure:  # noqa: BLE001  the last resort: no thread dies silently
            self._failures.append(failure)
        else:
            if exit_code:
                self._failures.append(_failure_of(seat))


def _failure_of(seat: _Seat) -> Exception:
    """Why a trader ended, as the error of a simulation; a bug stays what it is."""
    failure = seat.runner.failure
    if isinstance(failure, BotFailed):
        return failure
    if not seat.runner.has_started:
        return CannotStartError(f"user {seat.user} is not let in: {failure}")
    if failure is None:
        return EngineGoneError("the engine has not confirmed that all orders are canceled")
    return EngineGoneError(f"the engine is gone: {failure}")
