"""What came in one read and was no typing: it is a paste, though nothing marked it as one.

Terminals that know no bracketed paste send a pasted text as if it were typed, all at once.  Hands are slower: one
read rarely brings two letters.  So several characters in one read are a paste, and so is what follows them until
the terminal has been quiet for a moment.  Taking typing for a paste costs a second try; the other way round sends
orders.

So is what comes right after an Alt that is no key here: a text may have begun with it.  After the one that opens
the command line it is text, and needs no such care.

Not a paste are keys that are held down or hammered (the same letter again and again), if they can't add risk, and
everything that is no letter: arrows, clicks.

Remembers from one read to the next whether a paste is under way; the time is an argument.
"""

from __future__ import annotations

from tui.screen.key_decoder import Alt, Input, Key, Paste
from tui.screen.key_layouts import latin_key
from tui.screen.key_table import ACTIONS, Action

# With one hand on the digits and one on the letters, two keys may come together.
TYPED_TOGETHER_MAX = 2
# But not with these: they send what was asked, or let the next key send without asking.
DECISIVE = frozenset(("enter", "a"))
# Nor two of these: one read shall never bring more than one order.
ORDERING = frozenset("bsBSfr")
HELD_KEYS = frozenset("jkxX+-=[]") | {"space", "backspace", "tab"}
QUIET_S = 0.1
_TEXTS = {"enter": "\n", "space": " ", "tab": "\t"}


class BurstGuard:
    """Give it what each read brought; times are seconds of the caller's steady clock."""

    def __init__(self) -> None:
        self._quiet_at = 0.0

    def take(self, inputs: list[Input], now: float) -> list[Input]:
        """The inputs of one read, the characters among them joined to one Paste if they were pasted."""
        letters = [found.name for found in inputs if isinstance(found, Key) and _is_letter(found.name)]
        is_alien = any(isinstance(found, Alt) and not opens_command(found) for found in inputs)
        is_pasted = bool(letters) and (now < self._quiet_at or is_alien or _is_burst(letters))
        if is_pasted or is_alien:
            self._quiet_at = now + QUIET_S
        if not is_pasted:
            return inputs
        text = "".join(_TEXTS.get(name, name) for name in letters if name != "backspace")
        # Where its first letter was: what came before it may have opened the line that it is for.
        before = inputs.index(Key(letters[0]))
        return [*_but_keys(inputs[:before]), Paste(text), *_but_keys(inputs[before:])]


def opens_command(alt: Alt) -> bool:
    """Whether the key of it opens the command line, in which all that follows is text."""
    return ACTIONS.get(latin_key(alt.name)) is Action.COMMAND


def _but_keys(inputs: list[Input]) -> list[Input]:
    return [found for found in inputs if not isinstance(found, Key)]


def _is_letter(name: str) -> bool:
    return len(name) == 1 or name in _TEXTS or name == "backspace"


def _is_burst(letters: list[str]) -> bool:
    # A letter of another layout does what the Latin one in its place does.
    letters = [latin_key(letter) for letter in letters]
    kinds = set(letters)
    if len(letters) == 1 or (len(kinds) == 1 and kinds <= HELD_KEYS):
        return False
    orders = sum(letter in ORDERING for letter in letters)
    return len(letters) > TYPED_TOGETHER_MAX or orders > 1 or bool(kinds & DECISIVE)
