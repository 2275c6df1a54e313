"""The tests, the campaigns and the benchmarks, and what they share.

Whoever imports any of it gets the engine that EXCHANGE_ENGINE names: the source (`pure`, the default) or the same
source compiled (`compiled`, see `make fast`).  So `make rules ENGINE=compiled` holds that one to the oracle.
"""

from exchange.cli.compiled_engine import put_in_front

put_in_front()
