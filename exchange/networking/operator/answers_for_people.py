"""The engine's answers to an operator, as lines that a person reads.  Pure: a parsed answer → text."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any, Optional

# One JSON object; its decimal numbers are Decimals.
OperatorAnswer = dict[str, Any]


def told(answer: OperatorAnswer) -> list[str]:
    """The answer in lines for a person."""
    kind, user, changed = answer["type"], answer.get("user"), answer.get("changed")
    if kind == "everything":
        return _everything(answer["instruments"], answer["users"])
    if kind == "phase_set":
        return _phases(answer)
    if kind == "user_blocked":
        canceled = _count(answer["canceled"], "live order")
        return [f"{user} is blocked; {canceled} canceled" if changed else f"{user} is blocked already"]
    if kind == "user_unblocked":
        return [f"{user} is unblocked" if changed else f"{user} was not blocked"]
    if kind == "user_reset":
        return [f"{user} {'is reset' if changed else 'had no token'}: the next login claims the name"]
    if kind == "news_said":
        return [f"told to {answer['user'] or 'all who follow the news'}: {answer['text']}"]
    if kind == "user_endowed":
        return [f"{user} is endowed"]
    if kind == "instrument_settled":
        closed = _count(answer["positions"], "position")
        return [f"{answer['symbol']} is settled at {answer['price']} and closed; {closed} closed"]
    return [as_json(answer)]


def as_json(answer: OperatorAnswer) -> str:
    """The answer as one JSON object, its numbers as the engine wrote them."""
    decimals: list[Decimal] = []

    def mark(value: object) -> str:
        assert isinstance(value, Decimal)
        decimals.append(value)
        return f"\x00{len(decimals) - 1}\x00"

    text = json.dumps(answer, default=mark)
    return re.sub(r'"\\u0000(\d+)\\u0000"', lambda match: f"{decimals[int(match[1])]:f}", text)


def _phases(answer: OperatorAnswer) -> list[str]:
    words = {"HALTED": "halted", "CONTINUOUS": "trading", "CLOSED": "closed"}
    word = words.get(answer["phase"], f"in {answer['phase']}")
    return [f"{symbol} is {word}" for symbol in answer["changed"]] + [
        f"{symbol} is {word} already" for symbol in answer["unchanged"]
    ]


def _everything(instruments: list[OperatorAnswer], users: list[OperatorAnswer]) -> list[str]:
    phases = [each["phase"] for each in instruments]
    users = sorted(users, key=lambda user: natural_order(user["user"]))
    lines = _table(["INSTRUMENT", "PHASE"], [[each["symbol"], each["phase"]] for each in instruments])
    if users:
        lines += ["", *_users(users)]
    holdings = [(user["user"], position) for user in users for position in user["positions"]]
    if holdings:
        lines += ["", *_holdings(holdings)]
    blocked = sum(user["blocked"] for user in users)
    return [
        *lines,
        "",
        f"{_count(len(instruments), 'instrument')}, {phases.count('HALTED')} halted; "
        f"{_count(len(users), 'user')}, {blocked} blocked",
    ]


def natural_order(name: str) -> list[tuple[bool, int, str]]:
    """How people sort names: numbers in them by their size, and capitals like small letters."""
    parts = re.findall(r"[0-9]+|[^0-9]+", name.casefold())
    return [(not part[0].isdecimal(), int(part) if part[0].isdecimal() else 0, part) for part in parts]


def _users(users: list[OperatorAnswer]) -> list[str]:
    headings = ["USER", "LIVE ORDERS", "CONNECTIONS", "P&L", "STATE"]
    rows = [
        [user["user"], user["live_orders"], user["connections"], _total_pnl(user["positions"]), _state(user)]
        for user in users
    ]
    if any("cash" in user for user in users):
        headings.insert(4, "CASH")
        for row, user in zip(rows, users, strict=True):
            row.insert(4, user.get("cash", ""))
    return _table(headings, rows)


def _holdings(holdings: list[tuple[str, OperatorAnswer]]) -> list[str]:
    names = ("symbol", "net_position", "average_price", "realised_pnl", "unrealised_pnl", "fees", "volume")
    headings = ["USER", "SYMBOL", "POSITION", "AVERAGE", "REALISED", "UNREALISED", "FEES", "VOLUME"]
    rows: list[list[Any]] = []
    for user, position in holdings:
        values = [position[name] for name in names]
        rows.append([user, *("" if value is None else value for value in values)])
    return _table(headings, rows)


def _total_pnl(positions: list[OperatorAnswer]) -> Decimal:
    """Realised and unrealised, less fees, over all instruments."""
    pnls = [each["realised_pnl"] + each["unrealised_pnl"] - each["fees"] for each in positions]
    return sum(pnls, Decimal("0.00"))


def _state(user: OperatorAnswer) -> str:
    """Whether the user may trade, and whether anybody may still take the name."""
    said = ["BLOCKED"] * user["blocked"] + ["unclaimed"] * (not user["claimed"])
    return ", ".join(said) or "ok"


def _table(headings: list[str], rows: list[list[Any]]) -> list[str]:
    """Columns two blanks apart, as wide as they must be; numbers to the right."""
    texts = [headings, *([_cell(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    is_number = [
        all(isinstance(row[index], (int, Decimal)) or row[index] == "" for row in rows)
        for index in range(len(headings))
    ]
    return [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, is_number, strict=True)
        ).rstrip()
        for row in texts
    ]


def _cell(value: Any) -> str:
    """An amount has two decimals, as prices have, and more only where they say something: fees may have nine."""
    if not isinstance(value, Decimal):
        return str(value)
    whole, _, decimals = f"{value:f}".partition(".")
    return f"{whole}.{decimals.rstrip('0'):0<2}"


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def hint(code: str, text: str, word_for_all: Optional[str]) -> str:
    """What may help whoever mistook a name, by the `text` of the refusal; empty where nothing does.

    `word_for_all` None: what was asked is asked of one instrument at a time.
    """
    if code == "UNKNOWN_SYMBOL":
        every = "" if word_for_all is None else f"; `{word_for_all}` means every instrument"
        return f" (`list` shows what is{every})"
    if code == "BAD_VALUE" and text.startswith("user "):
        return " (`list` shows who is there)"
    return ""
