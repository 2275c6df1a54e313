"""Every command comes back from the journal as it went in; what is not exactly a command is refused."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from exchange.engine.commands import Command, HaltInstrument, NewOrder, ReplaceOrder
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Side, TimeInForce
from exchange.storage.command_record import Record, RecordError, command_text, kind_of, read_commands
from exchange.storage.journal_format import RecordRows, parsed, record_line, valid_bodies

# Drawn from the classes' own annotations, so that a new command or field is tested without a word here.
COMMANDS = st.one_of([st.from_type(kind) for kind in get_args(Command)])
WRONG_VALUES: st.SearchStrategy[Any] = st.sampled_from([0, 1.0, True, None, "x", [], [0], {}, "BUY", -1])


def written(command: Command) -> list[Any]:
    """The JSON of its record: the row of kind and fields."""
    row: list[Any] = json.loads(f"[{command_text(command)}]")
    return row


def written_as_before(command: Command, is_whole: bool = False) -> list[Any]:
    """The row of a command in a journal of version 1, which told an order's terms one by one.

    Whole it has at its end what came later: whether the order ends with its connection, and its newer terms.
    """
    if not isinstance(command, NewOrder):
        return written(command)
    kind, user, client_order_id, symbol, terms, ends_with_connection = written(command)
    values = [terms.get(name, Terms._field_defaults.get(name)) for name in Terms._fields]
    later = [ends_with_connection, *values[OLD_TERMS:]] if is_whole else []
    return [kind, user, client_order_id, symbol, *values[:OLD_TERMS], *later]


OLD_TERMS = 7
# Those that ask for no option, which most do.
EVERYDAY_ORDERS = st.from_type(NewOrder).map(lambda order: order._replace(terms=Terms(*order.terms[:5])))


def read_one(row: list[Any]) -> Command:
    [read] = read_commands([row])
    return read


def read_line(line: bytes) -> list[Record]:
    """What the line of a record tells."""
    [value] = parsed(valid_bodies([line]))
    rows = RecordRows()
    rows.add(value)
    return rows.read()


@given(st.lists(COMMANDS))
def test_many_commands_of_any_kinds_come_back_in_their_order(commands: list[Command]) -> None:
    assert read_commands([written(command) for command in commands]) == commands


@given(COMMANDS, st.integers(1, 10**18), st.integers(0, 10**19))
def test_a_command_comes_back_as_it_went_in(command: Command, sequence: int, timestamp: int) -> None:
    [record] = read_line(record_line([(sequence, timestamp, command)], ""))
    assert record == (sequence, timestamp, command)
    assert type(record[2]) is type(command)


@given(COMMANDS, WRONG_VALUES)
def test_a_timestamp_that_is_no_whole_number_is_refused(command: Command, wrong: Any) -> None:
    assume(type(wrong) is not int)
    with pytest.raises(ValueError, match="timestamp"):
        RecordRows().add([1, "", [wrong], [written(command)]])
    with pytest.raises(ValueError, match="timestamp"):
        RecordRows().add([1, [wrong], *written(command)])


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([1, "", [2, 3], [["get_orders", "alice"]]], "not one timestamp for each command"),
        ([1, "", [], []], "not one timestamp for each command"),
        ([1, "", 2, [["get_orders", "alice"]]], "not one timestamp for each command"),
        ([1, "", [2], ["get_orders"]], "a command of it is no list"),
    ],
)
def test_a_record_that_is_no_list_of_commands_with_their_times_is_refused(value: list[Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        RecordRows().add(value)


@given(COMMANDS)
def test_a_record_is_one_line_of_ascii_that_names_its_kind(command: Command) -> None:
    line = record_line([(1, 2, command)], "00ff")
    assert line.isascii() and line.count(b"\n") == 1 and line.endswith(b"\n")
    assert json.loads(line[9:])[:3] == [1, "00ff", [2]]
    assert json.loads(line[9:])[3][0][0] == kind_of(type(command))


@given(st.lists(COMMANDS, min_size=1, max_size=8))
def test_a_batch_is_one_record_and_comes_back_command_by_command(commands: list[Command]) -> None:
    entries = [(5 + number, 100 - number, command) for number, command in enumerate(commands)]
    assert read_line(record_line(entries, "")) == entries


@given(st.from_type(NewOrder), st.data())
def test_an_order_with_a_term_of_another_type_or_name_is_refused(order: NewOrder, data: st.DataObject) -> None:
    row = written(order)
    name = data.draw(st.sampled_from([*row[4], "tick"]))
    wrong: Any = data.draw(st.sampled_from([1.0, [], {}, "x"]))
    with pytest.raises(RecordError):
        read_one([*row[:4], {**row[4], name: wrong}, row[5]])
    required = data.draw(st.sampled_from(["side", "order_type", "time_in_force", "price_nanos", "quantity"]))
    with pytest.raises(RecordError):
        read_one([*row[:4], {key: value for key, value in row[4].items() if key != required}, row[5]])


def read_or_refused(rows: list[list[Any]]) -> list[Command] | str:
    """What comes of rows."""
    try:
        return read_commands(rows)
    except RecordError:
        return "refused"


@given(EVERYDAY_ORDERS, st.data())
def test_everyday_terms_are_read_as_they_are_beside_an_order_with_options(
    order: NewOrder, data: st.DataObject
) -> None:
    """Where all terms ask for nothing they are read another way, which no wrong value may tell from the usual."""
    with_option = written(order._replace(terms=order.terms._replace(post_only=True)))
    row = written(order)
    assert read_commands([row, row]) == [order, order]
    terms = dict(row[4])
    del terms[data.draw(st.sampled_from(sorted(terms)))]
    name = data.draw(st.sampled_from([*Terms._fields, "tick"]))
    value = data.draw(WRONG_VALUES | st.sampled_from(["SELL", "LIMIT", "GTC"]))
    for changed in ({**row[4], name: value}, {**terms, name: value}):
        changed_row = [*row[:4], changed, row[5]]
        alone, beside = read_or_refused([changed_row, row]), read_or_refused([changed_row, with_option])
        assert alone[:1] == beside[:1]


@given(COMMANDS, st.data())
def test_a_record_with_any_value_of_another_type_is_refused(command: Command, data: st.DataObject) -> None:
    record = written(command)
    index = data.draw(st.integers(0, len(record) - 1))
    wrong = data.draw(WRONG_VALUES)
    before = record[index]
    record[index] = wrong
    try:
        changed = read_one(list(record))
    except RecordError:
        return
    # It was read, so it is a command that is written exactly so: with another side, another name or no price.
    # Options that were not asked for may stand at its end or not.
    again = written(changed)
    assert again == record[: len(again)] and set(map(type, record[len(again) :])) <= {type(None)}
    assert type(record[index]) in (type(before), type(None)) or before is None or isinstance(before, list)


@given(COMMANDS, st.data())
def test_a_record_with_a_value_too_many_or_too_few_is_refused(command: Command, data: st.DataObject) -> None:
    record = written(command)
    index = data.draw(st.integers(0, len(record) - 1))
    with pytest.raises(RecordError):
        read_one([*record, *[data.draw(WRONG_VALUES)] * 3])
    # The last field of a halt or a replace may be missing, and the one before may pass for it.
    shortened = record[:index] + record[index + 1 :]
    assume(not (isinstance(command, HaltInstrument) and index >= len(record) - 2))
    assume(not (isinstance(command, ReplaceOrder) and index >= len(record) - 2))
    with pytest.raises(RecordError):
        read_one(shortened)


def has_old_terms(command: NewOrder) -> bool:
    return command.terms.stop_price_nanos is None and command.terms.display_quantity is None


@given(st.lists(COMMANDS))
def test_orders_of_before_there_was_cancel_on_disconnect_do_not_end_with_a_connection(
    commands: list[Command],
) -> None:
    """As they stand in older journals, and beside new ones."""
    commands = [command for command in commands if not isinstance(command, NewOrder) or has_old_terms(command)]
    old = [written_as_before(command) for command in commands]
    new = [written(command) for command in commands]
    wanted = [
        command._replace(ends_with_connection=False) if isinstance(command, NewOrder) else command
        for command in commands
    ]
    assert read_commands(old + new) == wanted + commands


@given(st.lists(COMMANDS))
def test_orders_whose_terms_stand_one_by_one_with_all_that_came_later_are_read(commands: list[Command]) -> None:
    old = [written_as_before(command, is_whole=True) for command in commands]
    assert read_commands(old) == commands


def test_an_order_that_lacks_more_than_its_last_field_is_refused() -> None:
    order = NewOrder("alice", "1", None, Terms(Side.BUY, OrderType.LIMIT, TimeInForce.GTC, 1, 100))
    with pytest.raises(RecordError, match="10 to 13 where its terms stand one by one"):
        read_one(written_as_before(order)[:-1])
    with pytest.raises(RecordError, match="10 to 13 where its terms stand one by one"):
        read_one([*written_as_before(order, is_whole=True), None])


@given(st.recursive(WRONG_VALUES, lambda inner: st.lists(inner, max_size=4), max_leaves=12))
def test_whatever_stands_in_a_record_is_read_or_refused_and_nothing_else(value: Any) -> None:
    assume(isinstance(value, list))
    with pytest.raises(RecordError):
        read_one(value)


def test_an_order_is_readable_by_people() -> None:
    order = NewOrder("alice", 'my-"1', None, Terms(Side.BUY, OrderType.MARKET, TimeInForce.IOC, None, 100))
    assert command_text(order) == (
        '"new_order","alice","my-\\"1",null,{"side":"BUY","order_type":"MARKET","time_in_force":"IOC",'
        '"price_nanos":null,"quantity":100},false'
    )
