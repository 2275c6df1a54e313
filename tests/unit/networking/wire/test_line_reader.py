"""However the bytes arrive, the same lines come out, and nobody makes the reader hold more than one line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.networking.wire.limits import LINE_BYTES_MAX
from exchange.networking.wire.line_reader import LineReader, LineTooLongError

LONGEST = b"x" * (LINE_BYTES_MAX - 1)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """`data` cut at these places."""
    ends = sorted(min(cut, len(data)) for cut in cuts)
    return [data[start:end] for start, end in zip([0, *ends], [*ends, len(data)], strict=True)]


@given(st.lists(st.binary(max_size=20).map(lambda data: data.replace(b"\n", b"")), max_size=20), st.data())
def test_lines_come_out_whole_wherever_the_bytes_were_cut(lines: list[bytes], data: st.DataObject) -> None:
    sent = b"".join(line + b"\n" for line in lines)
    reader = LineReader()
    seen: list[bytes] = []
    for piece in pieces(sent, data.draw(st.lists(st.integers(0, len(sent)), max_size=30))):
        seen += reader.feed(piece)
    assert seen == lines


def test_a_line_byte_by_byte_is_one_line() -> None:
    reader = LineReader()
    seen = [reader.feed(bytes([byte])) for byte in b"one line\n"]
    assert seen == [[]] * 8 + [[b"one line"]]


def test_a_line_without_its_newline_is_kept_until_it_has_one() -> None:
    reader = LineReader()
    assert reader.feed(b"half") == []
    assert reader.feed(b"") == []
    assert reader.feed(b" a line\n") == [b"half a line"]
    assert reader.feed(b"next\n") == [b"next"]


@pytest.mark.parametrize("cut", [0, 1, LINE_BYTES_MAX - 2, LINE_BYTES_MAX - 1])
def test_the_longest_line_allowed_is_taken(cut: int) -> None:
    reader = LineReader()
    assert reader.feed(LONGEST[:cut]) + reader.feed(LONGEST[cut:] + b"\nnext\n") == [LONGEST, b"next"]


@pytest.mark.parametrize("cut", [0, 1, LINE_BYTES_MAX - 1])
def test_one_byte_more_is_refused_with_or_without_its_newline(cut: int) -> None:
    for too_long in (LONGEST + b"x", LONGEST + b"x\n"):
        reader = LineReader()
        reader.feed(too_long[:cut])
        with pytest.raises(LineTooLongError, match=f"at most {LINE_BYTES_MAX} bytes"):
            reader.feed(too_long[cut:])


def test_the_lines_before_one_that_is_too_long_are_not_lost() -> None:
    reader = LineReader()
    reader.feed(b"fir")
    with pytest.raises(LineTooLongError) as caught:
        reader.feed(b"st\nsecond\n" + LONGEST + b"x\nafter\n")
    assert caught.value.lines == [b"first", b"second"]


def test_the_lines_before_an_endless_one_are_not_lost() -> None:
    with pytest.raises(LineTooLongError) as caught:
        LineReader().feed(b"first\n" + LONGEST + b"x")
    assert caught.value.lines == [b"first"]


def test_only_a_newline_ends_a_line() -> None:
    line = "a\r b\x00 c\u2028 d\x0b e\x85".encode()
    assert LineReader().feed(line + b"\n\n") == [line, b""]
