"""An exception in a bot's callback, told so that its author finds the place."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from pathlib import PurePath

# What is raised by a bot's mistake often comes from in here; the author wants to see where it was called.
_LIBRARY = str(PurePath(__file__).parent.parent)


class SymbolMissingError(ValueError):
    """A bot that follows several symbols did not say which; the text says which there are and what to do."""

    def __init__(self, bot: str, symbols: Iterable[str]) -> None:
        followed = list(symbols)
        first = followed[0] if followed else "NAME"
        super().__init__(
            f"{bot} follows {', '.join(followed) or 'none'}: say which, with `exchange bot FILE.py --symbol "
            f'{first}` or symbols = ("{first}",) in the class; a bot of several asks market("{first}")'
        )


class BotFailed(Exception):  # noqa: N818  as the names in client/errors
    """A callback raised: which, where, on being told what.  `__cause__` is what it raised.

    `is_explained`: the text says what is wrong and what to do, so a traceback would tell nothing more.
    """

    def __init__(self, callback: str, place: str, told: tuple[object, ...], error: BaseException) -> None:
        # Such a text tells all; what the callback was told, and a traceback, would hide it.
        self.is_explained = isinstance(error, SymbolMissingError)
        about = f"; it was told {', '.join(repr(each) for each in told)}" if told and not self.is_explained else ""
        kind = "" if self.is_explained else f"{type(error).__name__}: "
        super().__init__(f"{callback} failed at {place}: {kind}{error}{about}")
        self.callback = callback
        self.place = place

    @classmethod
    def of(cls, callback: str, told: tuple[object, ...], error: BaseException) -> BotFailed:
        """What `error`, just caught, has done to the bot."""
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if not frame.filename.startswith(_LIBRARY)] or list(frames)
        return cls(callback, f"{own[-1].filename}:{own[-1].lineno}", told, error)
