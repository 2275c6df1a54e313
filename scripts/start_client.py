#!/usr/bin/env python3
"""Start a trading client: `start_client.py --user alice`; see `tui/client.py`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tui.client import main

if __name__ == "__main__":
    sys.exit(main())
