"""A scenario's file: what it says is taken, and what it can't say is refused by value and rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from exchange.simulation.traders.fundamental_value import ValueModel
from exchange.simulation.traders.mix import MixPart, merged
from exchange.simulation.traders.scenario_file import ScenarioFile, ScenarioFileError, read_scenario


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "scenario.json"
    path.write_text(text)
    return path


def test_what_a_file_says_is_taken(tmp_path: Path) -> None:
    said = {"seed": 7, "mix": "zi:2,mm:1", "start_price": 50, "pace": 2.5, "settings": {"zi": {"RATE_PER_S": 1}}}
    said["value"] = {"jumps_per_hour": 60}
    found = read_scenario(written(tmp_path, json.dumps(said)))
    parts, value = [MixPart("zi", 2), MixPart("mm", 1)], ValueModel(jumps_per_hour=60.0)
    assert found == ScenarioFile(7, parts, 50.0, 2.5, value, {"zi": {"RATE_PER_S": 1.0}})


def test_a_file_that_says_nothing_leaves_everything_open(tmp_path: Path) -> None:
    assert read_scenario(written(tmp_path, "{}")) == ScenarioFile()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([], "must be an object"),
        ({"sead": 1}, "'sead' is no part of a scenario"),
        ({"seed": -1}, "seed: -1: must be a whole number from 0"),
        ({"seed": True}, "seed: True: must be a whole number"),
        ({"mix": "ape:1"}, "mix: 'ape' is no kind of trader"),
        ({"mix": 3}, "mix: 3: must be a text"),
        ({"start_price": 0}, "start_price: 0: must be above 0"),
        ({"pace": "fast"}, "pace: 'fast': must be a number"),
        ({"value": 1}, "value: 1: must be an object"),
        ({"value": {"drift": 1}}, "value: 'drift': there are volatility, jumps_per_hour, jump_size"),
        ({"value": {"jump_size": "big"}}, "value: 'big': must be a number"),
        ({"value": {"jumps_per_hour": 36_001}}, "value: jumps_per_hour: 36001: must be from 0 to 36,000"),
        ({"value": {"volatility": -1}}, "value: volatility: -1: must be from 0 to 1"),
        ({"settings": 1}, "settings: 1: must be an object"),
        ({"settings": {"ape": {}}}, "settings: 'ape' is no kind"),
        ({"settings": {"zi": 1}}, "settings: zi: 1: must be an object"),
        ({"settings": {"zi": {"COURAGE": 1}}}, "settings: zi: COURAGE: ZeroIntelligence has no number"),
        ({"settings": {"zi": {"RATE_PER_S": 0}}}, "settings: zi: RATE_PER_S: 0: must be above 0"),
        ({"settings": {"zi": {"RATE_PER_S": [1]}}}, r"settings: zi: RATE_PER_S: \[1\]: must be a number"),
    ],
)
def test_what_can_not_be_is_refused_with_the_value_and_the_rule(tmp_path: Path, said: Any, why: str) -> None:
    path = written(tmp_path, json.dumps(said))
    with pytest.raises(ScenarioFileError, match=why) as refusal:
        read_scenario(path)
    assert str(path) in str(refusal.value)


@pytest.mark.parametrize("text", ["{", "\x00", '{"pace": NaN}', "[" * 100_000])
def test_what_is_no_scenario_at_all_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ScenarioFileError):
        read_scenario(written(tmp_path, text))


def test_a_files_numbers_take_the_place_of_the_others_one_by_one() -> None:
    calibrated = {"zi": {"RATE_PER_S": 1.0, "LIFE_S": 2.0}, "mm": {"LEVELS": 3.0}}
    assert merged(calibrated, {"zi": {"LIFE_S": 5.0}, "fat": {"RATE_PER_S": 1.0}}) == {
        "zi": {"RATE_PER_S": 1.0, "LIFE_S": 5.0},
        "mm": {"LEVELS": 3.0},
        "fat": {"RATE_PER_S": 1.0},
    }
