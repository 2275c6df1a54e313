"""What the person wants done: complete, immutable, and sent exactly as shown.  Pure.

A proposal is made once, from what the ticket and the cursor say at that moment.  The confirm row shows it, and
Enter sends that same value: no tick, no size and no symbol is looked up in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Union

from exchange.engine.words import TimeInForce
from tui.screen.price_scale import PriceScale
from tui.screen.ticket import TicketType


@dataclass(frozen=True, slots=True)
class OrderProposal:
    """A new order; `price` in ticks, None for MARKET.  `is_flatten`: it closes the position, which always asks."""

    symbol: str
    scale: PriceScale
    is_buy: bool
    quantity: int
    price: Optional[int]
    type: TicketType
    time_in_force: TimeInForce
    is_flatten: bool = False

    @property
    def side(self) -> str:
        """BUY or SELL."""
        return "BUY" if self.is_buy else "SELL"

    @property
    def is_immediate(self) -> bool:
        """Whether it trades or ends at once: nothing of it can come to rest."""
        return self.type is TicketType.MARKET or self.time_in_force in (TimeInForce.IOC, TimeInForce.FOK)

    def text(self) -> str:
        """`BUY 100 ACME @ 100.20 LIMIT GTC`"""
        terms = f"{self.type.value} {self.time_in_force.value}"
        price = "" if self.price is None else f"@ {self.scale.text(self.price)} "
        return f"{self.side} {self.quantity} {self.symbol} {price}{terms}"

    def notional_text(self) -> str:
        """`10,020.00`; "" at the market."""
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
            "order_type": TicketType.MARKET.value if self.price is None else TicketType.LIMIT.value,
            "quantity": self.quantity,
            "time_in_force": self.time_in_force.value,
        }
        if self.price is not None:
            message["price"] = self.scale.price(self.price)
        if self.type is TicketType.POST:
            message["post_only"] = True
        return message


@dataclass(frozen=True, slots=True)
class MoveProposal:
    """Another price (ticks) for a working order."""

    symbol: str
    scale: PriceScale
    order_id: int
    is_buy: bool
    remaining: int
    price_before: int
    price: int

    def text(self) -> str:
        """`MOVE 9130 SELL 10 ACME 100.45 to 100.50`"""
        side = "BUY" if self.is_buy else "SELL"
        prices = f"{self.scale.text(self.price_before)} to {self.scale.text(self.price)}"
        return f"MOVE {self.order_id} {side} {self.remaining} {self.symbol} {prices}"

    def request(self) -> dict[str, Any]:
        """The request that does it."""
        return {"type": "replace_order", "order_id": self.order_id, "price": self.scale.price(self.price)}


@dataclass(frozen=True, slots=True)
class QuitProposal:
    """Leave, although orders still work."""

    working_count: int

    def text(self) -> str:
        """What the confirm row says."""
        orders = "1 order still works" if self.working_count == 1 else f"{self.working_count} orders still work"
        return f"{orders} and will go on working"


Proposal = Union[OrderProposal, MoveProposal, QuitProposal]
