"""Hostile and healthy request lines, each with what its answer must be.

A line is made in one of these ways, and what is due follows from the way:

    valid       a request as PROTOCOL.md has it
    value       one field has a value it must not have                    → the code that `fuzz_values` says
    fields      a field too many, too few, twice; an unknown type
    json        not strict JSON: another encoding, cut off, wrapped, too deep
    bytes       a valid line with random bytes changed                    → `is_strict_object` says if MALFORMED
    noise       random bytes

Everything is drawn from the `random.Random` given, so a seed makes the same lines again.  Never makes a line that
ends the connection (login, logout, too long): those are the campaign's to send.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any, NamedTuple, Optional

from tests.campaigns.fuzz_values import BAD_VALUES, NOT_JSON, REFUSED_BY_THE_MARKET, UNKNOWN_NAMES, UNKNOWN_TYPES

SYMBOL = "FUZZ"
DEPTH_MAX = 8

Fields = dict[str, str]  # name → value as JSON text


class Due(NamedTuple):
    """What must be answered: one message of one of `types`, with one of `codes` if it carries one.

    `codes` None means any.  `tail` names the types that must follow in the same answer, None: any that may.
    """

    types: frozenset[str]
    codes: Optional[frozenset[str]] = None
    tail: Optional[tuple[str, ...]] = None


class Case(NamedTuple):
    """One line without its newline, how it was made, and what is due for it."""

    line: bytes
    way: str
    due: Due


# --- what may come of a valid request --------------------------------------------------------------------------

_ANY_ANSWER = frozenset(
    {
        *("error", "order_accepted", "order_rejected", "order_canceled", "cancel_rejected", "order_replaced"),
        *("replace_rejected", "cancel_all_done", "orders", "positions", "subscribed", "unsubscribed", "pong"),
    }
)
_GONE = frozenset({"UNKNOWN_ORDER", "TOO_LATE"})
# Whatever is asked for, the phase may be against it.
_PHASE_CODES = frozenset({"HALTED", "NOT_CONTINUOUS"})
_MARKET_CODES = _PHASE_CODES | {
    *("WOULD_TAKE", "CANNOT_FILL", "NO_LIQUIDITY", "STOP_WOULD_TRIGGER", "PRICE_OUT_OF_BAND"),
}
_VALID = {
    "new_order": Due(frozenset({"order_accepted", "order_rejected"}), _MARKET_CODES),
    "cancel_order": Due(frozenset({"order_canceled", "cancel_rejected"}), _GONE),
    "replace_order": Due(
        frozenset({"order_replaced", "order_canceled", "replace_rejected"}),
        # BAD_VALUE: a price for a STOP order, a stop price for any that waits for none.
        _GONE | _PHASE_CODES | {"WOULD_TAKE", "PRICE_OUT_OF_BAND", "STOP_WOULD_TRIGGER", "BAD_VALUE"},
    ),
    "cancel_all": Due(frozenset({"order_canceled", "cancel_all_done"})),
    "get_orders": Due(frozenset({"orders"})),
    "get_positions": Due(frozenset({"positions"})),
    "subscribe": Due(frozenset({"subscribed"})),
    "unsubscribe": Due(frozenset({"unsubscribed"})),
    "ping": Due(frozenset({"pong"})),
}
_REJECTION = {
    "new_order": "order_rejected",
    "cancel_order": "cancel_rejected",
    "replace_order": "replace_rejected",
}
_REQUIRED = {
    "new_order": ("client_order_id", "symbol", "side", "order_type", "quantity"),
    "cancel_order": ("client_order_id",),
    "replace_order": ("client_order_id",),
    "subscribe": ("channel", "symbol"),
    "unsubscribe": ("channel", "symbol"),
}


class LineMaker:
    """Makes cases.  `prefix` makes its client order ids differ from those of every other maker."""

    def __init__(self, chance: random.Random, prefix: str) -> None:
        self._chance = chance
        self._prefix = prefix
        self._order_count = 0
        self._ways: tuple[Callable[[], Case], ...] = (
            *([self.valid] * 8),
            *([self._value] * 7),
            *([self._fields] * 4),
            *([self._json] * 3),
            *([self._bytes] * 3),
            self._noise,
        )

    def case(self) -> Case:
        """The next line."""
        return self._chance.choice(self._ways)()

    # --- valid requests ------------------------------------------------------------------------------------

    def valid(self) -> Case:
        """A request as it should be, oddly spaced at times."""
        request_type, fields = self._request()
        return Case(self._written(request_type, fields), "valid", _VALID[request_type])

    def order_id_text(self) -> str:
        """A client order id that no order has had, as JSON."""
        self._order_count += 1
        return self._id_text(self._order_count)

    def _id_text(self, number: int) -> str:
        """The digits behind the dot are such that no few changed bytes make one id of another."""
        return f'"{self._prefix}{number}.{number * 2_654_435_761 % 10**8:08}"'

    def _request(self) -> tuple[str, Fields]:
        pick = self._chance.random()
        if pick < 0.5:
            return "new_order", self._new_order()
        if pick < 0.62:
            return "cancel_order", {"client_order_id": self._earlier_id()}
        if pick < 0.76:
            return "replace_order", self._replace_order()
        if pick < 0.8:
            return "cancel_all", {"symbol": f'"{SYMBOL}"'} if pick < 0.78 else {}
        if pick < 0.88:
            return ("get_orders" if pick < 0.84 else "get_positions"), {}
        if pick < 0.96:
            return ("subscribe" if pick < 0.94 else "unsubscribe"), self._feed()
        return "ping", {"id": self._chance.choice(('"p"', "7", '""', '"\u2028é"', str(-(2**63)), "9" * 2_000))}

    def _new_order(self) -> Fields:
        chance = self._chance
        fields = {
            "client_order_id": self.order_id_text(),
            "symbol": f'"{SYMBOL}"',
            "side": chance.choice(('"BUY"', '"SELL"')),
            "order_type": '"LIMIT"',
            "quantity": str(chance.randrange(1, 20)),
        }
        pick = chance.random()
        if pick < 0.1:
            fields["order_type"] = '"MARKET"'
            return fields
        if pick < 0.2:
            return fields | self._stop_fields()
        fields["price"] = chance.choice((f"{99.9 + chance.randrange(21) / 100:.2f}", "1e2", "100", "10000E-2"))
        if chance.random() < 0.5:
            fields["time_in_force"] = chance.choice(('"GTC"', '"DAY"', '"IOC"', '"FOK"'))
        elif chance.random() < 0.2:
            fields["post_only"] = "true"
        if chance.random() < 0.15 and fields.get("time_in_force", '"GTC"') in ('"GTC"', '"DAY"'):
            fields["quantity"], fields["display_quantity"] = "20", str(chance.randrange(1, 20))
        if chance.random() < 0.3:
            fields["self_trade_prevention"] = chance.choice(
                ('"NONE"', '"CANCEL_OLDEST"', '"CANCEL_NEWEST"', '"CANCEL_BOTH"', '"DECREMENT"')
            )
        return fields

    def _stop_fields(self) -> Fields:
        chance = self._chance
        fields = {"order_type": '"STOP"', "stop_price": self._price_text()}
        if chance.random() < 0.5:
            fields = {"order_type": '"STOP_LIMIT"', "stop_price": self._price_text(), "price": self._price_text()}
        if chance.random() < 0.3:
            fields["time_in_force"] = '"DAY"'
        return fields

    def _price_text(self) -> str:
        return f"{99.9 + self._chance.randrange(21) / 100:.2f}"

    def _replace_order(self) -> Fields:
        chance = self._chance
        fields = {"client_order_id": self._earlier_id()}
        if chance.random() < 0.5:
            fields["price"] = self._price_text()
        else:
            fields["quantity"] = str(chance.randrange(1, 30))
        if chance.random() < 0.1:
            fields["stop_price"] = self._price_text()
        if chance.random() < 0.2:
            fields["new_client_order_id"] = self.order_id_text()
        return fields

    def _feed(self) -> Fields:
        channel = self._chance.choice(('"book"', '"trades"'))
        depth = self._chance.choice(("0", "1", "5", "1000", "1001", "9" * 2_000))
        return {"channel": channel, "symbol": f'"{SYMBOL}"', "depth": depth}

    def _earlier_id(self) -> str:
        return self._id_text(max(1, self._order_count - self._chance.randrange(8)))

    def _written(self, request_type: Optional[str], fields: Fields) -> bytes:
        members = [f'"{name}":{value}' for name, value in fields.items()]
        if request_type is not None:
            members.append(f'"type":"{request_type}"')
        if self._chance.random() < 0.2:
            self._chance.shuffle(members)
            return (" {\t" + " , ".join(members) + "} \r").encode()
        return ("{" + ",".join(members) + "}").encode()

    # --- hostile ones --------------------------------------------------------------------------------------

    def _value(self) -> Case:
        """One field of a request has a value that it must not have."""
        request_type, fields = self._request()
        chance = self._chance
        names = [name for name in fields if name in BAD_VALUES]
        if fields.get("order_type") == '"LIMIT"' and chance.random() < 0.1:
            names = [chance.choice(("stop_price", "display_quantity"))]
        if not names or fields.get("order_type", '"LIMIT"') != '"LIMIT"':
            return self._fields()
        if request_type == "replace_order" and "stop_price" in names:
            names.remove("stop_price")  # Whether it is bad depends on the order.
        name = chance.choice(names)
        code, answers_error = "BAD_VALUE", name == "client_order_id"
        if chance.random() < 0.25:
            text, code, answers_error = chance.choice(NOT_JSON), "MALFORMED", True
        elif self._may_the_market_refuse(request_type, fields, name):
            text, code = chance.choice(REFUSED_BY_THE_MARKET[name])
            fields[name] = text
            due = Due(frozenset({"order_rejected"}), frozenset({code, *_PHASE_CODES}), ())
            return Case(self._written(request_type, fields), "value", due)
        else:
            text = chance.choice(BAD_VALUES[name])
        fields[name] = text
        due = _refused(request_type, code, answers_error)
        if name in ("stop_price", "display_quantity") and code == "BAD_VALUE":
            # Some are bad only together with other fields, which is for the rules to find, after the phase.
            due = due._replace(codes=frozenset({code, *_PHASE_CODES}))
        return Case(self._written(request_type, fields), "value", due)

    def _may_the_market_refuse(self, request_type: str, fields: Fields, name: str) -> bool:
        # An iceberg's quantities are looked at together, ahead of their range.
        is_plain = request_type == "new_order" and "display_quantity" not in fields
        return is_plain and name in REFUSED_BY_THE_MARKET and self._chance.random() < 0.4

    def _fields(self) -> Case:
        """A field too many, too few or twice; a type that is none."""
        request_type, fields = self._request()
        chance = self._chance
        pick = chance.randrange(5)
        required = _REQUIRED.get(request_type, ())
        if pick == 0 and required:
            dropped = chance.choice(required)
            del fields[dropped]
            due = _refused(request_type, "MISSING_FIELD", dropped == "client_order_id")
        elif pick == 1:
            fields = {**fields, "type": chance.choice(("null", "1", "[]", "{}", "true", '["ping"]'))}
            return Case(self._written(None, fields), "fields", _refused(None, "BAD_VALUE"))
        elif pick == 2:
            fields = {**fields, "type": chance.choice(UNKNOWN_TYPES)}
            return Case(self._written(None, fields), "fields", _refused(None, "UNKNOWN_TYPE"))
        elif pick == 3:
            twice = chance.choice(('"type":"ping"', '"\\u0074ype":"ping"', '"x":{"a":1,"\\u0061":1}'))
            line = self._written(request_type, fields).rstrip()[:-1] + b"," + twice.encode() + b"}"
            return Case(line, "fields", _refused(None, "MALFORMED"))
        else:
            fields[chance.choice(UNKNOWN_NAMES)] = chance.choice(("1", "null", '"x"', "[[]]"))
            due = _refused(request_type, "UNKNOWN_FIELD")
        return Case(self._written(request_type, fields), "fields", due)

    def _json(self) -> Case:
        """What was a valid line is strict JSON no more."""
        line = self.valid().line.strip()
        chance = self._chance
        bad = chance.choice(
            (
                b"\xef\xbb\xbf" + line,
                line.decode().encode("utf-16-le"),
                line.decode().encode("utf-16"),
                line[: chance.randrange(len(line))],
                line[chance.randrange(1, len(line)) :],
                line + line,
                line + b"}",
                b"[" + line + b"]",
                b'"' + line + b'"',
                line.replace(b'"', b"'"),
                line.replace(b'"', b'"\xff', 1),
                line.replace(b'"', b'"\xed\xa0\x80', 1),
                line.replace(b'"', b'"\xc0\xaf', 1),
                line.replace(b":", b"=", 1),
                line[:-1] + b",}",
                chance.choice((b"", b" ", b"\r", b"null", b"[]", b"1", b'"x"', b"\x00", b"\xef\xbb\xbf")),
                b'{"a":' * chance.randrange(9, 9_000),
            )
        )
        return Case(bad, "json", _refused(None, "MALFORMED"))

    def _bytes(self) -> Case:
        """Some bytes of a valid line are changed, added or lost."""
        line = bytearray(self.valid().line)
        for _ in range(self._chance.randrange(1, 5)):
            place = self._chance.randrange(len(line))
            change = self._chance.randrange(3)
            byte = self._chance.randrange(256)
            if change == 0:
                line[place] = byte
            elif change == 1:
                line.insert(place, byte)
            elif len(line) > 1:
                del line[place]
        return _judged(bytes(line), "bytes")

    def _noise(self) -> Case:
        return _judged(self._chance.randbytes(self._chance.randrange(400)), "noise")


def _refused(request_type: Optional[str], code: str, answers_error: bool = False) -> Due:
    """`code`, told by the request's own rejection, or by `error` where the line names no order."""
    types = {"error"} if answers_error or code == "MALFORMED" else {_REJECTION.get(request_type or "", "error")}
    return Due(frozenset(types), frozenset({code}), ())


def _judged(line: bytes, way: str) -> Case:
    """What is due for bytes that nobody meant."""
    line = line.replace(b"\n", b"?")
    if not is_strict_object(line):
        return Case(line, way, _refused(None, "MALFORMED"))
    return Case(line, way, Due(_ANY_ANSWER))


# --- a second opinion on JSON ----------------------------------------------------------------------------------


def is_strict_object(line: bytes) -> bool:
    """Whether PROTOCOL.md takes the line for one JSON object; another way of asking than the exchange's own."""
    try:
        value = json.loads(
            line.decode(),
            parse_int=str,
            parse_float=str,
            parse_constant=_refuse_constant,
            object_pairs_hook=_distinct,
        )
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and _depth(value) <= DEPTH_MAX and all(map(_is_clean, _texts(value)))


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (key, *_texts(item))]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [value] if isinstance(value, str) else []


def _is_clean(text: str) -> bool:
    return not any(
        ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 or 0xD800 <= ord(letter) < 0xE000 for letter in text
    )
