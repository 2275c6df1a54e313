"""What a bot holds of one symbol and what it has earned with it.  Pure, and exact.

Profit and loss needs no average price: it is the money that came in and went out, and what is held at its price
now.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Optional

from exchange.networking.client.typed_answers import PositionRow
from exchange.networking.client.typed_events import OrderExecuted


class HeldQuantity:
    """`quantity` is negative when short; `money` came in minus went out, fees included, since the user began."""

    def __init__(self) -> None:
        self.quantity = 0
        self.money = Decimal(0)
        self.last_price: Optional[Decimal] = None

    def renew(self, row: PositionRow) -> None:
        """It is as the engine says: at cost, with what was earned and paid so far."""
        self.quantity = row.net_position
        cost = Decimal(0) if row.average_price is None else row.net_position * row.average_price
        self.money = row.realised_pnl - cost - row.fees
        self.last_price = row.average_price if self.last_price is None else self.last_price

    def fill(self, event: OrderExecuted) -> None:
        """One fill more."""
        signed = event.quantity if event.side == "BUY" else -event.quantity
        self.quantity += signed
        self.money -= signed * event.price + (event.fee or 0)
        self.last_price = event.price

    def pnl(self, price: Optional[Decimal]) -> Decimal:
        """Realised and unrealised after fees, at `price`, or where there is none at the last price known here."""
        valued_at = self.last_price if price is None else price
        return self.money if valued_at is None else self.money + self.quantity * valued_at
