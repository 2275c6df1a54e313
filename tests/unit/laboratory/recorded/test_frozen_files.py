"""Files are read as they were when they were looked at first, whatever is done to them meanwhile."""

from __future__ import annotations

from pathlib import Path

from exchange.laboratory.recorded.frozen_files import FrozenFiles


def test_what_is_added_later_is_not_seen(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one\ntwo\nhal")
    frozen = FrozenFiles(tmp_path)
    with path.open("ab") as file:
        file.write(b"f\nmore\n")
    (tmp_path / "later").write_bytes(b"new")
    with frozen.open_read(path) as file:
        assert file.readlines() == [b"one\n", b"two\n", b"hal"]
        file.seek(4)
        assert file.read() == b"two\nhal" and file.read() == b""
    assert frozen.size_bytes(path) == 11
    assert frozen.size_bytes(tmp_path / "later") == 3
    frozen.release()


def test_a_file_that_is_removed_stays_readable_by_several_readers(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"one\ntwo\n")
    frozen = FrozenFiles(tmp_path)
    path.unlink()
    with frozen.open_read(path) as first, frozen.open_read(path) as second:
        assert first.readline() == second.readline() == b"one\n"
        assert first.read() == b"two\n"
    frozen.release()
