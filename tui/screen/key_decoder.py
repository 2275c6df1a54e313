"""The bytes a terminal sends → keys, clicks, pastes and focus changes.  One owner.

On this screen a letter can send an order, so what is not understood must never come out as letters:

* an escape sequence that is not in the table is swallowed up to its final byte (ECMA-48: CSI, SS3, and the strings
  OSC, DCS, APC, PM, SOS up to their terminator), however the bytes are split over reads;
* what is pasted (between `ESC [ 200 ~` and `ESC [ 201 ~`) comes out as one `Paste`, never as keys;
* ESC followed at once by a character is what a terminal sends for Alt and that key, and what a slow line makes of
  Escape and the key: it comes out as one `Alt`, never as the key, and what it may mean is decided elsewhere.

Time decides one thing only, and by this decoder's own deadline: ESC alone is the Escape key if nothing has
followed it for a moment.  What has begun as a paste or as a sequence stays one until its end comes, however late.
A string (OSC, DCS …) that never ends would make the keyboard useless, and Alt-] begins one: a silence ends it.

Holds what has come of a sequence; reads no clock and no terminal: the time is an argument.
"""

from __future__ import annotations

import codecs
from enum import Enum, auto
from typing import NamedTuple, Optional, Union


class Key(NamedTuple):
    """One key: a printable character, or a name such as `up`, `shift_up`, `enter`, `ctrl_c`."""

    name: str


class MouseButton(Enum):
    """What the mouse did: LEFT and RIGHT are presses, DRAG and RELEASE what the left button does after one."""

    LEFT = auto()
    RIGHT = auto()
    DRAG = auto()
    RELEASE = auto()
    WHEEL_UP = auto()
    WHEEL_DOWN = auto()


class Mouse(NamedTuple):
    """A button or the wheel at cell (x, y), counted from 0."""

    button: MouseButton
    x: int
    y: int


class Paste(NamedTuple):
    """Text that was pasted."""

    text: str


class Focus(NamedTuple):
    """The terminal's window got the focus or lost it."""

    has_focus: bool


class Alt(NamedTuple):
    """ESC and a character that came together: `name` as of a Key."""

    name: str


Input = Union[Key, Alt, Mouse, Paste, Focus]

ESC = "\x1b"
PASTE_END = "\x1b[201~"
# A paste or a string sequence longer than this is cut: nobody pastes that into a command line.
KEPT_CHARACTERS_MAX = 4_096
ESCAPE_WAIT_S = 0.05
STRING_SILENCE_MAX_S = 1.0
# The one-character forms of ESC [, ESC O, ESC P …
_EIGHT_BIT_STARTS = {0x80 + ord(letter) - 0x40: ESC + letter for letter in "[OP]X^_"}
_STRING_STARTS = frozenset("]PX^_")
_CONTROL_KEYS = {
    "\r": "enter",
    "\n": "enter",
    "\t": "tab",
    "\x7f": "backspace",
    "\x08": "backspace",
    " ": "space",
    **{chr(code): f"ctrl_{chr(code + 96)}" for code in range(1, 27) if chr(code) not in "\r\n\t\x08"},
}
# What follows ESC [ or ESC O, parameters and final byte together.
_SEQUENCES = {
    "A": "up",
    "B": "down",
    "C": "right",
    "D": "left",
    "H": "home",
    "F": "end",
    "1;2A": "shift_up",
    "1;2B": "shift_down",
    "a": "shift_up",
    "b": "shift_down",
    "Z": "shift_tab",
    "1~": "home",
    "7~": "home",
    "4~": "end",
    "8~": "end",
    "3~": "delete",
    "5~": "page_up",
    "6~": "page_down",
    "P": "f1",
    "11~": "f1",
    "M": "enter",
}
_MOUSE_BUTTONS = {
    (0, "M"): MouseButton.LEFT,
    (2, "M"): MouseButton.RIGHT,
    (32, "M"): MouseButton.DRAG,
    (0, "m"): MouseButton.RELEASE,
    (64, "M"): MouseButton.WHEEL_UP,
    (65, "M"): MouseButton.WHEEL_DOWN,
}


class KeyDecoder:
    """Feed it bytes as they come; it keeps what is not complete yet."""

    def __init__(self) -> None:
        self._text = ""
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._paste: Optional[str] = None
        self._is_in_string = False
        self._fed_at = 0.0

    @property
    def deadline(self) -> Optional[float]:
        """When `expire` is due, on the clock of `feed`'s `now`; None: nothing waits for time to pass."""
        if self._paste is not None:
            return None
        if self._is_in_string:
            return self._fed_at + STRING_SILENCE_MAX_S
        return self._fed_at + ESCAPE_WAIT_S if self._text == ESC else None

    @property
    def is_pasting(self) -> bool:
        """Whether a paste has begun and not ended: nothing that is typed is a key."""
        return self._paste is not None

    def feed(self, data: bytes, now: float) -> list[Input]:
        """The inputs that are complete with these bytes, which were read at `now` (seconds), in order."""
        self._fed_at = now
        self._text += self._decode(data).translate(_EIGHT_BIT_STARTS)
        inputs: list[Input] = []
        while self._text:
            before = len(self._text)
            found = self._take()
            if found is not None:
                inputs.append(found)
            if len(self._text) == before:
                break
        return inputs

    def expire(self, now: float) -> list[Input]:
        """What the passing of time makes of what is waiting; call it only if there is nothing to read."""
        if self.deadline is None or now < self.deadline:
            return []
        is_escape = not self._is_in_string
        self._text, self._is_in_string = "", False
        return [Key("escape")] if is_escape else []

    def _take(self) -> Optional[Input]:
        """Take one piece off the front of the text.  None: it was nothing to tell of, or is not complete."""
        if self._paste is not None:
            return self._take_paste(self._paste)
        if self._is_in_string:
            self._skip_string()
            return None
        if self._text[0] == ESC:
            return self._take_sequence()
        letter, self._text = self._text[0], self._text[1:]
        name = _name_of(letter)
        return Key(name) if name else None

    def _take_paste(self, paste: str) -> Optional[Input]:
        text = self._text
        end = text.find(PASTE_END)
        if end >= 0:
            self._text, self._paste = text[end + len(PASTE_END) :], None
            return Paste((paste + text[:end])[:KEPT_CHARACTERS_MAX])
        # The last few characters may be the beginning of the end.
        kept = next((size for size in range(len(PASTE_END) - 1, 0, -1) if text.endswith(PASTE_END[:size])), 0)
        self._paste = (paste + text[: len(text) - kept])[:KEPT_CHARACTERS_MAX]
        self._text = text[len(text) - kept :]
        return None

    def _skip_string(self) -> None:
        """Drop an OSC, DCS … up to BEL or ESC \\, or up to an ESC that begins something else."""
        for index, letter in enumerate(self._text):
            if letter == "\x07":
                self._text, self._is_in_string = self._text[index + 1 :], False
                return
            if letter == ESC:
                if index + 1 == len(self._text):
                    self._text = ESC
                    return
                skipped = 2 if self._text[index + 1] == "\\" else 0
                self._text, self._is_in_string = self._text[index + skipped :], False
                return
        self._text = ""

    def _take_sequence(self) -> Optional[Input]:
        text = self._text
        if len(text) == 1:
            return None
        kind = text[1]
        if kind == "[":
            return self._take_control_sequence()
        if kind == "O":
            return self._take_single_shift()
        if kind == ESC:
            self._text = text[1:]
            return Key("escape")
        self._text = text[2:]
        self._is_in_string = kind in _STRING_STARTS
        name = "" if self._is_in_string else _name_of(kind)
        return Alt(name) if name else None

    def _take_single_shift(self) -> Optional[Input]:
        if len(self._text) < 3:
            return None
        final, self._text = self._text[2], self._text[3:]
        name = _SEQUENCES.get(final)
        return Key(name) if name is not None else None

    def _take_control_sequence(self) -> Optional[Input]:
        """ESC [, parameters 0x20–0x3F, a final byte 0x40–0x7E; anything else ends it as not understood."""
        text = self._text
        if text[2:3] == "[":  # the Linux console's function keys: one letter more
            self._text = text[4:] if len(text) > 3 else text
            return Key("f1") if text[3:4] == "A" else None
        if text[2:3] == "M":  # the oldest mouse reports: three more characters, which are no keys
            self._text = text[6:] if len(text) > 5 else text
            return None
        end = 2
        while end < len(text) and " " <= text[end] <= "?":
            end += 1
        if end == len(text):
            return None
        body = text[2 : end + 1]
        # An ESC or a control character inside breaks the sequence off and is read on its own.
        self._text = text[end + 1 :] if "@" <= text[end] <= "~" else text[end:]
        return self._understand(body)

    def _understand(self, body: str) -> Optional[Input]:
        if body == "200~":
            self._paste = ""
            return None
        if body in ("I", "O"):
            return Focus(body == "I")
        if body[0] == "<" and body[-1] in "Mm":
            return _mouse(body)
        name = _SEQUENCES.get(body)
        return Key(name) if name is not None else None


def _name_of(letter: str) -> str:
    """The name of the key of this one character, "" if it is none."""
    name = _CONTROL_KEYS.get(letter, letter)
    return name if name.isprintable() and letter != "\ufffd" else ""


def _mouse(body: str) -> Optional[Mouse]:
    """`<button;x;yM`: a press, counted from 1; with `m` a release."""
    fields = body[1:-1].split(";")
    if len(fields) != 3 or not all(field.isascii() and field.isdigit() for field in fields):
        return None
    button = _MOUSE_BUTTONS.get((int(fields[0][:4]), body[-1]))
    x, y = int(fields[1][:6]), int(fields[2][:6])
    return Mouse(button, x - 1, y - 1) if button is not None and x > 0 and y > 0 else None
