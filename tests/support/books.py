"""Books drawn as tables, and a market to speak to in the market's own words.

    BUY             | SELL
    alice 100 @ 50  | bob    70 @ 52
    carol  30 @ 49  | alice  10 @ 52

One order per cell, in the sequence in which they would trade: best price first, then arrival.  Prices are in
ticks.  `Market` enters such a table row by row, the left cell first, and draws its book as one; `table` brings a
table written in a test into the same form, so that two books are compared as text and a failure shows both.
"""

from __future__ import annotations

from itertools import zip_longest
from typing import Optional

from exchange.engine.commands import CancelOrder, Command, ListInstrument, NewOrder, ReplaceOrder
from exchange.engine.engine import Engine
from exchange.engine.events import Event, OrderCanceled, OrderRejected, ReplaceRejected, RequestRejected
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import CancelReason, Code, OrderType, SelfTradePrevention, Side, TimeInForce

ACME = Instrument("ACME")


class Market:
    """An engine that lists ACME, and its users.

    Orders that are given no name are called `1`, `2`, `3` … in the sequence they are entered.
    """

    def __init__(self, drawing: str = "", instrument: Instrument = ACME) -> None:
        self.engine = Engine()
        self.instrument = instrument
        self._order_count = 0
        self._now_ns = 0
        self.process(ListInstrument(instrument))
        for bid, ask in _rows(drawing):
            for side, cell in ((Side.BUY, bid), (Side.SELL, ask)):
                if cell:
                    user, quantity, _at, price = cell.split()
                    self.enter(user, side, int(quantity), int(price))

    def enter(
        self,
        user: str,
        side: Side,
        quantity: int,
        price: Optional[int] = None,
        time_in_force: Optional[TimeInForce] = None,
        *,
        name: Optional[str] = None,
        post_only: bool = False,
        prevention: Optional[SelfTradePrevention] = None,
        ends_with_connection: bool = False,
    ) -> list[Event]:
        """Enter an order at `price` ticks; None makes it a MARKET order."""
        self._order_count += 1
        order_type = OrderType.MARKET if price is None else OrderType.LIMIT
        command = NewOrder(
            user,
            name or str(self._order_count),
            self.instrument.symbol,
            Terms(
                side,
                order_type,
                time_in_force or (TimeInForce.IOC if price is None else TimeInForce.GTC),
                self.nanos(price),
                quantity,
                post_only,
                prevention,
            ),
            ends_with_connection,
        )
        return self.process(command)

    def cancel(self, user: str, name: str) -> list[Event]:
        """Cancel an order by its client order id."""
        return self.process(CancelOrder(user, None, name))

    def replace(
        self, user: str, name: str, price: Optional[int] = None, quantity: Optional[int] = None
    ) -> list[Event]:
        """Replace an order by its client order id; None leaves price (ticks) or total quantity as it is."""
        return self.process(ReplaceOrder(user, None, name, self.nanos(price), quantity, None))

    def process(self, command: Command) -> list[Event]:
        """One command, one nanosecond after the last one."""
        self._now_ns += 1
        events = self.engine.process(command, self._now_ns)
        self.engine.check_invariants()
        return events

    def nanos(self, price: Optional[int]) -> Optional[int]:
        """Ticks to nanos."""
        return None if price is None else price * self.instrument.tick_size_nanos

    def drawn(self) -> str:
        """The book as a table."""
        book = self.engine.book(self.instrument.symbol)
        bids, asks = (
            [f"{order.user} {order.remaining_quantity} @ {order.price}" for order in side.orders()]
            for side in (book.bids, book.asks)
        )
        return _draw(list(zip_longest(bids, asks, fillvalue="")))


def table(drawing: str) -> str:
    """A table as written in a test, in the form in which `Market.drawn` gives it."""
    return _draw(_rows(drawing))


def trades(events: list[Event]) -> list[tuple[str, str, int, int]]:
    """(buyer, seller, quantity, price in ticks) of each trade among the events."""
    return [(e.buyer, e.seller, e.quantity, e.price) for e in events if isinstance(e, Trade)]


def refusals(events: list[Event]) -> list[tuple[Code, str]]:
    """The code and the text of each refusal."""
    kinds = (OrderRejected, ReplaceRejected, RequestRejected)
    return [(event.code, event.text) for event in events if isinstance(event, kinds)]


def codes(events: list[Event]) -> list[Code]:
    """Why it was refused."""
    return [code for code, _text in refusals(events)]


def canceled(events: list[Event]) -> list[tuple[str, int, CancelReason]]:
    """(client order id, quantity, reason) of each cancel."""
    return [(e.client_order_id, e.remaining_quantity, e.reason) for e in events if isinstance(e, OrderCanceled)]


def assert_changes_nothing(market: Market, command: Command, *expected: Event) -> None:
    """The command is answered by `expected` and leaves no trace."""
    before = market.engine.sequence, market.engine.state_hash()
    assert market.process(command) == list(expected)
    assert (market.engine.sequence, market.engine.state_hash()) == before


def _rows(drawing: str) -> list[tuple[str, str]]:
    """The (bid, ask) cells of each row under the heading, blanks brought to one."""
    lines = [line for line in drawing.splitlines() if line.strip()][1:]
    cells = [line.partition("|") for line in lines]
    return [(" ".join(bid.split()), " ".join(ask.split())) for bid, _bar, ask in cells]


def _draw(rows: list[tuple[str, str]]) -> str:
    return "\n".join(f"{bid:24}| {ask}".rstrip() for bid, ask in [("BUY", "SELL"), *rows])
