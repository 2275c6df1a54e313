"""The client of a program that acts on what it hears: it asks and waits, and all that comes is a typed value.

Below it is `message_client`, which connects and logs in.  `tcp_client` is the door to all of it and tells how to
use it; `async_exchange_client` is the same for `asyncio`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Optional

from exchange.networking.client import questions
from exchange.networking.client.message_client import MessageClient
from exchange.networking.client.message_to_event import (
    TypedEvent,
    listed_instrument,
    past_fill,
    typed_event,
)
from exchange.networking.client.order_entry import OrderEntry
from exchange.networking.client.questions import ChangedOrder, Question
from exchange.networking.client.typed_answers import (
    ListedInstrument,
    LiveOrder,
    Orders,
    PastFill,
    PositionRow,
    Positions,
)
from exchange.networking.client.typed_events import OrderAccepted, OrderCanceled


class ExchangeClient(OrderEntry[OrderAccepted, OrderCanceled, ChangedOrder], MessageClient):
    """One connection to the engine, as of `MessageClient`, that speaks in typed values.

    Every method that sends raises ConnectionLost when the engine is gone; every method that waits for an answer
    raises NoAnswer when none came within the `timeout_s` of `connect`, and Rejected when the engine refused.
    """

    @property
    def instruments(self) -> list[ListedInstrument]:
        """What is listed, as the login told it; nothing before."""
        return [listed_instrument(row) for row in self.instrument_rows]

    def events(self, timeout_s: Optional[float] = None) -> Iterator[TypedEvent]:
        """Yield everything not returned otherwise, in order; waits for each up to `timeout_s` (None: for ever).

        Ends when nothing came in that time or the connection is gone (`is_open` tells which).
        """
        return map(typed_event, self.messages(timeout_s))

    def poll(self, timeout_s: Optional[float] = 0.0) -> Optional[TypedEvent]:
        """The next event, or None when none came within `timeout_s` (None: wait for ever).

        Raises ConnectionLost when the connection is gone and everything it brought has been returned.
        """
        message = self.poll_message(timeout_s)
        return None if message is None else typed_event(message)

    # --- asking: waits for the answer --------------------------------------------------------------------------

    def _ask_placed(self, question: Question) -> OrderAccepted:
        return questions.typed_answer(self._ask(question), OrderAccepted)

    def _ask_canceled(self, question: Question) -> OrderCanceled:
        return questions.typed_answer(self._ask(question), OrderCanceled)

    def _ask_changed(self, question: Question) -> ChangedOrder:
        return questions.changed_order(self._ask(question))

    def cancel_all(self, symbol: Optional[str] = None) -> int:
        """Cancel every live order, of one symbol or (None) of all; returns how many there were."""
        return int(self._ask(questions.cancel_all(symbol))["count"])

    def orders(self) -> tuple[LiveOrder, ...]:
        """The user's live orders, in arrival order."""
        return questions.typed_answer(self._ask(questions.orders()), Orders).orders

    def quantity_ahead(
        self, *, order_id: Optional[int] = None, client_order_id: Optional[str] = None
    ) -> Optional[int]:
        """What is shown before this order at its price; None for a stop that waits and for an order not live."""
        for order in self.orders():
            if order.order_id == order_id or order.client_order_id == client_order_id:
                return order.quantity_ahead
        return None

    def positions(self) -> tuple[PositionRow, ...]:
        """The user's position in each symbol."""
        return questions.typed_answer(self._ask(questions.positions()), Positions).positions

    def fills(self, symbol: Optional[str] = None, *, after_trade_id: int = 0) -> Iterator[PastFill]:
        """All that the user has traded after this trade, oldest first, as `fill_rows`."""
        return map(past_fill, self.fill_rows(symbol, after_trade_id=after_trade_id))
