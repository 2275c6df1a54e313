"""Traders at an exchange that runs: each is a bot in a thread of its own, over TCP like anybody's.

    run = MixRun(MixRunOptions(Entrance(TokenStore("data/tokens")), places_of(parse_mix("zi:20,mm:4")), seed=7))
    run.start()
    …
    run.request_stop()

The users are called PREFIX-NAME, such as sim-zi-1.  All draw from the seed and their own names, but what they see
depends on who was faster: two runs with one seed are alike, not identical.

    all logged in ─► they trade ─► nothing more is sent ─► every request is answered ─► all leave, behind a ping

No trader leaves before all are answered, and each hears all up to its own last pong; so the counts are exact: a
fill may come long after the order, set off by another trader's last request.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Optional

from exchange.networking.tcp_client import BotFailed, BotRunner, ExchangeError
from exchange.simulation.counts import CountedTrades, Tally, total
from exchange.simulation.entrance import Entrance
from exchange.simulation.errors import CannotStartError, EngineAbsentError, EngineGoneError
from exchange.simulation.summary_lines import progress_text
from exchange.simulation.traded_instrument import choose_instrument
from exchange.simulation.traders.counted_line import CountedLine
from exchange.simulation.traders.fundamental_value import ValueModel
from exchange.simulation.traders.mix import Settings, TraderPlace, traders_at
from exchange.simulation.traders.notices import Notices, Outage, condensed
from exchange.simulation.traders.rationed_turns import RationedTurns
from exchange.simulation.traders.request_budget import RequestBudget, shares
from exchange.simulation.traders.scenario import USUAL_VALUE, Scenario
from exchange.simulation.traders.settings import CALIBRATED
from exchange.simulation.traders.simulated_trader import SimulatedTrader
from exchange.simulation.traders.threaded_run import ThreadedRun
from exchange.utils.helpers import NS_PER_S

# Where prices begin in a market that has none, nor a reference price, in currency.
START_PRICE = 100.0
# What a runner says of a login begins so; all else that it says, this run tells in its own words.
LOGIN_NOTICE = "this "
# How soon it is seen that a run has done enough.
POLL_S = 0.05


@dataclass(frozen=True)
class MixRunOptions:
    """Who trades where.

    `start_price` None is where the market is, else its reference price, else START_PRICE; `pace` multiplies how
    often all act.  With `rate_per_s` each sends so many requests a second instead, 0: as fast as possible.
    `order_count` requests (orders, cancels and replaces) are sent by all together, and for `duration_s`; None:
    until stopped.  `symbol` None means the first one listed.  An engine that goes away is waited for up to
    `patience_s`.  Their orders stay in the book when they leave, unless `cancels_at_end`.
    """

    entrance: Entrance
    places: Sequence[TraderPlace]
    seed: int = 1
    settings: Settings = field(default_factory=lambda: CALIBRATED)
    start_price: Optional[float] = None
    pace: float = 1.0
    value_model: ValueModel = USUAL_VALUE
    rate_per_s: Optional[float] = None
    order_count: Optional[int] = None
    duration_s: Optional[float] = None
    symbol: Optional[str] = None
    name: str = "sim"
    patience_s: float = 60.0
    cancels_at_end: bool = True


@dataclass(frozen=True)
class _Seat:
    """One trader, with what runs it and what counts."""

    user: str
    runner: BotRunner
    line: CountedLine


class MixRun(ThreadedRun):
    """Runs once: `start`, then `wait`, again and again, till it is over; `request_stop` ends it before its time.

    Its methods belong to one thread, none is called by a trader's.  A trader that fails stops them all.
    `clock_ns` is monotonic.
    """

    def __init__(self, options: MixRunOptions, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(clock_ns)
        self._options = options
        self._notices = Notices()
        self._outage = Outage(self._notices, options.patience_s, clock_ns)
        self._trades = CountedTrades()
        self._budgets = _budgets(options)
        self._is_told_to_stop = False
        self._seats: list[_Seat] = []
        # As far as they are known before it starts.
        self.symbol = options.symbol or ""
        self.scenario = Scenario(options.seed, options.start_price or START_PRICE, 0, options.pace)

    def start(self) -> None:
        """Let all traders log in and trade.

        Raises CannotStartError, after which nothing runs; ValueError for a setting of no trader.
        """
        options = self._options
        start_price = self._look(f"{options.name}-{options.places[0].name}")
        self.scenario = Scenario(options.seed, start_price, time.time_ns(), options.pace, options.value_model)
        traders = traders_at(options.places, self.scenario, options.settings)
        seats = [self._seat(trader, budget) for trader, budget in zip(traders, self._budgets, strict=True)]
        try:
            for seat in seats:
                options.entrance.let_in(seat.user, seat.runner.log_in)
        except CannotStartError:
            for seat in seats:
                seat.runner.close()
            raise
        self._seats = seats
        self._begin((seat.user, partial(self._run, seat)) for seat in seats)

    def wait(self, timeout_s: Optional[float] = None) -> bool:
        """See `ThreadedRun`; to be called now and then, since it also ends the run when it has done enough."""
        deadline_ns = None if timeout_s is None else self._clock_ns() + int(timeout_s * NS_PER_S)
        while True:
            self._stop_when_enough()
            left_s = POLL_S if deadline_ns is None else (deadline_ns - self._clock_ns()) / NS_PER_S
            if super().wait(max(0.0, min(POLL_S, left_s))):
                return True
            if left_s <= 0:
                return False

    def request_stop(self) -> None:
        """Let nothing more be sent, and every trader go when it is answered; returns at once."""
        self._is_told_to_stop = True
        for budget in self._budgets:
            budget.close()

    def notices(self) -> list[str]:
        """What a person should know and has not been told, one line each: a name claimed anew, an engine gone."""
        return condensed(self._notices.take())

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
            prices = [float(level.price) for level in (book.best_bid, book.best_ask) if level is not None]
            if prices:
                return sum(prices) / len(prices)
            [row] = [row for row in client.instrument_rows if row["symbol"] == self.symbol]
            return float(row.get("reference_price", START_PRICE))

    def _seat(self, trader: SimulatedTrader, budget: RequestBudget) -> _Seat:
        """What runs this trader and counts."""
        options = self._options
        user = f"{options.name}-{trader.name}"
        trader.symbols = (self.symbol,)
        trader.cancel_on_stop = options.cancels_at_end
        line = CountedLine(Tally(self._trades), budget, self._outage, self._clock_ns)
        if options.rate_per_s is not None:
            turns = RationedTurns(trader, line, options.rate_per_s)
            trader.turns, line.on_answered = turns, turns.answered
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
        """Have the traders leave when nothing more is sent and all is answered, or never will be."""
        duration_s = self._options.duration_s
        if self._failures or (duration_s is not None and self.elapsed_ns >= duration_s * NS_PER_S):
            self.request_stop()
        if not all(budget.is_spent for budget in self._budgets):
            return
        is_answered = all(seat.line.is_connected and not seat.line.pending_count for seat in self._seats)
        is_hopeless = self._failures or not all(seat.line.is_connected for seat in self._seats)
        if is_answered or (self._is_told_to_stop and is_hopeless):
            for seat in self._seats:
                seat.runner.request_stop()

    def _run(self, seat: _Seat) -> None:
        """The body of a trader's thread."""
        try:
            exit_code = seat.runner.run()
        except BaseException as failure:  # noqa: BLE001  the last resort: no thread dies silently
            self._failures.append(failure)
        else:
            if exit_code and (self._options.cancels_at_end or seat.runner.failure is not None):
                self._failures.append(_failure_of(seat))


def _budgets(options: MixRunOptions) -> list[RequestBudget]:
    """What each trader may send: an even share where all keep one rate, else out of one for all."""
    if options.rate_per_s is None:
        return [RequestBudget(options.order_count)] * len(options.places)
    return [RequestBudget(count) for count in shares(options.order_count, len(options.places))]


def _failure_of(seat: _Seat) -> Exception:
    """Why a trader ended, as the error of a simulation; a bug stays what it is."""
    failure = seat.runner.failure
    if isinstance(failure, BotFailed):
        return failure
    if failure is None:
        return EngineGoneError("the engine has not confirmed that all orders are canceled")
    return EngineGoneError(f"the engine is gone: {failure}")
