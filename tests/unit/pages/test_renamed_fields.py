"""A field that is renamed is found by mypy wherever it is used, on the whole way from a line to who is told.

A place that mypy cannot follow (an `Any`, a `type: ignore`) would be found by a user instead.  So some fields are
renamed in a copy of the project, and mypy is asked what it notices.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.support.project import ROOT

EVENTS, REQUESTS = "exchange/engine/events.py", "exchange/networking/wire/requests.py"
PUBLISHER = "exchange/networking/publishing/publisher.py"
# Where a field is declared, and a file that must be found to use it.
RENAMED = (
    (EVENTS, "InstrumentListed", "symbol", PUBLISHER),
    (EVENTS, "OrderExecuted", "status", PUBLISHER),
    (EVENTS, "UserReset", "user", PUBLISHER),
    (EVENTS, "NewsSaid", "user", "exchange/networking/publishing/feeds.py"),
    (EVENTS, "InstrumentStatusChanged", "reason", "exchange/networking/wire/encode_feeds.py"),
    ("exchange/engine/trade.py", "Trade", "symbol", "exchange/networking/publishing/trade_feeds.py"),
    (REQUESTS, "Login", "token", "exchange/networking/wire/request_forms.py"),
    (REQUESTS, "Subscribe", "depth", "exchange/networking/publishing/session_answers.py"),
)


def rename(path: Path, owner: str, field: str) -> None:
    """Give a field of a NamedTuple another name, where it is declared and nowhere else."""
    before, head, body = path.read_text("utf-8").partition(f"class {owner}(NamedTuple):\n")
    renamed, count = re.subn(rf"^    {field}: ", f"    renamed_{field}: ", body, count=1, flags=re.MULTILINE)
    assert count == 1, (owner, field)
    assert "\nclass " not in body[: body.index(f"\n    {field}: ")], f"{owner} has no field {field}"
    path.write_text(before + head + renamed, "utf-8")


def test_mypy_finds_every_renamed_field_where_it_is_used(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "exchange", tmp_path / "exchange", ignore=shutil.ignore_patterns("__pycache__"))
    for path, owner, field, _ in RENAMED:
        rename(tmp_path / path, owner, field)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "exchange"]
    checked = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = checked.stdout.splitlines()
    for _, owner, field, user in RENAMED:
        names = f'"{field}"', f'"{owner}"'
        mentions = [line for line in found if line.startswith(user) and all(name in line for name in names)]
        assert mentions, f"{user} uses {owner}.{field} unseen\n{checked.stdout}"
