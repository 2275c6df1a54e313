"""The price of an auction, and the uncross at it (RULES 20).

Candidates are the limits of the orders.  At each, demand is what buyers would take there and supply what sellers
would give, MARKET orders and hidden parts included:

    price   demand   supply   volume   surplus
      202       30       90       30       −60
      201       70       90       70       −20   ← the most volume, and there the least surplus
      200       90       50       50       +40

Most volume first, then least surplus.  If several are left: with buyers left over at all of them the highest, with
sellers left over at all the lowest, otherwise the reference price, moved into their range; without a reference the
middle, rounded down to the tick.  MARKET orders alone trade at the reference price, or not at all.

Only levels that would trade, and the next ones of each side, can give the price: where the book is not crossed
hardly any level is looked at, however many there are.

Runtime complexity: the price O(n log n), n levels that would trade; the uncross O(orders that trade).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple, Optional

from exchange.engine.bands import reference_price
from exchange.engine.book_side import BookSide
from exchange.engine.events import AuctionIndication, Event
from exchange.engine.matching import Matcher
from exchange.engine.order import Order, PriceLevel
from exchange.engine.orderbook import OrderBook
from exchange.engine.words import CancelReason, Side, TimeInForce

# So many levels of each side behind those that would trade decide of the price too.  At the first of them demand
# and supply may be as near to each other as anywhere; from the second on one side's surplus only grows.
_BEYOND = 2


class Candidate(NamedTuple):
    """What buyers would take and sellers would give at one price, in units."""

    price: int
    demand: int
    supply: int

    @property
    def volume(self) -> int:
        """What would trade."""
        return min(self.demand, self.supply)

    @property
    def surplus(self) -> int:
        """What would be left over at this price: positive on the buyers' side, negative on the sellers'."""
        return self.demand - self.supply


def auction(book: OrderBook) -> Optional[Candidate]:
    """The auction price and what would trade at it now; None if nothing would."""
    bids, asks = deciding_levels(book)
    market_demand, market_supply = book.bids.market.quantity, book.asks.market.quantity
    price = _price(_candidates(bids, asks, market_demand, market_supply), reference_price(book))
    if price is None:
        return None
    demand = market_demand + sum(quantity for limit, quantity in bids.items() if limit >= price)
    supply = market_supply + sum(quantity for limit, quantity in asks.items() if limit <= price)
    found = Candidate(price, demand, supply)
    return found if found.volume else None


def indication(book: OrderBook) -> AuctionIndication:
    """What an uncross would give now, as the market is told in a call (RULES 19)."""
    symbol, found = book.instrument.symbol, auction(book)
    if found is None:
        return AuctionIndication(symbol, None, 0, 0, None)
    side = None if found.surplus == 0 else Side.BUY if found.surplus > 0 else Side.SELL
    return AuctionIndication(symbol, found.price, found.volume, abs(found.surplus), side)


def uncross(matcher: Matcher, book: OrderBook, timestamp: int, events: list[Event]) -> None:
    """Trade all that can trade at the one price, then cancel what was in for this call only."""
    found = auction(book)
    if found is not None:
        book.auction_price = found.price
        while True:
            buy, sell = _first(book.bids, found.price), _first(book.asks, found.price)
            if buy is None or sell is None:
                break
            matcher.trade_in_uncross(buy, sell, book, found.price, timestamp, events)
    end_one_call_orders(matcher, book, timestamp, events)


def end_one_call_orders(
    matcher: Matcher,
    book: OrderBook,
    timestamp: int,
    events: list[Event],
    but: Optional[TimeInForce] = None,
) -> None:
    """Cancel what may not stay for another call: MARKET orders (RULES 19) and IOC orders (RULES 28).

    Those of time in force `but` stay for now.
    """
    waiting = (*book.bids.market.orders(), *book.asks.market.orders())
    left = [order for order in waiting if order.time_in_force is not but]
    left += [order for order in book.one_call_orders.values() if order.is_live and order.price is not None]
    book.one_call_orders.clear()
    for order in sorted(left, key=lambda order: order.order_id):
        book.withdraw(order)
        reason = CancelReason.MARKET_REMAINDER if order.price is None else CancelReason.IOC_REMAINDER
        matcher.cancel(order, reason, timestamp, events)


def deciding_levels(book: OrderBook) -> tuple[dict[int, int], dict[int, int]]:
    """Of bids and asks the best levels, by price all that rests there: those that would trade, and `_BEYOND` more.

    They are taken as an uncross would take them: the next bid while buyers want no more than sellers give, else
    the next ask, until that one is no match for what was taken of the other side.
    """
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    next_bids, next_asks = book.bids.levels(), book.asks.levels()
    demand, supply = book.bids.market.quantity, book.asks.market.quantity
    worst_bid: Optional[int] = None
    worst_ask: Optional[int] = None
    while True:
        if demand <= supply:
            level = _take(next_bids, bids)
            if level is None or (worst_ask is not None and level.price < worst_ask):
                break
            worst_bid = level.price
            demand += bids[level.price]
        else:
            level = _take(next_asks, asks)
            if level is None or (worst_bid is not None and level.price > worst_bid):
                break
            worst_ask = level.price
            supply += asks[level.price]
    for levels, taken in ((next_bids, bids), (next_asks, asks)):
        for level in islice(levels, _BEYOND):
            taken[level.price] = level.quantity + level.hidden_quantity
    return bids, asks


def _take(levels: Iterator[PriceLevel], taken: dict[int, int]) -> Optional[PriceLevel]:
    """The next level, which is put with those taken; None where there is no more."""
    level = next(levels, None)
    if level is not None:
        taken[level.price] = level.quantity + level.hidden_quantity
    return level


def _candidates(
    bids: dict[int, int], asks: dict[int, int], market_demand: int, market_supply: int
) -> list[Candidate]:
    """Every limit of these levels, lowest first, with demand and supply there."""
    demand, supply = market_demand + sum(bids.values()), market_supply
    candidates: list[Candidate] = []
    for price in sorted(bids.keys() | asks.keys()):
        supply += asks.get(price, 0)
        candidates.append(Candidate(price, demand, supply))
        demand -= bids.get(price, 0)
    return candidates


def _price(candidates: list[Candidate], reference: Optional[int]) -> Optional[int]:
    """The price by the rule at the head of this file; None where nothing can trade at any."""
    if not candidates:
        return reference
    volume = max(candidate.volume for candidate in candidates)
    if volume == 0:
        return None
    most = [candidate for candidate in candidates if candidate.volume == volume]
    least = min(abs(candidate.surplus) for candidate in most)
    left = [candidate for candidate in most if abs(candidate.surplus) == least]
    lowest, highest = left[0].price, left[-1].price
    if all(candidate.surplus > 0 for candidate in left):
        return highest
    if all(candidate.surplus < 0 for candidate in left):
        return lowest
    if reference is None:
        return (lowest + highest) // 2
    return max(lowest, min(reference, highest))


def _first(side: BookSide, price: int) -> Optional[Order]:
    """Who trades next at the auction price: MARKET orders first, then the best price, then time."""
    if side.market.first is not None:
        return side.market.first
    level = side.best()
    if level is None or not side.accepts(level.price, price):
        return None
    return level.first
