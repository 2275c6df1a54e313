"""How long the exchange took to answer a bot: sent → accepted → first fill, in ns of the bot's clock.  Pure."""

from __future__ import annotations

from typing import Optional

from exchange.utils.duration_counts import DurationCounts


class AnswerTimes(DurationCounts):
    """Times in ns, all since the bot's start; a bot may run for days, so they are kept as counts."""

    def __init__(self) -> None:
        super().__init__()
        self._last_ns: Optional[int] = None

    def add(self, duration_ns: int) -> None:
        """One more."""
        super().add(duration_ns)
        self._last_ns = duration_ns

    @property
    def last_ns(self) -> Optional[int]:
        """The latest; None before the first."""
        return self._last_ns

    @property
    def median_ns(self) -> Optional[int]:
        """Half of them took no longer, to within 0.8 %; None before the first."""
        return self.quantile_ns(0.5)


class BotTimes:
    """`acknowledgement`: from sending an order until it was accepted; `fill`: until it first traded."""

    def __init__(self) -> None:
        self.acknowledgement = AnswerTimes()
        self.fill = AnswerTimes()
