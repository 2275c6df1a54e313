"""Turns rows of recorded order flow into requests that make them happen again.

    recorded                          asked for
    NEW limit order            ──►    the same order, GTC
    REDUCTION by n             ──►    replace to a total smaller by n (keeps its priority)
    CANCELLATION               ──►    cancel
    EXECUTION of a resting one ──►    an IOC order of the other side, at its price and size

**Passed over.**  An exchange that goes by price and time lets the IOC order meet the order that is next.  Now and
then the recorded exchange executed one further back.  The IOC order is sent all the same, and meets another order
than in history.  Left at that, the book would hold what history has executed and lack what it has not, and later
executions would differ for this reason alone.  So the requests right behind put the level back as history has it:
each order that is left of it is canceled, and each that history has left is entered anew, in history's sequence
and with the quantity history has left it.  Thus one passing over in history is one difference.  No answer need be
waited for: the book was as in history before, so what the IOC order leaves of the level is known beforehand.

Client order ids are the prefix and the recorded order's id; an order that is entered anew is called `<id>.2`, then
`<id>.3` …, and later rows about it use the name it has by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import NamedTuple, Optional, Union

from exchange.engine.order import SelfTradePrevention, TimeInForce
from exchange.simulation.intents import Cancel, Intent, Place, Replace
from exchange.simulation.replay.lobster_file import PRICE_UNIT, Row, RowType
from exchange.simulation.replay.recorded_book import RecordedBook, RecordedOrder
from exchange.simulation.traded_instrument import TradedInstrument


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


class Entry(NamedTuple):
    """How an order of the recording was entered here, for the `number`th time.

    `quantity` is its total since then, less what the recording has reduced it by.
    """

    client_order_id: str
    number: int
    quantity: int


class FlowTranslator:
    """Told of every row in turn.  `id_prefix` begins every client order id.

    `put_back_level_count` levels have been put back as in history, with `put_back_request_count` requests.
    """

    def __init__(self, instrument: TradedInstrument, id_prefix: str) -> None:
        self.put_back_level_count = 0
        self.put_back_request_count = 0
        self._tick_size = instrument.tick_size
        self._id_prefix = id_prefix
        self._book = RecordedBook()
        # By the recorded id, of the orders in `_book`.
        self._entries: dict[int, Entry] = {}
        self._execution_count = 0

    def requests(self, row: Row) -> Union[Sequence[ReplayRequest], SkipReason]:
        """What to ask for, in this sequence, so that the row happens again; or why not."""
        reason = self._skip_reason(row)
        if reason is not None:
            return reason
        if row.type is RowType.NEW:
            price = self._ticks(row)
            assert price is not None, "a row between ticks is skipped"
            order = RecordedOrder(row.order_id, row.side, price, row.quantity)
            self._book.enter(order)
            return [self._enter(order, number=1)]
        if row.type is RowType.EXECUTION:
            return self._execution(row)
        if row.type is RowType.REDUCTION and row.quantity < self._book.order(row.order_id).remaining_quantity:
            return [self._reduction(row)]
        # A reduction by all that is left is a cancellation as well.
        self._book.remove(row.order_id)
        return [ReplayRequest(Cancel(self._entries.pop(row.order_id).client_order_id))]

    def is_between_ticks(self, row: Row) -> bool:
        """Whether the row's price can't be an order's here, whatever its type."""
        return row.type is not RowType.HALT and self._ticks(row) is None

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
        ticks, rest = divmod(row.price * PRICE_UNIT, self._tick_size)
        return None if rest else int(ticks)

    def _enter(self, order: RecordedOrder, number: int) -> ReplayRequest:
        suffix = "" if number == 1 else f".{number}"
        client_order_id = f"{self._id_prefix}{order.order_id}{suffix}"
        self._entries[order.order_id] = Entry(client_order_id, number, order.remaining_quantity)
        return ReplayRequest(_place(order, TimeInForce.GTC, client_order_id))

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
        queue = self._book.queue(maker.side, maker.price) if is_passing_over else []
        self._book.reduce(row.order_id, row.quantity)
        self._execution_count += 1
        taker = RecordedOrder(row.order_id, maker.side.opposite, maker.price, row.quantity)
        taker_id = f"{self._id_prefix}x{self._execution_count}"
        requests = [ReplayRequest(_place(taker, TimeInForce.IOC, taker_id), maker_id)]
        if is_passing_over:
            requests += self._put_back(queue, maker, row.quantity)
        if row.order_id not in self._book:
            del self._entries[row.order_id]
        return requests

    def _put_back(
        self, queue: Sequence[RecordedOrder], maker: RecordedOrder, taken_quantity: int
    ) -> list[ReplayRequest]:
        """Make the levels of `queue` what history made of them when it executed `maker`.

        `queue` is what they held before.  Here `taken_quantity` was taken from its front.
        """
        requests = []
        for order in queue:
            if order.remaining_quantity > taken_quantity:
                requests.append(ReplayRequest(Cancel(self._entries[order.order_id].client_order_id)))
            taken_quantity = max(0, taken_quantity - order.remaining_quantity)
        requests.extend(
            self._enter(order, self._entries[order.order_id].number + 1)
            for order in self._book.queue(maker.side, maker.price)
        )
        self.put_back_level_count += len({order.price for order in queue})
        self.put_back_request_count += len(requests)
        return requests


def _place(order: RecordedOrder, time_in_force: TimeInForce, client_order_id: str) -> Place:
    # All orders are one user's: they must be let trade with each other.
    prevention = SelfTradePrevention.NONE
    return Place(order.side, order.remaining_quantity, order.price, time_in_force, client_order_id, prevention)
