"""The door: who is let in, what a claim becomes, which past is looked up, and how guessing is slowed down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

import pytest

from exchange.engine.commands import ClaimUser
from exchange.engine.words import RejectCode
from exchange.networking.inbound import login_check
from exchange.networking.inbound.credentials import new_token, token_matches
from exchange.networking.inbound.login_check import (
    FAILURES_AT_ONCE,
    FAILURES_PER_S,
    FAILURES_WAITING_MAX,
    NEW_USERS_BURST_S,
    LoginCheck,
)
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.requests import BadRequest, CancelOnDisconnect, CheckedLogin, Login, PastEvents

HOST = "192.0.2.7"
NEW_USERS_PER_S = 2
ALICE = new_token(lambda count: b"\xaa" * count)


class Users:
    """What the engine knows: alice has claimed her name and was told 20 events; the last 5 are held in memory.

    `on_last_seq` is called when a login is looked at, after its token.
    """

    def __init__(self) -> None:
        self.on_last_seq: Callable[[], None] = lambda: None

    def credential(self, user: str) -> Optional[str]:
        return ALICE.credential if user == "alice" else None

    def user_count(self) -> int:
        return 2

    def last_seq(self, user: str) -> int:
        self.on_last_seq()
        return {"alice": 20, "reset": 20}.get(user, 0)


class Clock:
    """Moves only when it is told to."""

    now_s = 50.0

    def __call__(self) -> float:
        return self.now_s


class Patience:
    """Waits: time passes meanwhile, unless the client `leaves` at once."""

    def __init__(self, clock: Clock, leaves: bool = False) -> None:
        self.waits: list[float] = []
        self._clock = clock
        self._leaves = leaves

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        if not self._leaves:
            self._clock.now_s += seconds


class Door:
    """A desk with its clock; `asked_history` is what it looked up on disk."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.users = Users()
        self.asked_history: list[tuple[str, int]] = []
        self.desk = LoginCheck(
            self.users,
            lambda user: 16,
            self._events_since,
            lambda count: b"n" * count,
            self.clock,
            NEW_USERS_PER_S,
        )

    def _events_since(self, user: str, seq: int) -> PastEvents:
        self.asked_history.append((user, seq))
        return PastEvents((), 20)

    def check(
        self,
        user: str,
        token: Optional[str] = None,
        last_seq: Optional[int] = None,
        speaker: Optional[str] = None,
        host: str = HOST,
        patience: Optional[Patience] = None,
    ) -> list[Any]:
        login = Login(user, token, last_seq, CancelOnDisconnect.NONE, 0.0)
        return self.desk.check(login, speaker, host, patience or Patience(self.clock))

    def refusal(self, *args: Any, **options: Any) -> BadRequest:
        """Why it is refused; nothing else may go into the queue with it."""
        (checked,) = self.check(*args, **options)
        assert isinstance(checked, CheckedLogin)
        assert checked.refusal is not None
        return checked.refusal


@pytest.fixture
def door() -> Door:
    return Door()


def test_who_has_the_token_is_let_in(door: Door) -> None:
    (checked,) = door.check("alice", ALICE.token)
    assert (checked.refusal, checked.new_token, checked.past_events) == (None, None, None)
    assert checked.login.user == "alice"


def test_a_free_name_is_claimed_with_a_new_token_ahead_of_the_login(door: Door) -> None:
    claim, checked = door.check("bob")
    assert isinstance(claim, ClaimUser)
    assert (claim.user, checked.refusal) == ("bob", None)
    assert claim.credential == checked.credential
    assert token_matches(checked.new_token, claim.credential)


@pytest.mark.parametrize(
    ("user", "token", "words"),
    [
        ("alice", None, "its token is needed"),
        ("alice", "0" * 64, "not the user's token"),
        ("alice", ALICE.token.upper(), "not the user's token"),
        ("bob", "0" * 64, "nobody has this name"),
    ],
)
def test_who_has_not_is_refused(door: Door, user: str, token: Optional[str], words: str) -> None:
    code, text = door.refusal(user, token)
    assert code is RejectCode.BAD_TOKEN
    assert user in text and words in text
    assert token is None or token not in text


def test_a_connection_that_speaks_for_somebody_already_is_refused_even_with_the_token(door: Door) -> None:
    code, text = door.refusal("alice", ALICE.token, speaker="bob")
    assert code is RejectCode.BAD_VALUE
    assert "logged in as bob" in text


# --- what was missed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("last_seq", [None, 15, 16, 20])
def test_what_is_held_in_memory_is_not_looked_up(door: Door, last_seq: Optional[int]) -> None:
    (checked,) = door.check("alice", ALICE.token, last_seq)
    assert checked.past_events is None
    assert door.asked_history == []


def test_what_is_older_is_looked_up_from_the_first_event_missed(door: Door) -> None:
    (checked,) = door.check("alice", ALICE.token, 14)
    assert checked.past_events == PastEvents((), 20)
    assert door.asked_history == [("alice", 15)]


def test_whoever_claims_a_name_that_was_reset_hears_what_its_owner_missed(door: Door) -> None:
    _claim, checked = door.check("reset", None, 3)
    assert checked.past_events == PastEvents((), 20)


@pytest.mark.parametrize(("user", "token"), [("alice", ALICE.token), ("bob", None), ("reset", None)])
def test_a_last_seq_from_the_future_is_refused_before_anything_is_claimed(
    door: Door, user: str, token: Optional[str]
) -> None:
    """Else the name would be claimed by a token that nobody is ever told."""
    code, text = door.refusal(user, token, 21)
    assert code is RejectCode.BAD_VALUE
    assert "last_seq 21" in text


def test_who_has_not_proved_to_be_a_user_is_not_told_how_much_happened_to_them(door: Door) -> None:
    code, text = door.refusal("alice", "0", 21)
    assert code is RejectCode.BAD_TOKEN
    assert "20" not in text


# --- guessing --------------------------------------------------------------------------------------------------


def test_a_few_failures_are_answered_at_once_and_the_rest_one_a_second(door: Door) -> None:
    patience = Patience(door.clock)
    for _ in range(FAILURES_AT_ONCE + 10):
        door.refusal("alice", "0", patience=patience)
    assert len(patience.waits) == 10
    assert sum(patience.waits) == pytest.approx(10.0)


def test_other_addresses_and_tokens_that_were_right_before_do_not_wait(door: Door) -> None:
    assert door.check("alice", ALICE.token)[0].refusal is None
    for _ in range(FAILURES_AT_ONCE):
        door.refusal("alice", "0")
    patience = Patience(door.clock)
    door.refusal("alice", "0", host="192.0.2.8", patience=patience)
    for _ in range(20):
        door.check("alice", ALICE.token, patience=patience)
    assert patience.waits == []


def fill_the_turns(door: Door) -> Patience:
    """So many failures, all from clients that have left, that the next would get no turn."""
    patience = Patience(door.clock, leaves=True)
    for _ in range(FAILURES_AT_ONCE + FAILURES_WAITING_MAX):
        assert door.refusal("alice", "0", patience=patience)[0] is RejectCode.BAD_TOKEN
    return patience


def test_each_failure_waits_for_a_turn_of_its_own_even_behind_clients_that_have_left(door: Door) -> None:
    patience = fill_the_turns(door)
    assert patience.waits == [turn / FAILURES_PER_S for turn in range(1, FAILURES_WAITING_MAX + 1)]


@pytest.mark.parametrize(("user", "token"), [("alice", "0"), ("alice", None), ("bob", "0")])
def test_without_a_turn_left_a_failure_is_refused_at_once(door: Door, user: str, token: Optional[str]) -> None:
    fill_the_turns(door)
    patience = Patience(door.clock)
    code, text = door.refusal(user, token, patience=patience)
    assert (code, patience.waits) == (WireCode.RATE_LIMITED, [])
    assert text.startswith(f"user {user}: ") and " 5 times at once" in text and " 1 time per second" in text


def test_there_is_one_more_turn_a_second_later_and_no_sooner(door: Door) -> None:
    fill_the_turns(door)
    leaver = Patience(door.clock, leaves=True)
    door.clock.now_s += 0.9
    assert door.refusal("alice", "0", patience=leaver)[0] is WireCode.RATE_LIMITED
    door.clock.now_s += 0.2
    codes = [door.refusal("alice", "0", patience=leaver)[0] for _ in range(2)]
    assert codes == [RejectCode.BAD_TOKEN, WireCode.RATE_LIMITED]


def test_however_many_failures_wait_known_tokens_new_names_and_other_addresses_are_let_in(door: Door) -> None:
    assert door.check("alice", ALICE.token)[0].refusal is None
    fill_the_turns(door)
    assert door.check("alice", ALICE.token)[0].refusal is None
    assert len(door.check("bob")) == 2
    assert door.refusal("alice", "0", host="192.0.2.8")[0] is RejectCode.BAD_TOKEN


def noted_hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """From now on the token of every hash that is computed goes here."""
    hashed: list[str] = []

    def noted(token: str, credential: str) -> bool:
        hashed.append(token)
        return token_matches(token, credential)

    monkeypatch.setattr(login_check, "token_matches", noted)
    return hashed


def test_no_hash_is_computed_for_whom_there_is_no_turn(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = noted_hashes(monkeypatch)
    for _ in range(10 * FAILURES_AT_ONCE):
        door.refusal("alice", "0", patience=Patience(door.clock, leaves=True))
    assert len(hashed) == FAILURES_AT_ONCE + FAILURES_WAITING_MAX


def test_a_right_token_costs_its_address_nothing_and_is_hashed_once(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = noted_hashes(monkeypatch)
    for _ in range(10 * FAILURES_AT_ONCE):
        assert door.check("alice", ALICE.token)[0].refusal is None
    assert hashed == [ALICE.token]
    patience = Patience(door.clock)
    for _ in range(FAILURES_AT_ONCE):
        door.refusal("alice", "0", patience=patience)
    assert patience.waits == []


# --- new names -------------------------------------------------------------------------------------------------


def claim_all_at_once(door: Door) -> None:
    """As many names as one address may claim at once."""
    for number in range(NEW_USERS_PER_S * NEW_USERS_BURST_S):
        assert len(door.check(f"user{number}")) == 2


def test_one_address_may_claim_many_names_at_once_and_then_so_many_a_second(door: Door) -> None:
    claim_all_at_once(door)
    for _ in range(3):
        code, text = door.refusal("bob")
        assert code is WireCode.RATE_LIMITED
        assert text.startswith("user bob: ") and " 200 new names" in text and " 2 per second" in text
        door.clock.now_s += 1 / NEW_USERS_PER_S
        assert len(door.check("bob")) == 2


def test_who_has_a_name_and_who_comes_from_elsewhere_is_let_in_all_the_same(door: Door) -> None:
    claim_all_at_once(door)
    (checked,) = door.check("alice", ALICE.token)
    assert checked.refusal is None
    assert len(door.check("bob", host="192.0.2.8")) == 2


def test_too_many_new_names_are_refused_at_once_and_are_no_failed_logins(door: Door) -> None:
    claim_all_at_once(door)
    patience = Patience(door.clock)
    for _ in range(2 * FAILURES_AT_ONCE):
        assert door.refusal("bob", patience=patience)[0] is WireCode.RATE_LIMITED
    door.refusal("alice", "0", patience=patience)
    assert patience.waits == []


def test_a_login_that_is_refused_for_something_else_takes_no_new_name(door: Door) -> None:
    for _ in range(NEW_USERS_PER_S * NEW_USERS_BURST_S):
        door.refusal("bob", "0", patience=Patience(door.clock))
    door.clock.now_s = Clock.now_s
    claim_all_at_once(door)


def desk(new_users_per_s: Optional[int] = None, users_max: Optional[int] = None) -> LoginCheck:
    """With the clock standing still."""
    return LoginCheck(
        Users(),
        lambda user: 16,
        lambda user, seq: PastEvents((), 20),
        lambda count: b"n" * count,
        lambda: 0.0,
        new_users_per_s,
        users_max,
    )


def claims(checks: LoginCheck, host: str, count: int) -> int:
    """How many of so many new names are let in."""
    logins = [Login(f"new{number}", None, None, CancelOnDisconnect.NONE, 0.0) for number in range(count)]
    return sum(len(checks.check(login, None, host, lambda seconds: None)) == 2 for login in logins)


@pytest.mark.parametrize(("host", "let_in"), [(HOST, 20), ("127.0.0.1", 25), ("::1", 25)])
def test_unless_it_is_said_only_this_machine_may_claim_as_many_names_as_it_likes(
    host: str, let_in: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login_check, "NEW_USERS_BURST_S", 2)
    assert claims(desk(), host, 25) == let_in
    assert claims(desk(new_users_per_s=5), host, 25) == 10


def test_when_there_are_so_many_users_as_there_may_be_nobody_new_is_let_in() -> None:
    assert claims(desk(users_max=3), HOST, 1) == 1
    (checked,) = desk(users_max=2).check(
        Login("bob", None, None, CancelOnDisconnect.NONE, 0.0), None, HOST, lambda seconds: None
    )
    assert isinstance(checked, CheckedLogin) and checked.refusal is not None
    assert checked.refusal.code is WireCode.RATE_LIMITED
    assert "there are 2 users" in checked.refusal.text
