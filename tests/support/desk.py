"""An engine to ask by hand, with short names for what is asked most.  Prices are in ticks of 0.01."""

from __future__ import annotations

from typing import Optional

from exchange.engine.commands import Command, GetPositions, ListInstrument, NewOrder, ReplaceOrder
from exchange.engine.engine import Engine
from exchange.engine.events import (
    CancelRejected,
    Event,
    OrderRejected,
    PositionsListed,
    PositionState,
    ReplaceRejected,
    RequestRejected,
)
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import Code, OrderType, Side, TimeInForce

BUY, SELL = Side.BUY, Side.SELL
TICK_NANOS = 10_000_000
ACME = Instrument("ACME", lot_size=5, min_quantity=10, max_quantity=1_000)
BOND = Instrument("BOND", tick_size_nanos=250_000_000)


class Desk:
    """An engine that lists ACME (and what else is named) and a clock that counts."""

    def __init__(self, *more: Instrument) -> None:
        self.engine = Engine()
        self._now_ns = 0
        for instrument in (ACME, *more):
            self.ask(ListInstrument(instrument))

    def ask(self, command: Command) -> list[Event]:
        """Process one command."""
        self._now_ns += 1
        return self.engine.process(command, self._now_ns)

    def refusal(self, command: Command) -> tuple[Code, str]:
        """Code and text of the refusal that `command` must meet; it must change nothing whatever."""
        before = self.engine.state_hash()
        (event,) = self.ask(command)
        assert isinstance(event, (OrderRejected, CancelRejected, ReplaceRejected, RequestRejected))
        assert self.engine.state_hash() == before
        return event.code, event.text

    def position(self, user: str) -> PositionState:
        """The user's only position."""
        (answer,) = self.ask(GetPositions(user))
        assert isinstance(answer, PositionsListed)
        (position,) = answer.positions
        return position

    def trade(self, buyer: str, seller: str, quantity: int, price: int) -> None:
        """Make a trade in ACME that leaves nothing in the book."""
        name = str(self.engine.sequence)
        self.ask(order(f"{name} out", SELL, quantity, price, user=seller))
        self.ask(order(f"{name} in", BUY, quantity, price, user=buyer))
        assert self.engine.book("ACME").bids.best() is self.engine.book("ACME").asks.best() is None


def order(
    client_order_id: str,
    side: Side = BUY,
    quantity: int = 10,
    price: Optional[int] = 100,
    time_in_force: TimeInForce = TimeInForce.GTC,
    *,
    user: str = "alice",
    symbol: Optional[str] = "ACME",
    price_nanos: Optional[int] = None,
    post_only: bool = False,
) -> NewOrder:
    """An order at `price` ticks of 0.01 (None: MARKET), or at `price_nanos`."""
    if price is not None and price_nanos is None:
        price_nanos = price * TICK_NANOS
    order_type = OrderType.MARKET if price is None else OrderType.LIMIT
    return NewOrder(
        user, client_order_id, symbol, Terms(side, order_type, time_in_force, price_nanos, quantity, post_only)
    )


def replace(
    client_order_id: str,
    *,
    price_nanos: Optional[int] = None,
    quantity: Optional[int] = None,
    new_client_order_id: Optional[str] = None,
    user: str = "alice",
) -> ReplaceOrder:
    """A replace by client order id."""
    return ReplaceOrder(user, None, client_order_id, price_nanos, quantity, new_client_order_id)
