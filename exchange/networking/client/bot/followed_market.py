"""One symbol as a bot sees it: its book, last trade, phase and limits, and what the bot holds of it.  Pure."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Optional, Union

from exchange.networking.client.book_follower import BookFollower
from exchange.networking.client.bot.held_position import HeldQuantity
from exchange.networking.client.message_json import Price, exact_price
from exchange.networking.client.typed_answers import ListedInstrument
from exchange.networking.client.typed_events import BookLevel, InstrumentStatus, Trade, TradesSnapshot


class FollowedMarket:
    """Kept current by the bot's desk; a bot reads it.  What is None is not known, or not there."""

    def __init__(self, instrument: ListedInstrument, depth: int, held: HeldQuantity) -> None:
        self.instrument = instrument
        self.symbol = instrument.symbol
        self.book = BookFollower(instrument.symbol, depth)
        self.phase = instrument.phase
        self.last_price: Optional[Decimal] = None
        self.last_status: Optional[InstrumentStatus] = None
        self._held = held

    @property
    def tick_size(self) -> Decimal:
        """What every price is a multiple of."""
        return self.instrument.tick_size

    @property
    def best_bid(self) -> Optional[BookLevel]:
        """The highest bid."""
        return self.book.best_bid

    @property
    def best_ask(self) -> Optional[BookLevel]:
        """The lowest offer."""
        return self.book.best_ask

    @property
    def mid(self) -> Optional[Decimal]:
        """Halfway between best bid and best ask, which may be half a tick; None unless there are both."""
        bid, ask = self.book.best_bid, self.book.best_ask
        return None if bid is None or ask is None else (bid.price + ask.price) / 2

    @property
    def spread(self) -> Optional[Decimal]:
        """Best ask less best bid; None unless there are both."""
        bid, ask = self.book.best_bid, self.book.best_ask
        return None if bid is None or ask is None else ask.price - bid.price

    @property
    def position(self) -> int:
        """What the user holds of it, negative when short."""
        return self._held.quantity

    @property
    def pnl(self) -> Decimal:
        """What the user has earned with it since they began, after fees; what is held counts at mid or last."""
        mid = self.mid
        return self._held.pnl(self.last_price if mid is None else mid)

    def at_or_below(self, value: Union[Price, float]) -> Decimal:
        """The highest price on a tick that is not above `value`, which may be a float as it comes of a model."""
        return self._on_tick(value, ROUND_FLOOR)

    def at_or_above(self, value: Union[Price, float]) -> Decimal:
        """The lowest price on a tick that is not below `value`."""
        return self._on_tick(value, ROUND_CEILING)

    def _on_tick(self, value: Union[Price, float], rounding: str) -> Decimal:
        exact = Decimal(str(value)) if isinstance(value, float) else exact_price(value)
        return (exact / self.tick_size).to_integral_value(rounding) * self.tick_size

    # --- what the exchange says about it -----------------------------------------------------------------------

    def hear_trade(self, event: Trade) -> None:
        """Somebody has traded."""
        self.last_price = event.price

    def hear_trades(self, event: TradesSnapshot) -> None:
        """What had been traded before."""
        self.last_price = event.last if event.last is not None else self.last_price

    def hear_status(self, event: InstrumentStatus) -> None:
        """Its phase has changed, or is told again."""
        self.phase, self.last_status = event.phase, event
