"""The one table of keys: dispatch, hint row, help overlay and the table in `tui/README.md` are all made from it.

To give the screen another key: add an `Action` and its row here, and the handler in `update_from_keys`.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class Action(Enum):
    """What a key asks for."""

    PRICE_UP = auto()
    PRICE_DOWN = auto()
    PAGE_UP = auto()
    PAGE_DOWN = auto()
    CENTRE = auto()
    GROUP_FINER = auto()
    GROUP_COARSER = auto()
    BUY = auto()
    SELL = auto()
    JOIN_BID = auto()
    JOIN_ASK = auto()
    ENTER = auto()
    ESCAPE = auto()
    PRESET_1 = auto()
    PRESET_2 = auto()
    PRESET_3 = auto()
    PRESET_4 = auto()
    PRESET_5 = auto()
    PRESET_PREVIOUS = auto()
    PRESET_NEXT = auto()
    LOT_MORE = auto()
    LOT_LESS = auto()
    ORDER_TYPE = auto()
    TIME_IN_FORCE = auto()
    DETAIL = auto()
    CANCEL = auto()
    CANCEL_ALL = auto()
    CANCEL_BIDS = auto()
    CANCEL_ASKS = auto()
    MOVE_UP = auto()
    MOVE_DOWN = auto()
    FLATTEN = auto()
    REVERSE = auto()
    ARM = auto()
    PANEL_NEXT = auto()
    PANEL_PREVIOUS = auto()
    ZOOM = auto()
    HEAT = auto()
    HEAT_SLOWER = auto()
    HEAT_FASTER = auto()
    SYMBOL_NEXT = auto()
    SYMBOL_PREVIOUS = auto()
    COMMAND = auto()
    HELP = auto()
    MESSAGES = auto()
    SORT = auto()
    SORT_TURNED = auto()
    THEME = auto()
    REPAINT = auto()
    SUSPEND = auto()
    QUIT = auto()


class RewindAction(Enum):
    """What a key asks for while a recorded day is shown; the keys that look at something are as ever."""

    PLAY = auto()
    STEP_ON = auto()
    STEP_BACK = auto()
    LEAP_ON = auto()
    LEAP_BACK = auto()
    FASTER = auto()
    SLOWER = auto()
    NEXT_TRADE = auto()
    LARGE_PRINT = auto()
    NEXT_OF_ORDER = auto()
    NEXT_OF_USER = auto()
    QUEUE = auto()
    GO = auto()
    CENTRE = auto()


# Of the screen's own keys those that look at something: the only ones of them that a recorded day has.
LOOKS = frozenset(
    {
        *(Action.PRICE_UP, Action.PRICE_DOWN, Action.PAGE_UP, Action.PAGE_DOWN, Action.ESCAPE),
        *(Action.GROUP_FINER, Action.GROUP_COARSER, Action.PANEL_NEXT, Action.PANEL_PREVIOUS, Action.ZOOM),
        *(Action.HEAT, Action.HEAT_SLOWER, Action.HEAT_FASTER, Action.SYMBOL_NEXT, Action.SYMBOL_PREVIOUS),
        *(Action.COMMAND, Action.HELP, Action.MESSAGES, Action.THEME, Action.REPAINT, Action.SUSPEND, Action.QUIT),
    }
)
REWIND_SECTION = "On a recorded day"


class Group(Enum):
    """The sections of the help overlay, in their order."""

    TRADE = "Trade"
    CANCEL = "Cancel and close"
    PRICE = "Price"
    SIZE = "Ticket"
    SCREEN = "Screen"


class Binding(NamedTuple):
    """One row: `keys` (names of `key_decoder`) with the action of each, how they are shown, and what they do.

    `hint` is the short form for the hint row, "" to leave it out; hints are shown in the order of `rank`.
    """

    keys: tuple[tuple[str, Action], ...]
    shown: str
    group: Group
    text: str
    hint: str = ""
    rank: int = 99


BINDINGS: tuple[Binding, ...] = (
    Binding((("b", Action.BUY), ("s", Action.SELL)), "b s", Group.TRADE,
            "Buy, sell at the cursor. SAFE: asks first. ARMED: sends", "buy/sell", 2),
    Binding((("B", Action.JOIN_BID), ("S", Action.JOIN_ASK)), "B S", Group.TRADE,
            "Buy at the best bid, sell at the best offer", "join", 15),
    Binding((("enter", Action.ENTER),), "Enter", Group.TRADE, "Send what the ticket row asks"),
    Binding((("escape", Action.ESCAPE),), "Esc", Group.TRADE, "Drop it; close what is open"),
    Binding((("shift_up", Action.MOVE_UP), ("shift_down", Action.MOVE_DOWN)), "Shift+↑↓", Group.TRADE,
            "Move the selected order by a tick (replace)", "move", 8),
    Binding((("a", Action.ARM),), "a", Group.TRADE,
            "Arm, disarm: ARMED sends without asking", "arm", 6),
    Binding((("x", Action.CANCEL),), "x", Group.CANCEL,
            "Cancel my orders at the cursor or row", "cancel", 3),
    Binding((("X", Action.CANCEL_ALL),), "X", Group.CANCEL, "Cancel ALL my orders now, in every mode",
            "CANCEL ALL", 4),
    Binding((("(", Action.CANCEL_BIDS), (")", Action.CANCEL_ASKS)), "( )", Group.CANCEL,
            "Cancel my bids, my offers in this symbol"),
    Binding((("f", Action.FLATTEN),), "f", Group.CANCEL, "Flatten the position (always asks)", "flatten", 9),
    Binding((("r", Action.REVERSE),), "r", Group.CANCEL, "Reverse the position (always asks)"),
    Binding((("up", Action.PRICE_UP), ("down", Action.PRICE_DOWN),
             ("k", Action.PRICE_UP), ("j", Action.PRICE_DOWN)),
            "↑↓ k j", Group.PRICE, "Price cursor by a row of the ladder, or of a list", "price", 1),
    Binding((("page_up", Action.PAGE_UP), ("page_down", Action.PAGE_DOWN)), "PgUp PgDn", Group.PRICE,
            "By a page"),
    Binding((("space", Action.CENTRE),), "Space", Group.PRICE, "Centre the ladder on the market", "centre", 5),
    Binding((("<", Action.GROUP_FINER), (">", Action.GROUP_COARSER)), "< >", Group.PRICE,
            "Fewer, more ticks per row: ×1 ×2 ×5 ×10 …"),
    Binding((("n", Action.SYMBOL_NEXT), ("N", Action.SYMBOL_PREVIOUS)), "n N", Group.PRICE,
            "Next, previous symbol"),
    Binding((("1", Action.PRESET_1), ("2", Action.PRESET_2), ("3", Action.PRESET_3), ("4", Action.PRESET_4),
             ("5", Action.PRESET_5)), "1 – 5", Group.SIZE, "Size preset"),
    Binding((("[", Action.PRESET_PREVIOUS), ("]", Action.PRESET_NEXT)), "[ ]", Group.SIZE,
            "Previous, next preset"),
    Binding((("+", Action.LOT_MORE), ("=", Action.LOT_MORE), ("-", Action.LOT_LESS)), "+ -", Group.SIZE,
            "One lot more, less"),
    Binding((("o", Action.ORDER_TYPE),), "o", Group.SIZE,
            "Order type, LIMIT to ICEBERG and STOP", "type", 11),
    Binding((("t", Action.TIME_IN_FORCE),), "t", Group.SIZE, "Time in force", "tif", 12),
    Binding((("d", Action.DETAIL),), "d", Group.SIZE,
            "What an ICEBERG shows, a STOP LIMIT adds"),
    Binding((("tab", Action.PANEL_NEXT), ("shift_tab", Action.PANEL_PREVIOUS)), "Tab", Group.SCREEN,
            "Next panel; Shift-Tab: previous", "panel", 7),
    Binding((("z", Action.ZOOM),), "z", Group.SCREEN, "Zoom the panel", "zoom", 13),
    Binding((("h", Action.HEAT),), "h", Group.SCREEN,
            "Heat map: depth over time, on all of the screen", "heat map", 8),
    Binding(((",", Action.HEAT_FASTER), (".", Action.HEAT_SLOWER)), ", .", Group.SCREEN,
            "Heat map: less time in a column, more"),
    Binding(((":", Action.COMMAND), ("ctrl_p", Action.COMMAND)), ": Ctrl-P", Group.SCREEN,
            "Command line: :buy 10 100.25  :cancel 9127  :symbol ACME", "command", 10),
    Binding((("?", Action.HELP), ("f1", Action.HELP)), "? F1", Group.SCREEN, "This help", "help", 0),
    Binding((("c", Action.SORT), ("C", Action.SORT_TURNED)), "c C", Group.SCREEN,
            "My orders, my fills: by the next column; the other way"),
    Binding((("m", Action.MESSAGES),), "m", Group.SCREEN, "All messages, newest first"),
    Binding((("T", Action.THEME),), "T", Group.SCREEN, "Theme: blue/orange, red/green, mono"),
    Binding((("ctrl_l", Action.REPAINT),), "Ctrl-L", Group.SCREEN, "Paint everything again"),
    Binding((("ctrl_z", Action.SUSPEND),), "Ctrl-Z", Group.SCREEN, "Suspend; fg comes back"),
    Binding((("q", Action.QUIT), ("ctrl_c", Action.QUIT)), "q Ctrl-C", Group.SCREEN,
            "Quit (asks while orders still work)", "quit", 14),
)  # fmt: skip
MARKS_TEXT = (
    ("B10…  B10?", "Not accepted yet; nobody knows"),
    ("B10○", "A stop that waits for this price"),
    ("31›B10", "31 ahead of it in the queue, on wide screens"),
    ("B10+90", "An iceberg: shows 10, hides 90"),
    ("◆ ◇", "My average price; a call's price"),
    ("●", "A large print, there or on the tape"),
)
MOUSE_TEXT = (
    ("click BID ASK", "Cursor and side: as b or s there; never sends while SAFE"),
    ("drag MINE", "Move my order to another price; SAFE: asks first"),
    ("right click", "Cancel my orders there, on the ladder or in the list"),
    ("click heads", "BID, ASK: as B, S; PRICE: as Space"),
    ("click columns", "My orders, my fills: sort by that; again: the other way"),
    ("click trades", "On the tape, in my fills: cursor to that price"),
    ("other clicks", "Presets, type, keys, symbol, messages: as their keys"),
    ("wheel", "Scroll"),
)

ACTIONS: dict[str, Action] = {key: action for binding in BINDINGS for key, action in binding.keys}


class RewindBinding(NamedTuple):
    """A row of the keys of a recorded day; `hint` as in `Binding`, in the order of the rows."""

    keys: tuple[tuple[str, RewindAction], ...]
    shown: str
    text: str
    hint: str = ""


REWIND_BINDINGS: tuple[RewindBinding, ...] = (
    RewindBinding((("space", RewindAction.PLAY),), "Space", "Play, pause", "play"),
    RewindBinding((("left", RewindAction.STEP_BACK), ("right", RewindAction.STEP_ON)), "← →",
                  "One command back, on", "step"),
    RewindBinding((("shift_left", RewindAction.LEAP_BACK), ("shift_right", RewindAction.LEAP_ON),
                   ("{", RewindAction.LEAP_BACK), ("}", RewindAction.LEAP_ON)), "{ }",
                  "A hundred commands back, on"),
    RewindBinding((("[", RewindAction.SLOWER), ("]", RewindAction.FASTER)), "[ ]",
                  "Slower, faster: 0.1 to 1000 times", "speed"),
    RewindBinding((("enter", RewindAction.QUEUE),), "Enter", "Who stands at the cursor, order by order", "queue"),
    RewindBinding((("t", RewindAction.NEXT_TRADE),), "t", "To the next trade", "trade"),
    RewindBinding((("p", RewindAction.LARGE_PRINT),), "p", "To the next large print", "print"),
    RewindBinding((("o", RewindAction.NEXT_OF_ORDER),), "o", "To what happens next to the order at hand", "order"),
    RewindBinding((("u", RewindAction.NEXT_OF_USER),), "u", "To what the user at hand does next", "user"),
    RewindBinding((("g", RewindAction.GO),), "g", "To a time: at 10:42:07; also goto, order, user, print", "go"),
    RewindBinding((("c", RewindAction.CENTRE),), "c", "Centre the ladder on the market", "centre"),
)  # fmt: skip
REWIND_ACTIONS: dict[str, RewindAction] = {
    key: action for binding in REWIND_BINDINGS for key, action in binding.keys
}


class Hint(NamedTuple):
    """A key of the hint row: how it is shown, what it does, and the action of each of its keys."""

    keys: str
    text: str
    actions: tuple[Action, ...]


def hints() -> list[Hint]:
    """What the hint row shows, most useful first."""
    ranked = sorted((binding for binding in BINDINGS if binding.hint), key=lambda binding: binding.rank)
    return [Hint(_shortest(binding), binding.hint, _actions(binding)) for binding in ranked]


def _actions(binding: Binding) -> tuple[Action, ...]:
    """One for each of the keys that are shown with a slash between them, else the first."""
    actions = tuple(action for _, action in binding.keys)
    return actions if "/" in _shortest(binding) else actions[:1]


def help_rows() -> list[tuple[str, list[tuple[str, str]]]]:
    """The sections of the help overlay: (title, [(keys, text) …])."""
    sections = [
        (group.value, [(binding.shown, binding.text) for binding in BINDINGS if binding.group is group])
        for group in Group
    ]
    rewind = [(binding.shown, binding.text) for binding in REWIND_BINDINGS]
    sections += [(REWIND_SECTION, rewind), ("Mouse", list(MOUSE_TEXT))]
    return [*sections, ("Marks on the ladder", list(MARKS_TEXT))]


def markdown_table() -> str:
    """The table of keys in `tui/README.md`."""
    rows = [(binding.shown, binding.text) for binding in BINDINGS] + list(MOUSE_TEXT)
    lines = [f"| {shown.replace('|', '/')} | {text} |" for shown, text in rows]
    return "\n".join(["| key | does |", "|---|---|", *lines]) + "\n"


def rewind_hints() -> list[tuple[str, str]]:
    """The hint row of a recorded day: (key, what it does)."""
    return [(binding.shown, binding.hint) for binding in REWIND_BINDINGS if binding.hint]


def rewind_markdown_table() -> str:
    """The table of the keys of a recorded day in `tui/README.md`."""
    lines = [f"| {binding.shown} | {binding.text} |" for binding in REWIND_BINDINGS]
    return "\n".join(["| key | does |", "|---|---|", *lines]) + "\n"


def _shortest(binding: Binding) -> str:
    """`b/s` of a pair of letters, else the first of its keys."""
    words = binding.shown.split(" ")
    is_pair = len(binding.keys) == len(words) == 2 and binding.keys[0][1] is not binding.keys[1][1]
    return "/".join(words) if is_pair and all(len(word) == 1 for word in words) else words[0]
