"""The random name of an engine, kept in its data directory, by which clients know whether it is the same one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from exchange.utils.disk import REAL_DISK, Disk
from exchange.utils.helpers import DamagedFileError, write_atomically

ID_BYTES = 16
_ENGINE_ID = re.compile(rb"([0-9a-f]{%d})\n?" % (2 * ID_BYTES))


def engine_id(path: Path, random_bytes: Callable[[int], bytes], disk: Disk = REAL_DISK) -> str:
    """The name that the file at `path` holds; made, and stored safely, where there is no such file.

    Raises DamagedFileError if the file holds something else, OSError.
    """
    try:
        with disk.open_read(path) as file:
            content = file.read()
    except FileNotFoundError:
        content = random_bytes(ID_BYTES).hex().encode() + b"\n"
        write_atomically(path, content, disk=disk)
    match = _ENGINE_ID.fullmatch(content)
    if match is None:
        raise DamagedFileError(f"{path}: is no engine's name; remove the file, and the engine makes a new one")
    return match[1].decode()
