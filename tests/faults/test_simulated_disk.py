"""The simulated disk: promises kept in every seed, everything else broken in some."""

from __future__ import annotations

import errno
import os
import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.faults.simulated_disk import SECTOR_BYTES, ProcessDied, SimulatedDisk

A, B = Path("a"), Path("b")
ROOT = Path()
SEEDS = range(300)
SAFE = b"safe" * 50
UNSAFE = b"unsafe" * 500


def nothing(_operation: str, _path: Path) -> None:
    """Before every operation: all is well."""


def contents(disk: SimulatedDisk) -> dict[str, bytes]:
    """Every file in the root."""
    return {name: disk.open_read(ROOT / name).read() for name in disk.names(ROOT)}


def written(seed: int) -> tuple[SimulatedDisk, int]:
    """A disk with SAFE synced in A, and what is open there."""
    disk = SimulatedDisk(Random(seed))
    fd = disk.open_append(A)
    assert disk.write(fd, SAFE) == len(SAFE)
    disk.fdatasync(fd)
    disk.fsync_directory(ROOT)
    return disk, fd


def test_what_was_synced_survives_and_what_follows_it_may_be_lost_torn_blank_or_whole() -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        disk, fd = written(seed)
        disk.write(fd, UNSAFE)
        found = contents(disk.after_power_loss(nothing))["a"]
        assert found[: len(SAFE)] == SAFE
        assert len(found) <= len(SAFE + UNSAFE)
        rest = found[len(SAFE) :]
        is_prefix = UNSAFE.startswith(rest)
        seen["lost"] += not rest
        seen["whole"] += rest == UNSAFE
        seen["torn"] += is_prefix and 0 < len(rest) < len(UNSAFE)
        seen["blank"] += bytes(SECTOR_BYTES) in rest
        seen["rubbish"] += not rest.isascii()
        # A later sector is there and an earlier one is not.
        seen["reordered"] += not is_prefix and UNSAFE[-SECTOR_BYTES // 2 :] == rest[-SECTOR_BYTES // 2 :]
    assert set(+seen) == {"lost", "whole", "torn", "blank", "rubbish", "reordered"}, seen


def test_a_synced_file_without_a_synced_name_may_be_gone() -> None:
    outcomes = set()
    for seed in SEEDS:
        disk = SimulatedDisk(Random(seed))
        fd = disk.open_append(A)
        disk.write(fd, SAFE)
        disk.fdatasync(fd)
        outcomes.add(contents(disk.after_power_loss(nothing)).get("a"))
    assert outcomes == {None, SAFE}


def test_names_change_each_for_itself_until_they_are_synced() -> None:
    outcomes = set()
    for seed in SEEDS:
        disk, _fd = written(seed)
        disk.rename(A, B)
        disk.open_append(A)
        outcomes.add(frozenset(disk.after_power_loss(nothing).names(ROOT)))
        disk.unlink(B)
        disk.fsync_directory(ROOT)
        assert disk.after_power_loss(nothing).names(ROOT) == ["a"]
    assert outcomes == {frozenset("a"), frozenset("b"), frozenset("ab")}


def test_an_emptied_file_may_be_full_again_until_it_is_synced() -> None:
    outcomes = set()
    for seed in SEEDS:
        disk, _fd = written(seed)
        fd = disk.open_empty(A, 0o640)
        outcomes.add(contents(disk.after_power_loss(nothing))["a"])
        disk.fdatasync(fd)
        assert contents(disk.after_power_loss(nothing))["a"] == b""
    assert outcomes == {b"", SAFE}


def test_a_killed_process_loses_nothing_it_wrote_but_what_it_was_writing_when_it_died() -> None:
    lengths = set()
    for seed in SEEDS:
        disk, fd = written(seed)
        disk.write(fd, UNSAFE)
        disk = disk.after_kill(nothing)
        assert contents(disk) == {"a": SAFE + UNSAFE}

        def die(operation: str, _path: Path) -> None:
            if operation == "write":
                raise ProcessDied

        dying = disk.after_kill(die)
        fd = dying.open_append(A)
        with pytest.raises(ProcessDied):
            dying.write(fd, SAFE)
        with pytest.raises(ProcessDied):
            dying.names(ROOT)
        with pytest.raises(ProcessDied):
            dying.open_read(A)
        with pytest.raises(ProcessDied):
            dying.close(fd)
        lengths.add(len(contents(dying.after_kill(nothing))["a"]) - len(SAFE + UNSAFE))
    assert min(lengths) >= 0 and max(lengths) <= len(SAFE) and len(lengths) > 10


def test_a_failed_sync_is_not_made_good_by_a_second_one() -> None:
    losses = 0
    for seed in SEEDS:
        failures = [OSError(errno.EIO, "no")]

        def fail(operation: str, _path: Path, failures: list[OSError] = failures) -> None:
            if operation == "fdatasync" and failures:
                raise failures.pop()

        disk = SimulatedDisk(Random(seed), fail)
        fd = disk.open_append(A)
        disk.fsync_directory(ROOT)
        disk.write(fd, UNSAFE)
        with pytest.raises(OSError, match="no"):
            disk.fdatasync(fd)
        disk.fdatasync(fd)
        losses += contents(disk.after_power_loss(nothing))["a"] != UNSAFE
    assert losses > 0


def test_a_disk_without_room_takes_a_part_and_then_refuses() -> None:
    for limit, number in (("room_bytes", errno.ENOSPC), ("file_bytes_max", errno.EFBIG)):
        disk = SimulatedDisk(Random(0))
        setattr(disk, limit, 10)
        fd = disk.open_append(A)
        assert disk.write(fd, SAFE) == 10
        with pytest.raises(OSError, match=re.escape(os.strerror(number))):
            disk.write(fd, SAFE)
        setattr(disk, limit, None)
        disk.write_bytes_max = 3
        assert disk.write(fd, SAFE) == 3
        assert contents(disk) == {"a": SAFE[:10] + SAFE[:3]}
