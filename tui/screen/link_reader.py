"""The link in use, the thread that reads from it, and the inbox between that thread and the main thread.

    reader thread: link.run ──► hand over ──► inbox ──► wakes the main thread's select
    main thread:   send, take, start anew, stop

The inbox is bounded: a reader that is ahead waits.  What a link that was given up still had to say is dropped.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol, Union

from tui.screen.messages import Incoming
from tui.screen.wake_pipe import WakePipe

# The inbox is filled by the reader thread and emptied by the main thread; a full one makes the reader wait.
INBOX_BATCHES_MAX = 64
PUT_WAIT_S = 0.1
JOIN_MAX_S = 1.0


class ScreenLink(Protocol):
    """What the screen shows comes from here: an engine's connection, or a recorded day."""

    was_reset: bool

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""

    def run(self) -> None:
        """Hand over all that is said, until it ends or `stop` is called.  In the reader thread."""

    def send(self, message: Any) -> None:
        """Take a request.  Raises ConnectionLost."""

    def stop(self) -> None:
        """Make `run` return soon."""


# Hands a batch over; waits while the receiver is behind, and returns False if nobody will take it any more.
HandOver = Callable[[ScreenLink, list[Incoming]], bool]
# A link that goes on after the private event `last_seq`; True for the first one of a run.
LinkMaker = Callable[[HandOver, int, bool], ScreenLink]
LinkBatch = Union[list[Incoming], Exception]


class LinkReader:
    """All methods belong to the main thread but `_read` and `_put`."""

    def __init__(self, make_link: LinkMaker, last_seq: int) -> None:
        self._make_link = make_link
        self._inbox: queue.Queue[tuple[ScreenLink, LinkBatch]] = queue.Queue(INBOX_BATCHES_MAX)
        self.has_mail = WakePipe()
        # Whether the inbox may hold more than there was time for.
        self.is_behind = False
        self._link = make_link(self._put, last_seq, True)
        self._thread = self._make_thread(self._link)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def start_anew(self, last_seq: int) -> None:
        """Give the link up and read from another one."""
        self.stop()
        self._link = self._make_link(self._put, last_seq, False)
        self._thread = self._make_thread(self._link)
        self._thread.start()

    def send(self, message: Any) -> None:
        """Raises ConnectionLost."""
        self._link.send(message)

    def give_up(self, last_seq: int) -> bool:
        """Nothing of this link is heard any more; returns whether it ended because the user's token was reset."""
        self.stop()
        was_reset = self._link.was_reset
        self._link = self._make_link(self._put, last_seq, False)
        return was_reset

    def take(self, seconds_max: float) -> Iterator[Incoming]:
        """What has come, for so long; an exception that ended the thread is raised here."""
        self.has_mail.drain()
        self.is_behind = True
        until = time.monotonic() + seconds_max
        while time.monotonic() < until:
            try:
                link, batch = self._inbox.get_nowait()
            except queue.Empty:
                self.is_behind = False
                return
            if isinstance(batch, Exception):
                raise batch
            yield from batch if link is self._link else ()

    def stop(self) -> None:
        """Let the thread end."""
        self._link.stop()
        if self._thread.is_alive():
            self._thread.join(JOIN_MAX_S)

    def close(self) -> None:
        """Stop for good."""
        self.stop()
        self.has_mail.close()

    def _make_thread(self, link: ScreenLink) -> threading.Thread:
        # A daemon, because a connection attempt to a host that doesn't answer can't be broken off.
        return threading.Thread(target=self._read, args=(link,), name="engine-reader", daemon=True)

    def _read(self, link: ScreenLink) -> None:
        """The reader thread.  What no one foresaw ends the program, in the main thread, with its traceback."""
        try:
            link.run()
        except Exception as error:  # noqa: BLE001  the one last-resort handler of this thread
            self._put(link, error)

    def _put(self, link: ScreenLink, batch: LinkBatch) -> bool:
        """Called by the reader thread: hand over, waiting while the main thread is behind."""
        while not link.is_stopped:
            try:
                self._inbox.put((link, batch), timeout=PUT_WAIT_S)
            except queue.Full:
                continue
            self.has_mail.wake()
            return True
        return False
