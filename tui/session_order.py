"""One order as its owner's client remembers it.  It changes by the messages given, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from enum import Enum
from typing import Any, Optional

from exchange.networking.tcp_client import Message


class SessionOrderStatus(Enum):
    """The engine's states, and two that only a client knows."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    # The engine refused it, so it never was an order.
    REJECTED = "REJECTED"
    # It is not live any more; how it ended was told while this client was away.
    UNKNOWN = "UNKNOWN"


_LIVE = (SessionOrderStatus.NEW, SessionOrderStatus.PARTIALLY_FILLED)


@dataclass
class SessionOrder:
    """An order and what became of it.

    `order_id` is None only for a rejected one.  Side, type and time in force are spelled as on the wire, so that
    an engine may know more of them than this client.  `price` is None for a MARKET order; `timestamp` is when the
    engine accepted it, in ns since the Unix epoch; `reason` is why it was rejected or canceled.  `is_waiting` is a
    stop that has not been triggered.  Of a rejected order all that this client did not ask for itself is None.
    """

    order_id: Optional[int]
    client_order_id: str
    symbol: Optional[str]
    side: Optional[str]
    order_type: Optional[str]
    time_in_force: Optional[str]
    price: Optional[Decimal]
    quantity: Optional[int]
    remaining_quantity: int
    executed_quantity: int
    status: SessionOrderStatus
    timestamp: Optional[int] = None
    reason: Optional[str] = None
    stop_price: Optional[Decimal] = None
    display_quantity: Optional[int] = None
    is_waiting: bool = False

    @classmethod
    def from_message(cls, message: Message) -> SessionOrder:
        """The order of an `order_accepted`, or of an item of `orders`.  Raises KeyError if a field is missing."""
        is_stop = message.get("stop_price") is not None
        return cls(
            order_id=message["order_id"],
            client_order_id=message["client_order_id"],
            symbol=message["symbol"],
            side=message["side"],
            order_type=message["order_type"],
            time_in_force=message["time_in_force"],
            price=message.get("price"),
            quantity=message["quantity"],
            remaining_quantity=message["remaining_quantity"],
            executed_quantity=message["quantity"] - message["remaining_quantity"],
            status=SessionOrderStatus(message["status"]),
            timestamp=message["timestamp"],
            stop_price=message.get("stop_price"),
            display_quantity=message.get("display_quantity"),
            is_waiting=bool(message.get("waiting", is_stop and message.get("type") == "order_accepted")),
        )

    @classmethod
    def from_rejection(cls, rejection: Message, request: Message) -> SessionOrder:
        """The order that a `request` asked for (what is known of it) and an `order_rejected` refused."""
        return cls(
            order_id=None,
            client_order_id=rejection["client_order_id"],
            symbol=request.get("symbol"),
            side=request.get("side"),
            order_type=request.get("order_type"),
            time_in_force=request.get("time_in_force"),
            price=request.get("price"),
            quantity=request.get("quantity"),
            remaining_quantity=0,
            executed_quantity=0,
            status=SessionOrderStatus.REJECTED,
            reason=f"{rejection['code']}: {rejection['text']}",
            stop_price=request.get("stop_price"),
            display_quantity=request.get("display_quantity"),
        )

    @classmethod
    def from_file(cls, row: dict[str, Any]) -> SessionOrder:
        """The order that `to_fields` wrote, whatever else stands beside it.

        Raises KeyError, TypeError or ValueError for anything that is none.
        """
        known = {name: row[name] for name in _FIELD_NAMES if name in row}
        order = cls(**{**known, "status": SessionOrderStatus(row["status"])})
        if order.price is not None:
            order.price = Decimal(order.price)
        if order.stop_price is not None:
            order.stop_price = Decimal(order.stop_price)
        if order.status is not SessionOrderStatus.REJECTED:
            for count in (order.order_id, order.quantity, order.remaining_quantity, order.executed_quantity):
                if type(count) is not int:
                    raise TypeError(f"{count!r} is no integer")
        return order

    def to_fields(self) -> dict[str, Any]:
        """A flat dict for the file; what few orders have is in it only where it is set."""
        row = {**vars(self), "status": self.status.value}
        for name in _RARE_FIELDS:
            if not row[name]:
                del row[name]
        return row

    @property
    def is_live(self) -> bool:
        """Whether it can still trade, as far as is known."""
        return self.status in _LIVE

    @property
    def may_change(self) -> bool:
        """False once it is known how the order ended: nothing that is told later can be news."""
        return self.is_live or self.status is SessionOrderStatus.UNKNOWN

    def apply(self, event: Message) -> bool:
        """Take one private event of this order; returns whether it was news."""
        if not self.may_change:
            return False
        if event["type"] == "order_executed":
            return self._fill(event)
        if event["type"] in ("order_canceled", "order_expired"):
            self.end(SessionOrderStatus(event["status"]), event.get("reason"))
            return True
        if event["type"] == "order_replaced":
            self._replace(event)
            return True
        if event["type"] == "order_triggered":
            return self._trigger()
        return False

    def end(self, status: SessionOrderStatus, reason: Optional[str] = None) -> None:
        """The order is over: nothing remains to be executed."""
        self.status = status
        self.reason = reason
        self.remaining_quantity = 0
        self.is_waiting = False

    def become(self, order: SessionOrder) -> None:
        """Take every field of `order`, which is this order as the engine just told it."""
        vars(self).update(vars(order))

    def _fill(self, event: Message) -> bool:
        assert self.quantity is not None, self
        executed_quantity = self.quantity - event["remaining_quantity"]
        if executed_quantity <= self.executed_quantity:
            return False
        self.executed_quantity = executed_quantity
        status = SessionOrderStatus(event["status"])
        if self.is_live or status not in _LIVE:
            # Else the order is known to be over: this fill is not what ended it, and does not revive it.
            self.remaining_quantity, self.status = event["remaining_quantity"], status
        return True

    def _replace(self, event: Message) -> None:
        self.client_order_id = event["client_order_id"]
        self.price = event["price"]
        if event.get("stop_price") is not None:
            # A new stop price has one that was triggered, but could not enter yet, wait again.
            self.is_waiting = self.is_waiting or event["stop_price"] != self.stop_price
            self.stop_price = event["stop_price"]
        self.quantity = event["quantity"]
        self.remaining_quantity = event["remaining_quantity"]
        self.status = SessionOrderStatus(event["status"])

    def _trigger(self) -> bool:
        was_waiting, self.is_waiting = self.is_waiting, False
        return was_waiting


_FIELD_NAMES = tuple(field.name for field in fields(SessionOrder))
_RARE_FIELDS = ("stop_price", "display_quantity", "is_waiting")
