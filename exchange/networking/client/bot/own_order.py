"""One order of a bot as the bot knows it, and what it is told when one is refused.  Pure."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, NamedTuple, Optional

from exchange.networking.client.message_json import Message
from exchange.networking.client.typed_answers import LiveOrder
from exchange.networking.client.typed_events import (
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderReplaced,
    SideWord,
)

# SENT until the engine has answered; the rest as in the protocol, and REJECTED for what never became an order.
OrderStateWord = Literal["SENT", "NEW", "PARTIALLY_FILLED", "FILLED", "CANCELED", "EXPIRED", "REJECTED"]
DONE = frozenset({"FILLED", "CANCELED", "EXPIRED", "REJECTED"})


class OwnOrder:
    """What `buy`, `sell` and `quote` return, kept current by what the engine says; nobody else changes it.

    `quantity_ahead` is how much is shown before it at its price: what the engine said, or an estimate from book
    and trades, which is never too low (see `queue_position`); None where it can't be known.  `reason` tells why it
    was canceled or refused.  `sent_ns` is the bot's clock, None for an order that was there before the bot.
    """

    __slots__ = (
        *("client_order_id", "order_id", "symbol", "side", "order_type", "time_in_force", "price", "stop_price"),
        *("quantity", "remaining_quantity", "displayed_quantity", "status", "reason", "quantity_ahead"),
        *("accepted_timestamp", "sent_ns", "request", "is_canceling", "replace_request"),
    )

    def __init__(self, client_order_id: str, symbol: str, side: SideWord, quantity: int) -> None:
        self.client_order_id = client_order_id
        self.order_id: Optional[int] = None
        self.symbol = symbol
        self.side: SideWord = side
        self.order_type = "LIMIT"
        self.time_in_force: Optional[str] = None
        self.price: Optional[Decimal] = None
        self.stop_price: Optional[Decimal] = None
        self.quantity = quantity
        self.remaining_quantity = quantity
        self.displayed_quantity: Optional[int] = None
        self.status: OrderStateWord = "SENT"
        self.reason: Optional[str] = None
        self.quantity_ahead: Optional[int] = None
        self.accepted_timestamp = 0
        self.sent_ns: Optional[int] = None
        # What was sent and not answered yet, to be sent again after a break.
        self.request: Optional[Message] = None
        self.is_canceling = False
        self.replace_request: Optional[Message] = None

    def __repr__(self) -> str:
        price = "market" if self.price is None else self.price
        number = "" if self.order_id is None else f" {self.order_id}"
        filled = f"{self.filled_quantity} of {self.quantity}"
        return f"<order{number} {self.side} {self.symbol} @ {price}, {filled} filled, {self.status}>"

    @property
    def filled_quantity(self) -> int:
        """How much of it has traded.  What was canceled is told as what remained, so this holds to the end."""
        return self.quantity - self.remaining_quantity

    @property
    def is_done(self) -> bool:
        """Nothing more will come of it."""
        return self.status in DONE

    @property
    def is_live(self) -> bool:
        """The engine has it, and it may still trade."""
        return self.status in ("NEW", "PARTIALLY_FILLED")

    @property
    def is_unanswered(self) -> bool:
        """Something was sent about it that has no answer yet: the order itself, a cancel or a change."""
        return self.status == "SENT" or self.is_canceling or self.replace_request is not None

    @property
    def shown_quantity(self) -> int:
        """What others see of it."""
        return self.remaining_quantity if self.displayed_quantity is None else self.displayed_quantity

    # --- what the engine says about it -------------------------------------------------------------------------

    def accept(self, event: OrderAccepted) -> None:
        """It is in the engine."""
        self.order_id, self.status, self.accepted_timestamp = event.order_id, event.status, event.timestamp
        self.symbol, self.order_type, self.time_in_force = event.symbol, event.order_type, event.time_in_force
        self.price, self.stop_price = event.price, event.stop_price
        self.quantity, self.remaining_quantity = event.quantity, event.remaining_quantity
        self.displayed_quantity = event.displayed_quantity
        self.request = None

    def execute(self, event: OrderExecuted) -> None:
        """A part of it has traded."""
        self.status, self.remaining_quantity = event.status, event.remaining_quantity
        self.displayed_quantity = event.displayed_quantity
        if event.status == "FILLED":
            self.is_canceling, self.replace_request = False, None

    def change(self, event: OrderReplaced) -> None:
        """It has another price or quantity."""
        self.client_order_id, self.status = event.client_order_id, event.status
        self.price, self.stop_price = event.price, event.stop_price
        self.quantity, self.remaining_quantity = event.quantity, event.remaining_quantity
        self.displayed_quantity = event.displayed_quantity
        self.replace_request = None

    def end(self, event: OrderCanceled | OrderExpired) -> None:
        """The rest of it is gone."""
        filled_quantity = self.filled_quantity
        self.status, self.remaining_quantity = event.status, event.remaining_quantity
        # Where a change of the quantity has ended it, what it was changed to is told by nothing else.
        self.quantity = filled_quantity + event.remaining_quantity
        self.reason = event.reason if isinstance(event, OrderCanceled) else "EXPIRED"
        self.is_canceling, self.replace_request, self.request = False, None, None

    def refuse(self, code: str) -> None:
        """It never became an order."""
        self.status, self.reason, self.request = "REJECTED", code, None

    def renew(self, row: LiveOrder) -> None:
        """It is as the engine's list of orders says."""
        self.order_id, self.client_order_id, self.status = row.order_id, row.client_order_id, row.status
        self.order_type, self.time_in_force = row.order_type, row.time_in_force
        self.price, self.stop_price = row.price, row.stop_price
        self.quantity, self.remaining_quantity = row.quantity, row.remaining_quantity
        self.displayed_quantity, self.quantity_ahead = row.displayed_quantity, row.quantity_ahead
        self.accepted_timestamp = max(self.accepted_timestamp, row.timestamp)
        self.request = None


class RefusedRequest(NamedTuple):
    """What was refused: the `request` by its name in the protocol, the ids it named, `code` and `text` why.

    `order` is what it was about, None where the refusal names none.  Besides the protocol's codes there are
    NOT_CONNECTED, nothing was sent, and CONNECTION_LOST, a change that nobody answered and that has not happened.
    """

    request: str
    code: str
    text: str
    client_order_id: Optional[str] = None
    order_id: Optional[int] = None
    order: Optional[OwnOrder] = None
