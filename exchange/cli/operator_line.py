"""Asks the engine that runs on a data directory, as its operator: one wish, one answer, over its local socket."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Union

from exchange.networking.operator.answers_for_people import OperatorAnswer
from exchange.networking.operator.channel import socket_path
from exchange.storage.places import lock_path, operator_socket_path

TIMEOUT_S = 10.0
DATA_DIR = "--data-dir"

Wish = Mapping[str, Union[str, int, Decimal]]


class NoAnswerError(Exception):
    """There is nobody to ask, or they did not answer; the text says which."""


def wish_line(wish: Wish) -> bytes:
    """The wish as the engine reads it; numbers are written as they were typed, never as floats."""
    fields = [
        f"{json.dumps(name)}:{f'{value:f}' if isinstance(value, Decimal) else json.dumps(value)}"
        for name, value in wish.items()
    ]
    return b"{" + ",".join(fields).encode() + b"}\n"


def ask(data_dir: Path, wish: Wish, option: str = DATA_DIR) -> OperatorAnswer:
    """The running engine's answer; `option` is what a person has named the directory by.  Raises NoAnswerError."""
    with _connected(data_dir, option) as sock:
        return _answer(sock, wish)


def reach(data_dir: Path, option: str = DATA_DIR) -> None:
    """See that somebody would answer.  Raises NoAnswerError."""
    with _connected(data_dir, option):
        return


@contextmanager
def _connected(data_dir: Path, option: str) -> Iterator[socket.socket]:
    try:
        directory = os.open(data_dir, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise NoAnswerError(f"{option} {data_dir}: {error.strerror}") from error
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(TIMEOUT_S)
            try:
                sock.connect(socket_path(operator_socket_path(data_dir), directory))
            except OSError as error:
                raise NoAnswerError(_why_nobody_is_there(data_dir, option, error)) from error
            yield sock
    finally:
        os.close(directory)


def _answer(sock: socket.socket, wish: Wish) -> OperatorAnswer:
    unknown = "whether it was done is not known"
    try:
        sock.sendall(wish_line(wish))
        sock.shutdown(socket.SHUT_WR)
        with sock.makefile("rb") as answers:
            line = answers.readline()
    except TimeoutError as error:
        raise NoAnswerError(f"the engine has not answered within {TIMEOUT_S:g} s; {unknown}") from error
    except OSError as error:
        raise NoAnswerError(f"the engine hung up: {error.strerror or error}; {unknown}") from error
    if not line.endswith(b"\n"):
        raise NoAnswerError(f"the engine ended before it answered; {unknown}")
    answer: OperatorAnswer = json.loads(line, parse_float=Decimal)
    return answer


def _why_nobody_is_there(data_dir: Path, option: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and not lock_path(data_dir).exists():
        return f"{option} {data_dir}: no engine has ever run there"
    if isinstance(error, FileNotFoundError):
        return f"no engine runs on {data_dir}, or it is still starting"
    if isinstance(error, ConnectionRefusedError):
        return f"no engine runs on {data_dir}: the last one was killed or failed; if one is starting, try again"
    if isinstance(error, PermissionError):
        return f"{option} {data_dir}: {error.strerror}: only its owner may operate"
    return f"{operator_socket_path(data_dir)}: {error.strerror or error}"
