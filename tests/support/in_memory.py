"""How many objects of a class there are in this process: what was to be forgotten must not be among them."""

from __future__ import annotations

import gc


def count_in_memory(kind: type) -> int:
    """All that the collector knows of and anything may still refer to; those of other tests too."""
    return sum(isinstance(each, kind) for each in gc.get_objects())
