"""What a follower of the public feeds knows, and what it should know: the two sides of every test of them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from exchange.engine.book_side import BookSide
from exchange.engine.engine import Engine
from exchange.engine.instrument import NANOS_PER_UNIT

Levels = list[tuple[Decimal, int, int]]


class Follower:
    """What a subscriber knows of one symbol; holds nobody to more than the protocol promises."""

    def __init__(self) -> None:
        self.sequence = -1
        self.sides: dict[str, dict[Decimal, tuple[int, int]]] = {"BID": {}, "ASK": {}}
        self.snapshot_count = 0
        self.trades: list[dict[str, Any]] = []

    def hear(self, message: dict[str, Any]) -> None:
        """Apply one message."""
        if message["type"] == "book_snapshot":
            self.snapshot_count += 1
            self.sequence = message["sequence"]
            self.sides = {
                "BID": {price: (quantity, orders) for price, quantity, orders in message["bids"]},
                "ASK": {price: (quantity, orders) for price, quantity, orders in message["asks"]},
            }
        elif message["type"] == "book_update":
            assert message["sequence"] == self.sequence + 1
            assert message["changes"], "an update that says nothing"
            self.sequence += 1
            for side, price, quantity, orders in message["changes"]:
                assert quantity > 0 or self.sides[side].pop(price), "gone, but it was never there"
                if quantity:
                    self.sides[side][price] = (quantity, orders)
        else:
            self.trades.append(message)

    def levels(self, side: str) -> Levels:
        """What it believes of one side, best first."""
        return [(price, *totals) for price, totals in sorted(self.sides[side].items(), reverse=side == "BID")]


def own_levels(engine: Engine, symbol: str, side: str, depth: int) -> Levels:
    """What the engine's own orders add up to, not asking the book for its depth."""
    book = engine.book(symbol)
    tick = Decimal(book.instrument.tick_size_nanos) / NANOS_PER_UNIT
    totals: dict[Decimal, tuple[int, int]] = {}
    book_side: BookSide = book.bids if side == "BID" else book.asks
    for order in book_side.orders():
        assert order.price is not None
        quantity, orders = totals.get(order.price * tick, (0, 0))
        totals[order.price * tick] = (quantity + order.remaining_quantity, orders + 1)
    best_first = sorted(totals.items(), reverse=side == "BID")
    return [(price, *level) for price, level in best_first[: depth or None]]
