"""One command as the fields of a journal record, and back.

    ["new_order","alice","my-1","ACME",{"side":"BUY","order_type":"LIMIT",…,"quantity":100},false]
     kind        the command's own fields, in the order in which its class has them, an order's terms by name

Both ways are driven by the command classes themselves, so that a new command or field needs nothing here: the kind
is the name of the class, an enum's member is written as its value, a value of several fields as a list.  The three
commands that come by the million have a hand-made line each (about 1 µs).

Reading is strict: the number of fields, the exact type of each, every enum's value.  What can't be read is never
guessed at: a record that passed its checksum and isn't understood was written by another version, or is a bug.
Only fields that a kind of command was given later may be missing at a record's end: see `_LATER_FIELDS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from enum import Enum
from functools import partial
from json.encoder import encode_basestring_ascii as quoted
from operator import itemgetter
from typing import Any, NamedTuple, Optional, Union, get_args, get_origin, get_type_hints

from exchange.engine.commands import CancelOrder, Command, HaltInstrument, NewOrder, ReplaceOrder
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms

# How many of an order's terms stood in the oldest records of it.  The newer ones are options, each with what it
# means not to have asked for it; they are written where at least one was.
_OLD_TERMS = 7
_NO_OPTIONS = tuple(Terms._field_defaults[name] for name in Terms._fields[_OLD_TERMS:])

# What the last fields of a command mean in older records of it, which lack them.
_LATER_FIELDS: dict[type, tuple[Any, ...]] = {
    NewOrder: (False, *_NO_OPTIONS),
    ReplaceOrder: (None,),
    HaltInstrument: (None,),
    Instrument: (None, None, 60, 60, None, None, None, None),
}

_DEFAULTS = tuple(Terms._field_defaults.values())
_TERM_NAMES = frozenset(Terms._fields)
_REQUIRED_TERMS = len(Terms._fields) - len(_DEFAULTS)
_REQUIRED_NAMES = frozenset(Terms._fields[:_REQUIRED_TERMS])
_required = itemgetter(*Terms._fields[:_REQUIRED_TERMS])
_OLD_OPTIONS = _DEFAULTS[: _OLD_TERMS - _REQUIRED_TERMS]
_NEW_OPTIONS = _DEFAULTS[_OLD_TERMS - _REQUIRED_TERMS :]

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode


class RecordError(ValueError):
    """The fields are not those of a command; the text says why."""


def kind_of(command: type) -> str:
    """The kind of a command's record: NewOrder → `new_order`."""
    return re.sub(r"(?<!^)([A-Z])", r"_\1", command.__name__).lower()


# ------------------------------------------------------------------------------------------------------- writing


def command_text(command: Command) -> str:
    """The kind and the fields of a command as JSON, without the brackets around them; ASCII, one line."""
    return _HAND_MADE.get(type(command), _any_command)(command)


def _any_command(command: Command) -> str:
    return _encode([kind_of(type(command)), *map(_plain, command)])[1:-1]


def _plain(value: Any) -> Any:
    """A field as JSON has it."""
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return [_plain(getattr(value, field.name)) for field in dataclass_fields(value)]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value


# `_value_` is what `value` looks up; the property around it costs more than the rest of the field.
def _new_order(command: NewOrder) -> str:
    user, client_order_id, symbol, terms, ends_with_connection = command
    side, order_type, time_in_force, price, quantity = terms[:5]
    options = "" if terms[5:] == _DEFAULTS else _options(terms)
    return (
        f'"new_order",{quoted(user)},{quoted(client_order_id)},{"null" if symbol is None else quoted(symbol)},'
        f'{{"side":"{side._value_}","order_type":"{order_type._value_}","time_in_force":"{time_in_force._value_}",'
        f'"price_nanos":{"null" if price is None else price},"quantity":{quantity}{options}}},'
        f"{'true' if ends_with_connection else 'false'}"
    )


def _options(terms: Terms) -> str:
    asked_for = {name: value for name, value in terms.plain().items() if name not in _REQUIRED_NAMES}
    return f",{_encode(asked_for)[1:-1]}"


def _cancel_order(command: CancelOrder) -> str:
    user, order_id, client_order_id = command
    return f'"cancel_order",{quoted(user)},{_number(order_id)},{_text(client_order_id)}'


def _replace_order(command: ReplaceOrder) -> str:
    user, order_id, client_order_id, price_nanos, quantity, new_client_order_id, stop_price_nanos = command
    stop_price_text = "" if stop_price_nanos is None else f",{stop_price_nanos}"
    return (
        f'"replace_order",{quoted(user)},{_number(order_id)},{_text(client_order_id)},{_number(price_nanos)},'
        f"{_number(quantity)},{_text(new_client_order_id)}{stop_price_text}"
    )


def _text(value: Optional[str]) -> str:
    return "null" if value is None else quoted(value)


def _number(value: Optional[int]) -> str:
    return "null" if value is None else f"{value}"


_HAND_MADE: dict[type, Callable[[Any], str]] = {
    NewOrder: _new_order,
    CancelOrder: _cancel_order,
    ReplaceOrder: _replace_order,
}

# ------------------------------------------------------------------------------------------------------- reading


Record = tuple[int, int, Command]


class _Reader(NamedTuple):
    """How the values of many objects of one class are read: column by column, because that costs a third.

    `types` are, for each column, the types its values may have in JSON; `conversions` give, for some columns, what
    a value stands for, or raise KeyError.  The first `first_field` columns are not fields of the class; `make`
    takes the others of one object.  Rows may lack the last of them, for which `later` has values then.
    """

    name: str
    make: Callable[[tuple[Any, ...]], Any]
    first_field: int
    types: tuple[frozenset[type], ...]
    conversions: tuple[tuple[int, Callable[[Any], Any]], ...]
    later: tuple[Any, ...]

    def read(self, rows: list[list[Any]]) -> list[Any]:
        """One object for each row.  Raises RecordError if any row is not exactly what it must be."""
        if set(map(len, rows)) != {len(self.types)}:
            rows = [self._completed(row) for row in rows]
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for allowed, column in zip(self.types, columns, strict=True):
            if not allowed.issuperset(map(type, column)):
                raise RecordError(f"the values of {self.name} are not of the types they must have")
        try:
            for index, convert in self.conversions:
                columns[index] = [convert(value) for value in columns[index]]
        except KeyError as error:
            raise RecordError(f"{str(error)[:32]} is unknown as a field of {self.name}") from None
        return [self.make(fields) for fields in zip(*columns[self.first_field :], strict=True)]

    def _completed(self, row: list[Any]) -> list[Any]:
        """The row with those fields that there were not yet when it was written."""
        missing = len(self.types) - len(row)
        if not 0 <= missing <= len(self.later):
            raise RecordError(f"{self.name} must have {len(self.types) - self.first_field} fields")
        return [*row, *self.later[len(self.later) - missing :]]


def read_records(records: list[list[Any]]) -> list[Record]:
    """(sequence, timestamp, command) of journal records, their JSON parsed (about 1 µs each).

    Raises RecordError if any of them can't be read; which one is found by trying them one by one.
    """
    rows_of: dict[str, list[list[Any]]] = {}
    try:
        for record in records:
            is_by_name = record[2] == "new_order" and type(record[6]) is dict
            rows_of.setdefault(record[2], []).append(terms_one_by_one(record) if is_by_name else record)
        commands = {kind: iter(_READERS[kind].read(rows)) for kind, rows in rows_of.items()}
    except (IndexError, KeyError, TypeError):
        raise RecordError("it names no kind of command that this version knows") from None
    return [(record[0], record[1], next(commands[record[2]])) for record in records]


def terms_one_by_one(row: list[Any]) -> list[Any]:
    """A new order whose terms stand by name, as a row in which they stand one by one.  Raises RecordError."""
    *before, terms, ends_with_connection = row
    if len(before) != 6 or not terms.keys() <= _TERM_NAMES:
        raise RecordError("an order must have 5 fields, and its terms names that this version knows")
    if len(terms) == _REQUIRED_TERMS and terms.keys() == _REQUIRED_NAMES:  # Most orders ask for nothing else.
        return [*before, *_required(terms), *_OLD_OPTIONS, ends_with_connection, *_NEW_OPTIONS]
    # What is missing and has no default is of a type that no field has.
    values = [terms.get(name, Terms._field_defaults.get(name, ...)) for name in Terms._fields]
    return [*before, *values[:_OLD_TERMS], ends_with_connection, *values[_OLD_TERMS:]]


def _reader(of: type, types_before: tuple[type, ...] = ()) -> _Reader:
    """A reader for a NamedTuple or a dataclass, with values of `types_before` before its fields."""
    types = [frozenset([kind]) for kind in types_before]
    conversions: list[tuple[int, Callable[[Any], Any]]] = []
    for index, hint in enumerate(_hints(of), start=len(types_before)):
        alternatives = get_args(hint) if get_origin(hint) is Union else (hint,)
        types.append(frozenset(_json_type(kind) for kind in alternatives))
        conversions += [(index, _conversion(kind, alternatives)) for kind in alternatives if not _is_itself(kind)]
    # A NamedTuple's own `_make` counts the fields once more, in Python.
    make: Callable[[tuple[Any, ...]], Any] = lambda fields: of(*fields)  # noqa: E731
    if of is NewOrder:
        make = _made_new_order
    elif issubclass(of, tuple):
        make = partial(tuple.__new__, of)
    later = _LATER_FIELDS.get(of, ())
    return _Reader(kind_of(of), make, len(types_before), tuple(types), tuple(conversions), later)


def _hints(of: type) -> list[Any]:
    """The types of an object's fields in a record, where an order's terms stand one by one, the newest last."""
    if of is not NewOrder:
        return list(get_type_hints(of).values())
    user, client_order_id, symbol, _terms, ends_with_connection = get_type_hints(NewOrder).values()
    terms = list(get_type_hints(Terms).values())
    return [user, client_order_id, symbol, *terms[:_OLD_TERMS], ends_with_connection, *terms[_OLD_TERMS:]]


def _made_new_order(fields: tuple[Any, ...]) -> NewOrder:
    after = 3 + _OLD_TERMS
    terms = tuple.__new__(Terms, fields[3:after] + fields[after + 1 :])
    return tuple.__new__(NewOrder, (*fields[:3], terms, fields[after]))


def _is_itself(kind: Any) -> bool:
    """Whether a value of this type is the same in JSON."""
    return kind in (str, int, bool, type(None))


def _json_type(kind: Any) -> type:
    if _is_itself(kind):
        return kind  # type: ignore[no-any-return]
    is_enum = isinstance(kind, type) and issubclass(kind, Enum)
    return str if is_enum else list


def _conversion(kind: Any, alternatives: tuple[Any, ...]) -> Callable[[Any], Any]:
    """What a field that is one of `alternatives`, `kind` or perhaps None, stands for."""
    nothing = {None: None} if type(None) in alternatives else {}
    if _json_type(kind) is str:
        return {**nothing, **{member.value: member for member in kind}}.__getitem__
    if get_origin(kind) is tuple:
        item_kind, _ellipsis = get_args(kind)
        return lambda values: _tuple(item_kind, values)
    reader = _reader(kind)
    return lambda values: None if values is None else reader.read([values])[0]


def _tuple(item_kind: type, values: list[Any]) -> tuple[Any, ...]:
    if not all(type(value) is item_kind for value in values):
        raise RecordError(f"{str(values)[:32]!r} is not a list of {item_kind.__name__}")
    return tuple(values)


_READERS = {kind_of(command): _reader(command, (int, int, str)) for command in get_args(Command)}
