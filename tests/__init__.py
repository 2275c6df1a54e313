"""The tests, the campaigns and the benchmarks, and what they share.

Whoever imports any of it gets the engine that EXCHANGE_ENGINE names: the source (`pure`, the default) or the same
source compiled (`compiled`, see `make fast`).  So `make rules ENGINE=compiled` holds that one to the oracle.  Each
exchange that is started as a process runs the same.
"""

import os

from exchange.cli.compiled_engine import PURE, VARIABLE, put_in_front

os.environ.setdefault(VARIABLE, PURE)
put_in_front()
