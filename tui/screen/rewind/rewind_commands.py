"""What the words of the `:` line wish of a recorded day.  Pure: text and the present time in, a wish out."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Optional, Union

from exchange.utils.helpers import NS_PER_S
from tui.screen.rewind.day_messages import DayWish, GoTo, GoToTime, NextOfOrder, NextOfUser, NextTrade, SetSpeed
from tui.typed_price import BadLine, shown

# What of the screen's own commands makes sense on a recorded day.
VIEW_COMMANDS = frozenset({"symbol", "panel", "panels", "group", "theme", "set", "messages", "help", "quit"})
USAGE = "at 10:42:07, goto COMMAND, order ID, user NAME, print QUANTITY, speed FACTOR"
SPEEDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
DAY_NS = 86_400 * NS_PER_S
_TIME = re.compile(r"([0-9]{1,2}):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]{1,9}))?)?", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_FACTOR = re.compile(r"[0-9]{1,4}(\.[0-9]{1,2})?", re.ASCII)


def parse_wish(text: str, now_ns: int) -> Union[DayWish, BadLine, None]:
    """The wish; BadLine says what is wrong; None: it is none of these commands.  Never raises.

    `now_ns` is the time of the day at hand: a time of day is meant on that date, in UTC.
    """
    name, _, argument = text.strip().removeprefix(":").partition(" ")
    argument = argument.strip()
    if not argument and name in ("at", "user", "speed", *_NUMBERED):
        return BadLine(f"say it as: {USAGE}")
    if name == "at":
        time_ns = _time_ns(argument, now_ns)
        wrong = BadLine(f"time {shown(argument)} must be 00:00 to 23:59:59 in UTC, as in: at 10:42:07")
        return wrong if time_ns is None else GoToTime(time_ns)
    if name == "user":
        return NextOfUser(argument)
    if name == "speed":
        is_factor = _FACTOR.fullmatch(argument) and SPEEDS[0] <= float(argument) <= SPEEDS[-1]
        wrong = BadLine(f"speed {shown(argument)} must be a number from {SPEEDS[0]:g} to {SPEEDS[-1]:g}")
        return SetSpeed(float(argument)) if is_factor else wrong
    if name not in _NUMBERED:
        return None
    what, wish = _NUMBERED[name]
    if _NUMBER.fullmatch(argument.replace(",", "")) is None:
        return BadLine(f"{what} {shown(argument)} must be a whole number of at most 18 digits")
    return wish(int(argument.replace(",", "")))


# What takes a number: what that is, and the wish.
_NUMBERED: dict[str, tuple[str, Callable[[int], DayWish]]] = {
    "goto": ("command", GoTo),
    "order": ("order", NextOfOrder),
    "print": ("quantity", NextTrade),
}


def _time_ns(text: str, now_ns: int) -> Optional[int]:
    match = _TIME.fullmatch(text)
    if match is None or int(match[1]) > 23:
        return None
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
    return now_ns // DAY_NS * DAY_NS + seconds * NS_PER_S + int((match[4] or "0").ljust(9, "0"))
