"""`make verify`: sound directories are sound, every kind of damage is told with what to do, nothing is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.cli.loading import prepared
from exchange.storage.data_directory import StorageOptions
from exchange.storage.journal_format import Durability
from exchange.storage.snapshot_files import OrderStore
from exchange.storage.verify import verify
from exchange.utils.directory_lock import DirectoryLock
from exchange.utils.disk import REAL_DISK
from exchange.utils.helpers import DamagedFileError
from tests.property.strategies import long_session
from tests.support.kept_market import KeptMarket

COMMAND = prepared("verify", "verify.py")
SESSION = long_session(seed=1, count=400)


@pytest.fixture(name="path")
def traded(tmp_path: Path) -> Path:
    """A directory with two snapshots, a journal that begins after the first, and commands after the second."""
    for start in (0, 100, 200):
        market = KeptMarket(tmp_path)
        market.run(SESSION[start : start + 100])
        market.stop()
    market = KeptMarket(tmp_path)
    market.run(SESSION[300:])
    market.kill()
    return tmp_path


def verified(path: Path) -> tuple[bool, str]:
    """Whether it is sound, and all that is told; asserts that nothing was changed."""
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    told: list[str] = []
    is_sound = verify(path, REAL_DISK, told.append)
    assert {file: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before
    return is_sound, "\n".join(told)


def segments(path: Path) -> list[Path]:
    return sorted((path / "journal").iterdir())


def snapshots(path: Path) -> list[Path]:
    return sorted((path / "orders").iterdir())


def replace_once(file: Path, old: bytes, new: bytes) -> None:
    data = file.read_bytes()
    assert old in data, (file, old)
    file.write_bytes(data.replace(old, new, 1))


# ----------------------------------------------------------------------------------------------------------- sound


def test_a_directory_with_snapshots_and_a_tail_is_sound_and_told_in_full(path: Path) -> None:
    is_sound, told = verified(path)
    assert is_sound and "note" not in told
    first, second = (int(file.name[9:29]) for file in snapshots(path))
    assert f"whole: of command {first}, {second}" in told
    assert f"equal to the replayed journal: {second}" in told
    assert f"commands {first + 1} to " in told
    trades = (path / "trades" / "trades.jsonl").read_bytes().count(b"\n")
    assert f"{trades} trades," in told and "3 users" in told


def test_an_empty_directory_is_sound(tmp_path: Path) -> None:
    assert verified(tmp_path)[0]


def test_what_a_kill_leaves_behind_is_only_noted(path: Path) -> None:
    ledger, log = path / "trades" / "trades.jsonl", path / "logs" / "logs_alice.txt"
    for file in (ledger, log):
        file.write_bytes(file.read_bytes()[:-20])
    with open(segments(path)[-1], "ab") as segment:
        segment.write(b"torn")
    is_sound, told = verified(path)
    assert is_sound
    assert "4 bytes from byte" in told and "the next start cuts them off" in told
    assert "the next start adds trades" in told and "completes 1 of them" in told
    KeptMarket(path).kill()
    assert "note" not in verified(path)[1]


# ------------------------------------------------------------------------------------------------------- not sound


def test_a_damaged_snapshot_is_told_and_removing_it_makes_all_sound(path: Path) -> None:
    replace_once(snapshots(path)[1], b"order", b"odder")
    is_sound, told = verified(path)
    assert not is_sound
    assert f"what to do: remove it, the next start goes on from the one before and the journal: rm {path}" in told
    snapshots(path)[1].unlink()
    assert verified(path)[0]


def test_a_snapshot_with_another_state_than_the_journals_is_found(path: Path) -> None:
    newest = snapshots(path)[1]
    sequence = int(newest.name[9:29])
    store = OrderStore(path / "orders")
    records = list(store.read(store.stored()[1]).records)
    position = next(record for record in records if record[0] == "position")
    position[3] += 1
    store.save(records, sequence)
    is_sound, told = verified(path)
    assert not is_sound
    assert f"{newest}: its state is not the one to which the journal leads" in told


def test_damage_in_the_journal_is_told_with_what_to_do_until_all_is_sound_again(path: Path) -> None:
    segment = segments(path)[-1]
    lines = segment.read_bytes().splitlines(keepends=True)
    replace_once(segment, lines[3], lines[3].replace(b"[", b"{", 1))
    is_sound, told = verified(path)
    assert not is_sound
    offset = sum(len(line) for line in lines[:3])
    assert f"damaged at line 4, byte {offset}" in told
    assert f"truncate -s {offset} {segment}, then `exchange verify --data-dir {path}` again" in told
    segment.write_bytes(segment.read_bytes()[:offset])
    is_sound, told = verified(path)
    assert not is_sound
    assert "tell of " in told and "the end of the journal is missing" in told
    for file in [path / "trades" / "trades.jsonl", *(path / "logs").iterdir()]:
        file.unlink()
    assert "restore it from a backup" in verified(path)[1], "the snapshot knows that the ledger was stored"


def test_damage_before_the_newest_snapshot_does_not_keep_the_rest_from_being_checked(path: Path) -> None:
    replace_once(segments(path)[0], b"alice", b"ALICE")
    is_sound, told = verified(path)
    assert not is_sound
    assert "a start does not need it" in told
    assert told.count("PROBLEM") == 1
    KeptMarket(path).kill()


def test_a_stretch_of_no_commands_is_not_told_as_one(path: Path) -> None:
    segment = segments(path)[-1]
    lines = segment.read_bytes().splitlines(keepends=True)
    replace_once(segment, lines[1], lines[1].replace(b"[", b"{", 1))
    segments(path)[0].unlink()
    snapshots(path)[0].unlink()
    is_sound, told = verified(path)
    after = int(snapshots(path)[-1].name[9:29])
    assert not is_sound
    assert f"damaged at line 2, byte {len(lines[0])}, where command {after + 1} is expected" in told
    assert f"replay    no commands after {after:,}, state" in told


def test_a_missing_segment_is_told(path: Path) -> None:
    newest = int(snapshots(path)[1].name[9:29])
    segments(path)[0].unlink()
    is_sound, told = verified(path)
    assert is_sound, "nothing needs what is before the oldest segment when a snapshot tells it"
    segments(path)[-1].unlink()
    is_sound, told = verified(path)
    assert not is_sound
    assert f"to {newest} are missing" in told


def test_no_way_to_begin_is_told(path: Path) -> None:
    for snapshot in snapshots(path):
        snapshot.unlink()
    is_sound, told = verified(path)
    assert not is_sound and "nor a whole snapshot tells the state to begin with" in told


@pytest.mark.parametrize("part", ["durable", "after the snapshot"])
def test_a_changed_number_in_the_ledger_is_found_by_its_field(path: Path, part: str) -> None:
    ledger = path / "trades" / "trades.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    index = len(lines) // 2 if part == "durable" else -1
    lines[index] = lines[index].replace(b'"buyer":"', b'"buyer":"x')
    ledger.write_bytes(b"".join(lines))
    is_sound, told = verified(path)
    assert not is_sound
    assert "buyer is x" in told and "must be" in told


def test_a_ledger_that_ends_before_what_was_stored_is_a_problem(path: Path) -> None:
    ledger = path / "trades" / "trades.jsonl"
    ledger.write_bytes(b"".join(ledger.read_bytes().splitlines(keepends=True)[:3]))
    is_sound, told = verified(path)
    assert not is_sound and "after trade 3, but" in told and "restore it from a backup" in told
    assert "the next start adds trades" not in told
    with pytest.raises(DamagedFileError, match="trades.jsonl"):
        KeptMarket(path)


def test_a_log_with_a_line_taken_out_is_a_problem(path: Path) -> None:
    log = path / "logs" / "logs_bob.txt"
    lines = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join(lines[:5] + lines[6:]))
    is_sound, told = verified(path)
    assert not is_sound and "number 7 follows number 5" in told


def test_under_durability_os_lines_beyond_the_journal_are_only_noted(tmp_path: Path) -> None:
    market = KeptMarket(tmp_path, StorageOptions(Durability.OS, 0))
    market.run(SESSION)
    market.kill()
    [segment] = segments(tmp_path)
    segment.write_bytes(b"".join(segment.read_bytes().splitlines(keepends=True)[:-5]))
    is_sound, told = verified(tmp_path)
    assert is_sound and "note:" in told and "the next start cuts them off" in told


# ----------------------------------------------------------------------------------------------------- the command


def test_the_command_says_sound_or_not_in_its_exit_code(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert COMMAND(["--data-dir", str(path)]) == 0
    assert capsys.readouterr().out.endswith("\nsound\n")
    snapshots(path)[0].write_bytes(b"")
    assert COMMAND(["--data-dir", str(path)]) == 1
    assert capsys.readouterr().out.endswith("NOT SOUND: see the problems above\n")


def test_the_command_refuses_while_an_engine_runs_or_nothing_is_there(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with DirectoryLock(path, path / "engine.lock"):
        assert COMMAND(["--data-dir", str(path)]) == 2
    assert "stop the engine first" in capsys.readouterr().err
    assert COMMAND(["--data-dir", str(path / "nowhere")]) == 2
    assert "is not a directory" in capsys.readouterr().err
