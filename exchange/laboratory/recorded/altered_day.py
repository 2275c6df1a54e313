"""A recorded day played twice at once: as it was, and without one order or with that order changed.

    recorded command ──► the recorded engine ──► what happened
          │ ids of orders as they are in the altered day; what refers to an order that is left out is dropped
          ▼
    the same command ──► the altered engine  ──► what would have happened

**Ids.**  The engine numbers orders as it accepts them, so one that is left out or refused shifts the numbers of
all that come later.  Here an order keeps the id of the recorded day: two arrays lead from one day's ids to the
other's.

**Time.**  What the schedule brings is in the record.  A halt or a call that only the altered day has ends there by
the engine's own rules, before the first command after its end; one that only the recorded day had is not there to
be ended, and the command that ended it does nothing.

Everybody else does what they did; what was refused then is in no record, and not asked again.  Both engines begin
with the state before the order, without the done orders: so a refusal may say UNKNOWN_ORDER where the exchange
would have said TOO_LATE.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import NamedTuple, Optional

from exchange.engine.commands import CancelOrder, CancelOrders, Command, NewOrder, ReplaceOrder
from exchange.engine.engine import Engine
from exchange.engine.events import Event
from exchange.engine.phases import next_change, next_due
from exchange.laboratory.recorded.checkpoints import packed_state, restored_state
from exchange.storage.command_record import Record


class OrderChange(NamedTuple):
    """What is different: the order is left out, or has another limit price or total quantity; None: as it was.

    `price_nanos` is in 10⁻⁹ currency units.  With neither nothing is changed, and nothing differs.
    """

    order_id: int
    is_left_out: bool = False
    price_nanos: Optional[int] = None
    quantity: Optional[int] = None

    def applied(self, command: NewOrder) -> Optional[NewOrder]:
        """The order's own command as it would have been, None if it would not have come."""
        if self.is_left_out:
            return None
        terms = command.terms
        if self.price_nanos is not None:
            terms = terms._replace(price_nanos=self.price_nanos)
        if self.quantity is not None:
            terms = terms._replace(quantity=self.quantity)
        return command._replace(terms=terms)


class Twice(NamedTuple):
    """One command of the record in both days.

    `asked` is what the altered day was asked, None for a command that was dropped.  `altered_events` begin with
    those of a halt's or a call's end that is due in the altered day alone.
    """

    sequence: int
    timestamp: int
    command: Command
    asked: Optional[Command]
    recorded_events: list[Event]
    altered_events: list[Event]


class AlteredDay:
    """The two days from the state before the order's command on.  `recorded` and `altered` are their engines."""

    def __init__(self, before: Engine, change: OrderChange) -> None:
        """`before` is the state before the order was entered; it is used up."""
        self.change = change
        self.recorded = before
        self.altered = restored_state(packed_state(before))
        # Ids up to here are the same in both.
        self._same_until = before.last_order_id
        # By an order's id in one day, less those: its id in the other, 0 for none.
        self._altered_ids = array("Q")
        self._recorded_ids = array("Q")

    def play(self, records: Iterator[Record]) -> Iterator[Twice]:
        """Carry out the record in both days, command by command.  Twice what one replay takes."""
        for sequence, timestamp, command in records:
            altered_events = self._bring_what_is_due(timestamp)
            asked = self._translated(command)
            recorded_events = self.recorded.process(command, timestamp)
            if asked is not None:
                altered_events += self.altered.process(asked, timestamp)
            if type(command) is NewOrder:
                self._note_ids()
            yield Twice(sequence, timestamp, command, asked, recorded_events, altered_events)

    def recorded_id(self, altered_id: int) -> int:
        """The recorded day's id of an order of the altered one."""
        index = altered_id - self._same_until - 1
        return altered_id if index < 0 else self._recorded_ids[index]

    def altered_id(self, recorded_id: int) -> Optional[int]:
        """The altered day's id of an order of the recorded one, None if it is not there."""
        index = recorded_id - self._same_until - 1
        if index < 0:
            return recorded_id
        return (self._altered_ids[index] or None) if index < len(self._altered_ids) else None

    def _translated(self, command: Command) -> Optional[Command]:
        """The command as the altered day is asked it, None if it is dropped."""
        kind = type(command)
        if kind is NewOrder:
            assert isinstance(command, NewOrder)
            is_changed = self.recorded.last_order_id + 1 == self.change.order_id
            return self.change.applied(command) if is_changed else command
        if isinstance(command, (CancelOrder, ReplaceOrder)):
            return self._renumbered(command)
        if isinstance(command, CancelOrders):
            found = [self.altered_id(order_id) for order_id in command.order_ids]
            return command._replace(order_ids=tuple(order_id for order_id in found if order_id is not None))
        return command

    def _renumbered(self, command: Command) -> Optional[Command]:
        assert isinstance(command, (CancelOrder, ReplaceOrder))
        account = self.recorded.accounts[command.user]
        order = account.find(command.order_id, command.client_order_id)
        assert order is not None, command
        altered_id = self.altered_id(order.order_id)
        if altered_id is None:
            return None
        return command if command.order_id is None else command._replace(order_id=altered_id)

    def _note_ids(self) -> None:
        """A new order came: the recorded day has taken it, the altered one perhaps."""
        taken = self.altered.last_order_id > self._same_until + len(self._recorded_ids)
        self._altered_ids.append(self.altered.last_order_id if taken else 0)
        if taken:
            self._recorded_ids.append(self.recorded.last_order_id)

    def _bring_what_is_due(self, now: int) -> list[Event]:
        """End what time ends by `now` in the altered day and would not in the recorded one."""
        events: list[Event] = []
        while True:
            books = [
                book
                for symbol, book in self.altered.books.items()
                if book.hours.timed_end is not None
                and book.hours.timed_end <= now
                and next_change(book, now) != next_change(self.recorded.books[symbol], now)
            ]
            due = next_due(books, now)
            if due is None or due.at > now:
                return events
            events += self.altered.process(due.command, now)
