"""Log files by name: all lines, in order, whatever the number of files; and never outside their directory."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.utils.batch_thread import BatchThreadError
from exchange.utils.disk import REAL_DISK, Disk
from exchange.utils.logger import LineLogger
from tests.support.recording_disk import RecordingDisk

WAIT_S = 10
Lines = list[tuple[str, str]]


class Failures:
    """What the logger's `on_failure` heard."""

    def __init__(self) -> None:
        self.heard: list[Exception] = []
        self.event = threading.Event()

    def __call__(self, failure: Exception) -> None:
        self.heard.append(failure)
        self.event.set()


def as_they_are(batches: Sequence[Lines]) -> dict[str, list[str]]:
    lines_of: dict[str, list[str]] = {}
    for stem, line in chain.from_iterable(batches):
        lines_of.setdefault(stem, []).append(line)
    return lines_of


def open_logger(
    directory: Path, failures: Failures, files_open_max: int = 64, disk: Disk = REAL_DISK
) -> LineLogger[Lines]:
    return LineLogger(directory, as_they_are, failures, files_open_max=files_open_max, disk=disk)


@given(
    batches=st.lists(
        st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(["x", "yy", "é"])), max_size=8)
    ),
    files_open_max=st.integers(1, 8),
)
def test_every_file_gets_its_lines_in_order_however_few_files_may_be_open(
    tmp_path_factory: pytest.TempPathFactory, batches: list[Lines], files_open_max: int
) -> None:
    directory = tmp_path_factory.mktemp("logs")
    failures = Failures()
    logger = open_logger(directory, failures, files_open_max)
    expected: dict[str, str] = {}
    for batch in batches:
        logger.append(batch)
        for stem, line in batch:
            expected[f"{stem}.txt"] = expected.get(f"{stem}.txt", "") + f"{line}\n"
    logger.close()
    assert {path.name: path.read_text() for path in directory.iterdir()} == expected
    assert failures.heard == []


def test_descriptors_stay_within_the_limit_and_are_all_closed_in_the_end(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    logger = open_logger(tmp_path, Failures(), files_open_max=4)
    logger.append([(f"name-{number}", "line") for number in range(100)])
    logger.drain()
    assert len(os.listdir("/proc/self/fd")) <= before + 4
    logger.close()
    assert len(os.listdir("/proc/self/fd")) == before
    assert len(list(tmp_path.iterdir())) == 100


def test_the_file_unused_for_longest_is_closed_first(tmp_path: Path) -> None:
    logger = open_logger(tmp_path, Failures(), files_open_max=2)
    for stem in ["alice", "bob", "alice", "carol"]:
        logger.append([(stem, "line")])
        logger.drain()
    descriptors = [path.resolve() for path in Path("/proc/self/fd").iterdir()]
    assert {path.name for path in descriptors if path.parent == tmp_path} == {"alice.txt", "carol.txt"}
    logger.close()


def test_lines_are_in_the_file_when_drain_returns(tmp_path: Path) -> None:
    logger = open_logger(tmp_path, Failures())
    logger.append([("alice", "one")])
    logger.drain()
    assert (tmp_path / "alice.txt").read_text() == "one\n"
    logger.close()


def test_a_file_is_appended_to_and_its_torn_tail_cut_first(tmp_path: Path) -> None:
    (tmp_path / "alice.txt").write_text("whole\ntor")
    logger = open_logger(tmp_path, Failures())
    logger.append([("alice", "next")])
    logger.close()
    assert (tmp_path / "alice.txt").read_text() == "whole\nnext\n"


def test_log_files_are_not_for_everyone(tmp_path: Path) -> None:
    logger = open_logger(tmp_path, Failures())
    logger.append([("alice", "line")])
    logger.close()
    assert (tmp_path / "alice.txt").stat().st_mode & 0o007 == 0


@pytest.mark.parametrize("stem", ["../x", "", ".", "a/b", "a.b", "a\n", "ä", "x" * 101])
def test_a_name_that_is_not_a_plain_name_stops_the_logger_and_makes_no_file(tmp_path: Path, stem: str) -> None:
    directory = tmp_path / "logs"
    failures = Failures()
    logger = open_logger(directory, failures)
    logger.append([(stem, "line")])
    assert failures.event.wait(WAIT_S)
    logger.close()
    assert isinstance(failures.heard[0], AssertionError)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_line_break_inside_a_line_is_a_bug_that_does_not_go_unnoticed(tmp_path: Path) -> None:
    failures = Failures()
    logger = open_logger(tmp_path, failures)
    logger.append([("alice", "two\nlines")])
    logger.close()
    assert "line break" in str(failures.heard[0])


def test_a_file_that_cannot_be_made_durable_is_a_failure_of_drain(tmp_path: Path) -> None:
    failures = Failures()
    logger = open_logger(tmp_path, failures, files_open_max=1, disk=RecordingDisk(failing="fdatasync"))
    logger.append([("alice", "line"), ("bob", "line")])
    with pytest.raises(BatchThreadError, match="No space left on device: 'alice.txt'"):
        logger.drain()
    logger.close()
    assert len(failures.heard) == 1


def test_a_full_disk_is_told_and_ends_the_logging(tmp_path: Path) -> None:
    failures = Failures()
    logger = open_logger(tmp_path, failures, disk=RecordingDisk(failing="write"))
    logger.append([("alice", "line")])
    assert failures.event.wait(WAIT_S)
    with pytest.raises(BatchThreadError, match="No space left"):
        logger.append([("bob", "line")])
    with pytest.raises(BatchThreadError):
        logger.drain()
    logger.close()
    logger.close()
    assert len(failures.heard) == 1


@pytest.mark.parametrize("files_open_max", [1, 64], ids=["closed meanwhile", "still open"])
@pytest.mark.parametrize("is_removed", [True, False], ids=["removed", "cut"])
def test_a_file_that_others_meddle_with_ends_the_logging_and_is_named(
    tmp_path: Path, is_removed: bool, files_open_max: int
) -> None:
    logger = open_logger(tmp_path, Failures(), files_open_max)
    logger.append([("alice", "line"), ("bob", "line")])
    logger.drain()
    if is_removed:
        (tmp_path / "alice.txt").unlink()
    else:
        os.truncate(tmp_path / "alice.txt", 2)
    logger.append([("alice", "next")])
    with pytest.raises(BatchThreadError, match=r"alice\.txt: was (removed|changed)"):
        logger.drain()
    logger.close()


def test_a_link_in_the_place_of_a_file_is_refused_and_what_it_leads_to_left_alone(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / "alice.txt").symlink_to(precious)
    logger = open_logger(tmp_path, Failures())
    logger.append([("alice", "line")])
    with pytest.raises(BatchThreadError, match="symbolic link"):
        logger.drain()
    logger.close()
    assert precious.read_text() == "precious"
