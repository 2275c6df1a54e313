"""What looks like a callback of a bot and is none: nobody would ever call it, and the bot would do nothing."""

from __future__ import annotations

import difflib

from exchange.networking.client.bot.bot_callbacks import BotCallbacks

PREFIX = "on_"


def misspelt_callbacks(bot_class: type[BotCallbacks]) -> list[str]:
    """A line for each method that begins as callbacks do and is none, with the callback that is nearest."""
    callbacks = [name for name in vars(BotCallbacks) if name.startswith(PREFIX)]
    names = [name for name in dir(bot_class) if name.startswith(PREFIX) and name not in callbacks]
    return [
        f"{bot_class.__name__}.{name} is no callback of Bot: is {_nearest(name, callbacks)} meant?"
        for name in names
        if callable(getattr(bot_class, name))
    ]


def _nearest(name: str, callbacks: list[str]) -> str:
    return difflib.get_close_matches(name, callbacks, n=1, cutoff=0.0)[0]
