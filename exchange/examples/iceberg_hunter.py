"""Finds icebergs, orders that show a small part of themselves, and steps one tick ahead of them.

    exchange bot iceberg_hunter.py --param size=5

Where more has traded at a price than was ever shown there, and something is still shown, something hides.  A
hidden buyer holds the price up: to buy one tick above is cheap insurance, since what was bought can be sold to the
iceberg.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import NamedTuple

from exchange.networking.tcp_client import BookFollower, Bot, Trade


class LevelPlace(NamedTuple):
    """A price on one side of the book."""

    is_bid: bool
    price: Decimal


class IcebergHunter(Bot):
    """Stands `size` ahead of the latest iceberg found, and holds at most `limit`."""

    size = 5
    limit = 20

    def __init__(self) -> None:
        self.traded: defaultdict[LevelPlace, int] = defaultdict(int)
        self.shown_most: defaultdict[LevelPlace, int] = defaultdict(int)
        self.found: list[LevelPlace] = []

    def on_trade(self, trade: Trade) -> None:
        """Count what was taken from a level."""
        if trade.aggressor_side is not None:
            self.traded[LevelPlace(trade.aggressor_side == "SELL", trade.price)] += trade.quantity

    def on_book(self, book: BookFollower) -> None:
        """Compare what is shown at the best prices with what was taken there."""
        for is_bid, level in ((True, book.best_bid), (False, book.best_ask)):
            if level is None:
                continue
            place = LevelPlace(is_bid, level.price)
            if self.traded[place] > self.shown_most[place] > 0 and place not in self.found:
                self.found.append(place)
                self.step_ahead(place)
            self.shown_most[place] = max(self.shown_most[place], level.quantity)

    def step_ahead(self, place: LevelPlace) -> None:
        """One tick better than the iceberg, if that does not meet the other side."""
        tick, spread = self.market().tick_size, self.spread
        if spread is not None and spread <= tick:
            return
        if place.is_bid:
            self.quote(place.price + tick, None, self.size, bid_size=min(self.size, self.limit - self.position))
        else:
            self.quote(None, place.price - tick, self.size, ask_size=min(self.size, self.limit + self.position))

    def on_stop(self) -> None:
        """Say what was found."""
        for place in self.found:
            print(f"an iceberg {'bought' if place.is_bid else 'sold'} at {place.price}")


if __name__ == "__main__":
    IcebergHunter().run()
