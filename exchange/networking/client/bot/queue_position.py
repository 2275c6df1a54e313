"""How much is shown before one's order at its price: an estimate that is never too low, between the engine's
answers.

Known at entry: all that the level shows, for the order goes behind it.  From then on

    a trade at the price takes from the front, so the order moves up by its quantity
    one's own fill means that nothing is before it
    what the level shows less the order itself can't be less than what is before it

Of a cancel at the price nobody says whether it was before or behind, so it counts only by the last of these.  The
engine knows it exactly and tells it in `orders` (`Bot.refresh_orders`).  Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Optional

from exchange.networking.client.book_follower import BookFollower
from exchange.networking.client.bot.own_order import OwnOrder
from exchange.networking.client.typed_events import Trade

_RESTS = frozenset({"LIMIT", "STOP_LIMIT"})


def at_the_back(order: OwnOrder, book: Optional[BookFollower], own_shown_quantity: int = 0) -> Optional[int]:
    """What is before an order that has just come to the back of its level; None where it can't be known.

    `own_shown_quantity` is what the level in `book` still shows of the order itself.
    """
    if book is None or order.price is None or order.order_type not in _RESTS or order.stop_price is not None:
        return None
    shown = book.quantity_at(order.side == "BUY", order.price)
    return None if shown is None else max(0, shown - own_shown_quantity)


def move_up(orders: Iterable[OwnOrder], trade: Trade) -> None:
    """A trade that came after them has taken from the front of its level."""
    for order in orders:
        is_level = order.price == trade.price and order.side != trade.aggressor_side and not trade.auction
        if order.quantity_ahead and is_level and trade.timestamp > order.accepted_timestamp:
            order.quantity_ahead = max(0, order.quantity_ahead - trade.quantity)


def bound_by_level(orders: Iterable[OwnOrder], book: BookFollower) -> None:
    """No more is before an order than its level shows beside it."""
    for order in orders:
        if order.quantity_ahead and order.price is not None and order.is_live:
            shown = book.quantity_at(order.side == "BUY", order.price)
            if shown is not None:
                order.quantity_ahead = min(order.quantity_ahead, max(0, shown - order.shown_quantity))
