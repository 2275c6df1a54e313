"""An exception in a bot's callback, told so that its author finds the place."""

from __future__ import annotations

import traceback
from pathlib import PurePath

# What is raised by a bot's mistake often comes from in here; the author wants to see where it was called.
_LIBRARY = str(PurePath(__file__).parent.parent)


class BotFailed(Exception):  # noqa: N818  as the names in client/errors
    """A callback raised: which, where, on being told what.  `__cause__` is what it raised."""

    def __init__(self, callback: str, place: str, told: tuple[object, ...], error: BaseException) -> None:
        about = f"; it was told {', '.join(repr(each) for each in told)}" if told else ""
        super().__init__(f"{callback} failed at {place}: {type(error).__name__}: {error}{about}")
        self.callback = callback
        self.place = place

    @classmethod
    def of(cls, callback: str, told: tuple[object, ...], error: BaseException) -> BotFailed:
        """What `error`, just caught, has done to the bot."""
        frames = traceback.extract_tb(error.__traceback__)
        own = [frame for frame in frames if not frame.filename.startswith(_LIBRARY)] or list(frames)
        return cls(callback, f"{own[-1].filename}:{own[-1].lineno}", told, error)
