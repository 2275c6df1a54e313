"""The text of the `:` line while it is typed: its editing keys and its history.  Holds both; knows no command."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

TEXT_LENGTH_MAX = 120
HISTORY_LENGTH_MAX = 100


@dataclass(slots=True)
class CommandEditor:
    """The text being typed; `cursor` is a place in it, `recalled` counts back into the history (0: new text)."""

    history: list[str]
    text: str = ""
    cursor: int = 0
    recalled: int = 0
    _draft: str = field(default="")

    def insert(self, text: str) -> None:
        """Type or paste: what is not printable becomes a space, what doesn't fit is cut."""
        clean = "".join(letter if letter.isprintable() else " " for letter in text)
        clean = clean[: TEXT_LENGTH_MAX - len(self.text)]
        # A mark that is typed behind its letter becomes one letter with it.
        before = unicodedata.normalize("NFC", self.text[: self.cursor] + clean)
        self.text = before + self.text[self.cursor :]
        self.cursor = len(before)

    def complete(self, completed: str) -> None:
        """What stood before the cursor is this now, as far as it fits."""
        rest = self.text[self.cursor :]
        self.text = (completed + rest)[:TEXT_LENGTH_MAX]
        self.cursor = min(len(completed), len(self.text))

    def edit(self, key: str) -> None:
        """Carry out an editing key; one that edits nothing is ignored."""
        if key == "backspace" and self.cursor:
            self.text = self.text[: self.cursor - 1] + self.text[self.cursor :]
            self.cursor -= 1
        elif key == "delete":
            self.text = self.text[: self.cursor] + self.text[self.cursor + 1 :]
        elif key == "ctrl_u":
            self.text, self.cursor = self.text[self.cursor :], 0
        elif key == "ctrl_w":
            kept = self.text[: self.cursor].rstrip().rpartition(" ")
            self.text, self.cursor = kept[0] + kept[1] + self.text[self.cursor :], len(kept[0] + kept[1])
        elif key in ("up", "down"):
            self._recall(self.recalled + (1 if key == "up" else -1))
        else:
            places = {"left": self.cursor - 1, "right": self.cursor + 1, "home": 0, "end": len(self.text)}
            places |= {"ctrl_a": 0, "ctrl_e": len(self.text)}
            self.cursor = max(0, min(len(self.text), places.get(key, self.cursor)))

    def _recall(self, recalled: int) -> None:
        if not 0 <= recalled <= len(self.history):
            return
        if self.recalled == 0:
            self._draft = self.text
        self.recalled = recalled
        self.text = self.history[-recalled] if recalled else self._draft
        self.cursor = len(self.text)
