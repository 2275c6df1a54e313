"""What a trading day has seen of one instrument so far: its open, high, low and volume.

A trading day runs from leaving CLOSED to CLOSED, never by midnight (RULES 19); without a schedule it never ends.
"""

from __future__ import annotations

from typing import Optional


class TradingDay:
    """Prices are in ticks, None before the day's first trade; `volume` is in units."""

    __slots__ = ("open", "high", "low", "volume")

    def __init__(
        self,
        open_price: Optional[int] = None,
        high: Optional[int] = None,
        low: Optional[int] = None,
        volume: int = 0,
    ) -> None:
        self.open = open_price
        self.high = high
        self.low = low
        self.volume = volume

    def note_extreme(self, price: int) -> None:
        """The day's first trade, or one beyond all before it; `volume` is counted by whoever trades."""
        if self.open is None or self.high is None or self.low is None:
            self.open = self.high = self.low = price
        elif price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
