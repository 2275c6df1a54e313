"""One wish of an operator, sent to a running engine as programs do: a line out, a line back."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

WAIT_S = 10.0


def wish(data_directory: Path, do: str, **fields: Any) -> dict[str, Any]:
    """What the engine answers to the wish; every wait has a deadline."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(WAIT_S)
        channel.connect(str(data_directory / "operator.sock"))
        channel.sendall(json.dumps({"do": do, **fields}).encode() + b"\n")
        with channel.makefile("rb") as answers:
            answer: dict[str, Any] = json.loads(answers.readline())
    assert answer["type"] != "error", answer
    return answer
