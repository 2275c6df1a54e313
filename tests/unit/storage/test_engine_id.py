"""The random name of an engine: made once, the same ever after, never one that somebody else has written."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from exchange.storage.engine_id import engine_id
from exchange.utils.helpers import DamagedFileError


def test_a_new_directory_gets_a_name_of_its_own_and_keeps_it(tmp_path: Path) -> None:
    names = [engine_id(tmp_path / file, os.urandom) for file in ("one", "other", "one", "other")]
    assert names[:2] == names[2:]
    assert names[0] != names[1]
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in names)


@pytest.mark.parametrize("content", [b"", b"me", b"0" * 31, b"0" * 33, b"A" * 32, b"0" * 32 + b"\n\n"])
def test_what_is_no_name_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "engine_id"
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match="engine_id: is no engine's name; remove the file"):
        engine_id(path, os.urandom)
    assert path.read_bytes() == content
