"""Tokens and what is kept of them: only who has the token passes, and the kept text does not give it away."""

from __future__ import annotations

import os
import random
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.networking.inbound.credentials import TOKEN_BYTES, new_token, token_matches


def test_a_token_matches_its_own_credential_and_no_other() -> None:
    one, other = new_token(os.urandom), new_token(os.urandom)
    assert token_matches(one.token, one.credential)
    assert token_matches(other.token, other.credential)
    assert not token_matches(one.token, other.credential)
    assert not token_matches(other.token, one.credential)


@settings(max_examples=20)
@given(st.text(alphabet="0123456789abcdefXYZ", max_size=80))
def test_whatever_else_is_tried_does_not_match(guess: str) -> None:
    made = new_token(random.Random(1).randbytes)
    assert token_matches(guess, made.credential) == (guess == made.token)


def test_a_token_that_differs_by_a_letter_or_its_case_does_not_match() -> None:
    made = new_token(random.Random(1).randbytes)
    assert any(character.isalpha() for character in made.token)
    for guess in (made.token[:-1], made.token + "0", made.token.upper(), made.token[::-1], ""):
        assert not token_matches(guess, made.credential)


def test_neither_the_token_nor_its_bytes_are_in_the_credential() -> None:
    made = new_token(os.urandom)
    assert made.token not in made.credential
    assert len(bytes.fromhex(made.token)) == TOKEN_BYTES
    assert made.credential.startswith("scrypt-")


def test_the_same_token_is_kept_differently_for_two_users() -> None:
    """The salt is drawn behind the token."""
    token = b"t" * TOKEN_BYTES

    def drawing(salt: bytes) -> Callable[[int], bytes]:
        drawn = iter([token, salt])
        return lambda _count: next(drawn)

    made = [new_token(drawing(salt)) for salt in (b"a" * 16, b"b" * 16)]
    assert made[0].token == made[1].token
    assert made[0].credential != made[1].credential
    assert all(token_matches(token.hex(), each.credential) for each in made)
