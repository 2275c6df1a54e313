"""Snapshots: whole or not believed, the newest whole one wins, the records come back as they were given."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.storage.snapshot_files import OrderStore

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(), values, max_size=4),
    max_leaves=10,
)
RECORDS = [["order", 1, "alice", "ü\n"], {"next_order_id": 2}, 7]


def newest(store: OrderStore) -> tuple[Any, list[str]]:
    """(sequence, records) of the newest valid snapshot, or None, and the names of the damaged ones before it."""
    damaged: list[str] = []
    snapshot = store.newest_valid(lambda path, reason: damaged.append(path.name))
    return (snapshot and (snapshot.sequence, list(snapshot.records))), damaged


@given(st.lists(JSON_VALUES, max_size=20), st.integers(0, 10**20 - 1))
def test_records_come_back_as_they_were_given(
    tmp_path_factory: pytest.TempPathFactory, records: list[Any], sequence: int
) -> None:
    store = OrderStore(tmp_path_factory.mktemp("orders"))
    store.save(records, sequence)
    assert newest(store) == ((sequence, records), [])


@pytest.mark.parametrize("count", [999, 1_000, 1_001, 50_000])
def test_many_records_come_back_whatever_the_blocks(tmp_path: Path, count: int) -> None:
    store = OrderStore(tmp_path)
    store.save(([number, "x" * 40] for number in range(count)), 1)
    assert newest(store) == ((1, [[number, "x" * 40] for number in range(count)]), [])


def test_an_empty_directory_has_no_snapshot(tmp_path: Path) -> None:
    store = OrderStore(tmp_path / "orders")
    assert newest(store) == (None, [])
    store.prepare()
    assert newest(store) == (None, [])


def test_the_file_is_named_after_its_sequence_and_reads_as_json_lines(tmp_path: Path) -> None:
    path = OrderStore(tmp_path).save([["a", 1]], 1234)
    assert path.name == "snapshot-00000000000000001234.jsonl"
    header, record, trailer = path.read_text().splitlines()
    assert header == '{"format":"exchange-snapshot","version":2,"sequence":1234}'
    assert record == '["a",1]'
    assert trailer.startswith('{"records":1,"crc32":"')


def test_the_newest_is_by_number_not_by_time(tmp_path: Path) -> None:
    store = OrderStore(tmp_path)
    store.save(["newer"], 10)
    store.save(["older"], 9)
    assert newest(store) == ((10, ["newer"]), [])


def test_every_single_flipped_bit_is_found_and_the_older_snapshot_taken(tmp_path: Path) -> None:
    store = OrderStore(tmp_path)
    store.save(["older"], 5)
    path = store.save(RECORDS, 6)
    whole = path.read_bytes()
    for index in range(len(whole)):
        for bit in range(8):
            damaged = bytearray(whole)
            damaged[index] ^= 1 << bit
            path.write_bytes(damaged)
            assert newest(store) == ((5, ["older"]), [path.name]), (index, bit)


def test_a_snapshot_cut_at_any_byte_or_with_anything_after_its_end_is_not_believed(tmp_path: Path) -> None:
    store = OrderStore(tmp_path)
    path = store.save(RECORDS, 6)
    whole = path.read_bytes()
    for damaged in [whole[:kept_bytes] for kept_bytes in range(len(whole))] + [whole + b"\n", whole + whole]:
        path.write_bytes(damaged)
        assert newest(store) == (None, [path.name])


def test_a_long_snapshot_without_a_line_of_it_is_not_believed(tmp_path: Path) -> None:
    store = OrderStore(tmp_path)
    path = store.save((["order", number] for number in range(200_000)), 6)
    path.write_bytes(path.read_bytes().replace(b'["order",150000]\n', b""))
    assert newest(store) == (None, [path.name])


def test_a_snapshot_under_another_sequence_is_not_believed(tmp_path: Path) -> None:
    store = OrderStore(tmp_path)
    store.save(RECORDS, 6).rename(tmp_path / f"snapshot-{7:020d}.jsonl")
    assert newest(store)[0] is None


def test_other_files_are_neither_read_nor_removed(tmp_path: Path) -> None:
    (tmp_path / "snapshot-1.jsonl").write_text("not ours")
    (tmp_path / "notes.txt").write_text("not ours")
    store = OrderStore(tmp_path)
    store.save([1], 1)
    store.save([2], 2)
    store.prune(keep=1)
    assert newest(store) == ((2, [2]), [])
    assert sorted(os.listdir(tmp_path)) == ["notes.txt", f"snapshot-{2:020d}.jsonl", "snapshot-1.jsonl"]


def test_an_engine_that_fails_in_the_middle_leaves_the_older_snapshot_and_no_trace(tmp_path: Path) -> None:
    def failing() -> Iterator[Any]:
        yield from range(5_000)
        raise RuntimeError

    store = OrderStore(tmp_path)
    store.save(["older"], 5)
    with pytest.raises(RuntimeError):
        store.save(failing(), 6)
    assert newest(store) == ((5, ["older"]), [])
    assert len(os.listdir(tmp_path)) == 1


def test_a_value_that_json_does_not_have_is_refused(tmp_path: Path) -> None:
    store = OrderStore(tmp_path)
    with pytest.raises(ValueError, match="JSON"):
        store.save([float("nan")], 6)
    assert os.listdir(tmp_path) == []


def test_what_a_killed_process_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / f".snapshot-{7:020d}.jsonl.k3x9.tmp").write_text("half")
    OrderStore(tmp_path).prepare()
    assert os.listdir(tmp_path) == []


@given(st.sets(st.integers(0, 99), max_size=6), st.integers(1, 4))
def test_pruning_keeps_the_newest_and_tells_the_oldest_kept(
    tmp_path_factory: pytest.TempPathFactory, sequences: set[int], keep: int
) -> None:
    directory = tmp_path_factory.mktemp("orders")
    store = OrderStore(directory)
    for sequence in sequences:
        store.save([], sequence)
    kept = sorted(sequences)[-keep:]
    assert store.prune(keep) == (kept[0] if len(kept) == keep else None)
    assert sorted(os.listdir(directory)) == [f"snapshot-{sequence:020d}.jsonl" for sequence in kept]


def test_a_damaged_snapshot_does_not_count_as_kept(tmp_path: Path) -> None:
    store = OrderStore(tmp_path)
    paths = [store.save(RECORDS, sequence) for sequence in (1, 2, 3, 4)]
    paths[2].write_bytes(b"damaged")
    assert store.prune(keep=2) == 2
    assert [path.exists() for path in paths] == [False, True, True, True]


def test_the_newest_up_to_a_sequence_can_be_asked_for(tmp_path: Path) -> None:
    store = OrderStore(tmp_path)
    for sequence in (1, 5, 9):
        store.save([sequence], sequence)
    found = [store.newest_valid(lambda *_: None, limit) for limit in (0, 1, 8, 9, 10)]
    assert [snapshot and snapshot.sequence for snapshot in found] == [None, 1, 5, 9, 9]
