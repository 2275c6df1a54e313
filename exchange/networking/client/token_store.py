"""Where a client keeps its tokens: one file per user, readable by its owner alone.

A token is told once, when a name is claimed, and is what proves afterwards that the name is ours.  It proves it to
one exchange: a second one, on another data directory, knows neither name nor token.  So a token that another takes
the place of is kept beside it, for the exchange that knows it:

    token_alice.txt            of the exchange that alice was last let in by
    token_alice.other-1.txt    of another one
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
_OTHER = re.compile(r"token_.+\.other-([0-9]{1,9})\.txt")


class TokenStore:
    """The tokens in one directory, which is made when the first one is saved."""

    def __init__(self, directory: Union[str, Path]) -> None:
        self._directory = Path(directory)

    def load(self, user: str) -> Optional[str]:
        """The user's token; None if none is kept here.

        Raises ValueError for a name that can't be a user's, OSError, and TokenFileError.
        """
        token = _token_in(self.path(user))
        if token is None and self.path(user).exists():
            raise TokenFileError(f"{self.path(user)} does not hold a token; {self.advice(user)}")
        return token

    def others(self, user: str) -> list[str]:
        """The user's tokens at other exchanges, the one last set aside first.  Raises ValueError and OSError."""
        found = [(number, _token_in(path)) for number, path in self._others(user)]
        return [token for _, token in sorted(found, reverse=True) if token is not None]

    def prepare(self) -> None:
        """Make sure that a token could be saved, before one is told that is never told again.  Raises OSError."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        tempfile.TemporaryFile(dir=self._directory).close()

    def save(self, user: str, token: str) -> None:
        """Keep a token: on stable storage, mode 0600, when this returns.  OSError if it can't be.

        A different one that was kept so far becomes one of the `others`.
        """
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = _token_in(self.path(user))
        if kept is not None and kept != token:
            numbers = [number for number, _ in self._others(user)]
            other = self.path(user).with_name(f"token_{user}.other-{max(numbers, default=0) + 1}.txt")
            write_atomically(other, f"{kept}\n".encode("ascii"), TOKEN_FILE_MODE)
        write_atomically(self.path(user), f"{token}\n".encode("ascii"), TOKEN_FILE_MODE)
        for _, path in self._others(user):
            if _token_in(path) == token:
                path.unlink()

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

    def _others(self, user: str) -> list[tuple[int, Path]]:
        """The files of the user's other tokens, each with its number."""
        paths = self.path(user).parent.glob(f"token_{user}.other-*.txt")
        return [(int(match[1]), path) for path in paths if (match := _OTHER.fullmatch(path.name))]


def _token_in(path: Path) -> Optional[str]:
    """The token that a file holds; None if there is no file, or something else in it.  Raises OSError."""
    try:
        match = _TOKEN.fullmatch(path.read_bytes())
    except FileNotFoundError:
        return None
    return None if match is None else match[1].decode("ascii")
