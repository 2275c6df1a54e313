"""Finds an order of a recorded day by the name its user gave it, and what is known of one that was refused.

A refused order changes nothing and uses no id, so neither the journal nor an audit log keeps it: its user alone
was told why.  Only a day that was handed in as commands knows its refusals.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from exchange.engine.commands import NewOrder, ReplaceOrder
from exchange.engine.events import OrderAccepted, OrderRejected, OrderReplaced
from exchange.laboratory.history import History
from exchange.laboratory.telling.book_picture import BookPicture, book_picture, drawn_levels
from exchange.laboratory.telling.order_life import LEVELS_SHOWN
from exchange.laboratory.telling.order_words import asked_text, time_text
from exchange.laboratory.what_if import UnknownOrderError


class RefusedOrder(NamedTuple):
    """An order that was refused behind command `after`, why, and the book as it was."""

    after: int
    timestamp: int
    command: NewOrder
    rejection: OrderRejected
    book: BookPicture


def find_order_id(history: History, user: str, client_order_id: str) -> int:
    """The last order that `user` gave this name, when entering or replacing it.  About 2 µs a command of the day.

    UnknownOrderError, saying what can't be known, if no such order was taken.
    """
    found = None
    for sequence, _timestamp, command in history.commands(history.first):
        if isinstance(command, NewOrder):
            is_it = (command.user, command.client_order_id) == (user, client_order_id)
        elif isinstance(command, ReplaceOrder):
            is_it = (command.user, command.new_client_order_id) == (user, client_order_id)
        else:
            continue
        found = sequence if is_it else found
    if found is None:
        raise UnknownOrderError(
            f"client_order_id {client_order_id}: no order of {user} by this name was taken in the recorded day, "
            f"commands {history.first + 1} to {history.last}; had it been refused, nothing on disk would say so: "
            "a refusal changes nothing, and is told to its user alone"
        )
    named = (event for event in history.at(found).events if isinstance(event, (OrderAccepted, OrderReplaced)))
    return next(event.order_id for event in named if event.client_order_id == client_order_id)


def refused_orders(history: History, user: str, client_order_id: str) -> list[RefusedOrder]:
    """Each time that an order of this name was refused, as far as the day knows of it."""
    found = []
    for after, timestamp, command, events in history.refusals:
        rejection = events[0] if events else None
        if not isinstance(command, NewOrder) or not isinstance(rejection, OrderRejected):
            continue
        if (command.user, command.client_order_id) == (user, client_order_id):
            books = history.at(after).engine.books
            book = books.get(command.symbol) if command.symbol else next(iter(books.values()), None)
            if book is not None:
                found.append(RefusedOrder(after, timestamp, command, rejection, book_picture(book, LEVELS_SHOWN)))
    return found


def refusal_lines(refused: RefusedOrder) -> Iterator[str]:
    """A refusal in sentences."""
    command, instrument = refused.command, refused.book.instrument
    asked = asked_text(command.terms, instrument)
    yield f"{time_text(refused.timestamp)}  behind command {refused.after:,}: refused, and nothing changes"
    yield f"  {command.user} asked for {command.client_order_id}: {asked} {instrument.symbol}"
    yield "    the book was:"
    yield from (f"    {line}" for line in drawn_levels(refused.book))
    yield f"  {refused.rejection.code.value}: {refused.rejection.text}"
