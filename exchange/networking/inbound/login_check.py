"""Looks at a login before it goes into the queue, in the thread that read it.

Checking a token and looking up what a client has missed take milliseconds, which the market must not wait for; so
the reader thread that read the login does it here, and puts the result into the queue.  The matching thread has
the last word: whether a name is still free, and who is logged in.

    a token that was right before ──► in
    any other ──► counted against its address ──► its turn ──► a slow hash ──► right: not counted, in
                            │ no turn left                              └─► wrong: refused
                            └─► refused at once, unhashed
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable
from typing import Optional, Protocol

from exchange.engine.commands import ClaimUser
from exchange.engine.words import RejectCode
from exchange.networking.inbound.credentials import NewToken, ProvenTokens, RandomBytes, new_token, token_matches
from exchange.networking.inbound.rate_limit import RateLimit
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.requests import BadRequest, CheckedLogin, Login, PastEvents, Request

# A login that fails is answered at once so often in a row; after that each answer waits for its turn.
FAILURES_AT_ONCE = 5
FAILURES_PER_S = 1.0
# So many failures of one address may wait for their turns; one more is answered at once, with nothing but that.
FAILURES_WAITING_MAX = 8

# Slow hashes at once, of all logins together: more would leave the market no processor.
HASHES_AT_ONCE = 2

# New names a second that an address may claim which is not this machine, unless whoever starts it says otherwise.
NEW_USERS_PER_S_DEFAULT = 10
# How many seconds' worth of new names one address may claim at once: a class may log in from one machine.
NEW_USERS_BURST_S = 100

# How often the records are read again for a user who goes on trading while they are read.
LOOK_UPS_MAX = 5

# What the user was told from a `seq` on, out of the records on disk.
EventsSince = Callable[[str, int], PastEvents]

# Waits so many seconds, or until the client has left or the exchange stops.
Wait = Callable[[float], None]


class Users(Protocol):
    """What the door asks of the engine; answered by single dict look-ups, safe from any thread."""

    def credential(self, user: str) -> Optional[str]:
        """What the user's token is known by, None for a name that nobody has claimed."""

    def last_seq(self, user: str) -> int:
        """The number of the user's last private event, 0 before the first."""

    def user_count(self) -> int:
        """How many users there are."""


class LoginCheck:
    """Used by all reader threads at once; it holds the counts of failures and of new names, and which tokens were
    right."""

    def __init__(
        self,
        users: Users,
        first_held_seq: Callable[[str], int],
        events_since: EventsSince,
        random_bytes: RandomBytes,
        monotonic_s: Callable[[], float],
        new_users_per_s: Optional[int] = None,
        users_max: Optional[int] = None,
    ) -> None:
        """`first_held_seq` is the oldest private event of a user that is still held in memory.

        One address may claim `new_users_per_s` names a second, and `NEW_USERS_BURST_S` times as many at once;
        None: this machine as many as it likes, any other address `NEW_USERS_PER_S_DEFAULT`.  When there are
        `users_max` users, nobody new is let in.
        """
        self._users = users
        self._first_held_seq = first_held_seq
        self._events_since = events_since
        self._random_bytes = random_bytes
        self._failures = RateLimit(FAILURES_PER_S, FAILURES_AT_ONCE, monotonic_s)
        self._proven = ProvenTokens()
        # Held by each who computes a slow hash.
        self._hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)
        self._is_loopback_limited = new_users_per_s is not None
        per_s = new_users_per_s or NEW_USERS_PER_S_DEFAULT
        self._new_users = RateLimit(per_s, per_s * NEW_USERS_BURST_S, monotonic_s)
        self._users_max = users_max

    def check(self, login: Login, speaker: Optional[str], host: str, wait: Wait) -> list[Request]:
        """What to put into the queue for `login` from address `host`; takes about 3 ms.

        `speaker` is the user whom the connection speaks for already, None before a login.

        After repeated failures from one address each further one gets a turn, for which it waits, and while
        `FAILURES_WAITING_MAX` of them wait the next is refused at once: so threads that wait are few, and hashes
        that guessers cause fewer.  Whoever shows a token that was right before is let in whatever others of the
        address do.  A client that leaves ends its wait and not its turn.
        """
        credential = self._users.credential(login.user)
        refusal = self._refusal(login, speaker, credential, host, wait)
        if refusal is None and credential is None:
            refusal = self._refuse_new_user(login.user, host)
        if refusal is not None:
            return [CheckedLogin(login, refusal, None, None)]
        past_events = self._looked_up(login)
        if credential is None:
            made = self._new_token(login.user)
            claim = ClaimUser(login.user, made.credential)
            return [claim, CheckedLogin(login, None, made.token, past_events, made.credential)]
        return [CheckedLogin(login, None, None, past_events, credential)]

    def _new_token(self, user: str) -> NewToken:
        with self._hashing:
            made = new_token(self._random_bytes)
        self._proven.add(user, made.token, made.credential)
        return made

    def _refusal(
        self, login: Login, speaker: Optional[str], credential: Optional[str], host: str, wait: Wait
    ) -> Optional[BadRequest]:
        """Why the connection can't speak for the user, when it is the turn of that to be said; None if it can."""
        refusal = _refusal_unhashed(login, speaker, credential)
        if refusal is not None:
            return self._in_turn(login, refusal, host, wait)
        refusal = self._refuse_token(login, credential, host, wait)
        if refusal is not None:
            return refusal
        # Only now: how much has happened to a user is nobody's business who has not proved to be them.
        refusal = self._refuse_last_seq(login)
        return None if refusal is None else self._in_turn(login, refusal, host, wait)

    def _refuse_token(
        self, login: Login, credential: Optional[str], host: str, wait: Wait
    ) -> Optional[BadRequest]:
        """Why the token is refused; None if it is right, or if there is none to be checked."""
        if login.token is None or credential is None or self._proven.knows(login.user, login.token, credential):
            return None
        # Counted before the hash, which is what a guess costs the exchange.
        refusal = self._in_turn(login, _wrong_token(login.user), host, wait)
        if refusal.code is not RejectCode.BAD_TOKEN:
            return refusal
        with self._hashing:
            is_right = token_matches(login.token, credential)
        if not is_right:
            return refusal
        self._failures.give_back(host)
        self._proven.add(login.user, login.token, credential)
        return None

    def _refuse_new_user(self, user: str, host: str) -> Optional[BadRequest]:
        """Why nobody new is let in; told at once, since nobody guesses a token this way."""
        if self._users_max is not None and self._users.user_count() >= self._users_max:
            text = f"user {user}: there are {self._users_max:,} users, which is the limit; nobody new is let in"
            return BadRequest(WireCode.RATE_LIMITED, text)
        if ipaddress.ip_address(host).is_loopback and not self._is_loopback_limited:
            return None
        return None if self._new_users.take(host) else _too_many_new_users(user, self._new_users.per_s)

    def _in_turn(self, login: Login, refusal: BadRequest, host: str, wait: Wait) -> BadRequest:
        """The refusal when it is its turn; another one, at once, if there are no more turns."""
        wait_s = self._failures.owe(host, FAILURES_WAITING_MAX)
        if wait_s is None:
            return _too_many_failures(login.user)
        if wait_s > 0.0:
            wait(wait_s)
        return refusal

    def _refuse_last_seq(self, login: Login) -> Optional[BadRequest]:
        """A login from the future is refused here, before the name is claimed: its token would never be told."""
        last_seq = self._users.last_seq(login.user)
        if login.last_seq is None or login.last_seq <= last_seq:
            return None
        text = (
            f"last_seq {login.last_seq}: the last event of user {login.user} is {last_seq}: "
            "this is another market, or an older copy of it; log in without last_seq"
        )
        return BadRequest(RejectCode.BAD_VALUE, text)

    def _looked_up(self, login: Login) -> Optional[PastEvents]:
        if login.last_seq is None or login.last_seq + 1 >= self._first_held_seq(login.user):
            return None
        missed = self._events_since(login.user, login.last_seq + 1)
        for _ in range(LOOK_UPS_MAX):
            # A user who trades meanwhile on another connection has new events: only these are read again.
            if self._first_held_seq(login.user) <= missed.last_seq + 1:
                break
            newer = self._events_since(login.user, missed.last_seq + 1)
            missed = PastEvents(missed.events + newer.events, newer.last_seq)
        return missed


def _refusal_unhashed(login: Login, speaker: Optional[str], credential: Optional[str]) -> Optional[BadRequest]:
    """Why the connection can't speak for the user, as far as that is known without a hash."""
    if speaker is not None:
        return BadRequest(
            RejectCode.BAD_VALUE, f"user {login.user}: this connection is logged in as {speaker}; log out first"
        )
    if credential is None:
        if login.token is None:
            return None
        return BadRequest(
            RejectCode.BAD_TOKEN, f"user {login.user}: nobody has this name; log in without a token to claim it"
        )
    if login.token is None:
        return BadRequest(RejectCode.BAD_TOKEN, f"user {login.user}: the name is taken; its token is needed")
    return None


def _wrong_token(user: str) -> BadRequest:
    return BadRequest(RejectCode.BAD_TOKEN, f"user {user}: this is not the user's token")


def _too_many_failures(user: str) -> BadRequest:
    """Does not say what was wrong."""
    text = (
        f"user {user}: too many failed logins from this address, which may fail {FAILURES_AT_ONCE} times at once "
        f"and {FAILURES_PER_S:g} time per second after that; try again later"
    )
    return BadRequest(WireCode.RATE_LIMITED, text)


def _too_many_new_users(user: str, per_s: float) -> BadRequest:
    text = (
        f"user {user}: one address may claim {per_s * NEW_USERS_BURST_S:,.0f} new names at once and {per_s:g} per "
        "second after that; try again later"
    )
    return BadRequest(WireCode.RATE_LIMITED, text)
