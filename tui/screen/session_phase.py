"""The phase that an instrument is in, why, how long still, and what a call would trade at (RULES 18 – 20).

A phase that is not known here is shown by its name; only CONTINUOUS is no news.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple, Optional

from exchange.engine.words import Phase, PhaseReason, Side
from exchange.networking.tcp_client import Message
from exchange.utils.helpers import NS_PER_S
from tui.screen.price_scale import PriceScale

_CALLS = frozenset((Phase.PRE_OPEN.value, Phase.AUCTION.value, Phase.CLOSING_AUCTION.value))
_TAKES_NONE = frozenset((Phase.HALTED.value, Phase.CLOSED.value))
_REASONS = {
    PhaseReason.SCHEDULE.value: "by schedule",
    PhaseReason.OPERATOR.value: "by the operator",
    PhaseReason.CIRCUIT_BREAKER.value: "circuit breaker",
    PhaseReason.EXTENDED.value: "extended",
}


class Indication(NamedTuple):
    """What the call would trade at now: `price` in ticks (None: none yet), `surplus_side` None: none is over."""

    price: Optional[int]
    volume: int
    surplus: int
    surplus_side: Optional[str]

    def text(self, scale: PriceScale) -> str:
        """`INDICATIVE 100.25 × 1,200   surplus 300 BUY`"""
        if self.price is None:
            return "INDICATIVE no price yet"
        surplus = f"   surplus {self.surplus:,} {self.surplus_side}" if self.surplus_side is not None else ""
        return f"INDICATIVE {scale.text(self.price)} × {self.volume:,}{surplus}"


@dataclass(slots=True)
class SessionPhase:
    """`name` as on the wire; `until_ns` is the earliest end (None: open), `indication` is there in a call only."""

    name: str = Phase.CONTINUOUS.value
    reason: str = ""
    until_ns: Optional[int] = None
    indication: Optional[Indication] = None

    @property
    def is_continuous(self) -> bool:
        """Whether orders trade as they come."""
        return self.name == Phase.CONTINUOUS.value

    @property
    def is_closed(self) -> bool:
        """Whether the trading day is over."""
        return self.name == Phase.CLOSED.value

    @property
    def takes_orders(self) -> bool:
        """Whether new orders and moves are taken at all; cancels always are."""
        return self.name not in _TAKES_NONE

    @property
    def is_call(self) -> bool:
        """Whether orders are collected for one price."""
        return self.name in _CALLS

    def apply(self, message: Message) -> None:
        """Take an `instrument_status`."""
        name = message.get("phase", self.name)
        if name != self.name:
            self.indication = None
        self.name, self.reason = name, message.get("reason", "")
        self.until_ns = message.get("until")

    def apply_listed(self, instrument: Message) -> None:
        """Take what a login says of an instrument: of a phase that is known already it says nothing new."""
        if instrument.get("phase", self.name) != self.name:
            self.apply(instrument)

    def apply_indication(self, message: Message, scale: PriceScale) -> None:
        """Take an `auction_indication`."""
        price = message["price"]
        side = message["surplus_side"]
        self.indication = Indication(
            None if price is None else scale.ticks(price),
            message["volume"],
            message["surplus"],
            None if side is None else Side(side).value,
        )

    def left_s(self, wall_s: float) -> Optional[int]:
        """Whole seconds to the earliest end, by the wall clock; None: open, or any moment."""
        if self.until_ns is None:
            return None
        left = ceil(self.until_ns / NS_PER_S - wall_s)
        return left if left > 0 else None

    def text(self, wall_s: float) -> str:
        """`CLOSING AUCTION 0:32 · circuit breaker`; the time is what is left at least."""
        words = [self.name.replace("_", " ")]
        if self.until_ns is not None:
            left = self.left_s(wall_s)
            words.append("any moment" if left is None else f"{left // 60}:{left % 60:02}")
        if self.reason:
            words += ["·", _REASONS.get(self.reason, self.reason.lower())]
        return " ".join(words)
