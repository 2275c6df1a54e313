"""The keys of the open help: letters search in keys and commands, ↑↓ choose, Enter does what was chosen.

Changes the model and nothing else.  A key that was chosen goes through the same handler as the key itself, so an
order is asked for like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from tui.screen.command_editor import CommandEditor
from tui.screen.key_decoder import Key
from tui.screen.key_table import ACTIONS, Action
from tui.screen.messages import Outgoing
from tui.screen.model import Model
from tui.screen.palette import search

QUERY_LENGTH_MAX = 40
HELP_SCROLLED_MAX = 60
_STEPS = {Action.PRICE_UP: -1, Action.PRICE_DOWN: 1, Action.PAGE_UP: -10, Action.PAGE_DOWN: 10}

# Carries out what a key asks for.
Act = Callable[[Model, Action], list[Outgoing]]


def open_help(model: Model) -> None:
    """Show it, with nothing searched for yet."""
    model.is_help_shown, model.help_query, model.help_chosen, model.help_scrolled = True, "", 0, 0


def type_in_help(model: Model, key: Key, act: Act) -> list[Outgoing]:
    """One key for the open help; `act` does what the key of an entry does."""
    name = key.name
    step = _step(name)
    if name == "enter" and model.help_query:
        return _choose(model, act)
    if step is not None:
        _go(model, step)
    elif name == "backspace":
        _search_for(model, model.help_query[:-1])
    elif name == "space" and model.help_query:
        _search_for(model, model.help_query + " ")
    elif len(name) == 1 and (model.help_query or name not in "?"):
        _search_for(model, model.help_query + name)
    else:
        model.is_help_shown = False
    return []


def search_pasted(model: Model, text: str) -> None:
    """What came all at once, pasted or typed over a slow line, is searched for and does nothing else."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text.strip())
    _search_for(model, model.help_query + clean)


def _step(name: str) -> Optional[int]:
    """How far an arrow or a page goes; letters are text here."""
    action = ACTIONS.get(name)
    return None if len(name) == 1 or action is None else _STEPS.get(action)


def _go(model: Model, step: int) -> None:
    if model.help_query:
        count = len(search(model, model.help_query))
        model.help_chosen = max(0, min(count - 1, model.help_chosen + step))
    else:
        model.help_scrolled = max(0, min(HELP_SCROLLED_MAX, model.help_scrolled + step))


def _search_for(model: Model, query: str) -> None:
    model.help_query, model.help_chosen = query[:QUERY_LENGTH_MAX], 0


def _choose(model: Model, act: Act) -> list[Outgoing]:
    """Do what was chosen, or begin its command; of what is not found Enter does nothing."""
    found = search(model, model.help_query)
    if model.help_chosen >= len(found):
        return []
    entry = found[model.help_chosen]
    model.is_help_shown = False
    if entry.action is not None:
        return act(model, entry.action)
    model.command = CommandEditor(model.command_history)
    model.command.insert(f"{entry.command} ")
    return []
