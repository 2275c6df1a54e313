"""Processes that end with the block they were started for, also where Ctrl-C ends that block early."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing import resource_tracker
from typing import Any


@contextmanager
def deaf_to_interruption() -> Iterator[None]:
    """Processes and threads started within never see SIGINT; this thread sees it when the block has ended.

    A terminal tells all its processes of Ctrl-C, but whoever started one is to end it.
    """
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextmanager
def deaf_workers() -> Iterator[None]:
    """`deaf_to_interruption` for processes of multiprocessing, which lets SIGINT through when it has to start its
    own helper; so that one is started before."""
    resource_tracker.ensure_running()
    with deaf_to_interruption():
        yield


@contextmanager
def started_process(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start it with these options of Popen, as text; killed when the block ends, unless it has ended by then."""
    with ExitStack() as ending:
        # Were Ctrl-C to come in the middle of this, the process would have started, and nobody would know it.
        with deaf_to_interruption():
            process = ending.enter_context(subprocess.Popen(command, text=True, **options))
            ending.callback(process.kill)
        yield process
