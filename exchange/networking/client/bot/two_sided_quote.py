"""Keeps one bid and one offer where a bot wants them, with the fewest messages.  Pure.

    nothing there            a new order
    same price and quantity  nothing
    same price, less         a replace of the quantity alone, which keeps its place in the queue
    anything else            one replace
    not wanted any more      a cancel

While an order waits for an answer nothing is sent about it: the newest wish is kept, and acted on when the answer
is there.  A side that would meet the other one, which still waits so, stays where it is until that one has moved:
a bot does not trade with itself on the way.  What a refusal, a fill or somebody's cancel has ended is not brought
back before the next `quote`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, Optional, Protocol

from exchange.networking.client.bot.own_order import OwnOrder
from exchange.networking.client.message_json import Price, exact_price, whole_quantity
from exchange.networking.client.typed_events import SideWord


class QuoteWish(NamedTuple):
    """Where a quote should stand, and how much of it should rest there."""

    price: Decimal
    quantity: int
    is_post_only: bool


def quote_wish(price: Optional[Price], quantity: int, is_post_only: bool) -> Optional[QuoteWish]:
    """One side of what a bot wants; None where it is not to be there.  Raises TypeError, ValueError."""
    quantity = whole_quantity(quantity)
    if price is None or quantity <= 0:
        return None
    return QuoteWish(exact_price(price), quantity, is_post_only)


class QuoteDesk(Protocol):
    """What a quote asks for."""

    def place_quote(self, symbol: str, side: SideWord, wish: QuoteWish) -> OwnOrder:
        """Send an order."""

    def cancel(self, order: OwnOrder) -> None:
        """Send a cancel."""

    def replace(
        self, order: OwnOrder, *, price: Optional[Decimal], quantity: Optional[int], stop_price: None = None
    ) -> None:
        """Send a change."""


class QuoteSide:
    """One side of a quote."""

    def __init__(self, symbol: str, side: SideWord) -> None:
        self.symbol = symbol
        self.side: SideWord = side
        self.order: Optional[OwnOrder] = None
        # Where it is to be (None: nowhere), and which of these it has done what it could for.
        self.wish: Optional[QuoteWish] = None
        self._acted_on: Optional[QuoteWish] = None

    @property
    def price(self) -> Optional[Decimal]:
        """Where it stands when all that was sent has been carried out; None: nowhere."""
        order = self.order
        if order is None or order.is_done or order.is_canceling:
            return None
        asked: Optional[Decimal] = None if order.replace_request is None else order.replace_request.get("price")
        return order.price if asked is None else asked

    def move(self, desk: QuoteDesk, other: QuoteSide) -> None:
        """Go where it is wanted, unless an answer is waited for or the `other` side is in the way."""
        order, wish = self.order, self.wish
        if order is not None and order.is_done:
            order = self.order = None
        if (order is not None and order.is_unanswered) or (wish is not None and self._meets(other, wish.price)):
            return
        self._acted_on = wish
        if order is None:
            self.order = None if wish is None else desk.place_quote(self.symbol, self.side, wish)
        elif wish is None:
            desk.cancel(order)
        else:
            self._change(desk, order, wish)

    def answered(self, desk: QuoteDesk, other: QuoteSide) -> None:
        """Something was heard of one of the two orders: act on a wish that had to wait."""
        if self.wish != self._acted_on:
            self.move(desk, other)
        elif self.order is not None and self.order.is_done:
            self.order, self.wish, self._acted_on = None, None, None

    def _meets(self, other: QuoteSide, price: Decimal) -> bool:
        there = other.price
        return there is not None and (price >= there if self.side == "BUY" else price <= there)

    def _change(self, desk: QuoteDesk, order: OwnOrder, wish: QuoteWish) -> None:
        price = None if order.price == wish.price else wish.price
        quantity = None if order.remaining_quantity == wish.quantity else order.filled_quantity + wish.quantity
        if price is not None or quantity is not None:
            desk.replace(order, price=price, quantity=quantity)


class TwoSidedQuote:
    """The bid and the offer of one symbol."""

    def __init__(self, symbol: str) -> None:
        self.bid = QuoteSide(symbol, "BUY")
        self.ask = QuoteSide(symbol, "SELL")

    def want(self, desk: QuoteDesk, bid: Optional[QuoteWish], ask: Optional[QuoteWish]) -> None:
        """Move both.  Raises ValueError for two that would trade with each other."""
        if bid is not None and ask is not None and bid.price >= ask.price:
            raise ValueError(f"bid {bid.price} is not below ask {ask.price}: the two would trade with each other")
        self.bid.wish, self.ask.wish = bid, ask
        for side, other in self._in_order():
            side.move(desk, other)

    def answered(self, desk: QuoteDesk, order: OwnOrder) -> None:
        """Something was heard of an order, perhaps one of these."""
        if order is self.bid.order or order is self.ask.order:
            for side, other in self._in_order():
                side.answered(desk, other)

    def _in_order(self) -> list[tuple[QuoteSide, QuoteSide]]:
        """Each side with the other one, the one first that makes room."""
        sides = [(self.bid, self.ask), (self.ask, self.bid)]
        old, new = self.bid.price, self.bid.wish
        is_going_up = new is not None and (old is None or new.price > old)
        return sides[::-1] if is_going_up else sides
