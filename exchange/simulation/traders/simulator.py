"""A market that lives: simulated users who trade with each other, and with anyone else, over TCP.

    simulation = Simulation(SimulationOptions(Entrance(TokenStore("data/tokens")), seed=7))
    simulation.start()
    …
    simulation.stop()

Each user is a thread with its own connection and agent (see `trader`); they share nothing but the wish to stop.
The users are called sim-1, sim-2 … or as `name` says; a later run takes over the orders that they left in the
book.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Optional

from exchange.networking.tcp_client import ExchangeError
from exchange.simulation.counts import CountedTrades, Tally, total
from exchange.simulation.entrance import Entrance
from exchange.simulation.errors import CannotStartError, EngineAbsentError, SimulationError
from exchange.simulation.summary_lines import progress_text
from exchange.simulation.traded_instrument import choose_instrument
from exchange.simulation.traders.agent_types import AGENT_TYPES
from exchange.simulation.traders.run_state import Notices, Outage, Rendezvous, RunState, condensed
from exchange.simulation.traders.threaded_run import ThreadedRun
from exchange.simulation.traders.trader import Seat, Trader, TraderPlan

USER_COUNT_MAX = 1_000


@dataclass(frozen=True)
class SimulationOptions:
    """What kind of market.

    `rate_per_s` is each user's requests per second, 0: as fast as possible.  `order_count` requests (orders,
    cancels and replaces) are sent by all users together, `duration_s` is how long they send; None: until stopped.
    `symbol` None means the first one listed.  `name` begins the names of all users.  An engine that goes away is
    waited for up to `patience_s`.
    """

    entrance: Entrance
    user_count: int = 4
    rate_per_s: float = 10.0
    order_count: Optional[int] = None
    duration_s: Optional[float] = None
    seed: int = 1
    symbol: Optional[str] = None
    name: str = "sim"
    patience_s: float = 60.0


class Simulation(ThreadedRun):
    """Runs once: `start`, then `wait` or `stop`.  Its methods belong to one thread, none is called by a trader's.

    A trader that fails stops them all.  `clock_ns` is monotonic.
    """

    def __init__(self, options: SimulationOptions, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(clock_ns)
        self._options = options
        # Set by `request_stop` and by a trader that failed; every trader looks at it.
        self._stopping = threading.Event()
        self._notices = Notices()
        self._state = RunState(
            self._stopping,
            Rendezvous(options.user_count),
            self._notices,
            Outage(self._notices, options.patience_s, clock_ns),
            clock_ns,
            CountedTrades(),
        )
        self._traders: list[Trader] = []
        self.symbol = options.symbol or ""

    def start(self) -> None:
        """Log all users in and let them trade.  Raises CannotStartError, after which nothing runs."""
        try:
            for number in range(self._options.user_count):
                self._traders.append(self._admit(number))
        except SimulationError:
            for trader in self._traders:
                trader.close()
            raise
        self._begin(
            (f"{self._options.name}-{number}", partial(self._run, trader))
            for number, trader in enumerate(self._traders, start=1)
        )

    def request_stop(self) -> None:
        """Let every user finish what it has asked for; returns at once."""
        self._stopping.set()

    def stop(self) -> None:
        """Stop and wait until all have finished."""
        self.request_stop()
        self.wait()

    def notices(self) -> list[str]:
        """What a person should know and has not been told, one line each: a name claimed anew, an engine gone."""
        return condensed(self._notices.take())

    def tally(self) -> Tally:
        """All counts together; once `wait` has returned True."""
        return total(trader.tally for trader in self._traders)

    def progress_text(self) -> str:
        """One line on how far it is; at any time."""
        tallies = [trader.tally for trader in self._traders]
        return progress_text(tallies, self.elapsed_ns, self._options.order_count)

    def _admit(self, number: int) -> Trader:
        """The trader of the user with this number, counted from 0, logged in."""
        user = f"{self._options.name}-{number + 1}"
        take_seat = partial(self._take_seat, user)
        seat = take_seat(None)
        self.symbol = seat.instrument.symbol
        agent_type = AGENT_TYPES[number % len(AGENT_TYPES)]
        agent = agent_type(seat.instrument, random.Random(f"{self._options.seed}/{user}"))
        plan = TraderPlan(self._quota(number), self._options.rate_per_s, self._options.duration_s)
        return Trader(seat, take_seat, agent, plan, self._state)

    def _take_seat(self, user: str, last_seq: Optional[int]) -> Seat:
        """Log the user in and follow the book.  Called by this thread and by each trader's.

        Raises CannotStartError, an EngineAbsentError where the engine may come yet.
        """
        client, _, notice = self._options.entrance.admit(user, last_seq)
        if notice is not None:
            self._notices.put(notice)
        try:
            instrument = choose_instrument(client.instrument_rows, self._options.symbol)
            return Seat(client, client.follow_book(instrument.symbol, depth=1), instrument)
        except ExchangeError as error:
            client.close()
            raise EngineAbsentError(f"user {user} can't follow the book: {error}") from error
        except CannotStartError:
            client.close()
            raise

    def _quota(self, number: int) -> Optional[int]:
        if self._options.order_count is None:
            return None
        share, remainder = divmod(self._options.order_count, self._options.user_count)
        return share + (number < remainder)

    def _run(self, trader: Trader) -> None:
        """The body of a trader's thread."""
        try:
            trader.run()
        except BaseException as failure:  # noqa: BLE001  the last resort: no thread dies silently
            self._failures.append(failure)
            self._stopping.set()
