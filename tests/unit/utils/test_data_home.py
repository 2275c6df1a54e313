"""Where the data is when nobody says so: chosen, here, or where the system keeps such things."""

from __future__ import annotations

from pathlib import Path

import pytest

from exchange.utils.data_home import data_home
from tests.support.project import ROOT

HOME = {"HOME": "/home/alice"}


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({}, "linux", "/home/alice/.local/share/exchange-simulator"),
        ({}, "darwin", "/home/alice/Library/Application Support/exchange-simulator"),
        ({"XDG_DATA_HOME": "/srv/alice"}, "linux", "/srv/alice/exchange-simulator"),
        ({"XDG_DATA_HOME": "/srv/alice"}, "darwin", "/home/alice/Library/Application Support/exchange-simulator"),
        ({"XDG_DATA_HOME": "not/absolute"}, "linux", "/home/alice/.local/share/exchange-simulator"),
        ({"XDG_DATA_HOME": "", "EXCHANGE_HOME": ""}, "linux", "/home/alice/.local/share/exchange-simulator"),
        ({"EXCHANGE_HOME": "/class"}, "darwin", "/class"),
        ({"EXCHANGE_HOME": "class"}, "linux", "class"),
    ],
)
def test_in_a_folder_without_data_it_is_chosen_or_the_users(
    environment: dict[str, str], platform: str, expected: str, tmp_path: Path
) -> None:
    assert data_home({**HOME, **environment}, tmp_path, platform) == Path(expected)


def test_data_that_is_here_is_taken_unless_another_place_was_chosen(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert data_home({**HOME, "XDG_DATA_HOME": "/srv"}, tmp_path, "linux") == Path("data")
    assert data_home({**HOME, "EXCHANGE_HOME": "/class"}, tmp_path, "linux") == Path("/class")


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ("tokens/token_alice.txt", "data"),
        ("samples/sound.wav", "/home/alice/.local/share/exchange-simulator"),
        ("journal/journal-1.jsonl", "data"),
        ("prices.csv", "/home/alice/.local/share/exchange-simulator"),
        ("logs/app.log", "/home/alice/.local/share/exchange-simulator"),
    ],
)
def test_a_folder_of_that_name_with_other_things_in_it_is_left_alone(
    tmp_path: Path, held: str, expected: str
) -> None:
    (tmp_path / "data" / held).parent.mkdir(parents=True)
    (tmp_path / "data" / held).touch()
    assert data_home(HOME, tmp_path, "linux") == Path(expected)


def test_a_clone_brings_its_data_directory() -> None:
    assert data_home(HOME, ROOT, "linux") == Path("data")


def test_a_file_of_that_name_is_no_data_directory(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    assert data_home(HOME, tmp_path, "linux") == Path("/home/alice/.local/share/exchange-simulator")
