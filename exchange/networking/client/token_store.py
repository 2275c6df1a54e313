"""Where a client keeps its tokens: one file per user, readable by its owner alone.

A token is told once, when a name is claimed, and is what proves afterwards that the name is ours.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Optional, Union

from exchange.networking.client.errors import TokenFileError
from exchange.utils.helpers import write_atomically

# The owner alone may read it.
TOKEN_FILE_MODE = 0o600
_USER = re.compile(r"[A-Za-z0-9_-]{1,32}")
_TOKEN = re.compile(rb"([A-Za-z0-9]{1,128})\n?")


class TokenStore:
    """The tokens in one directory, which is made when the first one is saved."""

    def __init__(self, directory: Union[str, Path]) -> None:
        self._directory = Path(directory)

    def load(self, user: str) -> Optional[str]:
        """The user's token; None if none is kept here.

        Raises ValueError for a name that can't be a user's, OSError, and TokenFileError.
        """
        try:
            content = self.path(user).read_bytes()
        except FileNotFoundError:
            return None
        match = _TOKEN.fullmatch(content)
        if match is None:
            raise TokenFileError(f"{self.path(user)} does not hold a token; {self.advice(user)}")
        return match[1].decode("ascii")

    def prepare(self) -> None:
        """Make sure that a token could be saved, before one is told that is never told again.  Raises OSError."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        tempfile.TemporaryFile(dir=self._directory).close()

    def save(self, user: str, token: str) -> None:
        """Keep a token: on stable storage, mode 0600, when this returns.  OSError if it can't be."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(self.path(user), f"{token}\n".encode("ascii"), TOKEN_FILE_MODE)

    def advice(self, user: str) -> str:
        """What a person can do whose token is refused, as the end of a line."""
        return (
            f"the token of {user} is expected in {self.path(user)}; if it is lost or another exchange's, remove "
            f"that file and have the operator reset the user (scripts/operate.py reset {user})"
        )

    def path(self, user: str) -> Path:
        """Where the user's token is, or would be.  Raises ValueError."""
        if not _USER.fullmatch(user):
            raise ValueError(f"user {user!r}: must be 1 to 32 characters of A-Z a-z 0-9 _ -")
        return self._directory / f"token_{user}.txt"
