"""The one place where text from outside (all that came over a connection) becomes text for a terminal.  Pure.

A terminal obeys what it is shown: `ESC ] 52 ; …` fills the clipboard, `ESC [` moves the cursor, a bidi control
turns the rest of the line round, so that a 10 reads as 01.  All of that must come out as visible text.  What is
escaped stays readable (`\\x1b]52;`), and what is escaped once is not changed by being escaped again.

    visible_text   for the screen: each character takes one cell, whatever the terminal believes about its language
    visible_ascii  for lines on stdout and stderr, which may be a pipe of any encoding
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

# Letters of these take two cells.
_WIDE = frozenset("WF")
# A letter of one of these makes a terminal that knows bidi write the row in another order.
_RIGHT_TO_LEFT = frozenset(("R", "AL", "AN", "RLE", "RLO", "RLI"))
# Vowels and finals of Korean syllables: letters that take no cell of their own.
_JOINED_JAMO = (("\u1160", "\u11ff"), ("\ud7b0", "\ud7ff"))
_TEXTS_KEPT_MAX = 4_096


def visible_text(text: str) -> str:
    """`text` with every character escaped that is not printable or does not take exactly one cell.  O(length)."""
    if text.isascii() and text.isprintable():
        return text
    return _visible(text)


def visible_ascii(text: str) -> str:
    """`text` with every character that is not printable ASCII escaped.  O(length)."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(letter if letter.isascii() and letter.isprintable() else _escaped(letter) for letter in text)


# The screen draws the same bars and lines again and again.
@lru_cache(_TEXTS_KEPT_MAX)
def _visible(text: str) -> str:
    # A letter and its mark are one cell where there is a letter that has it.
    composed = unicodedata.normalize("NFC", text)
    return "".join(letter if _takes_one_cell(letter) else _escaped(letter) for letter in composed)


def _takes_one_cell(letter: str) -> bool:
    if letter.isascii():
        return letter.isprintable()
    return (
        letter.isprintable()
        and unicodedata.category(letter)[0] != "M"
        and not any(first <= letter <= last for first, last in _JOINED_JAMO)
        and unicodedata.east_asian_width(letter) not in _WIDE
        and unicodedata.bidirectional(letter) not in _RIGHT_TO_LEFT
    )


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode("ascii")
