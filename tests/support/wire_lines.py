"""Lines of the wire, read back as a client reads them."""

from __future__ import annotations

import json
from typing import Any


def message(line: bytes) -> dict[str, Any]:
    """The line's message, its decimal numbers kept as the text they were written as."""
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line.isascii()
    parsed: dict[str, Any] = json.loads(line, parse_float=str)
    return parsed
