#!/usr/bin/env python3
"""The operator's command: talk to the engine that runs on a data directory, from the same machine."""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, interrupted, run

ENDING = interrupted("operate.py")
if __name__ == "__main__":
    end_at_once(ENDING)

import argparse
import json
import os
import socket
from pathlib import Path
from typing import Any

from exchange.networking.operator.channel import socket_path
from exchange.networking.operator.operator_wish import ALL_SYMBOLS
from exchange.storage.places import lock_path, operator_socket_path
from exchange.utils.command_line import EXIT_REFUSED, OneLineParser

TIMEOUT_S = 10.0

# What one word asks for, by what it concerns.
_USER_WISHES = {
    "block": "cancel all live orders of a user and refuse new ones",
    "unblock": "take the user's orders again; what was canceled stays so",
    "reset": "forget the user's token, and hang up on who is logged in with it: the next login claims the name "
    "anew, with its orders and positions",
}
_SYMBOL_WISHES = {
    "halt": "take no orders in an instrument, or in all; what rests stays and may be canceled",
    "resume": "trade an instrument, or all, again",
}

_EPILOG = f"""\
examples:
  operate.py list
  operate.py block alice
  operate.py halt ACME
  operate.py halt {ALL_SYMBOLS}

What is done survives a restart of the engine.  Only the owner of the data directory
may do it.

exit code: 0 it is done (also where there was nothing to change), 1 the engine refused
it, 2 no engine answered or the command was not understood
"""

Answer = dict[str, Any]


class NoAnswerError(Exception):
    """There is nobody to ask, or they did not answer; the text says which."""


# --- the command's own side ------------------------------------------------------------------------------------


def parse(arguments: list[str]) -> argparse.Namespace:
    """What to do, and where."""
    parser = OneLineParser(
        prog="operate.py",
        description="Watch over a running exchange: who is there, who may trade, and what.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--data-dir", type=Path, default=Path("data"), help="the engine's data directory (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print the engine's answer as it is, one JSON object")
    wishes = parser.add_subparsers(dest="do", required=True, metavar="COMMAND")
    text = "every instrument and its phase; every user, their live orders, connections and state"
    wishes.add_parser("list", help=text, description=text)
    for name, text in _USER_WISHES.items():
        wish = wishes.add_parser(name, help=text, description=text)
        wish.add_argument("user", metavar="USER", help="the name, in exactly the letters that `list` shows")
    for name, text in _SYMBOL_WISHES.items():
        wish = wishes.add_parser(name, help=text, description=text)
        wish.add_argument("symbol", metavar=f"SYMBOL|{ALL_SYMBOLS}", help="what `list` shows, or every instrument")
    return parser.parse_args(arguments)


def ask(data_dir: Path, wish: dict[str, str]) -> Answer:
    """The running engine's answer.  Raises NoAnswerError."""
    try:
        directory = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise NoAnswerError(f"--data-dir {data_dir}: {error.strerror}") from error
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(TIMEOUT_S)
            try:
                sock.connect(socket_path(operator_socket_path(data_dir), directory))
            except OSError as error:
                raise NoAnswerError(_why_nobody_is_there(data_dir, error)) from error
            return _answer(sock, wish)
    finally:
        os.close(directory)


def _answer(sock: socket.socket, wish: dict[str, str]) -> Answer:
    unknown = "whether it was done is not known"
    try:
        sock.sendall(json.dumps(wish).encode() + b"\n")
        sock.shutdown(socket.SHUT_WR)
        with sock.makefile("rb") as answers:
            line = answers.readline()
    except TimeoutError as error:
        raise NoAnswerError(f"the engine has not answered within {TIMEOUT_S:g} s; {unknown}") from error
    except OSError as error:
        raise NoAnswerError(f"the engine hung up: {error.strerror or error}; {unknown}") from error
    if not line.endswith(b"\n"):
        raise NoAnswerError(f"the engine ended before it answered; {unknown}")
    answer: Answer = json.loads(line)
    return answer


def _why_nobody_is_there(data_dir: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and not lock_path(data_dir).exists():
        return f"--data-dir {data_dir}: no engine has ever run there"
    if isinstance(error, FileNotFoundError):
        return f"no engine runs on {data_dir}, or it is still starting"
    if isinstance(error, ConnectionRefusedError):
        return f"no engine runs on {data_dir}: the last one was killed or failed; if one is starting, try again"
    if isinstance(error, PermissionError):
        return f"--data-dir {data_dir}: {error.strerror}: only its owner may operate"
    return f"{operator_socket_path(data_dir)}: {error.strerror or error}"


# --- the answer, for a person ----------------------------------------------------------------------------------


def told(answer: Answer) -> list[str]:
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
    return [json.dumps(answer)]


def _phases(answer: Answer) -> list[str]:
    words = {"HALTED": "halted", "CONTINUOUS": "trading"}
    word = words.get(answer["phase"], answer["phase"])
    return [f"{symbol} is {word}" for symbol in answer["changed"]] + [
        f"{symbol} is {word} already" for symbol in answer["unchanged"]
    ]


def _everything(instruments: list[Answer], users: list[Answer]) -> list[str]:
    phases = [each["phase"] for each in instruments]
    states = [_state(user) for user in users]
    lines = _table(["INSTRUMENT", "PHASE"], [[each["symbol"], each["phase"]] for each in instruments])
    if users:
        rows = [
            [user["user"], user["live_orders"], user["connections"], state]
            for user, state in zip(users, states, strict=True)
        ]
        lines += ["", *_table(["USER", "LIVE ORDERS", "CONNECTIONS", "STATE"], rows)]
    blocked = sum(user["blocked"] for user in users)
    return [
        *lines,
        "",
        f"{_count(len(instruments), 'instrument')}, {phases.count('HALTED')} halted; "
        f"{_count(len(users), 'user')}, {blocked} blocked",
    ]


def _state(user: Answer) -> str:
    """Whether the user may trade, and whether anybody may still take the name."""
    said = ["BLOCKED"] * user["blocked"] + ["unclaimed"] * (not user["claimed"])
    return ", ".join(said) or "ok"


def _table(headings: list[str], rows: list[list[Any]]) -> list[str]:
    """Columns two blanks apart, as wide as they must be; numbers to the right."""
    texts = [headings, *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    is_number = [all(isinstance(row[index], int) for row in rows) for index in range(len(headings))]
    return [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, is_number, strict=True)
        ).rstrip()
        for row in texts
    ]


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def refusal(wish: dict[str, str], answer: Answer) -> str:
    """Why the engine refuses, with what may help whoever mistook a name."""
    hint = ""
    if answer["code"] == "UNKNOWN_SYMBOL":
        hint = f" (`list` shows what is; `{ALL_SYMBOLS}` means every instrument)"
    elif answer["code"] == "BAD_VALUE" and "user" in wish:
        hint = " (`list` shows who is there)"
    return f"{answer['code']}: {answer['text']}{hint}"


# --- the whole -------------------------------------------------------------------------------------------------


def operate(options: argparse.Namespace) -> int:
    """Ask, tell; the exit code.  Raises BrokenPipeError."""
    wish = {name: value for name, value in vars(options).items() if name in ("do", "user", "symbol")}
    try:
        answer = ask(options.data_dir, wish)
    except NoAnswerError as error:
        print(f"operate.py: {error}", file=sys.stderr)
        return EXIT_REFUSED
    is_refused = answer["type"] == "error"
    if options.json:
        print(json.dumps(answer), flush=True)
    elif is_refused:
        print(f"operate.py: {refusal(wish, answer)}", file=sys.stderr)
    else:
        print("\n".join(told(answer)), flush=True)
    return 1 if is_refused else 0


def main(arguments: list[str]) -> int:
    """The exit code."""
    options = parse(arguments)
    try:
        return operate(options)
    except BrokenPipeError:
        # Whoever read the output has seen enough.  Python would flush to it once more on exit, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
