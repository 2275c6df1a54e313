"""Bytes to keys: nothing that isn't understood ever comes out as a letter; and the one table of keys."""

from __future__ import annotations

import pytest

from tui.screen.key_decoder import (
    ESCAPE_WAIT_S,
    STRING_SILENCE_MAX_S,
    Alt,
    Focus,
    Key,
    KeyDecoder,
    Mouse,
    MouseButton,
    Paste,
)
from tui.screen.key_table import ACTIONS, BINDINGS, Action, Hint, help_rows, hints, markdown_table
from tui.screen.update_from_keys import _ACTIONS

NOW = 100.0


@pytest.mark.parametrize(
    ("data", "names"),
    [
        (b"bX?", ["b", "X", "?"]),
        (b"\r", ["enter"]),
        (b" ", ["space"]),
        (b"\x03\x0c\x10\x1a", ["ctrl_c", "ctrl_l", "ctrl_p", "ctrl_z"]),
        (b"\x1b[A\x1bOA\x1b[B\x1bOB", ["up", "up", "down", "down"]),
        (b"\x1b[1;2A\x1b[a\x1b[1;2B\x1b[b", ["shift_up", "shift_up", "shift_down", "shift_down"]),
        (b"\x1b[5~\x1b[6~", ["page_up", "page_down"]),
        (b"\x1bOP\x1b[11~\x1b[[A", ["f1", "f1", "f1"]),
        (b"\x1b[Z\t", ["shift_tab", "tab"]),
        ("é".encode(), ["é"]),
    ],
)
def test_keys_are_understood(data: bytes, names: list[str]) -> None:
    assert KeyDecoder().feed(data, NOW) == [Key(name) for name in names]


@pytest.mark.parametrize("split", range(1, 6))
def test_a_sequence_may_come_in_pieces(split: int) -> None:
    decoder, data = KeyDecoder(), b"\x1b[1;2A"
    assert decoder.feed(data[:split], NOW) + decoder.feed(data[split:], NOW) == [Key("shift_up")]


@pytest.mark.parametrize(
    "sequence",
    [
        b"\x1b[38;5;11u",  # a key in a protocol that is not spoken here
        b"\x1b[?62;1;2c",  # the terminal's answer to a query
        b"\x1b]11;rgb:bbbb/ssss/0000\x07",
        b"\x1bP1+r524742=62735858\x1b\\",
        b"\x1b[200;b",
        b"\x1bOs",
        b"\x1b[M bs",  # the oldest mouse reports
        b"\x1b[<35;10;10M",  # a movement of the mouse
        b"\x1b[<2;10;10m",  # a release of the right button
        b"\x1b[<34;10;10M",  # and what it drags
        b"\xc2\x9b5;5X",  # CSI as one character
        b"\xff\xfe",
        b"\x00",
    ],
)
def test_what_is_not_understood_is_swallowed_whole(sequence: bytes) -> None:
    decoder = KeyDecoder()
    pieces = [decoder.feed(sequence[index : index + 1], NOW) for index in range(len(sequence))]
    assert [found for piece in pieces for found in piece] == []
    assert decoder.feed(b"k", NOW) == [Key("k")]


@pytest.mark.parametrize(("data", "name"), [(b"\x1bb", "b"), (b"\x1b:", ":"), (b"\x1b\r", "enter")])
def test_an_escape_and_a_character_at_once_are_alt_and_never_that_key(data: bytes, name: str) -> None:
    assert KeyDecoder().feed(data + b"k", NOW) == [Alt(name), Key("k")]
    decoder = KeyDecoder()
    assert decoder.feed(data[:1], NOW) + decoder.feed(data[1:], NOW + 0.03) == [Alt(name)]


def test_a_lone_escape_is_a_key_when_nothing_follows() -> None:
    decoder = KeyDecoder()
    assert decoder.feed(b"\x1b", NOW) == []
    assert decoder.deadline == NOW + ESCAPE_WAIT_S
    assert decoder.expire(NOW + ESCAPE_WAIT_S) == [Key("escape")]
    assert decoder.deadline is None


def test_an_escape_that_something_follows_within_its_time_is_no_key() -> None:
    decoder = KeyDecoder()
    assert decoder.feed(b"\x1b", NOW) == []
    assert decoder.expire(NOW + 0.03) == []
    assert decoder.feed(b"[A", NOW + 0.03) == [Key("up")]


@pytest.mark.parametrize("begun", [b"\x1b[1;", b"\x1b[", b"\x1bO", b"\x1b[<0;1"])
def test_a_sequence_that_has_begun_stays_one_however_late_its_end_comes(begun: bytes) -> None:
    decoder = KeyDecoder()
    assert decoder.feed(begun, NOW) == []
    assert decoder.deadline is None
    assert decoder.expire(NOW + 3600) == []
    assert decoder.feed(b"x", NOW + 3600) == []
    assert decoder.feed(b"k", NOW + 3601) == [Key("k")]


def test_a_string_that_never_ends_is_dropped_after_a_silence_of_its_own() -> None:
    decoder = KeyDecoder()
    assert decoder.feed(b"\x1b]", NOW) == []
    assert decoder.feed(b"11;rgb", NOW + 0.9) == []
    assert decoder.expire(NOW + 1.5) == []
    assert decoder.expire(NOW + 0.9 + STRING_SILENCE_MAX_S) == []
    assert decoder.feed(b"X", NOW + 2.5) == [Key("X")]


def test_between_the_marks_of_a_paste_nothing_is_a_key_however_long_it_takes() -> None:
    decoder = KeyDecoder()
    assert decoder.feed(b"\x1b[200~x", NOW) == []
    assert decoder.is_pasting
    for seconds in (0.02, 1.0, 60.0, 3600.0):
        assert decoder.deadline is None
        assert decoder.expire(NOW + seconds) == []
    assert decoder.feed(b"b\r", NOW + 3600.0) == []
    assert decoder.feed(b" \x1b[201~", NOW + 3601.0) == [Paste("xb\r ")]
    assert not decoder.is_pasting


def test_a_paste_never_comes_out_as_keys_however_it_is_split() -> None:
    decoder, data = KeyDecoder(), b"\x1b[200~b\rX\x1b[Aqqq\x1b[201~k"
    found = [item for index in range(len(data)) for item in decoder.feed(data[index : index + 1], NOW)]
    assert found == [Paste("b\rX\x1b[Aqqq"), Key("k")]


def test_mouse_and_focus_are_told() -> None:
    assert KeyDecoder().feed(b"\x1b[<0;12;7M\x1b[<65;1;1M\x1b[O\x1b[I", NOW) == [
        Mouse(MouseButton.LEFT, 11, 6),
        Mouse(MouseButton.WHEEL_DOWN, 0, 0),
        Focus(has_focus=False),
        Focus(has_focus=True),
    ]


def test_every_action_has_a_key_and_a_handler_and_no_key_has_two_actions() -> None:
    assert set(ACTIONS.values()) == set(Action) == set(_ACTIONS)
    assert len(ACTIONS) == sum(len(binding.keys) for binding in BINDINGS)


def test_help_and_readme_tell_every_binding_and_hints_begin_with_help() -> None:
    told = [row for _, section in help_rows() for row in section]
    assert all((binding.shown, binding.text) in told for binding in BINDINGS)
    assert all(f"| {binding.shown} | {binding.text} |" in markdown_table() for binding in BINDINGS)
    assert hints()[0] == Hint("?", "help", (Action.HELP,))
