"""Whose token is sent where: each exchange is told its own, and a stranger none, whatever it calls itself."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Optional

import pytest

from exchange.networking.client.engine_addresses import LINES_MAX, EngineAddresses, is_on_this_machine
from exchange.networking.client.token_store import KeptToken
from exchange.networking.tcp_client import ExchangeClient, LoginRejected, TokenStore, log_in
from tests.support.canned_engine import CannedEngine, Request

A, B = "a" * 32, "b" * 32
HOME, AWAY, ELSEWHERE = "127.0.0.1:9009", "school:9009", "10.0.0.7:9009"
USER = "alice"


class NamedMarket:
    """An exchange of a name, at an address that a person would type.  Each connection is served by a stand-in."""

    def __init__(self, stack: ExitStack, engine_id: str, address: str) -> None:
        self._stack = stack
        self.engine_id = engine_id
        self.address = address
        self.token: Optional[str] = None
        self.sent: list[Optional[str]] = []

    def connect(self) -> ExchangeClient:
        engine = self._stack.enter_context(CannedEngine(self._answer))
        client = self._stack.enter_context(ExchangeClient.connect(port=engine.port))
        client.address = self.address
        return client

    def log_in(self, tokens: TokenStore) -> Optional[str]:
        """Let alice in; what she is told.  What it was sent for that is in `sent`."""
        self.sent = []
        return log_in(self.connect, USER, tokens).notice

    def _answer(self, request: Request) -> Optional[list[str]]:
        token = request.get("token")
        self.sent.append(token)
        if token != self.token:
            return [json.dumps({"type": "login_rejected", "code": "BAD_TOKEN", "text": "no"})]
        told: dict[str, Any] = {"type": "logged_in", "user": USER, "instruments": [], "next_seq": 1}
        if token is None:
            self.token = "".join(each for each in f"{self.engine_id}{self.address}" if each.isalnum())
            told["token"] = self.token
        return [json.dumps({**told, "engine_id": self.engine_id})]


class HostileMarket(NamedMarket):
    """It calls itself as another does, lets everybody in the second time, and keeps what it was sent."""

    def _answer(self, request: Request) -> Optional[list[str]]:
        self.token = request.get("token") or self.token
        return super()._answer(request)


def test_two_markets_at_two_addresses_never_meet_each_others_token(stack: ExitStack, tokens: TokenStore) -> None:
    here, there = NamedMarket(stack, A, HOME), NamedMarket(stack, B, "127.0.0.1:9010")
    assert here.log_in(tokens) is None
    notice = there.log_in(tokens)
    assert notice is not None and "did not know alice" in notice
    assert there.sent == [None]
    for market in (here, there, here):
        notice = market.log_in(tokens)
        assert market.sent == [market.token]
        assert notice is not None and "another exchange" in notice
    assert here.log_in(tokens) is None


def test_markets_that_take_turns_at_one_address_each_get_their_own(stack: ExitStack, tokens: TokenStore) -> None:
    first, second = NamedMarket(stack, A, HOME), NamedMarket(stack, B, HOME)
    first.log_in(tokens)
    assert second.log_in(tokens) is not None
    assert second.sent == [first.token, None]
    notice = first.log_in(tokens)
    assert notice is not None and "another exchange" in notice
    assert first.sent == [second.token, None, first.token]
    assert first.log_in(tokens) is None
    assert first.sent == [first.token]


def test_an_engine_of_this_machine_is_known_again_on_another_port(stack: ExitStack, tokens: TokenStore) -> None:
    market = NamedMarket(stack, A, HOME)
    market.log_in(tokens)
    market.address = "localhost:40123"
    assert market.log_in(tokens) is None
    assert market.sent == [None, market.token]
    market.log_in(tokens)
    assert market.sent == [market.token]


def test_a_stranger_elsewhere_is_sent_no_token_and_a_person_can_say_that_it_is_none(
    stack: ExitStack, tokens: TokenStore
) -> None:
    market = NamedMarket(stack, A, AWAY)
    market.log_in(tokens)
    market.address = ELSEWHERE
    with pytest.raises(LoginRejected):
        market.log_in(tokens)
    assert market.sent == [None]
    host, _, port = ELSEWHERE.rpartition(":")
    advice = tokens.advice(USER, host, int(port))
    assert f"the token for the exchange at {AWAY} was not sent" in advice
    line = f"{ELSEWHERE} {A}"
    assert f"the line `{line}` in {tokens.addresses.path}" in advice
    with tokens.addresses.path.open("a") as file:
        file.write(line)
    assert market.log_in(tokens) is None
    assert market.sent == [market.token]


def test_who_calls_himself_like_another_exchange_gets_none_of_its_tokens(
    stack: ExitStack, tokens: TokenStore
) -> None:
    market, thief = NamedMarket(stack, A, AWAY), HostileMarket(stack, A, ELSEWHERE)
    market.log_in(tokens)
    for _ in range(3):
        thief.log_in(tokens)
        assert market.token not in thief.sent
    market.log_in(tokens)
    assert market.sent == [market.token]


def test_a_name_that_is_no_name_is_not_made_a_file_of(stack: ExitStack, tokens: TokenStore) -> None:
    market = NamedMarket(stack, "../" * 10 + "x", HOME)
    market.log_in(tokens)
    assert [path.name for path in tokens.path(USER).parent.iterdir()] == ["token_alice.txt"]
    assert market.log_in(tokens) is None


def test_tokens_from_before_there_were_names_go_on_working_and_get_one(
    stack: ExitStack, tokens: TokenStore
) -> None:
    here, there = NamedMarket(stack, A, HOME), NamedMarket(stack, B, AWAY)
    tokens.prepare()
    here.token, there.token = "last", "other"
    tokens.path(USER).write_text("last\n")
    tokens.path(USER).with_name("token_alice.other-1.txt").write_text("other\n")
    assert here.log_in(tokens) is None
    assert here.sent == ["last"]
    notice = there.log_in(tokens)
    assert notice is not None and "another exchange" in notice
    assert there.sent == [None, "other"]
    names = {path.name for path in tokens.path(USER).parent.iterdir()}
    assert names == {f"token_alice.{A}.txt", f"token_alice.{B}.txt", "last_alice.txt", "addresses.txt"}


def test_a_token_that_was_brought_by_hand_may_be_sent_where_nothing_is_known(
    stack: ExitStack, tokens: TokenStore, tmp_path: Path
) -> None:
    market = NamedMarket(stack, A, AWAY)
    market.log_in(tokens)
    other_machine = TokenStore(tmp_path / "other machine")
    other_machine.prepare()
    other_machine.path(USER, A).write_bytes(tokens.path(USER, A).read_bytes())
    assert market.log_in(other_machine) is not None
    assert market.sent == [None, market.token]


def test_what_one_user_has_found_out_about_an_address_holds_for_all(tokens: TokenStore) -> None:
    tokens.save("bob", "bobs", A, HOME)
    tokens.save(USER, "alices", B, HOME)
    assert tokens.first("bob", HOME) is None, "another exchange is there now, which bob may not know"
    assert tokens.others("bob", HOME) == [KeptToken("bobs", A)]


def test_who_can_try_only_once_tries_what_is_likely(stack: ExitStack, tokens: TokenStore) -> None:
    market = NamedMarket(stack, A, HOME)
    market.connect().login(USER, tokens)
    for address in (HOME, "localhost:40123"):
        market.address = address
        market.connect().login(USER, tokens)
        assert market.sent[-1] == market.token
    market.address = AWAY
    with pytest.raises(LoginRejected):
        market.connect().login(USER, tokens)
    assert market.sent[-1] is None


# --- the file of addresses -------------------------------------------------------------------------------------


def test_the_last_exchange_at_an_address_comes_first_and_nothing_is_written_twice(tmp_path: Path) -> None:
    addresses = EngineAddresses(tmp_path / "addresses.txt")
    for address, engine_id in ((HOME, A), (HOME, A), (AWAY, A), (HOME, B), (HOME, A)):
        addresses.note(address, engine_id)
    assert addresses.engines_at(HOME) == [A, B]
    assert addresses.addresses_of(A) == [HOME, AWAY]
    assert len([line for line in addresses.path.read_text().splitlines() if line]) == 4


def test_what_is_no_line_is_passed_over_and_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path) -> None:
    addresses = EngineAddresses(tmp_path / "addresses.txt")
    addresses.path.write_bytes(b"\xff\xfe\nnonsense\n" + HOME.encode() + b" aaaa")
    addresses.note(AWAY, B)
    assert (addresses.engines_at(HOME), addresses.engines_at(AWAY)) == ([], [B])


def test_of_very_many_addresses_the_newest_are_kept(tmp_path: Path) -> None:
    addresses = EngineAddresses(tmp_path / "addresses.txt")
    addresses.path.write_text("".join(f"127.0.0.1:{port} {A}\n" for port in range(1, LINES_MAX + 1)))
    addresses.note(AWAY, B)
    assert len(addresses.path.read_text().splitlines()) < LINES_MAX
    assert addresses.addresses_of(A)[0] == f"127.0.0.1:{LINES_MAX}"
    assert addresses.engines_at(AWAY) == [B]


@pytest.mark.parametrize(
    ("address", "expected"),
    [(HOME, True), ("[::1]:9009", True), ("localhost:1", True), (AWAY, False), (ELSEWHERE, False)],
)
def test_this_machine_is_what_only_it_can_listen_on(address: str, *, expected: bool) -> None:
    assert is_on_this_machine(address) is expected
