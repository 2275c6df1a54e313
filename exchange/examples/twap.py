"""Trades a large quantity in even slices over a time, so that the market hardly notices (TWAP).

    exchange bot twap.py --param side=SELL --param quantity=1000 --param seconds=600

Each slice is a limit order at the other side's best price.  What it leaves unfilled goes into the next.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Optional

from exchange.networking.tcp_client import Bot, OrderExecuted, OwnOrder


class Twap(Bot):
    """Buys or sells `quantity` within `seconds`, in `slices` parts."""

    side = "BUY"
    quantity = 100
    seconds = 60.0
    slices = 12
    # Never at a worse price than this; None: whatever the market asks.
    limit: Optional[Decimal] = None

    def __init__(self) -> None:
        self.traded = 0
        self.paid = Decimal(0)
        self.turn = 0

    def on_start(self) -> None:
        """Begin with the first slice now."""
        self.every(self.seconds / self.slices, self.trade_slice)
        self.trade_slice()

    def trade_slice(self) -> None:
        """Ask for what should have traded by now and has not."""
        self.turn = min(self.turn + 1, self.slices)
        due = self.quantity * self.turn // self.slices - self.traded
        best = self.book.best_ask if self.side == "BUY" else self.book.best_bid
        if due <= 0 or best is None or self.orders or self.is_too_dear(best.price):
            return
        trade = self.buy if self.side == "BUY" else self.sell
        trade(due, best.price, time_in_force="IOC")

    def is_too_dear(self, price: Decimal) -> bool:
        """Whether the limit forbids this price."""
        if self.limit is None:
            return False
        return price > self.limit if self.side == "BUY" else price < self.limit

    def on_fill(self, order: OwnOrder, fill: OrderExecuted) -> None:
        """Count, and end when all is done."""
        self.traded += fill.quantity
        self.paid += fill.quantity * fill.price
        if self.traded >= self.quantity:
            self.stop()

    def on_stop(self) -> None:
        """Say what became of it."""
        average = f" at {self.paid / self.traded:.4f} on average" if self.traded else ""
        print(f"{self.side} {self.traded} of {self.quantity} {self.market().symbol}{average}")


if __name__ == "__main__":
    Twap().run()
