"""Looks at a login before it goes into the queue, in the thread that read it.

Checking a token and looking up what a client has missed take milliseconds, which the market must not wait for; so
the reader thread that read the login does it here, and puts the result into the queue.  The matching thread has
the last word: whether a name is still free, and who is logged in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional, Protocol

from exchange.engine.commands import ClaimUser
from exchange.engine.words import RejectCode
from exchange.networking.inbound.credentials import RandomBytes, new_token, token_matches
from exchange.networking.inbound.rate_limit import RateLimit
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.requests import BadRequest, CheckedLogin, Login, MissedFills, Request

# A login that fails is answered at once so often in a row; after that each answer waits for its turn.
FAILURES_AT_ONCE = 5
FAILURES_PER_S = 1.0
# So many failures of one address may wait for their turns; one more is answered at once, with nothing but that.
FAILURES_WAITING_MAX = 8

# How many seconds' worth of new names one address may claim at once: a class may log in from one machine.
NEW_USERS_BURST_S = 100

# How often the records are read again for a user who goes on trading while they are read.
LOOK_UPS_MAX = 5

# The user's fills from a `seq` on, out of the records on disk.
FillsSince = Callable[[str, int], MissedFills]

# Waits so many seconds, or until the client has left or the exchange stops.
Wait = Callable[[float], None]


class Users(Protocol):
    """What the door asks of the engine; answered by single dict look-ups, safe from any thread."""

    def credential(self, user: str) -> Optional[str]:
        """What the user's token is known by, None for a name that nobody has claimed."""

    def last_seq(self, user: str) -> int:
        """The number of the user's last private event, 0 before the first."""


class LoginCheck:
    """Used by all reader threads at once; the counts of failures and of new names are all it holds."""

    def __init__(
        self,
        users: Users,
        first_held_seq: Callable[[str], int],
        fills_since: FillsSince,
        random_bytes: RandomBytes,
        monotonic_s: Callable[[], float],
        new_users_per_s: Optional[int] = None,
    ) -> None:
        """`first_held_seq` is the oldest private event of a user that is still held in memory.

        One address may claim `new_users_per_s` names a second, and `NEW_USERS_BURST_S` times as many at once;
        None: as many as it likes.
        """
        self._users = users
        self._first_held_seq = first_held_seq
        self._fills_since = fills_since
        self._random_bytes = random_bytes
        self._failures = RateLimit(FAILURES_PER_S, FAILURES_AT_ONCE, monotonic_s)
        self._new_users: Optional[RateLimit] = None
        if new_users_per_s is not None:
            self._new_users = RateLimit(new_users_per_s, new_users_per_s * NEW_USERS_BURST_S, monotonic_s)

    def check(self, login: Login, speaker: Optional[str], host: str, wait: Wait) -> list[Request]:
        """What to put into the queue for `login` from address `host`; takes about 3 ms.

        `speaker` is the user whom the connection speaks for already, None before a login.

        After repeated failures from one address each further one gets a turn, for which it waits, and while
        `FAILURES_WAITING_MAX` of them wait the next is refused at once.  So threads that wait are few, and whoever
        has the right token is let in whatever others of the address do: 256 bits can't be guessed at any speed.  A
        client that leaves ends its wait and not its turn.
        """
        credential = self._users.credential(login.user)
        refusal = _refusal(login, speaker, credential) or self._refuse_last_seq(login)
        if refusal is not None:
            return [CheckedLogin(login, self._in_turn(login, refusal, host, wait), None, None)]
        if credential is None and self._new_users is not None and not self._new_users.take(host):
            return [CheckedLogin(login, _too_many_new_users(login.user, self._new_users.per_s), None, None)]
        missed_fills = self._missed_fills(login)
        if credential is None:
            made = new_token(self._random_bytes)
            claim = ClaimUser(login.user, made.credential)
            return [claim, CheckedLogin(login, None, made.token, missed_fills, made.credential)]
        return [CheckedLogin(login, None, None, missed_fills, credential)]

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
        text = f"last_seq {login.last_seq}: the last event of user {login.user} is {last_seq}"
        return BadRequest(RejectCode.BAD_VALUE, text)

    def _missed_fills(self, login: Login) -> Optional[MissedFills]:
        if login.last_seq is None or login.last_seq + 1 >= self._first_held_seq(login.user):
            return None
        missed = self._fills_since(login.user, login.last_seq + 1)
        for _ in range(LOOK_UPS_MAX):
            # A user who trades meanwhile on another connection has new events: only these are read again.
            if self._first_held_seq(login.user) <= missed.last_seq + 1:
                break
            newer = self._fills_since(login.user, missed.last_seq + 1)
            missed = MissedFills(missed.fills + newer.fills, newer.last_seq)
        return missed


def _refusal(login: Login, speaker: Optional[str], credential: Optional[str]) -> Optional[BadRequest]:
    """Why the connection can't speak for the user; None if the token is the user's, or if the name is free."""
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
    if not token_matches(login.token, credential):
        return BadRequest(RejectCode.BAD_TOKEN, f"user {login.user}: this is not the user's token")
    return None


def _too_many_failures(user: str) -> BadRequest:
    """Does not say what was wrong."""
    text = (
        f"user {user}: too many failed logins from this address, which may fail {FAILURES_AT_ONCE} times at once "
        f"and {FAILURES_PER_S:g} time per second after that; try again later"
    )
    return BadRequest(WireCode.RATE_LIMITED, text)


def _too_many_new_users(user: str, per_s: float) -> BadRequest:
    """Told at once: nobody guesses a token this way."""
    text = (
        f"user {user}: one address may claim {per_s * NEW_USERS_BURST_S:,.0f} new names at once and {per_s:g} per "
        "second after that; try again later"
    )
    return BadRequest(WireCode.RATE_LIMITED, text)
