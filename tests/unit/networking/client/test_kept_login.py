"""Being let in by what is kept: tokens of several exchanges, an exchange put back from an older copy."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Optional

import pytest

from exchange.networking.tcp_client import ExchangeClient, LoginRejected, TokenStore, log_in
from tests.support.canned_engine import CannedEngine, Request


class Market:
    """Who may log in: names with their tokens and numbers of events.  Each connection is served by a stand-in."""

    def __init__(self, stack: ExitStack, **tokens: str) -> None:
        self._stack = stack
        self.tokens = dict(tokens)
        self.events: dict[str, int] = {}
        self.logins: list[Request] = []
        self.looks_at_past_first = False

    def connect(self) -> ExchangeClient:
        engine = self._stack.enter_context(CannedEngine(self._answer))
        return self._stack.enter_context(ExchangeClient.connect(port=engine.port))

    def _answer(self, request: Request) -> Optional[list[str]]:
        self.logins.append(request)
        user, token = request["user"], request.get("token")
        if self.looks_at_past_first and request.get("last_seq", 0) > self.events.get(user, 0):
            return [self._refusal("BAD_VALUE", f"last_seq {request['last_seq']}: the last event is another")]
        if token != self.tokens.get(user):
            return [self._refusal("BAD_TOKEN", f"user {user}: this is not the user's token")]
        if request.get("last_seq", 0) > self.events.get(user, 0):
            return [self._refusal("BAD_VALUE", f"last_seq {request['last_seq']}: the last event is another")]
        told: dict[str, Any] = {"type": "logged_in", "user": user, "instruments": []}
        told["next_seq"] = self.events.get(user, 0) + 1
        if token is None:
            told["token"] = self.tokens[user] = f"made{len(self.logins)}"
        return [json.dumps(told)]

    def _refusal(self, code: str, text: str) -> str:
        return json.dumps({"type": "login_rejected", "code": code, "text": text})


def kept(tokens: TokenStore, user: str = "alice") -> list[str]:
    """The tokens of a user that may be tried at any address, in that order."""
    return [each.token for each in tokens.others(user, "nowhere:1")]


def sent_tokens(market: Market) -> list[Optional[str]]:
    return [login.get("token") for login in market.logins]


def test_a_token_that_fits_is_used_and_nothing_is_said(stack: ExitStack, tokens: TokenStore) -> None:
    tokens.save("alice", "right")
    market = Market(stack, alice="right")
    market.events["alice"] = 9
    login = log_in(market.connect, "alice", tokens, last_seq=7, heartbeat_s=1.0)
    assert (login.notice, login.client.resumed_after, login.logged_in["next_seq"]) == (None, 7, 10)
    assert market.logins == [
        {"type": "login", "user": "alice", "token": "right", "last_seq": 7, "heartbeat_s": 1.0}
    ]


def test_the_first_login_of_a_name_claims_it_and_asks_for_no_past(stack: ExitStack, tokens: TokenStore) -> None:
    market = Market(stack)
    assert log_in(market.connect, "alice", tokens, last_seq=7).notice is None
    assert tokens.load("alice") == market.tokens["alice"]
    assert "last_seq" not in market.logins[0]


def test_a_second_market_is_told_of_and_both_are_known_from_then_on(stack: ExitStack, tokens: TokenStore) -> None:
    first, second = Market(stack), Market(stack)
    log_in(first.connect, "alice", tokens)
    there = log_in(second.connect, "alice", tokens, last_seq=3)
    assert there.notice is not None
    assert "did not know alice" in there.notice
    assert "\n" not in there.notice
    assert kept(tokens) == [second.tokens["alice"], first.tokens["alice"]]
    back = log_in(first.connect, "alice", tokens)
    assert back.notice is not None
    assert "another exchange" in back.notice
    assert kept(tokens) == [first.tokens["alice"], second.tokens["alice"]]
    assert first.logins[-1]["token"] == first.tokens["alice"]


@pytest.mark.parametrize("looks_at_past_first", [False, True])
def test_a_stranger_may_refuse_the_past_before_it_looks_at_the_token(
    stack: ExitStack, tokens: TokenStore, *, looks_at_past_first: bool
) -> None:
    tokens.save("alice", "here")
    tokens.save("alice", "elsewhere")
    market = Market(stack, alice="here")
    market.looks_at_past_first = looks_at_past_first
    login = log_in(market.connect, "alice", tokens, last_seq=70)
    assert login.notice is not None
    assert "another exchange" in login.notice
    assert tokens.load("alice") == "here"


def test_a_name_that_somebody_else_has_is_refused_and_every_token_stays(
    stack: ExitStack, tokens: TokenStore
) -> None:
    for token in ("one", "two", "three", "four", "five"):
        tokens.save("alice", token)
    market = Market(stack, alice="another's")
    with pytest.raises(LoginRejected, match="BAD_TOKEN"):
        log_in(market.connect, "alice", tokens)
    assert sent_tokens(market) == ["five", None, "four", "three", "two"]
    assert kept(tokens) == ["five", "four", "three", "two", "one"]


def test_an_engine_from_an_older_copy_is_logged_in_to_afresh_and_said_so(
    stack: ExitStack, tokens: TokenStore
) -> None:
    tokens.save("alice", "right")
    market = Market(stack, alice="right")
    market.events["alice"] = 1_200
    login = log_in(market.connect, "alice", tokens, last_seq=1_500)
    assert login.client.resumed_after == 1_200
    assert login.notice is not None
    assert "1,200 events of alice, this side 1,500" in login.notice
    assert [each.get("last_seq") for each in market.logins] == [1_500, None]


def test_a_refusal_that_has_another_cause_is_not_explained_away(stack: ExitStack, tokens: TokenStore) -> None:
    tokens.save("alice", "right")
    market = Market(stack, alice="right")

    def refuse_first(request: Request) -> Optional[list[str]]:
        if request.get("last_seq") is not None:
            return [market._refusal("BAD_VALUE", "too much happened while it was looked up")]
        return market._answer(request)

    market.events["alice"] = 9

    def connect() -> ExchangeClient:
        engine = stack.enter_context(CannedEngine(refuse_first))
        return stack.enter_context(ExchangeClient.connect(port=engine.port))

    with pytest.raises(LoginRejected, match="too much happened"):
        log_in(connect, "alice", tokens, last_seq=7)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_kill_while_a_token_takes_anothers_place_loses_neither(tmp_path: Path, moment: str) -> None:
    """The old one is copied aside before the new one is written; what is there twice is tried once."""
    tokens = TokenStore(tmp_path)
    tokens.save("alice", "old")
    (tmp_path / "token_alice.other-1.txt").write_text("old\n")
    if moment == "after":
        (tmp_path / "token_alice.txt").write_text("new\n")
    assert kept(tokens) == (["old"] if moment == "before" else ["new", "old"])
    tokens.save("alice", "old")
    assert kept(tokens) == (["old"] if moment == "before" else ["old", "new"])


def test_names_that_look_alike_do_not_share_tokens(tmp_path: Path) -> None:
    tokens = TokenStore(tmp_path)
    for user in ("a", "a-b"):
        tokens.save(user, "first")
        tokens.save(user, "second")
    (tmp_path / "token_a.other-x.txt").write_text("no number")
    (tmp_path / "token_a.other-7.txt").write_bytes(b"\xff\xff")
    assert kept(tokens, "a") == ["second", "first"]
