"""One process per directory, whatever is done to the files in it."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from exchange.utils.directory_lock import DirectoryLock, FileLockedError, held_against_writers
from exchange.utils.helpers import FileError
from tests.support.project import ROOT

OWN_ID = f"locked by process {os.getpid()}$"


@pytest.fixture
def note(tmp_path: Path) -> Path:
    return tmp_path / "lock"


def test_a_directory_that_is_locked_is_refused_and_names_its_owner(tmp_path: Path, note: Path) -> None:
    with DirectoryLock(tmp_path, note), pytest.raises(FileLockedError, match=OWN_ID):
        DirectoryLock(tmp_path, note)
    DirectoryLock(tmp_path, note).release()


def test_removing_the_note_lets_nobody_else_in(tmp_path: Path, note: Path) -> None:
    with DirectoryLock(tmp_path, note):
        note.unlink()
        with pytest.raises(FileLockedError, match="locked by process unknown"):
            DirectoryLock(tmp_path, note)
        with pytest.raises(FileLockedError), held_against_writers(tmp_path, note):
            pass


def test_an_owner_that_locks_only_the_note_is_respected(tmp_path: Path, note: Path) -> None:
    """As engines of older versions do."""
    with note.open("w") as held:
        held.write("77\n")
        held.flush()
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(FileLockedError, match="locked by process 77$"):
            DirectoryLock(tmp_path, note)
    DirectoryLock(tmp_path, note).release()


def test_a_lock_ends_with_its_process(tmp_path: Path, note: Path) -> None:
    take_lock = (
        "import pathlib, sys; from exchange.utils.directory_lock import DirectoryLock; "
        "DirectoryLock(*map(pathlib.Path, sys.argv[1:]))"
    )
    subprocess.run([sys.executable, "-c", take_lock, tmp_path, note], cwd=ROOT, check=True)
    assert re.fullmatch("[0-9]+\n", note.read_text())
    with DirectoryLock(tmp_path, note):
        assert note.read_text() == f"{os.getpid()}\n"


def test_a_reader_keeps_writers_out_and_is_kept_out_by_them_and_changes_nothing(
    tmp_path: Path, note: Path
) -> None:
    with held_against_writers(tmp_path, note):
        assert not note.exists()
        with pytest.raises(FileLockedError):
            DirectoryLock(tmp_path, note)
    with DirectoryLock(tmp_path, note):
        content = note.read_text()
        with pytest.raises(FileLockedError, match=OWN_ID), held_against_writers(tmp_path, note):
            pass
    with held_against_writers(tmp_path, note), held_against_writers(tmp_path, note):
        pass
    assert note.read_text() == content


def test_a_lock_may_be_released_twice(tmp_path: Path, note: Path) -> None:
    lock = DirectoryLock(tmp_path, note)
    lock.release()
    lock.release()
    with DirectoryLock(tmp_path, note):
        assert note.read_text() == f"{os.getpid()}\n"


@pytest.mark.parametrize("content", ["hello\n", "12 34\n", "[1]"])
def test_a_note_that_is_somebody_elses_file_is_refused_and_left_alone(
    tmp_path: Path, note: Path, content: str
) -> None:
    note.write_text(content)
    with pytest.raises(FileError, match="not the exchange's own"):
        DirectoryLock(tmp_path, note)
    assert note.read_text() == content


def test_a_note_that_leads_elsewhere_is_refused_and_nothing_there_is_changed(tmp_path: Path, note: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("1\n")
    note.symlink_to(precious)
    with pytest.raises(OSError, match="symbolic link"):
        DirectoryLock(tmp_path, note)
    assert precious.read_text() == "1\n"


def test_a_directory_that_was_moved_replaced_or_removed_is_noticed(tmp_path: Path) -> None:
    directory = tmp_path / "data"
    directory.mkdir()
    with DirectoryLock(directory, directory / "lock") as lock:
        lock.check()
        directory.rename(tmp_path / "elsewhere")
        with pytest.raises(FileError, match="data is gone while it was in use"):
            lock.check()
        directory.mkdir()
        with pytest.raises(FileError, match="data was replaced by another directory"):
            lock.check()
        directory.rmdir()
        (tmp_path / "elsewhere").rename(directory)
        lock.check()
        shutil.rmtree(directory)
        with pytest.raises(FileError, match="gone"):
            lock.check()


def test_a_file_system_without_locks_is_used_without_them_and_that_is_said(
    tmp_path: Path, note: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(_fd: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with caplog.at_level(logging.WARNING), DirectoryLock(tmp_path, note):
        assert note.read_text() == f"{os.getpid()}\n"
    messages = [record.getMessage() for record in caplog.records]
    assert [message.partition(" can't be locked here")[0] for message in messages] == [str(tmp_path), str(note)]
