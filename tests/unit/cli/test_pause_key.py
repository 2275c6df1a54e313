"""Enter on a terminal pauses; what is no terminal is never read."""

from __future__ import annotations

import io
import os
import pty

from exchange.cli.pause_key import PauseKey


def test_only_a_terminal_is_looked_at() -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, b"\n")
    with os.fdopen(read_end) as stream:
        assert not PauseKey(stream).was_pressed()
        assert stream.readline() == "\n"
    os.close(write_end)
    assert not PauseKey(None).was_pressed()
    assert not PauseKey(io.StringIO("\n")).was_pressed()


def test_enter_is_heard_once_and_without_waiting() -> None:
    # In a child, whose terminal it is: it answers by its exit code.
    process, terminal = pty.fork()
    if not process:
        with os.fdopen(0) as stream:
            key = PauseKey(stream)
            before = key.was_pressed()
            os.write(1, b"ready")
            while not key.was_pressed():
                continue
            os._exit(7 if not before and not key.was_pressed() else 1)
    while b"ready" not in os.read(terminal, 100):
        continue
    os.write(terminal, b"\n")
    _, status = os.waitpid(process, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) == 7
