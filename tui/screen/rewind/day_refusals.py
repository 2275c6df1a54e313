"""What is said of a wish that leads nowhere, or only to the day's edge.  Pure: moves nothing."""

from __future__ import annotations

from typing import Optional

from exchange.laboratory.history import History
from exchange.laboratory.recorded.day_index import DayIndex
from tui.screen.panels.moment import time_text


def outside(day: History, sequence: int) -> str:
    """What is to be said of a command that the day does not have; "" of one that it has."""
    is_inside = day.first <= sequence <= day.last
    return "" if is_inside else f"the day has the commands {day.first:,} to {day.last:,}"


def outside_time(day: History, timestamp_ns: int) -> str:
    """The same of a time before the first command, or after the last."""
    begin, end = day.index.timestamp(min(day.first + 1, day.last)), day.index.timestamp(day.last)
    if begin <= timestamp_ns <= end:
        return ""
    is_early = timestamp_ns < begin
    return f"the day {'begins' if is_early else 'ends'} at {time_text(begin if is_early else end)}"


def none_of_order(index: DayIndex, order_id: Optional[int]) -> str:
    """Why there is no next event of the order: it is past, the day has none at all, or no order was meant."""
    if order_id is None:
        return "this command is of no order: say which with :order ID"
    commands = index.of_order(order_id)
    if not commands:
        return f"the day has no event of order {order_id}"
    return f"after this there is no event of order {order_id}; its last was at command {commands[-1]:,}"


def none_of_user(index: DayIndex, user: Optional[str]) -> str:
    """The same of a user."""
    if user is None:
        return "this command is of no user: say which with :user NAME"
    if index.next_of_user(user, index.first) is None:
        return f"the day has no event of user {user}"
    return f"after this there is no event of user {user}, only before"
