#!/usr/bin/env python3
"""Trade by hand, with what is kept in this clone: `exchange trade`."""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.cli.main import script

if __name__ == "__main__":
    sys.exit(script("trade", __file__))
