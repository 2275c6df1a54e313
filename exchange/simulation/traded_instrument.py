"""The instrument that is traded: which one it is, and how ticks become what goes on the wire.

Everything comes from the `instruments` that the engine's `logged_in` listed.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple, Optional

from exchange.networking.tcp_client import Message
from exchange.simulation.errors import CannotStartError


class TradedInstrument(NamedTuple):
    """One instrument as far as it matters here: `tick_size` in currency."""

    symbol: str
    tick_size: Decimal

    def price(self, ticks: int) -> Decimal:
        """The price in currency, exact."""
        return ticks * self.tick_size


def choose_instrument(
    instruments: Sequence[Message], symbol: Optional[str] = None, preferred: Optional[str] = None
) -> TradedInstrument:
    """The instrument called `symbol`, or one of this function's choice where that is None.

    It then takes the first instrument listed or, where one is `preferred`, that one, else the only one.  Raises
    CannotStartError where there is none such.
    """
    listed = {instrument["symbol"]: instrument for instrument in instruments}
    if not listed:
        raise CannotStartError("the engine lists no instrument")
    if symbol is not None and symbol not in listed:
        raise CannotStartError(f"symbol {symbol}: not listed; the engine lists {', '.join(listed)}")
    if symbol is None and preferred is not None and preferred not in listed and len(listed) > 1:
        raise CannotStartError(f"the engine lists {', '.join(listed)} and no {preferred}: name one with --symbol")
    chosen = listed.get(symbol or preferred or "", instruments[0])
    return TradedInstrument(*(chosen[field] for field in TradedInstrument._fields))
