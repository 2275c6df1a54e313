"""A real disk that writes down what it is asked, and can be told to fail."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Optional

from exchange.utils.disk import Data, RealDisk


class RecordingDisk(RealDisk):
    """`asked` is what was asked of it that changes something, as `operation name`; writes carry what was written.

    `failing` names an operation that fails from now on, as a full disk does.
    """

    def __init__(self, failing: Optional[str] = None) -> None:
        super().__init__()
        self.asked: list[str] = []
        self.failing = failing
        self._names: dict[int, str] = {}

    def _ask(self, operation: str, name: str) -> None:
        self.asked.append(f"{operation} {name}")
        if operation == self.failing:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)

    def open_append(self, path: Path) -> int:
        self._ask("open", path.name)
        fd = super().open_append(path)
        self._names[fd] = path.name
        return fd

    def write(self, fd: int, data: Data) -> int:
        self._ask("write", self._names.get(fd, "?"))
        self.asked[-1] = f"write {bytes(data).decode()}"
        return super().write(fd, data)

    def fdatasync(self, fd: int) -> None:
        self._ask("fdatasync", self._names.get(fd, "?"))
        super().fdatasync(fd)

    def close(self, fd: int) -> None:
        self._ask("close", self._names.pop(fd, "?"))
        super().close(fd)

    def rename(self, source: Path, target: Path) -> None:
        self._ask("rename", target.name)
        super().rename(source, target)

    def unlink(self, path: Path) -> None:
        self._ask("unlink", path.name)
        super().unlink(path)

    def fsync_directory(self, path: Path) -> None:
        self._ask("fsync_directory", path.name)
        super().fsync_directory(path)
