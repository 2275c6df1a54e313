#!/usr/bin/env python3
"""An engine, a simulated market and the trading screen together: `exchange demo`."""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.cli.main import script

if __name__ == "__main__":
    sys.exit(script("demo", __file__))
