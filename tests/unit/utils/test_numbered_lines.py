"""Files of numbered lines, with damage done to them on purpose: cut where they may be, refused where not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.utils.helpers import DamagedFileError
from exchange.utils.numbered_lines import LineNumber, numbered_lines_after, repair_numbered_lines


def numbered(number: int, padding: int) -> bytes:
    return b"%d %s\n" % (number, b"." * padding)


number_of = LineNumber(rb"([0-9]+) \.*")


@given(data=st.data(), count=st.integers(1, 60), padding=st.sampled_from([0, 10, 5_000]))
def test_damage_is_cut_where_it_may_be_and_never_before_the_durable_number(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, count: int, padding: int
) -> None:
    """Padding of 5,000 makes files of up to five blocks, so that most of them must not be read."""
    path = tmp_path_factory.mktemp("numbered") / "file"
    lines = [numbered(number, padding) for number in range(1, count + 1)]
    durable = data.draw(st.integers(0, count), label="durable")
    damaged = data.draw(st.integers(1, count), label="damaged line")
    offset = data.draw(st.integers(0, len(lines[damaged - 1]) - 1), label="offset in it")
    before = b"".join(lines[: damaged - 1])
    content = bytearray(b"".join(lines))
    content[len(before) + offset] = 0
    path.write_bytes(content)
    if damaged > durable:
        tail = repair_numbered_lines(path, number_of, durable)
        assert tail.last_number == damaged - 1
        assert tail.cut == content[len(before) :]
        assert path.read_bytes() == before
    else:
        with_error = False
        try:
            assert repair_numbered_lines(path, number_of, durable).last_number == count
        except DamagedFileError:
            with_error = True
        assert with_error or padding == 5_000
        assert path.read_bytes() == content


@given(count=st.integers(0, 60), padding=st.sampled_from([0, 5_000]), data=st.data())
def test_lines_beyond_the_greatest_number_are_cut(
    tmp_path_factory: pytest.TempPathFactory, count: int, padding: int, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("numbered") / "file"
    lines = [numbered(number, padding) for number in range(1, count + 1)]
    path.write_bytes(b"".join(lines))
    kept = data.draw(st.integers(0, count))
    durable = data.draw(st.integers(0, kept))
    assert repair_numbered_lines(path, number_of, durable, last_number_max=kept).last_number == kept
    assert path.read_bytes() == b"".join(lines[:kept])


@pytest.mark.parametrize("second", [numbered(1, 0), numbered(3, 0), b"\n"], ids=["repeat", "gap", "empty line"])
def test_a_number_out_of_sequence_ends_the_sound_part(tmp_path: Path, second: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(numbered(1, 0) + second + numbered(2, 0))
    assert repair_numbered_lines(path, number_of, 0) == (1, second + numbered(2, 0))


@given(count=st.integers(0, 60), padding=st.sampled_from([0, 5_000]), after=st.integers(0, 70))
def test_the_lines_after_a_number_are_found_from_the_end(
    tmp_path_factory: pytest.TempPathFactory, count: int, padding: int, after: int
) -> None:
    path = tmp_path_factory.mktemp("numbered") / "file"
    path.write_bytes(b"".join(numbered(number, padding) for number in range(1, count + 1)))
    found = numbered_lines_after(path, number_of, after)
    assert [number_of(line) for line in found] == list(range(after + 1, count + 1))
    assert numbered_lines_after(path.with_name("missing"), number_of, after) == []


def test_a_file_that_is_not_there_ends_at_number_0(tmp_path: Path) -> None:
    assert repair_numbered_lines(tmp_path / "file", number_of, 7) == (0, b"")


@pytest.mark.parametrize(
    ("content", "is_of_others"),
    [
        (b"\n\x93\x00\xfe\x11\x02\xb5\n", False),  # rubbish whose first byte happens to end a line
        (b"\n\n\n\n\n", False),
        (b"", False),
        (b"1 ....", False),
        (b"Dear diary\n", True),
        (b"\r\n\nDear diary\n", True),
    ],
)
def test_a_file_of_others_is_told_from_what_a_loss_of_power_leaves(content: bytes, is_of_others: bool) -> None:
    assert LineNumber(rb"([0-9]+) \.*", begins_like=b"0 .").is_of_others(content) is is_of_others
