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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from enum import Enum
from functools import partial
from itertools import repeat
from json.encoder import encode_basestring_ascii as quoted
from operator import itemgetter
from typing import Any, NamedTuple, Optional, Union, get_args, get_origin, get_type_hints

from exchange.engine.commands import CancelOrder, Command, HaltInstrument, NewOrder, ReplaceOrder
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms

# What the last fields of a command mean in older records of it, which lack them.
_LATER_FIELDS: dict[type, tuple[Any, ...]] = {
    ReplaceOrder: (None,),
    HaltInstrument: (None,),
    Instrument: (None, None, 60, 60, None, None, None, None),
}

# An order's terms stand by name: those that every order has, and of the options those that were asked for.
_DEFAULTS = tuple(Terms._field_defaults.values())
_REQUIRED_NAMES = Terms._fields[: -len(_DEFAULTS)]
_OPTION_NAMES = tuple(Terms._field_defaults)
_TERM_NAMES = frozenset(Terms._fields)
_required = itemgetter(*_REQUIRED_NAMES)
# In the oldest records they stood one by one: the first ones, whether the order ends with its connection, and what
# came later; of all but the first the last may be missing.
_OLDEST_NAMES = Terms._fields[:7]
_OLDER_NAMES = Terms._fields[7:9]

_encode = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
_kind = itemgetter(0)


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
    its values stand for, or raise KeyError.  The first `first_field` columns are not fields of the class; `make`
    takes the others of one object, and behind them what all objects have in common, the `constants`.  `complete`
    makes a row of another length as long as it must be.
    """

    name: str
    make: Callable[[tuple[Any, ...]], Any]
    first_field: int
    types: tuple[frozenset[type], ...]
    conversions: tuple[tuple[int, Callable[[Iterable[Any]], list[Any]]], ...]
    complete: Callable[[Sequence[Any]], Sequence[Any]]
    constants: tuple[Any, ...] = ()

    def read(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        """One object for each row.  Raises RecordError if any row is not exactly what it must be."""
        if set(map(len, rows)) != {len(self.types)}:
            rows = [row if len(row) == len(self.types) else self.complete(row) for row in rows]
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for allowed, column in zip(self.types, columns, strict=True):
            if not allowed.issuperset(map(type, column)):
                raise RecordError(f"the values of {self.name} are not of the types they must have")
        try:
            for index, converted in self.conversions:
                columns[index] = converted(columns[index])
        except KeyError as error:
            raise RecordError(f"{str(error)[:32]} is unknown as a field of {self.name}") from None
        # Not strict, since constants have no end.
        fields = zip(*columns[self.first_field :], *map(repeat, self.constants), strict=False)
        return list(map(self.make, fields))


def read_commands(rows: Sequence[Sequence[Any]]) -> list[Command]:
    """The commands that rows of kind and fields tell, their JSON parsed (about 0.5 µs each).

    Raises RecordError if any of them can't be read; which one is found by trying them one by one.
    """
    try:
        kinds = set(map(_kind, rows))
        if len(kinds) == 1:  # Most often there is nothing but orders.
            return _READERS[kinds.pop()].read(rows)
        of_kinds = {kind: iter(_READERS[kind].read([row for row in rows if row[0] == kind])) for kind in kinds}
    except (IndexError, KeyError, TypeError):
        raise RecordError("it names no kind of command that this version knows") from None
    return [next(of_kinds[row[0]]) for row in rows]


def _reader(of: type, types_before: tuple[type, ...] = ()) -> _Reader:
    """A reader for a NamedTuple or a dataclass, with values of `types_before` before its fields."""
    types = [frozenset([kind]) for kind in types_before]
    conversions: list[tuple[int, Callable[[Iterable[Any]], list[Any]]]] = []
    for index, hint in enumerate(get_type_hints(of).values(), start=len(types_before)):
        alternatives = get_args(hint) if get_origin(hint) is Union else (hint,)
        types.append(frozenset(_json_type(kind) for kind in alternatives))
        conversions += [(index, _conversion(kind, alternatives)) for kind in alternatives if not _is_itself(kind)]
    # A NamedTuple's own `_make` counts the fields once more, in Python.
    is_tuple = issubclass(of, tuple)
    make: Callable[[tuple[Any, ...]], Any] = partial(tuple.__new__, of) if is_tuple else lambda fields: of(*fields)
    complete = partial(_with_later_fields, of, len(types_before), len(types))
    return _Reader(
        kind_of(of),
        make,
        len(types_before),
        tuple(types),
        tuple(conversions),
        _with_terms_by_name if of is NewOrder else complete,
    )


def _with_later_fields(of: type, before: int, count: int, row: Sequence[Any]) -> Sequence[Any]:
    """The row with those fields that there were not yet when it was written."""
    later, missing = _LATER_FIELDS.get(of, ()), count - len(row)
    if not 0 <= missing <= len(later):
        raise RecordError(f"{kind_of(of)} must have {count - before} fields")
    return [*row, *later[len(later) - missing :]]


def _with_terms_by_name(row: Sequence[Any]) -> Sequence[Any]:
    """A new order of the oldest records, whose terms stand one by one, as it is written now."""
    before, values = row[:4], row[4:]
    count_min = len(_OLDEST_NAMES)
    if not count_min <= len(values) <= count_min + 1 + len(_OLDER_NAMES):
        raise RecordError("new_order must have 5 fields, or 10 to 13 where its terms stand one by one")
    ends_with_connection, *older = values[count_min:] or (False,)
    names = (*_OLDEST_NAMES, *_OLDER_NAMES)
    return [*before, dict(zip(names, (*values[:count_min], *older), strict=False)), ends_with_connection]


def _is_itself(kind: Any) -> bool:
    """Whether a value of this type is the same in JSON."""
    return kind in (str, int, bool, type(None))


def _json_type(kind: Any) -> type:
    if _is_itself(kind):
        return kind  # type: ignore[no-any-return]
    if kind is Terms:
        return dict
    is_enum = isinstance(kind, type) and issubclass(kind, Enum)
    return str if is_enum else list


def _conversion(kind: Any, alternatives: tuple[Any, ...]) -> Callable[[Iterable[Any]], list[Any]]:
    """What the values of a field stand for, each of which is one of `alternatives`, `kind` or perhaps None."""
    if kind is Terms:
        return _terms
    nothing = {None: None} if type(None) in alternatives else {}
    if _json_type(kind) is str:
        member_of = {**nothing, **{member.value: member for member in kind}}.__getitem__
        return lambda values: list(map(member_of, values))
    if get_origin(kind) is tuple:
        item_kind, _ellipsis = get_args(kind)
        return lambda values: [_tuple(item_kind, value) for value in values]
    reader = _reader(kind)
    return lambda values: [None if value is None else reader.read([value])[0] for value in values]


def _terms(values: Iterable[dict[str, Any]]) -> list[Terms]:
    """Orders' terms, which stand by name."""
    objects = list(values)
    try:
        if set(map(len, objects)) == {len(_REQUIRED_NAMES)}:  # Most orders ask for nothing else.
            return _EVERYDAY_TERMS.read(list(map(_required, objects)))
        return _TERMS.read([_one_by_one(terms) for terms in objects])
    except KeyError as error:
        raise RecordError(f"an order must have the term {error}") from None


def _one_by_one(terms: dict[str, Any]) -> Sequence[Any]:
    """The values of terms in the order of the fields.  Raises KeyError if one that every order has is missing."""
    required = _required(terms)
    if len(terms) == len(_REQUIRED_NAMES):
        return required + _DEFAULTS  # type: ignore[no-any-return]
    if not terms.keys() <= _TERM_NAMES:
        raise RecordError("an order must have terms of names that this version knows")
    return [*required, *map(terms.get, _OPTION_NAMES, _DEFAULTS)]


def _everyday(whole: _Reader) -> _Reader:
    """A reader of terms that ask for no option."""
    count = len(_REQUIRED_NAMES)
    conversions = tuple(conversion for conversion in whole.conversions if conversion[0] < count)
    return whole._replace(types=whole.types[:count], conversions=conversions, constants=_DEFAULTS)


def _tuple(item_kind: type, values: list[Any]) -> tuple[Any, ...]:
    if not all(type(value) is item_kind for value in values):
        raise RecordError(f"{str(values)[:32]!r} is not a list of {item_kind.__name__}")
    return tuple(values)


_TERMS = _reader(Terms)
_EVERYDAY_TERMS = _everyday(_TERMS)
_READERS = {kind_of(command): _reader(command, (str,)) for command in get_args(Command)}
