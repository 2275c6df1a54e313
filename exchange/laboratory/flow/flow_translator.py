"""Turns rows of recorded order flow into requests that make them happen again.

    recorded                          asked for
    NEW limit order            ──►    the same order, GTC
    REDUCTION by n             ──►    replace to a total smaller by n (keeps its priority)
    CANCELLATION               ──►    cancel
    EXECUTION of a resting one ──►    an IOC order of the other side, at its price and size

**Gone unseen.**  Most files tell only of what happens within the best few prices.  An order that the market has
left behind is canceled without a row, and seems to rest still when the market comes back to it.  But an execution
at one price proves that no better one was there to be met, and a new order that rests proves that nobody on the
other side was there for it to trade with.  Such orders are canceled here, ahead of what the row asks for, and
never entered again.

**Passed over.**  An exchange that goes by price and time lets the IOC order meet the order that is first at its
price.  Now and then the recorded exchange executed one further back.  The IOC order is sent all the same, and
meets another order than in history.  Left at that, the book would hold what history has executed and lack what it
has not, and later executions would differ for this reason alone.  So the requests right behind put the level back
as history has it: each order that is left of it is canceled, and each that history has left is entered anew, in
history's sequence and with the quantity history has left it.  Thus one passing over in history is one
difference.  No answer need be waited for: the book was as in history before, so what the IOC order leaves of the
level is known beforehand.

A client order id is the prefix, the recorded order's id and a count of all entries: `<id>.<n>`.  So an order that
is entered anew, and an id that the recording uses again after its order is over, has a name of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import NamedTuple, Optional

from exchange.engine.words import SelfTradePrevention, Side, TimeInForce
from exchange.laboratory.flow.lobster_file import PRICE_UNIT, Row, RowType
from exchange.laboratory.flow.order_intents import Cancel, Intent, Place, Replace
from exchange.laboratory.flow.recorded_book import RecordedBook, RecordedOrder


class SkipReason(Enum):
    """Why a row is not played; the value says it in a summary."""

    HIDDEN = "executions of hidden orders"
    OTHER = "halts and cross trades"
    UNKNOWN_ORDER = "about orders from before the recording, or over"
    ID_IN_USE = "new orders with the id of a resting one"
    BETWEEN_TICKS = "at a price between ticks"


class ReplayRequest(NamedTuple):
    """What to ask for; `maker_id`, None but for an execution, is the client order id of the order to be met."""

    intent: Intent
    maker_id: Optional[str] = None


class Translation(NamedTuple):
    """What to ask for, in this sequence, so that the row happens again.

    With a `skip_reason` the row itself is not played; there may still be requests, because of what it proves.
    """

    requests: Sequence[ReplayRequest]
    skip_reason: Optional[SkipReason] = None


class Entry(NamedTuple):
    """How an order of the recording was entered here.

    `quantity` is its total since then, less what the recording has reduced it by.
    """

    client_order_id: str
    quantity: int


class FlowTranslator:
    """Told of every row in turn.  `tick_size` is in currency; `id_prefix` begins every client order id.

    `gone_order_count` orders were canceled because a row proved that they had gone unseen.  `put_back_level_count`
    levels have been put back as in history, with `put_back_request_count` requests.
    """

    def __init__(self, tick_size: Decimal, id_prefix: str) -> None:
        self.gone_order_count = 0
        self.put_back_level_count = 0
        self.put_back_request_count = 0
        self._tick_size = tick_size
        self._id_prefix = id_prefix
        self._book = RecordedBook()
        # By the recorded id, of the orders in `_book`.
        self._entries: dict[int, Entry] = {}
        self._entry_count = 0
        self._execution_count = 0

    def translate(self, row: Row) -> Translation:
        """What to ask for because of the next row of the recording."""
        requests = [self._drop(order) for order in self._proven_gone(row)]
        self.gone_order_count += len(requests)
        reason = self._skip_reason(row)
        if reason is None:
            requests += self._played(row)
        return Translation(requests, reason)

    def remaining_of(self, order_id: int, client_order_id: str) -> int:
        """How much history has left of the order that was entered under this name; 0 if it is over."""
        entry = self._entries.get(order_id)
        if entry is None or entry.client_order_id != client_order_id:
            return 0
        return self._book.order(order_id).remaining_quantity

    def recorded_id(self, client_order_id: str) -> int:
        """The recorded order that was entered under this name."""
        return int(client_order_id[len(self._id_prefix) :].partition(".")[0])

    def is_between_ticks(self, row: Row) -> bool:
        """Whether the row's price can't be an order's here, whatever its type."""
        return row.type is not RowType.HALT and self._ticks(row) is None

    def _played(self, row: Row) -> list[ReplayRequest]:
        if row.type is RowType.NEW:
            price = self._ticks(row)
            assert price is not None, "a row between ticks is skipped"
            order = RecordedOrder(row.order_id, row.side, price, row.quantity)
            self._book.enter(order)
            return [self._enter(order)]
        if row.type is RowType.EXECUTION:
            return self._execution(row)
        order = self._book.order(row.order_id)
        if row.type is RowType.REDUCTION and row.quantity < order.remaining_quantity:
            return [self._reduction(row)]
        # A reduction by all that is left is a cancellation as well.
        return [self._drop(order)]

    def _proven_gone(self, row: Row) -> list[RecordedOrder]:
        """The orders that can't have been there any more, since otherwise the row would have met them."""
        if row.type not in (RowType.NEW, RowType.EXECUTION, RowType.HIDDEN_EXECUTION):
            return []
        if row.type is not RowType.NEW:
            is_known = row.order_id in self._book
            price = self._book.order(row.order_id).price if is_known else self._limit_ticks(row)
            return self._book.better_than(row.side, price)
        # What is at the new order's own price would trade with it, so that counts as better, too.
        price = self._limit_ticks(row) + (1 if row.side is Side.BUY else -1)
        return self._book.better_than(row.side.opposite, price)

    def _limit_ticks(self, row: Row) -> int:
        """The row's price in ticks, from between two the one further from the market."""
        price = row.price * PRICE_UNIT
        return int(price // self._tick_size if row.side is Side.BUY else -(-price // self._tick_size))

    def _skip_reason(self, row: Row) -> Optional[SkipReason]:
        if row.type is RowType.HIDDEN_EXECUTION:
            return SkipReason.HIDDEN
        if row.type in (RowType.HALT, RowType.CROSS_TRADE):
            return SkipReason.OTHER
        is_resting = row.order_id in self._book
        if row.type is not RowType.NEW:
            return None if is_resting else SkipReason.UNKNOWN_ORDER
        if is_resting:
            return SkipReason.ID_IN_USE
        return SkipReason.BETWEEN_TICKS if self._ticks(row) is None else None

    def _ticks(self, row: Row) -> Optional[int]:
        ticks, remainder = divmod(row.price * PRICE_UNIT, self._tick_size)
        return None if remainder else int(ticks)

    def _enter(self, order: RecordedOrder) -> ReplayRequest:
        self._entry_count += 1
        client_order_id = f"{self._id_prefix}{order.order_id}.{self._entry_count}"
        self._entries[order.order_id] = Entry(client_order_id, order.remaining_quantity)
        return ReplayRequest(_place(order, TimeInForce.GTC, client_order_id))

    def _drop(self, order: RecordedOrder) -> ReplayRequest:
        self._book.remove(order.order_id)
        return ReplayRequest(Cancel(self._entries.pop(order.order_id).client_order_id))

    def _reduction(self, row: Row) -> ReplayRequest:
        self._book.reduce(row.order_id, row.quantity)
        entry = self._entries[row.order_id]
        entry = entry._replace(quantity=entry.quantity - row.quantity)
        self._entries[row.order_id] = entry
        return ReplayRequest(Replace(entry.client_order_id, entry.quantity))

    def _execution(self, row: Row) -> list[ReplayRequest]:
        maker = self._book.order(row.order_id)
        maker_id = self._entries[row.order_id].client_order_id
        is_passing_over = not self._book.is_next(row.order_id, row.quantity)
        level = self._book.level(maker.side, maker.price) if is_passing_over else []
        self._book.reduce(row.order_id, row.quantity)
        self._execution_count += 1
        taker = RecordedOrder(row.order_id, maker.side.opposite, maker.price, row.quantity)
        taker_id = f"{self._id_prefix}x{self._execution_count}"
        requests = [ReplayRequest(_place(taker, TimeInForce.IOC, taker_id), maker_id)]
        if is_passing_over:
            requests += self._put_back(level, maker, row.quantity)
        if row.order_id not in self._book:
            del self._entries[row.order_id]
        return requests

    def _put_back(
        self, level: Sequence[RecordedOrder], maker: RecordedOrder, taken_quantity: int
    ) -> list[ReplayRequest]:
        """Make the maker's level what history made of it when it executed `maker`.

        `level` is what it held before.  Here `taken_quantity` was taken from its front.
        """
        requests = []
        for order in level:
            if order.remaining_quantity > taken_quantity:
                requests.append(ReplayRequest(Cancel(self._entries[order.order_id].client_order_id)))
            taken_quantity = max(0, taken_quantity - order.remaining_quantity)
        requests.extend(self._enter(order) for order in self._book.level(maker.side, maker.price))
        self.put_back_level_count += 1
        self.put_back_request_count += len(requests)
        return requests


def _place(order: RecordedOrder, time_in_force: TimeInForce, client_order_id: str) -> Place:
    # All orders are one user's: they must be let trade with each other.
    prevention = SelfTradePrevention.NONE
    return Place(order.side, order.remaining_quantity, order.price, time_in_force, client_order_id, prevention)
