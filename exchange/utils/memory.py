"""Memory that was freed goes back to the system.

glibc keeps what a burst of threads has freed, for the threads that come next; after thousands of connections that
is most of the process.  Other C libraries are left to themselves.
"""

from __future__ import annotations

import ctypes


def give_back_freed_memory() -> None:
    """Return free memory to the system where the C library can be told to.  Some milliseconds; any thread."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(ctypes.c_size_t(0))
