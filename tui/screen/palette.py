"""The search over keys and commands, while one types: what is found, why it does nothing now, what Tab completes.

Pure: text and model in, entries out.  The keys are those of `key_table`, the commands those of `command_parser`.
"""

from __future__ import annotations

from collections.abc import Sequence
from os.path import commonprefix
from typing import NamedTuple, Optional

from tui.screen.availability import why_not
from tui.screen.command_parser import COMMANDS, CommandHelp
from tui.screen.key_table import BINDINGS, LOOKS, REWIND_ACTIONS, REWIND_BINDINGS, REWIND_SECTION, Action
from tui.screen.model import Model
from tui.screen.panel_choice import NAMES

PRICE_WORDS = ("bid", "ask", "mid", "last")
SETTING_WORDS = {"bell": ("on", "off"), "confirm": ("always", "unless-armed")}
TERM_WORDS = ("stop", "show", "gtc", "day", "ioc", "fok", "post")


class PaletteEntry(NamedTuple):
    """A row of the search: how it is called, what it does, and why not now ("" if it would).

    One of `action` (a key's) and `command` (the word to type) is set.
    """

    shown: str
    text: str
    why_not: str = ""
    action: Optional[Action] = None
    command: str = ""


def entries() -> list[tuple[PaletteEntry, tuple[Action, ...]]]:
    """All keys and commands, without reasons; a key that is one of several in its row has an entry of its own."""
    found: list[tuple[PaletteEntry, tuple[Action, ...]]] = []
    for binding in BINDINGS:
        actions = tuple(dict.fromkeys(action for _, action in binding.keys))
        found.append((PaletteEntry(binding.shown, binding.text, action=actions[0]), actions))
    return found + [
        (PaletteEntry(f":{command.usage}", command.text, command=command.word), ()) for command in COMMANDS
    ]


def idle_rows(model: Model) -> set[tuple[str, str]]:
    """The rows of the help, as (section, keys), of which no key does anything now."""
    is_live = model.rewind is None
    idle = {(REWIND_SECTION, binding.shown) for binding in REWIND_BINDINGS if is_live}
    for binding in BINDINGS:
        actions = [action for key, action in binding.keys if is_live or _is_of_recorded_day(key, action)]
        if not actions or _reason(model, actions):
            idle.add((binding.group.value, binding.shown))
    return idle


def _is_of_recorded_day(key: str, action: Action) -> bool:
    return action in LOOKS and key not in REWIND_ACTIONS


def _reason(model: Model, actions: Sequence[Action]) -> str:
    reasons = [why_not(model, action) for action in actions]
    return reasons[0] if reasons and all(reasons) else ""


def search(model: Model, query: str) -> list[PaletteEntry]:
    """What has every word of the query somewhere, best first: its name, a word's beginning, any place."""
    words = query.lower().removeprefix(":").split()
    ranked: list[tuple[int, int, PaletteEntry, tuple[Action, ...]]] = []
    for entry, actions in entries():
        ranks = [_rank(entry, word, query.strip()) for word in words]
        if all(rank is not None for rank in ranks):
            ranked.append((max((rank or 0 for rank in ranks), default=0), len(ranked), entry, actions))
    return [entry._replace(why_not=_reason(model, actions)) for _, _, entry, actions in sorted(ranked, key=_order)]


def _order(ranked: tuple[int, int, PaletteEntry, tuple[Action, ...]]) -> tuple[int, int]:
    return ranked[0], ranked[1]


def _rank(entry: PaletteEntry, word: str, query: str) -> Optional[int]:
    """0 for its very name, 1 for a word that begins so, 2 for any place; None: it is not in it."""
    if query in entry.shown.split():
        return 0
    text = f"{entry.shown} {entry.text}".lower()
    if any(part.lstrip(":(").startswith(word) for part in text.split()):
        return 1
    return 2 if word in text else None


# --- the command line ------------------------------------------------------------------------------------------


def suggestions(model: Model, text: str) -> list[PaletteEntry]:
    """What stands above a command line that is no known command yet: what is found, of nothing typed nothing."""
    return search(model, text) if text.strip() and known_command(text) is None else []


def known_command(text: str) -> Optional[CommandHelp]:
    """The command that is being typed; None: none yet."""
    words = text.lower().split()
    return next((command for command in COMMANDS if words and command.word == words[0]), None)


def next_words(model: Model, text: str) -> list[str]:
    """What Tab offers for the last word."""
    head, _, word = text.rpartition(" ")
    return [choice for choice in _choices(model, head.lower().split()) if choice.lower().startswith(word.lower())]


def complete(model: Model, text: str) -> str:
    """The text with its last word completed as far as it is sure; itself if nothing is."""
    head, _, word = text.rpartition(" ")
    choices = next_words(model, text)
    if not choices:
        return text
    sure = choices[0] if len(choices) == 1 else commonprefix(choices)
    completed = f"{head} {sure}" if head else sure
    return completed + " " if len(choices) == 1 else completed if len(sure) > len(word) else text


def _choices(model: Model, before: list[str]) -> list[str]:
    """What may stand next, behind the words of `before`."""
    if not before:
        return [command.word for command in COMMANDS]
    if before[0] in ("buy", "sell"):
        prices = PRICE_WORDS if len(before) == 2 or before[-1] in ("@", "stop") else ()
        return [*prices, *(word for word in TERM_WORDS if word not in before)] if len(before) > 1 else []
    if before[0] == "set" and len(before) == 2:
        return list(SETTING_WORDS.get(before[1], ()))
    if len(before) > 1:
        return []
    if before[0] == "cancel":
        return ["all", "bids", "asks", *(str(order.order_id) for order in model.orders.open() if order.order_id)]
    if before[0] in ("symbol", "second"):
        return list(model.symbols)
    if before[0] == "panel":
        return list(NAMES)
    return _words_of(next((command for command in COMMANDS if command.word == before[0]), None))


def _words_of(command: Optional[CommandHelp]) -> list[str]:
    return list(command.choices) if command is not None else []
