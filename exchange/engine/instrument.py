"""What is traded: tick, lot, limits and phase of one instrument, and how its prices are written.

A price has three forms.  On the wire it is a decimal number of currency (`101.25`); in a command it is
`price_nanos`, an integer count of 10⁻⁹ currency units; in books and events it is an integer count of the
instrument's ticks.  This file owns the way from nanos to ticks and from ticks to text.  No float anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Optional

from exchange.engine.order import SelfTradePrevention

NANOS_PER_UNIT = 1_000_000_000
NANOS_DIGITS = 9


def nanos_text(nanos: int, decimals: int = 0) -> str:
    """An amount of `nanos` (10⁻⁹ currency units) as a plain decimal number with at least `decimals` places."""
    sign = "-" if nanos < 0 else ""
    whole, fraction = divmod(abs(nanos), NANOS_PER_UNIT)
    digits = f"{fraction:09d}".rstrip("0").ljust(decimals, "0")
    return f"{sign}{whole}.{digits}" if digits else f"{sign}{whole}"


class Phase(Enum):
    """What may be done in an instrument now (RULES 19): in HALTED, nothing but to cancel."""

    CONTINUOUS = "CONTINUOUS"
    HALTED = "HALTED"


@dataclass(frozen=True)
class Instrument:
    """One instrument's definition.

    `tick_size_nanos` is the tick in 10⁻⁹ currency units; quantities are in units; `price_band_percent` None means
    no band.  `self_trade_prevention` holds for orders that name none.
    """

    symbol: str
    tick_size_nanos: int = 10_000_000
    lot_size: int = 1
    min_quantity: int = 1
    max_quantity: int = 1_000_000_000
    price_band_percent: Optional[int] = None
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE

    @property
    def tick_decimals(self) -> int:
        """How many decimal places the tick size has: every price is written with as many."""
        _, _, fraction = nanos_text(self.tick_size_nanos).partition(".")
        return len(fraction)

    def price_text(self, price: int) -> str:
        """A price in ticks as the decimal number the wire, the ledger and the logs show: 10125 → `101.25`."""
        return nanos_text(price * self.tick_size_nanos, self.tick_decimals)

    def amount_text(self, amount: int) -> str:
        """An amount in ticks × units (cost, P&L) as a decimal number of currency."""
        return nanos_text(amount * self.tick_size_nanos, self.tick_decimals)
