"""Prices as the text that the ledger and the logs show, remembered: most trades print at a price seen before."""

from __future__ import annotations

from collections.abc import Callable

from exchange.engine.instrument import Instrument


class PriceTexts:
    """Called with (symbol, price in ticks); owned by one thread.

    A remembered price costs a tenth of `Instrument.price_text`.  Past `prices_max` prices all are forgotten, which
    bounds the memory and is rare enough to need nothing cleverer.
    """

    def __init__(self, instrument_of: Callable[[str], Instrument], prices_max: int = 65_536) -> None:
        """`instrument_of` must go on knowing a symbol that is delisted while trades of it wait to be written."""
        self._instrument_of = instrument_of
        self._prices_max = prices_max
        self._texts: dict[tuple[str, int], str] = {}

    def __call__(self, symbol: str, price: int) -> str:
        """The price as a decimal number of currency: 10125 → `101.25`."""
        text = self._texts.get((symbol, price))
        if text is None:
            text = self._remember(symbol, price)
        return text

    def _remember(self, symbol: str, price: int) -> str:
        if len(self._texts) >= self._prices_max:
            self._texts.clear()
        text = self._instrument_of(symbol).price_text(price)
        self._texts[symbol, price] = text
        return text
