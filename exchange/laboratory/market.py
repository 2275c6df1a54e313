"""The exchange on a virtual clock: the same core, driven by hand, and participants who need no socket to reach it.

    participants ──send──► scheduler ──► request_check ──► core ──► announcer ──► scheduler ──hear──► participants
                               ▲                            │
                               └── what time brings ◄───────┘   (phases, auctions, schedules)

Nothing happens between two steps of the scheduler, so the same seed and the same participants give the same day:
the same events, the same bytes of journal and ledger.  Must not start a thread, open a socket or read the time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NoReturn, Optional

from exchange.core import Core, Records
from exchange.engine.commands import Command, ListInstrument, Say, SetPhase
from exchange.engine.engine import Engine
from exchange.engine.events import RequestRejected
from exchange.engine.instrument import Instrument
from exchange.engine.words import Phase
from exchange.laboratory.venue.announcer import MarketAnnouncer
from exchange.laboratory.venue.clock import START_NS, VirtualClock
from exchange.laboratory.venue.latency import NO_LATENCY, Latency, random_below, random_stream
from exchange.laboratory.venue.records import NothingKept
from exchange.laboratory.venue.scheduler import Scheduler
from exchange.laboratory.venue.session import MarketSession
from exchange.listing import DEFAULT_INSTRUMENT
from exchange.networking.wire.fields import RefusedError
from exchange.networking.wire.fields import user as checked_user
from exchange.networking.wire.requests import CancelOnDisconnect, Request
from exchange.utils.helpers import NS_PER_S

# Whoever else is due at the moment at which time brings something comes after it.
FIRST_RANK = 0


class MarketError(Exception):
    """What was asked of the market by whoever runs it can't be done; one clear line."""


class VirtualMarket:
    """Lists `instruments` (None: ACME) at `start_ns`.  `scheduler` may be used by whoever has something to come.

    `seed` decides all that is drawn: latencies, and when a call with a random end is over.
    """

    def __init__(
        self,
        instruments: Optional[Iterable[Instrument]] = None,
        seed: int = 0,
        start_ns: int = START_NS,
        records: Optional[Records] = None,
        engine: Optional[Engine] = None,
    ) -> None:
        """`records` None keeps nothing; `engine` None is a new one, else the one that `records` have recovered."""
        self.clock = VirtualClock(start_ns)
        self.scheduler = Scheduler(self.clock)
        self.engine = engine or Engine()
        self.seed = seed
        self.sessions: list[MarketSession] = []
        self._announcer = MarketAnnouncer(self.engine)
        draw = random_stream(seed, "exchange")
        self._core = Core[MarketSession, Request](
            self.engine,
            records or NothingKept(),
            self._announcer,
            self.clock.read_ns,
            _fail,
            draw=lambda longest_ns: random_below(draw, longest_ns + 1),
            monotonic_s=self.clock.elapsed_s,
            worked_s=lambda: 0.0,
        )
        # When the next look at what time brings is due; None: there is nothing to look for.
        self._look_ns: Optional[int] = None
        for instrument in instruments or (DEFAULT_INSTRUMENT,):
            self.operate(ListInstrument(instrument))

    # --- participants ------------------------------------------------------------------------------------

    def join(
        self,
        user: str,
        latency: Latency = NO_LATENCY,
        cancel_on_disconnect: CancelOnDisconnect = CancelOnDisconnect.NONE,
    ) -> MarketSession:
        """A session of `user`, who may have several.  Raises MarketError for a name that is none."""
        try:
            checked_user("user", user)
        except RefusedError as refused:
            raise MarketError(refused.text) from None
        known = next((each.user for each in self.sessions if each.user.casefold() == user.casefold()), user)
        if known != user:
            raise MarketError(f"user {user}: differs only by letter case from {known}, who is already here")
        session = MarketSession(
            user, len(self.sessions) + 1, self.scheduler, self._take, latency, self.seed, cancel_on_disconnect
        )
        self.sessions.append(session)
        self._announcer.join(session)
        return session

    # --- whoever runs it ---------------------------------------------------------------------------------

    def operate(self, command: Command) -> None:
        """Carry out a command of the exchange's own now: a phase, news, an endowment ….

        Raises MarketError if it is refused.
        """
        self._announcer.answers_to_exchange.clear()
        self._core.carry_out([command])
        self._look_again()
        for answer in self._announcer.answers_to_exchange:
            if isinstance(answer, RequestRejected):
                raise MarketError(answer.text)

    def set_phase(self, symbol: str, phase: Phase) -> None:
        """Bring `symbol` into `phase`, as the operator does.  Raises MarketError if that can't be."""
        self.operate(SetPhase(symbol, phase))

    def say_at(self, time_ns: int, text: str) -> None:
        """Have the exchange say `text` to all who follow the news, when it is `time_ns`."""
        self.scheduler.put(time_ns, FIRST_RANK, lambda: self.operate(Say(text)))

    def run_until(self, time_ns: int) -> None:
        """Let everything happen up to `time_ns`, that moment included."""
        self.scheduler.run_until(time_ns)

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass, rounded to ns.  Raises ValueError for a time that can't pass."""
        if not 0 <= seconds < math.inf:
            raise ValueError(f"advance by {seconds} s: must be 0 or more, and finite")
        self.run_until(self.clock.now_ns + round(seconds * NS_PER_S))

    def settle(self) -> None:
        """Let all happen that is due at this moment."""
        self.run_until(self.clock.now_ns)

    def _take(self, session: MarketSession, request: Request) -> None:
        """What `session` has sent has arrived."""
        if not session.is_open:
            return
        self._core.serve(session, (session.as_of_this_session(request),))
        if self._core.wait_s() is not None:
            self._look_again()

    def _look_again(self) -> None:
        """Have what time brings looked for when it is due."""
        wait_s = self._core.wait_s()
        if wait_s is None:
            return
        look_ns = self.clock.now_ns + max(1, math.ceil(wait_s * NS_PER_S))
        if self._look_ns is None or look_ns < self._look_ns:
            self._look_ns = look_ns
            self.scheduler.put(look_ns, FIRST_RANK, lambda: self._look(look_ns))

    def _look(self, look_ns: int) -> None:
        if look_ns != self._look_ns:
            return  # Something due earlier has come between.
        self._look_ns = None
        self._core.bring_what_is_due()
        self._look_again()


def _fail(failure: BaseException) -> NoReturn:
    """Never called: no thread runs here, so what goes wrong is raised where it does."""
    raise failure
