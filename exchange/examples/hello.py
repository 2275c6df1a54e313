"""The smallest bot that trades: buys one at the best offer, says what it has paid, and ends.

    exchange bot hello.py
"""

from __future__ import annotations

from exchange.networking.tcp_client import BookFollower, Bot, OrderExecuted, OwnOrder


class Hello(Bot):
    """Waits for an offer and takes one lot of it."""

    def on_book(self, book: BookFollower) -> None:
        """Ask for one, unless an order is on its way."""
        if book.best_ask and not self.orders:
            self.buy(1, book.best_ask.price, time_in_force="IOC")

    def on_fill(self, order: OwnOrder, fill: OrderExecuted) -> None:
        """That was it."""
        print(f"bought {fill.quantity} {order.symbol} at {fill.price}")
        self.stop()


if __name__ == "__main__":
    Hello().run()
