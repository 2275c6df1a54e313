"""Lines as most clients write them, and what they become when something is wrong with them.

For holding the templates of `wire.everyday` to the strict decoder: everything is drawn from the `random.Random`
given, so a seed makes the same lines again.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator

from exchange.networking.wire.decode import decode_strictly
from exchange.networking.wire.everyday import everyday

USER = "alice"
_PIECES = [
    *('"', "\\", "{", "}", "[", "]", ",", ":", ", ", ": ", " ", "  ", "\t", "\r", "\n", "\0", "\x7f", "\xa0", "é"),
    *("0", "00", "-", "+", ".", ".0", "e5", "E-400", "1e999", "NaN", "Infinity", "9" * 9, "9" * 40, "9" * 5_000),
    *("٣", "３", "²", "true", "false", "null", "{}", "[]", '""', "\\u0041", "\ud800", "\ufeff", "\u2028"),
    *("BUY", "SELL", "buy", "LIMIT", "MARKET", "GTC", "IOC", "DAY", "FOK", "new_order", "cancel_order"),
    *(
        '"price":1,',
        ',"price":1',
        '"quantity":1,',
        '"side":"BUY",',
        ',"symbol":"A"',
        ',"post_only":true',
        '"type":',
    ),
    *('"order_id":1,', '"client_order_id":"x",', ',"stop_price":1', '"time_in_force":"DAY",', ',"post_only":true'),
]
_NUMBERS = [
    *("0", "1", "-1", "007", "10", "100.25", "0.01", "1e2", "1.", ".5", "-0", "0.0"),
    *("0.000000001", "0.0000000001", "999999999.999999999", "1000000000", "1000000001"),
    *("9" * 15, "9" * 16, "9" * 17, "9223372036854775808"),
]
_TEXTS = [
    *("a", "my-1", "A.B-C_9", "x" * 16, "x" * 17, "x" * 64, "x" * 65),
    *("", " ", "a b", "~", "é", '\\"', "\\\\", "/"),
]


def everyday_line(chance: random.Random) -> str:
    """One that a template takes."""
    colon, comma = chance.choice(((":", ","), (": ", ", "), (": ", ",")))
    count, price = str(chance.randrange(1, 10**6)), f"{chance.randrange(10**6)}.{chance.randrange(100):02}"
    named = chance.choice((("order_id", count), ("client_order_id", f'"c-{count}"')))
    kind = chance.choice(("new_order", "new_order", "cancel_order", "replace_order"))
    fields = [("type", f'"{kind}"')]
    if kind == "new_order":
        fields += [("client_order_id", f'"c-{count}"'), ("symbol", '"ACME"')][: chance.choice((1, 2))]
        fields += [("side", chance.choice(('"BUY"', '"SELL"'))), ("order_type", '"LIMIT"')]
        fields += chance.sample([("price", price), ("quantity", count)], 2)
        fields += [("time_in_force", f'"{chance.choice(("GTC", "DAY", "IOC", "FOK"))}"')][: chance.choice((0, 1))]
    elif kind == "cancel_order":
        fields += [named]
    else:
        fields += [
            named,
            *[("price", price), ("quantity", count)][chance.choice((slice(2), slice(1), slice(1, 2)))],
        ]
    return "{" + comma.join(f'"{name}"{colon}{value}' for name, value in fields) + "}"


def _insert(chance: random.Random, line: str) -> str:
    place = chance.randrange(len(line) + 1)
    return line[:place] + chance.choice(_PIECES) + line[place:]


def _remove(chance: random.Random, line: str) -> str:
    place = chance.randrange(len(line) + 1)
    return line[:place] + line[place + chance.choice((1, 1, 2, 8)) :]


def _replace_value(chance: random.Random, line: str) -> str:
    """Another value in the place of some value."""
    head, colon, tail = line.rpartition(":") if chance.random() < 0.5 else line.partition(":")
    end = min((place for place in (tail.find(","), tail.find("}")) if place >= 0), default=len(tail))
    value = chance.choice(_NUMBERS) if chance.random() < 0.5 else f'"{chance.choice(_TEXTS)}"'
    return head + colon + value + tail[end:]


def _cut_in_two(chance: random.Random, line: str) -> str:
    """Two lines on one, or a half before the other: what an unanchored template would take for one."""
    other = everyday_line(chance)
    place = chance.choice((0, len(other), chance.randrange(len(other))))
    return other[:place] + line if chance.random() < 0.5 else line + other[place:]


def _shuffle_fields(chance: random.Random, line: str) -> str:
    members = line.strip("{}").split(",")
    chance.shuffle(members)
    return "{" + ",".join(members + members[: chance.choice((0, 1))]) + "}"


def _same_again(_chance: random.Random, line: str) -> str:
    """Written by another hand, where it can be: the same object."""
    try:
        return json.dumps(json.loads(line))
    except (ValueError, RecursionError):
        return line


_MUTATIONS: tuple[Callable[[random.Random, str], str], ...] = (
    *(_insert, _insert, _remove, _replace_value, _replace_value, _cut_in_two, _shuffle_fields, _same_again),
)


def mutated_lines(chance: random.Random, count: int) -> Iterator[bytes]:
    """Lines with nothing to three things wrong with them."""
    for _ in range(count):
        line = everyday_line(chance)
        for _ in range(chance.randrange(4)):
            line = chance.choice(_MUTATIONS)(chance, line)
        yield line.encode(chance.choice(("utf-8", "utf-8", "utf-8", "latin-1")), "replace")


def disagreement(line: bytes) -> str:
    """What the strict decoder makes else of a line that a template takes; empty where they agree, to the types."""
    taken = everyday(line, USER)
    if taken is None:
        return ""
    strictly = decode_strictly(line, USER)
    return (
        "" if repr(taken) == repr(strictly) else f"{line!r}: the template takes {taken}, strictly it is {strictly}"
    )
