"""The child process that makes a snapshot beside a running engine, as its parent sees it.

What the child does is in `snapshot_child`.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Optional

import exchange
from exchange.utils.helpers import FileError

_PACKAGE_ROOT = Path(exchange.__file__).resolve().parent.parent
# `-I` and this: the child imports the package from where this one is, whatever lies in the current directory.
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from exchange.storage.snapshot_child import main; sys.exit(main(sys.argv[1:]))"
)


class SnapshotError(FileError):
    """The snapshot was not made; nothing else has changed."""


class SnapshotProcess:
    """Called with a command's sequence, makes the snapshot in a child process and waits for it.

    The child hears of its parent's end by the end of its input, and ends too.
    """

    def __init__(self, data_directory: Path) -> None:
        self._data_directory = data_directory
        self._child: Optional[subprocess.Popen[bytes]] = None
        self._is_stopped = False
        # Guards the two above: `stop` comes from another thread.
        self._guard = threading.Lock()

    def __call__(self, sequence: int) -> Optional[str]:
        """The state's hash, None if `stop` came first.  Raises SnapshotError, OSError."""
        with self._guard:
            if self._is_stopped:
                return None
            child = self._child = self._start(sequence)
        with child:  # Its input stays open until it has ended.
            assert child.stdout is not None and child.stderr is not None
            output, errors = child.stdout.read(), child.stderr.read()
        if self._is_stopped:
            return None
        if child.returncode != 0:
            lines = errors.decode("utf-8", "replace").strip().splitlines() or [f"exit code {child.returncode}"]
            raise SnapshotError(lines[-1])
        return output.decode("ascii").strip()

    def stop(self) -> None:
        """End the child, if there is one, and start none any more."""
        with self._guard:
            self._is_stopped = True
            if self._child is not None:
                self._child.kill()

    def _start(self, sequence: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-I", "-c", _PROGRAM, str(_PACKAGE_ROOT), str(self._data_directory), str(sequence)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # A Ctrl-C at the terminal is for the engine; it will end the child.
        )
