"""`screen.json` beside the tokens: what each user's screen remembers.

    {"alice": {"theme": "mono", "presets": [1, 5, 10, 25, 100], …}, "bob": {…}}

The screen itself writes it, atomically.  What it does not know it keeps as it is, other users' settings too.  A
file that is damaged is set aside under another name.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Optional

from exchange.utils.helpers import JsonError, parse_json, write_atomically

FILE_NAME = "screen.json"


class SettingsFile:
    """The settings of one user in the file at `path`.  Belongs to one thread."""

    def __init__(self, path: Path, user: str) -> None:
        self.path = path
        self._user = user

    def load(self) -> tuple[dict[str, Any], Optional[str]]:
        """The user's fields, none if there is no file; and a line to say if it was damaged.  Raises OSError."""
        kept, notice = self._read()
        return _of_user(kept, self._user), notice

    def save(self, fields: dict[str, Any]) -> None:
        """Make these the user's fields, beside those that are there and not among them.  Raises OSError."""
        kept, _ = self._read()
        kept[self._user] = _of_user(kept, self._user) | fields
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = json.dumps(kept, indent=2, ensure_ascii=False, default=float)
        write_atomically(self.path, f"{text}\n".encode())

    def _read(self) -> tuple[dict[str, Any], Optional[str]]:
        """All of the file; a damaged one is set aside."""
        try:
            kept = parse_json(self.path.read_bytes())
            if not isinstance(kept, dict):
                raise JsonError("it holds no object")
            return kept, None
        except FileNotFoundError:
            return {}, None
        except JsonError as error:
            return {}, self._set_aside(error)

    def _set_aside(self, error: JsonError) -> str:
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.damaged-{number}")).exists():
            number += 1
        self.path.rename(aside)
        return f"the settings {self.path} are damaged ({error}); the file was kept as {aside.name}"


def _of_user(kept: dict[str, Any], user: str) -> dict[str, Any]:
    fields = kept.get(user)
    return fields if isinstance(fields, dict) else {}
