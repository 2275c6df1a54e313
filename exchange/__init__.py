"""A real electronic exchange in miniature: matching engine, TCP gateway, storage, simulated traders.

In the middle the loop: `inbound_queue` and `fair_queue` (the way in) → `matching_thread`, a `batch` at a time →
`engine`; `phase_timer` (what time brings); `core` (these together, with neither socket nor path).  Around it
`networking`, `storage` and `utils`; `assembly` builds and starts all of them, `listing` says what is traded then.
`simulation` is a wing: the exchange runs without it.  So are `examples`, bots to begin from, and `laboratory`, the
exchange without sockets and threads, which other wings may use.
On top of all is `cli`, the command `exchange`, which `__main__` is, too.
"""

from __future__ import annotations

# The one place of the version: setup.cfg reads it here, where nothing is imported.
__version__ = "0.1.0"
