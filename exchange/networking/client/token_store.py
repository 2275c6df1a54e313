"""Where a client keeps its tokens: a file for each user and exchange, readable by its owner alone.

A token is told once, when a name is claimed, and is what proves afterwards that the name is ours.  It proves it to
one exchange: another knows neither name nor token, and should not learn it, since whoever has the token is the
user.  But which exchange it is that answers, a client hears only once it is let in.  So beside the tokens is kept
where each exchange was seen (`engine_addresses`), and a token is sent

    to an address where its exchange was seen before;
    on this machine to any port: an engine that is started again may have another one;
    anywhere, if nothing is known of where its exchange is (the file was brought by hand, or is from before).

    token_alice.5ec4….txt           of the exchange that calls itself 5ec4…
    token_alice.5ec4….other-1.txt   another one of it, whose place was taken (it was reset, or is a copy)
    token_alice.txt                 of an exchange that told no name, or from before there were names in files'
    token_alice.other-1.txt         another one of those
    last_alice.txt                  the name of the exchange that let alice in last
    addresses.txt                   where which exchange was seen
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple, Optional, Union

from exchange.networking.client.engine_addresses import EngineAddresses, address_text, is_on_this_machine
from exchange.networking.client.errors import TokenFileError
from exchange.utils.helpers import write_atomically

# The owner alone may read it.
TOKEN_FILE_MODE = 0o600
_USER = re.compile(r"[A-Za-z0-9_-]{1,32}")
_TOKEN = re.compile(rb"([A-Za-z0-9]{1,128})\n?")
_ENGINE_ID = re.compile(r"[0-9a-z]{8,64}")
# In place of the name of an exchange; it is too short for one.
_NO_NAME = "no-name"
_FILE = re.compile(r"token_[A-Za-z0-9_-]+(?:\.([0-9a-z]{8,64}))?(?:\.other-([0-9]{1,9}))?\.txt")


class KeptToken(NamedTuple):
    """A token, and the exchange that knows it (None: not known which)."""

    token: str
    engine_id: Optional[str]


class _TokenFile(NamedTuple):
    """A file of a user's token.  `number` 0 is the one that counts, the highest the one last set aside."""

    path: Path
    engine_id: Optional[str]
    number: int


class TokenStore:
    """The tokens in one directory, which is made when the first one is saved."""

    def __init__(self, directory: Union[str, Path]) -> None:
        self._directory = Path(directory)
        self.addresses = EngineAddresses(self._directory / "addresses.txt")

    # --- which token to send -----------------------------------------------------------------------------------

    def first(self, user: str, address: str) -> Optional[KeptToken]:
        """The token to begin with at this address; None to claim the name.

        Raises ValueError for a name that can't be a user's, OSError, and TokenFileError.
        """
        for engine_id in self.addresses.engines_at(address)[:1]:
            token = self.load(user, engine_id)
            if token is not None:
                return KeptToken(token, engine_id)
        token = self.load(user)
        return None if token is None else KeptToken(token, None)

    def engine_at(self, user: str, host: str, port: int) -> Optional[str]:
        """The exchange that is expected there: seen there before, else the one that let the user in last.

        None if it is not known by name.  Raises as `first`.
        """
        kept = self.first(user, address_text(host, port))
        if kept is not None:
            return kept.engine_id
        last = self._last(user) or _NO_NAME
        return last if _ENGINE_ID.fullmatch(last) else None

    def others(self, user: str, address: str) -> list[KeptToken]:
        """The tokens that may be tried at this address, the best first.  Raises ValueError and OSError."""
        files = self._files(user)
        here = self.addresses.engines_at(address)
        engines: list[Optional[str]] = [*here, None]
        elsewhere = {file.engine_id for file in files if file.engine_id is not None} - set(here)
        engines += sorted(each for each in elsewhere if self._may_have_moved(each, address))
        found = [_kept_in(file) for engine_id in engines for file in files if file.engine_id == engine_id]
        return list(dict.fromkeys(each for each in found if each is not None))

    def is_known_anywhere(self, user: str) -> bool:
        """Whether any exchange has ever given the user a token.  Raises ValueError and OSError."""
        return bool(self._files(user))

    def single(self, user: str, address: str) -> Optional[KeptToken]:
        """The token for who can try only one; None to claim the name.  Raises as `first`."""
        first = self.first(user, address)
        if first is None and not self.addresses.engines_at(address):
            return next(iter(self.others(user, address)), None)
        return first

    def _may_have_moved(self, engine_id: str, address: str) -> bool:
        """Whether the exchange may be meant by an address where it was never seen."""
        known = self.addresses.addresses_of(engine_id)
        return not known or (is_on_this_machine(address) and any(map(is_on_this_machine, known)))

    def is_last(self, user: str, engine_id: Optional[str]) -> bool:
        """Whether no other exchange has let the user in since this one did.  Raises ValueError and OSError."""
        return (self._last(user) or _NO_NAME) == (engine_id or _NO_NAME)

    def load(self, user: str, engine_id: Optional[str] = None) -> Optional[str]:
        """The user's token at this exchange; None if none is kept here.

        Raises ValueError for a name that can't be a user's, OSError, and TokenFileError.
        """
        path = self.path(user, engine_id)
        token = _token_in(path)
        if token is None and path.exists():
            raise TokenFileError(f"{path} does not hold a token; {_advice(user, path)}")
        return token

    # --- keeping one -------------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Make sure that a token could be saved, before one is told that is never told again.  Raises OSError."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        tempfile.TemporaryFile(dir=self._directory).close()

    def save(self, user: str, token: str, engine_id: Optional[str] = None, address: Optional[str] = None) -> None:
        """Keep the token by which the exchange at `address` has let the user in.

        It is on stable storage, mode 0600, when this returns.  A different one that was kept for this exchange is
        set aside.  `address` None: do not remember where it is.  Raises ValueError and OSError.
        """
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine_id = self._believed(engine_id, address)
        path = self.path(user, engine_id)
        kept = _token_in(path)
        if kept != token:
            if kept is not None:
                self._set_aside(user, engine_id, kept)
            write_atomically(path, f"{token}\n".encode("ascii"), TOKEN_FILE_MODE)
        if kept != token or (engine_id is not None and self.path(user).exists()):
            self._remove_copies(user, token, (engine_id, None), path)
        last, current = self._last(user), engine_id or _NO_NAME
        if last != current and not (last is None and engine_id is None):
            write_atomically(self._last_path(user), f"{current}\n".encode("ascii"), TOKEN_FILE_MODE)
        if engine_id is not None and address is not None:
            self.addresses.note(address, engine_id)

    def _believed(self, engine_id: Optional[str], address: Optional[str]) -> Optional[str]:
        """The name that an exchange has told, None if it can't be one or, as far as is known, is another's.

        A stranger that called itself by the name of an exchange that is elsewhere would be sent its tokens.
        """
        if engine_id is None or not _ENGINE_ID.fullmatch(engine_id):
            return None
        if address is None or engine_id in self.addresses.engines_at(address):
            return engine_id
        return engine_id if self._may_have_moved(engine_id, address) else None

    def _set_aside(self, user: str, engine_id: Optional[str], token: str) -> None:
        number = max(file.number for file in self._files(user) if file.engine_id == engine_id) + 1
        path = self.path(user, engine_id)
        other = path.with_name(f"{path.stem}.other-{number}.txt")
        write_atomically(other, f"{token}\n".encode("ascii"), TOKEN_FILE_MODE)

    def _remove_copies(self, user: str, token: str, engines: Collection[Optional[str]], but_for: Path) -> None:
        for file in self._files(user):
            if file.engine_id in engines and file.path != but_for and _token_in(file.path) == token:
                file.path.unlink()

    # --- what a person is told ---------------------------------------------------------------------------------

    def advice(self, user: str, host: str, port: int) -> str:
        """What a person can do whose token is refused at this address, as the end of a line."""
        address = address_text(host, port)
        here = self.addresses.engines_at(address)
        advice = _advice(user, self.path(user, here[0] if here else None))
        engines = {file.engine_id for file in self._files(user) if file.engine_id is not None}
        for engine_id in sorted(engines - set(here)):
            if not self._may_have_moved(engine_id, address):
                place = self.addresses.addresses_of(engine_id)[0]
                advice += (
                    f"; the token for the exchange at {place} was not sent: if it is this one, say so with the "
                    f"line `{address} {engine_id}` in {self.addresses.path}"
                )
        return advice

    # --- places ------------------------------------------------------------------------------------------------

    def path(self, user: str, engine_id: Optional[str] = None) -> Path:
        """Where the user's token at this exchange is, or would be.  Raises ValueError."""
        if not _USER.fullmatch(user):
            raise ValueError(f"user {user!r}: must be 1 to 32 characters of A-Z a-z 0-9 _ -")
        return self._directory / (f"token_{user}.txt" if engine_id is None else f"token_{user}.{engine_id}.txt")

    def _last_path(self, user: str) -> Path:
        return self.path(user).with_name(f"last_{user}.txt")

    def _last(self, user: str) -> Optional[str]:
        try:
            return self._last_path(user).read_bytes().decode("ascii", "replace").strip()
        except FileNotFoundError:
            return None

    def _files(self, user: str) -> list[_TokenFile]:
        """The files of the user's tokens: the ones that count first, then those last set aside."""
        paths = self.path(user).parent.glob(f"token_{user}.*txt")
        found = [(path, match) for path in paths if (match := _FILE.fullmatch(path.name))]
        files = [_TokenFile(path, match[1], int(match[2] or 0)) for path, match in found]
        return sorted(files, key=lambda file: (file.number != 0, -file.number))


def _advice(user: str, path: Path) -> str:
    return (
        f"the token of {user} is expected in {path}; if it is lost or another exchange's, remove that file and "
        f"have the operator reset the user (exchange operate reset {user})"
    )


def _kept_in(file: _TokenFile) -> Optional[KeptToken]:
    token = _token_in(file.path)
    return None if token is None else KeptToken(token, file.engine_id)


def _token_in(path: Path) -> Optional[str]:
    """The token that a file holds; None if there is no file, or something else in it.  Raises OSError."""
    try:
        match = _TOKEN.fullmatch(path.read_bytes())
    except FileNotFoundError:
        return None
    return None if match is None else match[1].decode("ascii")
