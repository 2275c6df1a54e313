"""What is traded: tick, lot, limits, bands, fees and hours of one instrument, and how its prices are written.

A price has three forms.  On the wire it is a decimal number of currency (`101.25`); in a command it is
`price_nanos`, an integer count of 10⁻⁹ currency units; in books and events it is an integer count of the
instrument's ticks.  This file owns the way from nanos to ticks and from ticks to text, which both the wire
and the disk need.  No float anywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

from exchange.engine.words import SelfTradePrevention

NANOS_PER_UNIT = 1_000_000_000
NANOS_DIGITS = 9
# Past so many prices of an instrument all are forgotten: rare enough to need nothing cleverer.
PRICES_MAX = 10_000


def nanos_text(nanos: int, decimals: int = 0) -> str:
    """An amount of `nanos` (10⁻⁹ currency units) as a plain decimal number with at least `decimals` places."""
    sign = "-" if nanos < 0 else ""
    whole, fraction = divmod(abs(nanos), NANOS_PER_UNIT)
    digits = f"{fraction:09d}".rstrip("0").ljust(decimals, "0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"


@dataclass(frozen=True)
class Schedule:
    """An instrument's trading day, the same every UTC day (RULES 19).

    `open_s` and `close_s` are seconds after midnight.  The calls before the open and after the close last
    `opening_call_s` and `closing_call_s`, and up to `random_end_s` longer.
    """

    open_s: int
    close_s: int
    opening_call_s: int = 60
    closing_call_s: int = 60
    random_end_s: int = 0


@dataclass(frozen=True)
class Instrument:
    """One instrument's definition; None means that it has no such rule.

    `tick_size_nanos` and `reference_price_nanos` are in 10⁻⁹ currency units, the latter a multiple of the former;
    quantities are in units.  `self_trade_prevention` holds for orders that name none.  Percentages have four
    decimals at most, so that they are whole numbers of millionths: `price_band_ppm` and `halt_ppm` are 25,000 for
    2.5 % (RULES 17, 18).  Basis points likewise: fees are 15,000 hundred-millionths of what is traded for 1.5 bps,
    negative for a rebate (RULES 26).  `call_every_ms` makes it trade by frequent batch auctions (RULES 28).
    """

    symbol: str
    tick_size_nanos: int = 10_000_000
    lot_size: int = 1
    min_quantity: int = 1
    max_quantity: int = 1_000_000_000
    price_band_ppm: Optional[int] = None
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE
    reference_price_nanos: Optional[int] = None
    halt_ppm: Optional[int] = None
    halt_s: int = 60
    call_s: int = 60
    call_every_ms: Optional[int] = None
    maker_fee_per_1e8: Optional[int] = None
    taker_fee_per_1e8: Optional[int] = None
    schedule: Optional[Schedule] = None

    @property
    def reference_price(self) -> Optional[int]:
        """The reference price in ticks."""
        nanos = self.reference_price_nanos
        return None if nanos is None else nanos // self.tick_size_nanos

    @property
    def has_fees(self) -> bool:
        """Whether fills of this instrument have a fee, be it 0."""
        return self.maker_fee_per_1e8 is not None or self.taker_fee_per_1e8 is not None

    @property
    def tick_decimals(self) -> int:
        """How many decimal places the tick size has: every price is written with as many."""
        _, _, fraction = nanos_text(self.tick_size_nanos).partition(".")
        return len(fraction)

    def price_text(self, price: int) -> str:
        """A price in ticks as the decimal number the wire, the ledger and the logs show: 10125 → `101.25`."""
        return nanos_text(price * self.tick_size_nanos, self.tick_decimals)

    def amount_text(self, amount_nanos: int) -> str:
        """An amount of currency (cost, P&L, fee) with at least the decimals of a price."""
        return nanos_text(amount_nanos, self.tick_decimals)


class PriceTexts(dict[Optional[int], str]):
    """The texts of one instrument's prices, by ticks: 10125 → `101.25`; None, a MARKET order's price, is `null`.

    A remembered price costs a tenth of `Instrument.price_text`.  Owned by one thread.
    """

    def __init__(self, instrument: Instrument, prices_max: int = PRICES_MAX) -> None:
        super().__init__()
        self.instrument = instrument
        # The same by prices in 10⁻⁹ currency units, as `Terms` have them.
        self.by_nanos = _NanosTexts(instrument.tick_decimals, prices_max)
        self._tick_size_nanos = instrument.tick_size_nanos
        self._tick_decimals = instrument.tick_decimals
        self._prices_max = prices_max

    def __missing__(self, price: Optional[int]) -> str:
        if price is None:
            return "null"
        if len(self) >= self._prices_max:
            self.clear()
        text = self[price] = nanos_text(price * self._tick_size_nanos, self._tick_decimals)
        return text

    def of_nanos(self, price_nanos: Optional[int]) -> str:
        """The text of a price that is given in 10⁻⁹ currency units; where it matters, `by_nanos` costs half."""
        return self.by_nanos[price_nanos]


class _NanosTexts(dict[Optional[int], str]):
    """Texts of prices by 10⁻⁹ currency units; each is on the tick, since it was accepted."""

    def __init__(self, decimals: int, prices_max: int) -> None:
        super().__init__()
        self._decimals = decimals
        self._prices_max = prices_max

    def __missing__(self, price_nanos: Optional[int]) -> str:
        if len(self) >= self._prices_max:
            self.clear()
        text = "null" if price_nanos is None else nanos_text(price_nanos, self._decimals)
        self[price_nanos] = text
        return text


class PriceTextsBySymbol(dict[str, PriceTexts]):
    """The same for every instrument; `instrument_of` is asked for each when its first price is."""

    def __init__(self, instrument_of: Callable[[str], Instrument]) -> None:
        super().__init__()
        self._instrument_of = instrument_of

    def __missing__(self, symbol: str) -> PriceTexts:
        texts = self[symbol] = PriceTexts(self._instrument_of(symbol))
        return texts
