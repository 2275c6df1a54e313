"""`exchange explain`: the life of one order out of a recorded day."""

from __future__ import annotations

import argparse
import json

from exchange.cli.command_parser import CommandFailed, CommandParser
from exchange.cli.recorded_day import DayProgress, add_day_options, check_order, opened_day, order_id_of
from exchange.laboratory.explain import explained, explained_json
from exchange.laboratory.history import History
from exchange.laboratory.telling.order_life import order_life
from exchange.laboratory.telling.order_search import RefusedOrder, refusal_lines, refused_orders
from exchange.laboratory.what_if import UnknownOrderError
from exchange.utils.command_line import say

DESCRIPTION = (
    "Tell the life of an order: every event with the book around it, who stood before it, and why it did or did "
    "not trade. Reads what an exchange has recorded, or a file of recorded order flow; changes nothing."
)
EPILOG = "exit code: 0 told, 2 there is no such order, or the day can't be read"


def add_options(parser: CommandParser) -> None:
    """Which order of which day."""
    add_day_options(parser)


def run(options: argparse.Namespace) -> int:
    """Tell it; the exit code.  Raises OptionError, CommandFailed."""
    check_order(options)
    with opened_day(options) as day:
        refused = refused_orders(day, options.user, options.order) if options.user is not None else []
        try:
            _tell_life(options, day)
        except UnknownOrderError as error:
            if not refused:
                raise CommandFailed(error) from error
        for each in refused:
            _tell_refusal(each, options.json)
    return 0


def _tell_life(options: argparse.Namespace, day: History) -> None:
    life = order_life(day, order_id_of(options, day), DayProgress("following the order"))
    if options.json:
        say(json.dumps(explained_json(life)))
        return
    for line in explained(life):
        say(line)


def _tell_refusal(refused: RefusedOrder, is_json: bool) -> None:
    if is_json:
        code, text = refused.rejection.code.value, refused.rejection.text
        say(json.dumps({"refused": code, "text": text, "after": refused.after, "timestamp_ns": refused.timestamp}))
        return
    for line in refusal_lines(refused):
        say(line)
