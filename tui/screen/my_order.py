"""One of the user's own orders as the screen shows it.  A value with its state; `my_orders` changes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Optional

from tui.screen.list_sorting import TIME, SortKey

# What the panel says of an order while a change of it is under way.
CANCELING = "CXL…"
MOVING = "MOV…"


class ShownState(Enum):
    """Where an order is in its life; the value is what the panel shows."""

    SENT = "NEW…"
    WORKING = "WORK"
    PARTIAL = "PART"
    FILLED = "FILL"
    CANCELED = "CANC"
    EXPIRED = "EXP"
    REJECTED = "REJ"
    UNKNOWN = "?"


_OPEN = (ShownState.SENT, ShownState.WORKING, ShownState.PARTIAL)


@dataclass(slots=True)
class MyOrder:
    """One order.  `price` in ticks, None without a limit; `order_id` None until the engine gave it one.

    `stop_price` in ticks is None for all but stops; while `is_waiting` such an order is in no book.  `displayed`
    is what of an iceberg the book shows, None: all that remains.

    `sent_at` is when this screen asked for it (None: it didn't); `barrier` the number of the first ping sent after
    it.  `asked` is the change under way: "CXL…", "MOV…" or "".
    """

    client_order_id: str
    symbol: str
    is_buy: bool
    price: Optional[int]
    quantity: int
    remaining: int
    state: ShownState
    order_id: Optional[int] = None
    sent_at: Optional[float] = None
    asked_at: Optional[float] = None
    # Whether it trades or ends at once.
    is_immediate: bool = False
    stop_price: Optional[int] = None
    is_waiting: bool = False
    displayed: Optional[int] = None
    barrier: int = 0
    asked: str = ""
    ahead: Optional[int] = None

    @property
    def is_open(self) -> bool:
        """Whether it may still trade, or may still be accepted."""
        return self.state in _OPEN

    @property
    def is_working(self) -> bool:
        """Whether the engine has it in its book."""
        return self.state is ShownState.WORKING or self.state is ShownState.PARTIAL

    @property
    def ladder_price(self) -> Optional[int]:
        """Where the ladder shows it: a stop that waits at its stop price, all else at its limit."""
        return self.stop_price if self.is_waiting else self.price

    @property
    def in_book(self) -> int:
        """How much of it others can see."""
        if self.is_waiting:
            return 0
        return self.remaining if self.displayed is None else min(self.displayed, self.remaining)

    @property
    def done(self) -> int:
        """How much of it has traded, while it is open or filled."""
        return self.quantity - self.remaining

    @property
    def shown_state(self) -> str:
        """What the panel says."""
        if self.asked and self.is_open:
            return self.asked
        return "STOP" if self.is_waiting and self.is_working else self.state.value


# What orders can be sorted by, from left to right; prices of different symbols don't compare.
ORDER_COLUMNS: dict[str, Callable[[MyOrder], SortKey]] = {
    TIME: lambda _: (),
    "SIDE": lambda order: (not order.is_buy,),
    "SYMBOL": lambda order: (order.symbol,),
    "PRICE": lambda order: (order.symbol, order.ladder_price or 0),
    "DONE": lambda order: (order.done,),
    "AHEAD": lambda order: (order.ahead is None, order.ahead or 0),
    "STATE": lambda order: (order.shown_state,),
}
