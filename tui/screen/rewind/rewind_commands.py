"""What the words of the `:` line wish of a recorded day.  Pure: text and the present time in, a wish out."""

from __future__ import annotations

import re
from typing import Optional, Union

from exchange.utils.helpers import NS_PER_S
from tui.screen.rewind.day_messages import DayWish, GoTo, GoToTime, NextOfOrder, NextOfUser, NextTrade, SetSpeed
from tui.typed_price import BadLine

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
    if name == "at":
        time_ns = _time_ns(argument, now_ns)
        return BadLine("say it as: at 10:42:07, in UTC") if time_ns is None else GoToTime(time_ns)
    if name == "user" and argument:
        return NextOfUser(argument)
    if name == "speed" and _FACTOR.fullmatch(argument) and SPEEDS[0] <= float(argument) <= SPEEDS[-1]:
        return SetSpeed(float(argument))
    if name in ("goto", "order", "print") and _NUMBER.fullmatch(argument.replace(",", "")):
        number = int(argument.replace(",", ""))
        return GoTo(number) if name == "goto" else NextOfOrder(number) if name == "order" else NextTrade(number)
    known = ("user", "speed", "goto", "order", "print")
    return BadLine(f"say it as: {USAGE}") if name in known else None


def _time_ns(text: str, now_ns: int) -> Optional[int]:
    match = _TIME.fullmatch(text)
    if match is None or int(match[1]) > 23:
        return None
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
    return now_ns // DAY_NS * DAY_NS + seconds * NS_PER_S + int((match[4] or "0").ljust(9, "0"))
