"""JSON, files and time: the promises of `utils.helpers`, with damage done to files on purpose."""

from __future__ import annotations

import errno
import os
import re
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.utils.disk import REAL_DISK, write_all
from exchange.utils.helpers import (
    JsonError,
    cut_torn_tail,
    parse_json,
    replaced_atomically,
    utc_text,
    write_atomically,
)

TOO_BIG = re.escape(os.strerror(errno.EFBIG))
LINES = st.lists(st.binary(max_size=40).map(lambda line: line.replace(b"\n", b"")), max_size=20)


@contextmanager
def file_size_limit(limit_bytes: int) -> Iterator[None]:
    """While it holds, a write that would make a file longer is short, and the next one fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


# ---------------------------------------------------------------------------------------------------------- JSON


def test_numbers_with_a_point_are_exact_decimals() -> None:
    assert parse_json(b'{"tick":0.1,"lot":10}') == {"tick": Decimal("0.1"), "lot": 10}


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[1,]",
        b"NaN",
        b"[Infinity]",
        b"-Infinity",
        b"{'a':1}",
        b"\xef\xbb\xbf[]",
        b"\xff",
        b'{"a":1,"b":2,"a":1}',
        b'[{"a":{"b":1,"b":1}}]',
        b"9" * 5_000,
        b"1e99999999999999999999999999",
        b"[" * 100_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda text: repr(text[:20]),
)
def test_hostile_text_is_refused_with_a_json_error_and_nothing_else(text: bytes) -> None:
    with pytest.raises(JsonError):
        parse_json(text)


def test_a_repeated_key_is_named() -> None:
    with pytest.raises(JsonError, match="'price' appears twice"):
        parse_json('{"price":1,"quantity":2,"price":3}')


# ----------------------------------------------------------------------------------------------- writing to files


def test_a_short_write_is_continued_until_the_system_refuses(tmp_path: Path) -> None:
    fd = os.open(tmp_path / "file", os.O_WRONLY | os.O_CREAT)
    with file_size_limit(10), pytest.raises(OSError, match=TOO_BIG):
        write_all(REAL_DISK, fd, b"x" * 100)
    os.close(fd)
    assert (tmp_path / "file").read_bytes() == b"x" * 10


@given(data=st.binary(max_size=200_000))
def test_a_pipe_gets_every_byte_however_often_its_buffer_is_full(data: bytes) -> None:
    reading, writing = os.pipe()

    def write_and_close() -> None:
        write_all(REAL_DISK, writing, data)
        os.close(writing)

    writer = threading.Thread(target=write_and_close, name="writer")
    writer.start()
    with os.fdopen(reading, "rb") as file:
        assert file.read() == data
    writer.join()


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_a_file_is_replaced_with_the_mode_asked_for_and_nothing_left_beside_it(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    write_atomically(path, b"new", mode)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == mode
    assert os.listdir(tmp_path) == ["file"]


def test_a_disk_that_is_full_leaves_the_old_content_and_no_temporary_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with file_size_limit(10), pytest.raises(OSError, match=TOO_BIG):
        write_atomically(path, b"x" * 100)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_an_error_halfway_through_writing_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replaced_atomically(path) as file:
        file.write(bytes(1 // (file.write(b"half") - 4)))
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


# -------------------------------------------------------------------------------------------------- files of lines


@given(lines=LINES, tail=st.binary(max_size=40).map(lambda tail: tail.replace(b"\n", b"")))
def test_exactly_the_torn_tail_is_cut(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], tail: bytes
) -> None:
    path = tmp_path_factory.mktemp("tail") / "file"
    whole = b"".join(line + b"\n" for line in lines)
    path.write_bytes(whole + tail)
    assert cut_torn_tail(path) == tail
    assert path.read_bytes() == whole


def test_a_torn_tail_of_many_blocks_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"whole\n" + b"\0" * 300_000)
    assert cut_torn_tail(path) == b"\0" * 300_000
    assert path.read_bytes() == b"whole\n"


# -------------------------------------------------------------------------------------------------- - time


def test_a_time_is_written_to_the_nanosecond() -> None:
    assert utc_text(1_767_323_045_123_456_789) == "2026-01-02T03:04:05.123456789Z"
    assert utc_text(0) == "1970-01-01T00:00:00.000000000Z"


@given(st.integers(0, 2**63 - 1))
def test_a_time_read_back_is_the_same_time(timestamp_ns: int) -> None:
    text = utc_text(timestamp_ns)
    assert len(text) == 30
    seconds = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    since_epoch = seconds - datetime(1970, 1, 1, tzinfo=timezone.utc)
    assert since_epoch // timedelta(seconds=1) * 10**9 + int(text[20:29]) == timestamp_ns
