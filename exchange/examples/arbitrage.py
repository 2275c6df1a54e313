"""Two symbols for one thing: buys where it is cheap and sells where it is dear, at the same moment.

    exchange bot arbitrage.py --symbol ACME --symbol ACME.B

Without symbols it takes the first two that are listed.
"""

from __future__ import annotations

from decimal import Decimal

from exchange.networking.tcp_client import BookFollower, Bot, FollowedMarket, OwnOrder


class Arbitrage(Bot):
    """Trades at most `size` at once, for a difference of at least `profit_ticks`, and holds at most `limit`."""

    size = 10
    limit = 100
    profit_ticks = 1

    def __init__(self) -> None:
        # Whose books still show what has been taken already: a difference must not be taken twice.
        self.outdated: set[str] = set()

    def on_book(self, book: BookFollower) -> None:
        """What it has taken is gone from this book."""
        self.outdated.discard(book.symbol or "")
        self.look()

    def on_canceled(self, order: OwnOrder) -> None:
        """It came too late; an order that takes nothing does not change the book."""
        if not order.filled_quantity:
            self.outdated.discard(order.symbol)
            self.look()

    def look(self) -> None:
        """Look both ways, while no order is on its way."""
        if self.orders or self.outdated or len(self.markets) < 2:
            return
        first, second = self.markets[:2]
        if first.position + second.position:
            self.even_out(first, second)
        elif not self.take(first, second):
            self.take(second, first)

    def take(self, cheap: FollowedMarket, dear: FollowedMarket) -> bool:
        """Buy here and sell there, if that earns enough; whether it did."""
        ask, bid = cheap.best_ask, dear.best_bid
        profit: Decimal = self.profit_ticks * max(cheap.tick_size, dear.tick_size)
        if ask is None or bid is None or bid.price - ask.price < profit:
            return False
        room = min(self.limit - cheap.position, self.limit + dear.position)
        quantity = min(self.size, ask.quantity, bid.quantity, room)
        if quantity <= 0:
            return False
        self.outdated = {cheap.symbol, dear.symbol}
        self.buy(quantity, ask.price, cheap.symbol, time_in_force="IOC")
        self.sell(quantity, bid.price, dear.symbol, time_in_force="IOC")
        return True

    def even_out(self, *markets: FollowedMarket) -> None:
        """One half was missed: give back what is too much, where that costs least."""
        surplus = sum(market.position for market in markets)
        bids = [(market.best_bid.price, market.symbol) for market in markets if market.best_bid]
        asks = [(market.best_ask.price, market.symbol) for market in markets if market.best_ask]
        if surplus > 0 and bids:
            self.sell(surplus, *max(bids), time_in_force="IOC")
        elif surplus < 0 and asks:
            self.buy(-surplus, *min(asks), time_in_force="IOC")


if __name__ == "__main__":
    Arbitrage().run()
