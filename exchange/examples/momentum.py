"""Follows the trend: long while the last few trades are dearer than the last many, short while they are cheaper.

    exchange bot momentum.py --param fast=5 --param slow=20
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from exchange.networking.tcp_client import Bot, OwnOrder, Trade


class Momentum(Bot):
    """Compares the average of the last `fast` trades with that of the last `slow`, and holds `size` either way."""

    fast = 5
    slow = 20
    size = 10
    # How far apart the averages must be, in ticks, before it believes in a trend.
    threshold_ticks = Decimal("0.5")

    def __init__(self) -> None:
        self.prices: deque[Decimal] = deque()

    def on_trade(self, trade: Trade) -> None:
        """One price more, and perhaps another view."""
        self.prices.append(trade.price)
        if len(self.prices) > self.slow:
            self.prices.popleft()
        self.follow()

    def on_canceled(self, order: OwnOrder) -> None:
        """The price had moved before the order was there: try again."""
        self.follow()

    def follow(self) -> None:
        """Hold what the trend says, once there have been trades enough to see one."""
        if len(self.prices) == self.slow:
            self.hold(self.wanted_position())

    def wanted_position(self) -> int:
        """What the trend says should be held; what is held already, if there is none."""
        newest = list(self.prices)[-self.fast :]
        trend = sum(newest, Decimal(0)) / self.fast - sum(self.prices, Decimal(0)) / self.slow
        if abs(trend) <= self.threshold_ticks * self.market().tick_size:
            return self.position
        return self.size if trend > 0 else -self.size

    def hold(self, wanted: int) -> None:
        """Trade the difference at the best price there is, and nothing while an order is on its way."""
        missing = wanted - self.position
        best = self.book.best_ask if missing > 0 else self.book.best_bid
        if missing == 0 or best is None or self.orders:
            return
        trade = self.buy if missing > 0 else self.sell
        trade(abs(missing), best.price, time_in_force="IOC")


if __name__ == "__main__":
    Momentum().run()
