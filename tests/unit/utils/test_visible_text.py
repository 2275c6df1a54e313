"""A hostile engine's texts: nothing of them reaches a terminal as anything but visible characters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.utils.visible_text import visible_ascii, visible_text

HOSTILE = {
    "the clipboard": ("\x1b]52;c;cm0gLXJmIH4=\x07", r"\x1b]52;c;cm0gLXJmIH4=\x07"),
    "the cursor": ("\x1b[2J\x1b[1;1H", r"\x1b[2J\x1b[1;1H"),
    "one-character CSI": ("\x9b31m", r"\x9b31m"),
    "one-character OSC": ("\x9d0;title\x9c", r"\x9d0;title\x9c"),
    "bidi override": ("buy 01\u202e 10", r"buy 01\u202e 10"),
    "bidi isolate": ("\u2066x\u2069\u200f", r"\u2066x\u2069\u200f"),
    "a new line": ("a\r\nb\u2028c", r"a\r\nb\u2028c"),
    "nothing to see": ("a\u200bb\ufeffc\x00\x7f", r"a\u200bb\ufeffc\x00\x7f"),
    "an accent that no letter has": ("x\u0301", r"x\u0301"),
    "a part of a syllable": ("\u1161", r"\u1161"),
    "two cells": ("\u4e16", r"\u4e16"),
    "right to left": ("\u05d0\u05d1", r"\u05d0\u05d1"),
    "half a pair": ("\ud83d", r"\ud83d"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_terminal_would_obey_is_shown_instead(name: str) -> None:
    text, shown = HOSTILE[name]
    assert visible_text(text) == visible_ascii(text) == shown


def test_what_is_harmless_stays_as_it_is_on_the_screen() -> None:
    assert visible_text("BUY 10 @ 100.25 – é █ ⣿ ╭─╮ ►") == "BUY 10 @ 100.25 – é █ ⣿ ╭─╮ ►"
    assert visible_text("cafe\u0301") == "caf\xe9", "one cell, not two"
    assert visible_ascii("é") == r"\xe9"


@given(st.text())
def test_any_text_becomes_cells_and_only_once(text: str) -> None:
    shown = visible_text(text)
    assert all(letter.isprintable() and unicodedata.east_asian_width(letter) not in "WF" for letter in shown)
    assert visible_text(shown) == shown
    assert visible_ascii(text).isascii() and visible_ascii(text).isprintable()
