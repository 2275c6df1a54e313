"""What gives a simulated trader its turns: `OwnTurns` beside it, at its own pace, or `rationed_turns`."""

from __future__ import annotations

from typing import Protocol

from exchange.networking.tcp_client import OwnOrder

# Nothing is waited for less than this, in s.
LEAST_WAIT_S = 1e-9


class Turns(Protocol):
    """What a trader is given its turns by; it calls these, and is called by `act`."""

    # Whether requests are rationed: who has turns of this sort acts in them alone.
    is_rationed: bool

    def begin(self) -> None:
        """The trader has started."""

    def resume(self) -> None:
        """There is continuous trading again."""

    def excite(self, weight: float) -> None:
        """Something has happened that lets turns come sooner for a while."""

    def end_later(self, order: OwnOrder, life_s: float) -> None:
        """Have the order canceled after so many seconds, if it still is there then."""
