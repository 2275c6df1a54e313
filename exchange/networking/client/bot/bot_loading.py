"""While a bot's file is being loaded it must not trade: whoever only wants the class would trade by it.

Known to `bot_file`, which loads, and to `bot_runner`, which refuses to run meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_IS_LOADING: ContextVar[bool] = ContextVar("is_loading_a_bot_file", default=False)


class RunsWhenLoadedError(Exception):
    """A bot's file runs its bot by being loaded."""


@contextmanager
def loading() -> Iterator[None]:
    """A bot's file is being loaded in this block, by this thread."""
    before = _IS_LOADING.set(True)
    try:
        yield
    finally:
        _IS_LOADING.reset(before)


def refuse_while_loading(class_name: str) -> None:
    """Raises RunsWhenLoadedError if this thread is loading a bot's file."""
    if _IS_LOADING.get():
        raise RunsWhenLoadedError(
            f'it runs its bot when it is loaded: put `{class_name}().run()` under `if __name__ == "__main__":`'
        )
