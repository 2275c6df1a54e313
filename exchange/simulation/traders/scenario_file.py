"""A scenario as a file: who trades, from which seed and price, with which numbers of their own.

    {"seed": 7, "mix": "zi:20,mm:4", "start_price": 100, "pace": 2, "settings": {"zi": {"RATE_PER_S": 0.5}}}

Every key may be left out.  `settings` take the place of the calibrated numbers one by one, and `value` of those
by which worth moves (`ValueModel`): {"volatility": 0.0001, "jumps_per_hour": 60, "jump_size": 0.002}.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Optional

from exchange.simulation.traders.fundamental_value import STEPS_PER_HOUR, ValueModel
from exchange.simulation.traders.mix import TRADER_KINDS, MixPart, Settings, parse_mix, traders_of
from exchange.simulation.traders.scenario import Scenario

KEYS = ("seed", "mix", "start_price", "pace", "value", "settings")
SEED_MAX = 1_000_000_000
NUMBER_MAX = 1e9


class ScenarioFileError(Exception):
    """A scenario that can't be read; one line, which names the file, the value and the rule."""


class ScenarioFile(NamedTuple):
    """What a file says; None where it says nothing."""

    seed: Optional[int] = None
    mix: Optional[list[MixPart]] = None
    start_price: Optional[float] = None
    pace: Optional[float] = None
    value: Optional[ValueModel] = None
    settings: Settings = {}


def read_scenario(path: Path) -> ScenarioFile:
    """The scenario in this file.  Raises ScenarioFileError."""
    try:
        return _scenario(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ScenarioFileError(f"{path}: can't be read: {error.strerror}") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise ScenarioFileError(f"{path}: is no JSON: {error}") from error
    except ValueError as error:
        raise ScenarioFileError(f"{path}: {error}") from error


def _scenario(found: Any) -> ScenarioFile:
    """Raises ValueError."""
    if not isinstance(found, dict):
        raise ValueError(f"{found!r}: a scenario must be an object with some of {', '.join(KEYS)}")
    readers: dict[str, Callable[[Any], Any]] = {
        "seed": _seed,
        "mix": _mix,
        "start_price": _above_zero,
        "pace": _above_zero,
        "value": _value,
        "settings": _settings,
    }
    said = {}
    for key, value in found.items():
        if key not in readers:
            raise ValueError(f"{key!r} is no part of a scenario; there are {', '.join(KEYS)}")
        try:
            said[key] = readers[key](value)
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from error
    return ScenarioFile(**said)


def _seed(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= SEED_MAX:
        raise ValueError(f"{value!r}: must be a whole number from 0 to {SEED_MAX:,}")
    return value


def _mix(value: Any) -> list[MixPart]:
    if not isinstance(value, str):
        raise ValueError(f'{value!r}: must be a text such as "zi:40,mm:4"')
    return parse_mix(value)


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not math.isfinite(value) or abs(value) > NUMBER_MAX:
        raise ValueError(f"{value!r}: must be a number of at most {NUMBER_MAX:,.0f}")
    return float(value)


def _above_zero(value: Any) -> float:
    number = _number(value)
    if number <= 0:
        raise ValueError(f"{value!r}: must be above 0")
    return number


def _value(value: Any) -> ValueModel:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r}: must be an object with some of {', '.join(ValueModel._fields)}")
    said = {}
    for name, number in value.items():
        if name not in ValueModel._fields:
            raise ValueError(f"{name!r}: there are {', '.join(ValueModel._fields)}")
        most = STEPS_PER_HOUR if name == "jumps_per_hour" else 1
        said[name] = _number(number)
        if not 0 <= said[name] <= most:
            raise ValueError(f"{name}: {number!r}: must be from 0 to {most:,}")
    return ValueModel(**said)


def _settings(value: Any) -> Settings:
    if not isinstance(value, dict):
        raise ValueError(f"{value!r}: must be an object of kinds of traders")
    return {kind: _numbers_of(kind, numbers) for kind, numbers in value.items()}


def _numbers_of(kind: str, numbers: Any) -> Mapping[str, float]:
    """The numbers of one kind, tried on a trader of it."""
    if kind not in TRADER_KINDS:
        raise ValueError(f"{kind!r} is no kind of trader; there are {', '.join(TRADER_KINDS)}")
    if not isinstance(numbers, dict):
        raise ValueError(f"{kind}: {numbers!r}: must be an object of numbers")
    read = {}
    for name, number in numbers.items():
        try:
            read[name] = _above_zero(number) if name == "RATE_PER_S" else _number(number)
        except ValueError as error:
            raise ValueError(f"{kind}: {name}: {error}") from error
    try:
        traders_of([MixPart(kind, 1)], Scenario(0, 1.0, 0), {kind: read})
    except ValueError as error:
        raise ValueError(f"{kind}: {error}") from error
    return read
