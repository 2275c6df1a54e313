"""What ends a connection, and what strangers send who never log in: bytes, and all that they must be told.

Each is a `Visit`: the bytes, then every answer as (type, code), then the end of the connection.  The chance is the
`random.Random` given; a real TLS hello comes from the ssl module's own memory.
"""

from __future__ import annotations

import json
import random
import ssl
from typing import NamedTuple, Optional

from tests.campaigns.fuzz_lines import LineMaker, is_strict_object

LINE_BYTES_MAX = 65_536

Answer = tuple[str, Optional[str]]  # type, and code if it has one

_MALFORMED: Answer = ("error", "MALFORMED")
_TOO_LONG: Answer = ("error", "LINE_TOO_LONG")
_BAD_VALUE: Answer = ("error", "BAD_VALUE")
_HTTP = (
    b"POST /orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{]\n"
)
_BAD_LOGIN_FIELDS = (
    *(
        '"user":"../../x"',
        '"user":""',
        '"user":"a b"',
        '"user":"' + "x" * 33 + '"',
        '"user":["alice"]',
        '"user":null',
    ),
    *(
        '"user":"fuzzer1","token":7',
        '"user":"fuzzer1","token":["x"]',
        '"user":"fuzzer1","token":"' + "x" * 129 + '"',
    ),
    *('"user":"fuzzer1","last_seq":-1', '"user":"fuzzer1","last_seq":1.0', '"user":"fuzzer1","last_seq":1e999'),
    *(
        '"user":"fuzzer1","heartbeat_s":1e999',
        '"user":"fuzzer1","heartbeat_s":-1',
        '"user":"x","heartbeat_s":1e-9',
    ),
    *('"user":"fuzzer1","cancel_on_disconnect":"all"', '"user":"fuzzer1","heartbeat_s":"' + "9" * 400 + '"'),
)


class Visit(NamedTuple):
    """`data` is sent, nothing more; `answers` is all that comes back before the exchange closes the connection.

    `line_count` is how many of the campaign's lines it is.
    """

    data: bytes
    answers: tuple[Answer, ...]
    line_count: int = 1


def farewell(chance: random.Random, login: bytes) -> Visit:
    """What a trader says last; `login` is the line that they logged in with."""
    return chance.choice(
        (
            Visit(b'{"type":"logout"}\n{"type":"ping"}\nnever read', (("logged_out", None),)),
            Visit(login + b'{"type":"ping"}\n', (("login_rejected", "BAD_VALUE"),)),
            Visit(b" " * LINE_BYTES_MAX + b"\n" + b'{"type":"ping"}\n', (_TOO_LONG,)),
            Visit(b'{"type":"ping","id":"' + b"x" * LINE_BYTES_MAX, (_TOO_LONG,)),
            Visit(b"{}\n" + b"[" * (LINE_BYTES_MAX + 9_000), (("error", "MISSING_FIELD"), _TOO_LONG), 2),
            Visit(b'{"type":"new_order","client_order_id":"half a li', (_MALFORMED,), 1),
            Visit(b"", (), 0),
        )
    )


def stranger(chance: random.Random, maker: LineMaker) -> Visit:
    """Somebody who has not logged in."""
    pick = chance.randrange(7)
    if pick == 0:
        return _judged(_HTTP)
    if pick == 1:
        return _judged(_tls_hello())
    if pick == 2:
        return _judged(chance.randbytes(chance.randrange(1, 60_000)))
    if pick == 3:
        return Visit(chance.randbytes(200_000).replace(b"\n", b"\r"), (_TOO_LONG,))
    if pick == 4:
        return _not_logged_in(chance, maker)
    if pick == 5:
        bad = [chance.choice(_BAD_LOGIN_FIELDS) for _ in range(5)]
        lines = "".join([f'{{"type":"login",{fields}}}\n' for fields in bad])
        return Visit(lines.encode(), (_BAD_VALUE,) * len(bad), len(bad))
    return _refused_login(chance)


def _not_logged_in(chance: random.Random, maker: LineMaker) -> Visit:
    """Requests that need a login, and some that don't."""
    lines, answers = [], []
    for _ in range(chance.randrange(1, 20)):
        request_type = chance.choice(("new_order", "cancel_order", "cancel_all", "get_orders", "logout", "ping"))
        lines.append(f'{{"type":"{request_type}","x":{maker.order_id_text()}}}\n')
        answers.append(("error", "UNKNOWN_FIELD" if request_type == "ping" else "NOT_LOGGED_IN"))
    return Visit("".join(lines).encode(), tuple(answers), len(lines))


def _refused_login(chance: random.Random) -> Visit:
    """A name that is taken (the first trader's), one that looks like it, and a token where none can be."""
    fields, code = chance.choice(
        (
            ({"user": "fuzzer1"}, "BAD_TOKEN"),
            ({"user": "fuzzer1", "token": "0" * 64}, "BAD_TOKEN"),
            ({"user": "Fuzzer1"}, "BAD_VALUE"),
            ({"user": "nobody", "token": "0" * 64}, "BAD_TOKEN"),
        )
    )
    line = json.dumps({"type": "login", **fields}).encode() + b"\n"
    return Visit(line + b'{"type":"ping"}\n', (("login_rejected", code),))


def _judged(data: bytes) -> Visit:
    """Bytes that hold no object: every line of them is MALFORMED, the last too, which has no newline."""
    *lines, rest = data.split(b"\n")
    lines += [rest] * bool(rest)
    assert not any(map(is_strict_object, lines)), data
    return Visit(data, (_MALFORMED,) * len(lines), max(1, len(lines)))


def _tls_hello() -> bytes:
    """What a TLS client says first."""
    outgoing = ssl.MemoryBIO()
    context = ssl.create_default_context()
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="exchange.example")
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without an answer")
