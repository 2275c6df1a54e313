"""Prices as the text that the wire, the ledger and the logs show, remembered: most trades print at a known price.

Not part of matching; it stands here because both the wire and the disk need it, and they are strangers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from exchange.engine.instrument import Instrument

# Past so many prices of an instrument all are forgotten: rare enough to need nothing cleverer.
PRICES_MAX = 10_000


class PriceTexts(dict[Optional[int], str]):
    """The texts of one instrument's prices, by ticks: 10125 → `101.25`; None, a MARKET order's price, is `null`.

    A remembered price costs a tenth of `Instrument.price_text`.  Owned by one thread.
    """

    def __init__(self, instrument: Instrument, prices_max: int = PRICES_MAX) -> None:
        super().__init__()
        self.instrument = instrument
        self._prices_max = prices_max

    def __missing__(self, price: Optional[int]) -> str:
        if price is None:
            return "null"
        if len(self) >= self._prices_max:
            self.clear()
        text = self[price] = self.instrument.price_text(price)
        return text


class PriceTextsBySymbol(dict[str, PriceTexts]):
    """The same for every instrument; `instrument_of` is asked for each when its first price is."""

    def __init__(self, instrument_of: Callable[[str], Instrument]) -> None:
        super().__init__()
        self._instrument_of = instrument_of

    def __missing__(self, symbol: str) -> PriceTexts:
        texts = self[symbol] = PriceTexts(self._instrument_of(symbol))
        return texts
