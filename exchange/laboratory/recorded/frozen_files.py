"""A directory's files as they are at one moment, to be read while somebody goes on writing to them.

Each file is opened at once and ends, for whoever reads it here, where it ends then.  So nothing that is written
later is ever seen, a line that is half written looks torn to all who look, and a file that is removed stays
readable.  Nothing is locked: a running engine does not notice.
"""

from __future__ import annotations

import os
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import Any, BinaryIO, cast

from exchange.utils.disk import RealDisk


class FrozenFiles(RealDisk):
    """A Disk on which the files of one directory do not change.  Others are read as they are, none is written."""

    def __init__(self, directory: Path) -> None:
        """OSError if one can't be opened."""
        super().__init__()
        self.files: dict[Path, BinaryIO] = {}
        self._sizes_bytes: dict[Path, int] = {}
        try:
            for name in super().names(directory):
                path = directory / name
                if path.is_file():
                    self.files[path] = super().open_read(path)
                    self._sizes_bytes[path] = self.files[path].seek(0, os.SEEK_END)
        except BaseException:
            self.release()
            raise

    def size_bytes(self, path: Path) -> int:
        """The length it had."""
        frozen = self._sizes_bytes.get(path)
        return super().size_bytes(path) if frozen is None else frozen

    def open_read(self, path: Path) -> BinaryIO:
        """To be read from its beginning to where it ended."""
        if path not in self.files:
            return super().open_read(path)
        return cast(BinaryIO, BufferedReader(_Beginning(self.files[path].fileno(), self._sizes_bytes[path])))

    def release(self) -> None:
        """Close what was opened."""
        for file in self.files.values():
            file.close()


class _Beginning(RawIOBase):
    """The first `size_bytes` of an open file, read without moving anybody else's place in it."""

    def __init__(self, fd: int, size_bytes: int) -> None:
        super().__init__()
        self._fd = fd
        self._size_bytes = size_bytes
        self._place_bytes = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place_bytes, os.SEEK_END: self._size_bytes}[whence]
        self._place_bytes = start + offset
        return self._place_bytes

    def readinto(self, buffer: Any) -> int:
        wanted_bytes = max(0, min(len(buffer), self._size_bytes - self._place_bytes))
        data = os.pread(self._fd, wanted_bytes, self._place_bytes)
        buffer[: len(data)] = data
        self._place_bytes += len(data)
        return len(data)
