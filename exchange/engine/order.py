"""One order and the states it may pass through, and the queue it stands in while it rests.

    NEW ──fill──► PARTIALLY_FILLED ──fill──► FILLED
     │                   │
     └──────cancel, expire (from either)───► CANCELED, EXPIRED

At every moment quantity = executed + remaining + canceled.  A transition that is not in the picture is a bug of
the engine, never a wish of a user, so it asserts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Optional

from exchange.engine.terms import Terms, terms_under
from exchange.engine.words import OrderStatus, Side, TimeInForce

if TYPE_CHECKING:  # They import this file.
    from exchange.engine.book_side import BookSide
    from exchange.engine.desk import Desk

# Members looked up once: on CPython 3.11 `OrderStatus.NEW` costs 75 ns, a module global 5 ns.
_NEW: Final = OrderStatus.NEW
_PARTIALLY_FILLED: Final = OrderStatus.PARTIALLY_FILLED
_FILLED: Final = OrderStatus.FILLED
_CANCELED: Final = OrderStatus.CANCELED


class Order:
    """One user's order, made by `made_order`.

    It has no constructor, since one would cost the everyday order a tenth: `order_entry` fills it in itself.

    Its `desk` says whose it is, and in what instrument.  What it asks for now is `side`, `price` (in ticks of its
    instrument, None for any price), `quantity` (the total, executed part included) and `conditions`, which it
    shares with all that ask alike.  Quantities are in units of the instrument; `hidden_quantity` is that part of
    `remaining_quantity` which is not shown, 0 for all but icebergs.  `timestamp` is when the engine accepted it,
    in ns since the Unix epoch.  `ends_with_connection` asks that it be canceled when the connection ends that it
    was entered on.  `level`, `previous` and `next` are the order's place in a book: they belong to `book_side`,
    nobody else touches them.  `level` is None while the order does not rest, and the neighbours exist only while
    it does.
    """

    order_id: int
    desk: Desk
    client_order_id: str
    conditions: Terms
    side: Side
    price: Optional[int]
    quantity: int
    remaining_quantity: int
    executed_quantity: int
    status: OrderStatus
    timestamp: int
    ends_with_connection: bool
    level: Optional[PriceLevel]
    previous: Optional[Order]
    next: Optional[Order]
    hidden_quantity: int = 0

    __slots__ = (
        "order_id",
        "desk",
        "client_order_id",
        "conditions",
        "side",
        "price",
        "quantity",
        "remaining_quantity",
        "executed_quantity",
        "status",
        "timestamp",
        "ends_with_connection",
        "level",
        "previous",
        "next",
    )

    def __repr__(self) -> str:
        return (
            f"<Order {self.order_id} {self.user} {self.side.value} {self.remaining_quantity}/{self.quantity} "
            f"{self.symbol} @ {self.price} {self.status.value}>"
        )

    @property
    def user(self) -> str:
        """Whose order it is."""
        return self.desk.user

    @property
    def symbol(self) -> str:
        """The instrument that it is for."""
        return self.desk.symbol

    @property
    def terms(self) -> Terms:
        """What the order asks for now, as one value made for who asks."""
        return terms_under(self.conditions, self.side, self.price, self.quantity)

    @property
    def time_in_force(self) -> TimeInForce:
        """How long the order lives."""
        return self.conditions.time_in_force

    @property
    def displayed_quantity(self) -> Optional[int]:
        """What an iceberg shows; None for any other order."""
        return None

    @property
    def is_live(self) -> bool:
        """Whether the order can still trade."""
        return self.status is _NEW or self.status is _PARTIALLY_FILLED

    @property
    def canceled_quantity(self) -> int:
        """What will never trade any more because it was canceled or expired."""
        return self.quantity - self.executed_quantity - self.remaining_quantity

    def fill(self, quantity: int) -> None:
        """Execute `quantity` units, 1 up to all that remains."""
        assert 0 < quantity <= self.remaining_quantity, (self, quantity)
        self.remaining_quantity -= quantity
        self.executed_quantity += quantity
        self.status = _PARTIALLY_FILLED if self.remaining_quantity else _FILLED

    def cancel(self) -> int:
        """End the order; returns the quantity that is canceled with it."""
        # Written out, because most orders end so.
        assert self.status is _NEW or self.status is _PARTIALLY_FILLED, self
        canceled_quantity = self.remaining_quantity
        self.remaining_quantity = 0
        self.status = _CANCELED
        return canceled_quantity

    def expire(self) -> int:
        """End the order because its time is over; returns the quantity that expired."""
        expired_quantity = self.cancel()
        self.status = OrderStatus.EXPIRED
        return expired_quantity

    def resize(self, quantity: int) -> None:
        """Set the total quantity; what was executed stays executed, so something must remain."""
        assert quantity > self.executed_quantity and self.is_live, (self, quantity)
        self._set_quantity(quantity)

    def cut_to_executed(self) -> None:
        """Set the total quantity to what was executed: nothing remains, the caller cancels it next (RULES 11)."""
        assert self.is_live, self
        self._set_quantity(self.executed_quantity)

    def _set_quantity(self, quantity: int) -> None:
        self.quantity = quantity
        self.remaining_quantity = quantity - self.executed_quantity

    def set_stop_price(self, stop_price_nanos: int) -> None:
        """Set the stop price of a waiting stop."""
        self.conditions = self.conditions._replace(stop_price_nanos=stop_price_nanos)


class Iceberg(Order):
    """An order that shows `display_quantity` at a time: a peak (RULES 7).

    While it arrives it is whole, and nothing of it is hidden; what it hides at rest, the book counts.
    `executed_on_arrival` is what it had executed when it last arrived, so that what it takes then uses up peaks.
    """

    __slots__ = ("hidden_quantity", "executed_on_arrival")

    def __init__(self) -> None:
        self.hidden_quantity = 0
        self.executed_on_arrival = 0

    @property
    def displayed_quantity(self) -> Optional[int]:
        return self.shown_now

    @property
    def shown_now(self) -> int:
        """What is shown of it; while it arrives, what it would show if it came to rest."""
        if self.level is None:
            return self.shown_after(self.executed_quantity - self.executed_on_arrival)
        return self.remaining_quantity - self.hidden_quantity

    @property
    def peak(self) -> int:
        """What a full peak shows."""
        display_quantity = self.conditions.display_quantity
        assert display_quantity is not None
        return display_quantity

    def shown_after(self, used: int) -> int:
        """What is left of the peak in use when `used` were taken since a full one was shown."""
        return min(self.remaining_quantity, self.peak - used % self.peak)


def made_order(
    order_id: int,
    desk: Desk,
    client_order_id: str,
    terms: Terms,
    timestamp: int,
    ends_with_connection: bool = False,
) -> Order:
    """An order, an iceberg where the terms have a display quantity."""
    book = desk.book
    order = Order() if terms.display_quantity is None else Iceberg()
    order.order_id = order_id
    order.desk = desk
    order.client_order_id = client_order_id
    order.conditions = book.conditions.of(terms)
    order.side = terms.side
    order.price = None if terms.price_nanos is None else terms.price_nanos // book.tick_size_nanos
    order.quantity = order.remaining_quantity = terms.quantity
    order.executed_quantity = 0
    order.status = _NEW
    order.timestamp = timestamp
    order.ends_with_connection = ends_with_connection
    order.level = None
    return order


class PriceLevel:
    """The orders resting at one price of one side, earliest first.

    `quantity` is the sum of what is shown of them, `hidden_quantity` of what is not, `order_count` their number;
    `first` and `last` are None exactly when it is empty.  Order and level name each other, so they share this
    file; `book_side` does the linking.
    """

    __slots__ = ("price", "side", "first", "last", "quantity", "hidden_quantity", "order_count")

    def __init__(self, price: int, side: BookSide) -> None:
        self.price = price
        self.side = side
        self.first: Optional[Order] = None
        self.last: Optional[Order] = None
        self.quantity = 0
        self.hidden_quantity = 0
        self.order_count = 0

    def orders(self) -> Iterator[Order]:
        """The queue from front to back.  The level must not change while it is walked."""
        order = self.first
        while order is not None:
            yield order
            order = order.next
