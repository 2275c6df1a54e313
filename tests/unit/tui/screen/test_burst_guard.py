"""What comes in one read and is no typing is a paste, though nothing marks it as one."""

from __future__ import annotations

import pytest

from tui.screen.burst_guard import HELD_KEYS, ORDERING, QUIET_S, BurstGuard
from tui.screen.key_decoder import Alt, Focus, Input, Key, KeyDecoder, Paste
from tui.screen.key_table import ACTIONS, Action

NOW = 100.0
# What sends, asks to send, or lets others send.
RISKS = {
    Action.BUY, Action.SELL, Action.JOIN_BID, Action.JOIN_ASK, Action.ENTER, Action.ARM, Action.FLATTEN,
    Action.REVERSE, Action.MOVE_UP, Action.MOVE_DOWN,
}  # fmt: skip


def read(*pieces: bytes, gap_s: float = 1.0) -> list[Input]:
    """What comes of some reads, `gap_s` after one another."""
    decoder, guard = KeyDecoder(), BurstGuard()
    found: list[Input] = []
    for index, piece in enumerate(pieces):
        now = NOW + index * gap_s
        found += guard.take(decoder.feed(piece, now), now)
    return found


def test_a_mail_in_one_write_is_one_paste() -> None:
    text = b"Hi all,\rplease see the numbers below.\rthanks\r"
    assert read(text) == [Paste("Hi all,\nplease see the numbers below.\nthanks\n")]


@pytest.mark.parametrize(
    "pasted",
    [b"b\r", b"ab", b"as", b"bab", b"bbb", b":buy 5 100\r", b"sss\r", b"bs", b"bb", b"ff", b"b\x1b[As"],
)
def test_what_could_send_an_order_is_no_key_if_it_came_at_once(pasted: bytes) -> None:
    assert all(isinstance(found, Paste) for found in read(pasted))


def test_what_follows_a_burst_at_once_belongs_to_it() -> None:
    assert read(b"x" * 20 + b"y", b"b", b"\r", gap_s=QUIET_S / 2) == [
        Paste("x" * 20 + "y"),
        Paste("b"),
        Paste("\n"),
    ]
    assert read(b"hello", b"b", gap_s=QUIET_S * 2) == [Paste("hello"), Key("b")]


def test_what_follows_an_alt_at_once_is_no_key() -> None:
    assert read(b"\x1bsa", b"s", b"\r", gap_s=QUIET_S / 2) == [Alt("s"), Paste("a"), Paste("s"), Paste("\n")]
    assert read(b"\x1bs", b"a", gap_s=QUIET_S * 2) == [Alt("s"), Key("a")]


def test_a_text_that_opens_the_command_line_goes_there_but_for_its_enter() -> None:
    assert read(b"\x1b:sell 5 100\r") == [Alt(":"), Paste("sell 5 100\n")]


def test_arrows_in_a_pasted_text_are_dropped_with_it() -> None:
    assert read(b"b\x1b[A\r\x1b[O") == [Paste("b\n"), Focus(has_focus=False)]


@pytest.mark.parametrize(
    "typed", [b"5b", b"b5", b"js", b"X", b"XXXX", b"jjjjj", b"\x1b[A\x1b[Ab", b"\x03", b"\x1b[B" * 9]
)
def test_hands_are_still_understood(typed: bytes) -> None:
    assert read(typed) == KeyDecoder().feed(typed, NOW)


def test_keys_typed_one_after_another_are_keys_however_quick() -> None:
    assert read(b"a", b"b", b"\r", gap_s=0.001) == [Key("a"), Key("b"), Key("enter")]


def test_every_letter_that_makes_an_order_counts_as_one() -> None:
    makes_orders = {Action.BUY, Action.SELL, Action.JOIN_BID, Action.JOIN_ASK, Action.FLATTEN, Action.REVERSE}
    assert {name for name, action in ACTIONS.items() if action in makes_orders} == ORDERING


def test_letters_of_another_layout_count_as_those_of_their_keys() -> None:
    assert read("иы".encode()) == [Paste("иы")]
    assert read("и".encode()) == [Key("и")]


def test_no_key_that_may_be_held_down_adds_risk() -> None:
    assert not {ACTIONS[name] for name in HELD_KEYS if name in ACTIONS} & RISKS
