#!/usr/bin/env python3
"""Check the data of this clone, with its engine stopped: `exchange verify`."""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.cli.main import script

if __name__ == "__main__":
    sys.exit(script("verify", __file__))
