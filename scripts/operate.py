#!/usr/bin/env python3
"""Watch over the engine on the data of this clone: `exchange operate`."""

from __future__ import annotations

import sys
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(realpath(__file__))))

from exchange.cli.main import script

if __name__ == "__main__":
    sys.exit(script("operate", __file__))
