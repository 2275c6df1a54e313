"""A bot out of a file: whoever runs `exchange bot FILE.py` or a backtest of it gets the same bot.

    market_maker.py             the only Bot that the file defines
    market_maker.py:Careful     the one of that name
    size=20                     a parameter: the class attribute of that name, read as what it is now

Runs the file, as importing it would; its folder is where its own imports are looked for.  A bot that the file runs
meanwhile does not trade (`bot_loading`).
"""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import ModuleType
from typing import get_type_hints

from exchange.networking.client.bot.bot import Bot
from exchange.networking.client.bot.bot_loading import RunsWhenLoadedError, loading

_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


class BotFileError(Exception):
    """There is no bot to be had from this file, or it has no such parameter; one clear line."""


def load_bot(where: str, parameters: Mapping[str, str], symbols: Sequence[str] = ()) -> Bot:
    """The bot in `where`, FILE.py or FILE.py:Class, with these parameters, following `symbols` if any are given.

    Raises BotFileError, which names file and line where the file itself fails.
    """
    path, _, name = where.partition(":") if not Path(where).exists() else (where, "", "")
    bot_class = _bot_class(_module_of(Path(path)), path, name)
    try:
        with loading():
            bot = bot_class()
    except TypeError as error:
        raise BotFileError(f"{path}: {bot_class.__name__} can't be made without arguments: {error}") from error
    except (Exception, SystemExit) as error:
        raise _failed(Path(path), error) from error
    for parameter, text in parameters.items():
        setattr(bot, parameter, _value(bot, parameter, text))
    if symbols:
        bot.symbols = tuple(symbols)
    return bot


def _module_of(path: Path) -> ModuleType:
    if not path.is_file():
        raise BotFileError(f"{path}: there is no such file")
    name = f"bot_of_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if path.suffix != ".py" or spec is None or spec.loader is None:
        raise BotFileError(f"{path}: a bot is in a file whose name ends in .py")
    module = importlib.util.module_from_spec(spec)
    # Where annotations are looked up later.
    sys.modules[name] = module
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        with loading():
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # Whatever the file does, it is told with the line that did it.
        del sys.modules[name]
        raise _failed(path, error) from error
    return module


def _failed(path: Path, error: BaseException) -> BotFileError:
    """What to say of a file that fails: the last line of the author's own that led to it, and why."""
    if isinstance(error, SyntaxError) and error.lineno is not None:
        return BotFileError(f"{error.filename}:{error.lineno}: {type(error).__name__}: {error.msg}")
    folder = path.resolve().parent
    own = [each for each in traceback.extract_tb(error.__traceback__) if folder in Path(each.filename).parents]
    where = f"{own[-1].filename}:{own[-1].lineno}" if own else str(path)
    if isinstance(error, RunsWhenLoadedError):
        return BotFileError(f"{where}: {error}")
    if isinstance(error, SystemExit):
        return BotFileError(f"{where}: it leaves the program when it is loaded")
    return BotFileError(f"{where}: {type(error).__name__}: {' '.join(str(error).split())}")


def _bot_class(module: ModuleType, path: str, name: str) -> type[Bot]:
    own = {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Bot) and value.__module__ == module.__name__
    }
    if name:
        if name not in own:
            raise BotFileError(f"{path}: it defines no bot {name!r}; its bots: {', '.join(own) or 'none'}")
        return own[name]
    if not own:
        raise BotFileError(f"{path}: it defines no Bot")
    if len(own) > 1:
        raise BotFileError(f"{path}: it defines {', '.join(own)}: say which, as {path}:{next(iter(own))}")
    return next(iter(own.values()))


def _value(bot: Bot, name: str, text: str) -> object:
    """The text as the kind of value that the parameter has now.  Raises BotFileError."""
    default = getattr(type(bot), name, None)
    hints = get_type_hints(type(bot))
    if name.startswith("_") or callable(default) or not (hasattr(type(bot), name) or name in hints):
        known = [each for each in vars(type(bot)) if not each.startswith("_") and not callable(getattr(bot, each))]
        raise BotFileError(f"{type(bot).__name__} has no parameter {name!r}; it has: {', '.join(known) or 'none'}")
    kind = str(hints.get(name, type(default)))
    try:
        return _read(text, type(default), kind)
    except (ValueError, InvalidOperation, KeyError):
        wanted = type(default).__name__ if default is not None else kind
        raise BotFileError(f"parameter {name}: {text!r} is no {wanted}") from None


def _read(text: str, kind: type, hint: str) -> object:
    """The kind of the value there is decides; where that is None, what the annotation names."""
    if kind is bool:
        return _TRUTHS[text.lower()]
    if kind in (int, float, Decimal, str):
        return kind(text)
    if kind in (tuple, list):
        return kind(text.split(","))
    for each in (Decimal, int, float):
        if each.__name__ in hint:
            return each(text)
    return text
