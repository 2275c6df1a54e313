"""What a fill costs (RULES 26)."""

from __future__ import annotations

from exchange.engine.instrument import Instrument
from exchange.engine.words import Liquidity

_HUNDRED_MILLION = 100_000_000


def fee_nanos(instrument: Instrument, liquidity: Liquidity, value_nanos: int) -> int:
    """The fee on a fill of that value, both in 10⁻⁹ currency units: negative for a rebate.

    Rounded half away from zero, once for each fill, so that both signs are treated alike.
    """
    is_maker = liquidity is Liquidity.MAKER
    rate = (instrument.maker_fee_per_1e8 if is_maker else instrument.taker_fee_per_1e8) or 0
    size = (2 * abs(value_nanos * rate) + _HUNDRED_MILLION) // (2 * _HUNDRED_MILLION)
    return size if rate > 0 else -size
