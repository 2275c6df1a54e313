"""How long to wait for the first of several things."""

from __future__ import annotations

from typing import Optional


def sooner(one_s: Optional[float], other_s: Optional[float]) -> Optional[float]:
    """The shorter of two waits in seconds, of which None is the one without an end."""
    if one_s is None:
        return other_s
    return one_s if other_s is None or one_s < other_s else other_s
