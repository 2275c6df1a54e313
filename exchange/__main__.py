"""`python -m exchange`: the command `exchange`, where it is not on the path."""

from __future__ import annotations

import sys

from exchange.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
