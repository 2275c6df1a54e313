"""What the plain client knows of the instrument it trades: book, last trade, phase, and the price of an auction.

    trades feed ─► last price, changes of phase        from the moment it is clear which instrument is meant
    book feed   ─► best prices, indicative price       once one is asked for, and while a call lasts

It sends and asks for what is shown, and decides nothing.  An indicative price may change with every order of a
busy call, so it is told at most once a second, the newest.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Optional

from exchange.networking.tcp_client import BookFollower, Message, MessageClient
from tui.plain import shown_line
from tui.typed_price import MarketPrices

CALLS = frozenset({"PRE_OPEN", "AUCTION", "CLOSING_AUCTION"})
INDICATION_EVERY_S = 1.0


class MarketWatch:
    """Watches one instrument, `symbol`, over a client that is logged in.  One thread."""

    def __init__(self, client: MessageClient, symbol: str) -> None:
        self.symbol = symbol
        self._client = client
        self._instrument = _instrument_of(client, symbol)
        self.phase = str(self._instrument.get("phase", "CONTINUOUS"))
        self._book: Optional[BookFollower] = None
        self._last: Optional[Decimal] = None
        # How the auction would end now, as it is shown; None outside a call.
        self.indication_line: Optional[str] = None
        # The newest indication has not been told; when one was told last, on the caller's clock.
        self._is_untold = False
        self._told_at = -INDICATION_EVERY_S

    def start(self) -> None:
        """Subscribe.  Raises ExchangeError."""
        self._client.subscribe("trades", self.symbol, last=1)
        if self.is_call:
            self.follow_book()

    def stop(self) -> None:
        """End the subscriptions.  Raises ExchangeError."""
        self._client.unsubscribe("trades", self.symbol)
        if self._book is not None:
            self._client.unsubscribe("book", self.symbol)

    @property
    def is_call(self) -> bool:
        """Whether orders are collected for an auction at the moment."""
        return self.phase in CALLS

    def follow_book(self) -> BookFollower:
        """The book, kept current from now on.  Raises ExchangeError."""
        if self._book is None:
            self._book = self._client.follow_book(self.symbol, shown_line.BOOK_DEPTH)
        return self._book

    def prices(self, own: Optional[Decimal], *, is_buy: Optional[bool] = None) -> MarketPrices:
        """What price words stand for; `own` None with a side is that side's best.  Raises ExchangeError."""
        book = self.follow_book()
        bid = book.best_bid.price if book.best_bid else None
        ask = book.best_ask.price if book.best_ask else None
        if own is None and is_buy is not None:
            own = bid if is_buy else ask
        return MarketPrices(self._instrument.get("tick_size", Decimal(1)), bid, ask, self._last, own, is_buy)

    def take(self, message: Message) -> None:
        """Take one message of the engine; those of other instruments, and all others, change nothing."""
        kind = message["type"]
        if message.get("symbol") != self.symbol:
            return
        if kind == "trade":
            self._last = message["price"]
        elif kind == "trades_snapshot":
            self._last = message.get("last")
        elif kind == "auction_indication":
            self.indication_line, self._is_untold = shown_line.indication_line(message), True
        elif kind == "instrument_status":
            self.phase = str(message["phase"])
            if not self.is_call:
                self.indication_line, self._is_untold = None, False

    def line_to_tell(self, now: float) -> Optional[str]:
        """The indicative price, if it is news and its turn; `now` in seconds on a steady clock."""
        wait_s = self.wait_s(now)
        if wait_s is None or wait_s > 0:
            return None
        self._is_untold, self._told_at = False, now
        return self.indication_line

    def wait_s(self, now: float) -> Optional[float]:
        """How long until there is a line to tell; None if there is none."""
        return max(0.0, self._told_at + INDICATION_EVERY_S - now) if self._is_untold else None


def _instrument_of(client: MessageClient, symbol: str) -> Message:
    """The instrument as `logged_in` told it; an empty one if it didn't."""
    return next((row for row in client.instrument_rows if row["symbol"] == symbol), {})
