"""What the person wants done: complete, immutable, and sent exactly as shown.  Pure.

A proposal is made once, from what the ticket and the cursor say at that moment.  The confirm row shows it, and
Enter sends that same value: no tick, no size and no symbol is looked up in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Union

from exchange.engine.words import OrderType, TimeInForce
from tui.screen.price_scale import PriceScale
from tui.screen.ticket import TicketType


@dataclass(frozen=True, slots=True)
class OrderProposal:
    """A new order.  Prices are in ticks: `price` None without a limit, `stop_price` None for what does not wait.

    `display_quantity` None: all of it is shown.  `closes` is the position that it closes, or turns round if it is
    twice as much: that always asks; 0 for every other order.
    """

    symbol: str
    scale: PriceScale
    is_buy: bool
    quantity: int
    price: Optional[int]
    type: TicketType
    time_in_force: TimeInForce
    closes: int = 0
    stop_price: Optional[int] = None
    display_quantity: Optional[int] = None

    @property
    def side(self) -> str:
        """BUY or SELL."""
        return "BUY" if self.is_buy else "SELL"

    @property
    def is_reverse(self) -> bool:
        """Whether it turns a position round."""
        return self.quantity > abs(self.closes) > 0

    @property
    def is_flatten(self) -> bool:
        """Whether it only closes a position."""
        return self.closes != 0 and not self.is_reverse

    @property
    def is_immediate(self) -> bool:
        """Whether it trades or ends at once: nothing of it can come to rest."""
        return self.type is TicketType.MARKET or self.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)

    def text(self) -> str:
        """`BUY 100 ACME @ 100.20 LIMIT GTC`, `SELL 10 ACME @ 98.90 STOP LIMIT GTC stop 99.00`"""
        parts = [self.side, str(self.quantity), self.symbol]
        if self.price is not None:
            parts.append(f"@ {self.scale.text(self.price)}")
        parts += [self.type.value, self.time_in_force.value]
        if self.stop_price is not None:
            parts.append(f"stop {self.scale.text(self.stop_price)}")
        if self.display_quantity is not None:
            parts.append(f"shows {self.display_quantity}")
        return " ".join(parts)

    def notional_text(self) -> str:
        """`10,020.00`; "" without a limit."""
        if self.price is None:
            return ""
        return self.scale.amount_text(self.scale.price(self.price) * self.quantity)

    def request(self, client_order_id: str) -> dict[str, Any]:
        """The request that does it."""
        message: dict[str, Any] = {
            "type": "new_order",
            "client_order_id": client_order_id,
            "symbol": self.symbol,
            "side": self.side,
            "order_type": _ORDER_TYPES[self.type].value,
            "quantity": self.quantity,
            "time_in_force": self.time_in_force.value,
        }
        if self.price is not None:
            message["price"] = self.scale.price(self.price)
        if self.stop_price is not None:
            message["stop_price"] = self.scale.price(self.stop_price)
        if self.display_quantity is not None:
            message["display_quantity"] = self.display_quantity
        if self.type is TicketType.POST:
            message["post_only"] = True
        return message


_ORDER_TYPES = {
    TicketType.LIMIT: OrderType.LIMIT,
    TicketType.POST: OrderType.LIMIT,
    TicketType.ICEBERG: OrderType.LIMIT,
    TicketType.MARKET: OrderType.MARKET,
    TicketType.STOP: OrderType.STOP,
    TicketType.STOP_LIMIT: OrderType.STOP_LIMIT,
}


@dataclass(frozen=True, slots=True)
class MoveProposal:
    """Other prices (ticks) for a working order; of a stop that waits its stop price moves, and its limit along."""

    symbol: str
    scale: PriceScale
    order_id: int
    is_buy: bool
    remaining: int
    price_before: Optional[int]
    price: Optional[int]
    stop_before: Optional[int] = None
    stop_price: Optional[int] = None

    def text(self) -> str:
        """`MOVE 9130 SELL 10 ACME 100.45 to 100.50`, `MOVE 12 BUY 10 ACME stop 101.00 to 101.05`"""
        side = "BUY" if self.is_buy else "SELL"
        moves = []
        if self.stop_price is not None and self.stop_before is not None:
            moves.append(f"stop {self.scale.text(self.stop_before)} to {self.scale.text(self.stop_price)}")
        if self.price is not None and self.price_before is not None:
            moves.append(f"{self.scale.text(self.price_before)} to {self.scale.text(self.price)}")
        return f"MOVE {self.order_id} {side} {self.remaining} {self.symbol} {', '.join(moves)}"

    def request(self) -> dict[str, Any]:
        """The request that does it."""
        message: dict[str, Any] = {"type": "replace_order", "order_id": self.order_id}
        if self.price is not None:
            message["price"] = self.scale.price(self.price)
        if self.stop_price is not None:
            message["stop_price"] = self.scale.price(self.stop_price)
        return message


@dataclass(frozen=True, slots=True)
class QuitProposal:
    """Leave, although orders still work."""

    working_count: int

    def text(self) -> str:
        """What the confirm row says."""
        orders = "1 order still works" if self.working_count == 1 else f"{self.working_count} orders still work"
        return f"{orders} and will go on working"


Proposal = Union[OrderProposal, MoveProposal, QuitProposal]
