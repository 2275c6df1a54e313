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

from exchange.networking.operator_channel import socket_path
from exchange.utils.command_line import EXIT_REFUSED, OneLineParser

TIMEOUT_S = 10.0


def parse(arguments: list[str]) -> argparse.Namespace:
    """What to do, and where."""
    parser = OneLineParser(prog="operate.py", description="Watch over a running exchange.")
    parser.add_argument(
        "--data-dir", type=Path, default=Path("data"), help="the engine's data directory (default: %(default)s)"
    )
    wishes = parser.add_subparsers(dest="do", required=True, metavar="COMMAND")
    wishes.add_parser("list", help="every user and every instrument")
    for name, text in (
        ("block", "cancel all orders of a user and refuse new ones"),
        ("unblock", "take the user's orders again"),
        ("reset", "forget the user's token: the next login claims the name anew"),
    ):
        wishes.add_parser(name, help=text).add_argument("user")
    for name, text in (("halt", "refuse orders in an instrument"), ("resume", "trade the instrument again")):
        wishes.add_parser(name, help=text).add_argument("symbol")
    return parser.parse_args(arguments)


def ask(data_dir: Path, wish: dict[str, str]) -> dict[str, Any]:
    """The running engine's answer.  OSError where there is none."""
    path = data_dir / "operator.sock"
    directory = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(TIMEOUT_S)
            sock.connect(socket_path(path, directory))
            sock.sendall(json.dumps(wish).encode() + b"\n")
            sock.shutdown(socket.SHUT_WR)
            with sock.makefile("rb") as answers:
                lines = answers.readlines()
    finally:
        os.close(directory)
    answer: dict[str, Any] = json.loads(lines[-1])
    return answer


def told(answer: dict[str, Any]) -> list[str]:
    """The answer in lines for a person."""
    kind = answer["type"]
    if kind == "everything":
        users = [
            f"user {user['user']:<32} {user['live_orders']:>7} live orders {user['connections']:>4} connections"
            f"{'  BLOCKED' if user['blocked'] else ''}{'' if user['claimed'] else '  unclaimed'}"
            for user in answer["users"]
        ]
        instruments = [f"instrument {each['symbol']:<16} {each['phase']}" for each in answer["instruments"]]
        return instruments + users
    if kind == "user_blocked":
        return [f"{answer['user']} is blocked; {answer['canceled']} orders canceled"]
    if kind == "instrument_status":
        return [f"{answer['symbol']} is {answer['phase']}"]
    return [f"{answer['user']} is {'unblocked' if kind == 'user_unblocked' else 'reset'}"]


def main(arguments: list[str]) -> int:
    """Ask, tell; the exit code: 0 done, 1 refused by the engine, 2 nobody to ask."""
    options = parse(arguments)
    wish = {name: value for name, value in vars(options).items() if name != "data_dir"}
    try:
        answer = ask(options.data_dir, wish)
    except OSError as error:
        print(f"operate.py: no engine runs on {options.data_dir}: {error.strerror or error}", file=sys.stderr)
        return EXIT_REFUSED
    if answer["type"] == "error":
        print(f"operate.py: {answer['code']}: {answer['text']}", file=sys.stderr)
        return 1
    print("\n".join(told(answer)))
    return 0


if __name__ == "__main__":
    sys.exit(run(main, ENDING))
