"""Makes a market: a bid and an offer around a fair price, which lean against what it holds.

    exchange bot market_maker.py --param size=20 --param limit=200

Holding much, it moves both prices down, so that somebody buys from it, and the other way round.  `quote` sends
only what has changed; its orders live through a crash of the exchange, and it finds them again.
"""

from __future__ import annotations

from decimal import Decimal

from exchange.networking.tcp_client import BookFollower, Bot, OrderExecuted, OwnOrder


class InventoryMaker(Bot):
    """Quotes `size` on both sides, `half_spread_ticks` from fair, and never holds more than `limit`."""

    size = 10
    limit = 100
    half_spread_ticks = 2
    # How far the quotes have moved when it holds `limit`.
    skew_ticks = 4
    # What it thinks the thing is worth before anybody has traded.
    start_price = Decimal(100)

    def on_start(self) -> None:
        """Quote now, and look again now and then, whatever happens."""
        self.every(1.0, self.requote)
        self.requote()

    def on_book(self, book: BookFollower) -> None:
        """Somebody else may have moved."""
        self.requote()

    def on_fill(self, order: OwnOrder, fill: OrderExecuted) -> None:
        """What is held has changed."""
        self.requote()

    def requote(self) -> None:
        """Have both orders where they should be now."""
        market = self.market()
        if market.phase != "CONTINUOUS":
            return
        fair = self.start_price if market.last_price is None else market.last_price
        center = fair - market.tick_size * self.skew_ticks * self.position / self.limit
        distance = market.tick_size * self.half_spread_ticks
        self.quote(
            market.at_or_below(center - distance),
            market.at_or_above(center + distance),
            self.size,
            bid_size=max(0, min(self.size, self.limit - self.position)),
            ask_size=max(0, min(self.size, self.limit + self.position)),
            post_only=True,
        )


if __name__ == "__main__":
    InventoryMaker().run()
