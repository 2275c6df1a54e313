#!/usr/bin/env python3
"""Start a trading client: `start_client.py --user alice`; see `tui/client.py`."""

from __future__ import annotations

import signal
import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.utils.interruption import end_at_once, in_order, run

ENDING = in_order(signal.SIGINT)
if __name__ == "__main__":
    end_at_once(ENDING)

from tui.client import main

if __name__ == "__main__":
    sys.exit(run(main, ENDING))
