"""Keeps one bid and one offer where a bot wants them, with the fewest messages.  Pure.

    nothing there            a new order
    same price and quantity  nothing
    same price, less         a replace of the quantity alone, which keeps its place in the queue
    anything else            one replace
    not wanted any more      a cancel

While an order waits for an answer nothing is sent about it: the newest wish is kept, and acted on when the answer
is there.  What a refusal, a fill or somebody's cancel has ended is not brought back before the next `quote`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, Optional, Protocol

from exchange.networking.client.bot.own_order import OwnOrder
from exchange.networking.client.typed_events import SideWord


class QuoteWish(NamedTuple):
    """Where a quote should stand, and how much of it should rest there."""

    price: Decimal
    quantity: int
    is_post_only: bool


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
        self._wish: Optional[QuoteWish] = None
        self._acted_on: Optional[QuoteWish] = None

    @property
    def price(self) -> Optional[Decimal]:
        """Where it stands now; None if it does not."""
        return None if self.order is None or self.order.is_done else self.order.price

    def want(self, desk: QuoteDesk, wish: Optional[QuoteWish]) -> None:
        """Be there (None: nowhere) as soon as can be."""
        self._wish = wish
        self._move(desk)

    def answered(self, desk: QuoteDesk) -> None:
        """Something was heard of its order: act on a wish that had to wait."""
        if self._wish == self._acted_on:
            if self.order is not None and self.order.is_done:
                self.order, self._wish, self._acted_on = None, None, None
            return
        self._move(desk)

    def _move(self, desk: QuoteDesk) -> None:
        order, wish = self.order, self._wish
        if order is not None and order.is_done:
            order = self.order = None
        if order is not None and order.is_unanswered:
            return
        self._acted_on = wish
        if order is None:
            self.order = None if wish is None else desk.place_quote(self.symbol, self.side, wish)
        elif wish is None:
            desk.cancel(order)
        else:
            self._change(desk, order, wish)

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
        """Move both, the one first that makes room for the other: a bot must not meet itself on the way."""
        old_bid = self.bid.price
        is_going_up = bid is not None and (old_bid is None or bid.price > old_bid)
        sides = [(self.bid, bid), (self.ask, ask)]
        for side, wish in reversed(sides) if is_going_up else sides:
            side.want(desk, wish)

    def answered(self, desk: QuoteDesk, order: OwnOrder) -> None:
        """Something was heard of an order, perhaps one of these."""
        for side in (self.bid, self.ask):
            if side.order is order:
                side.answered(desk)
