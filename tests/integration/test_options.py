"""The options of the commands: a number that makes no sense is one line and exit code 2, and nothing starts."""

from __future__ import annotations

import argparse
import lzma
from pathlib import Path
from typing import Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.utils.command_line import number, whole_number
from tests.support.processes import Program

WRONG = ("none", "-1", "nan", "inf", "1e400", "", "9" * 5_000)


@pytest.mark.parametrize(
    ("script", "options"),
    [
        ("benchmark.py", ["--runs", "--messages"]),
        ("fuzz_wire.py", ["--lines", "--seed"]),
        ("compare_rules.py", ["--commands", "--seed"]),
        ("faults.py", ["--kills", "--power-loss", "--seed", "--jobs"]),
        ("stress_connections.py", ["--rounds", "--seconds", "--subscribers", "--churn"]),
        ("measure_screen.py", ["--rate", "--seconds"]),
        ("start_simulation.py", ["--orders", "--users", "--rate", "--duration", "--seed", "--patience"]),
    ],
)
def test_a_number_that_makes_no_sense_is_refused_in_one_line(script: str, options: list[str]) -> None:
    for place, option in enumerate(options):
        wrong = WRONG[place % len(WRONG)]
        with Program(script, f"{option}={wrong}") as program:
            status, output, complaint = program.end()
        assert (status, output, complaint.count("\n")) == (2, "", 1)
        assert complaint.startswith(f"{script}: argument {option}: '{wrong[:10]}")


@pytest.mark.parametrize(("script", "option"), [("benchmark.py", "--runs"), ("fuzz_wire.py", "--lines")])
def test_nothing_at_all_is_no_number_of_things_to_do(script: str, option: str) -> None:
    with Program(script, option, "0") as program:
        status, _, complaint = program.end()
    assert status == 2 and "'0': must be a whole number from 1 to" in complaint


@pytest.mark.parametrize("content", [None, b"", b"no workload", lzma.compress(b""), lzma.compress(bytes(100))])
def test_a_file_that_is_no_workload_is_refused_in_one_line(content: Optional[bytes], tmp_path: Path) -> None:
    path = tmp_path / "workload.bin.xz"
    if content is not None:
        path.write_bytes(content)
    with Program("benchmark.py", "--workload", str(path)) as program:
        status, output, complaint = program.end()
    assert (status, output, complaint.count("\n")) == (2, "", 1)
    assert complaint.startswith("benchmark.py: --workload ") and str(path) in complaint


def test_a_simulation_of_no_time_is_refused() -> None:
    with Program("start_simulation.py", "--duration", "0") as program:
        status, output, complaint = program.end()
    assert (status, output) == (2, "")
    assert complaint.startswith("start_simulation.py: argument --duration: '0': must be a number from 0.001 to ")


def test_a_file_is_no_data_directory() -> None:
    with Program("start_engine.py", "--port", "0", "--data-dir", __file__) as program:
        status, output, complaint = program.end()
    assert (status, output, complaint.count("\n")) == (2, "", 1)
    assert f"argument --data-dir: {__file__}: is a file; it must be a directory" in complaint


@given(text=st.text(max_size=8) | st.integers(-5, 50).map(str) | st.sampled_from(WRONG))
def test_only_whole_numbers_within_the_bounds_are_read(text: str) -> None:
    expected = {written: value for value in range(1, 31) for written in (str(value), f"{value:02}")}
    if text in expected:
        assert whole_number(1, 30)(text) == expected[text]
    else:
        with pytest.raises(argparse.ArgumentTypeError, match="must be a whole number from 1 to 30"):
            whole_number(1, 30)(text)


@given(value=st.floats(allow_nan=True, allow_infinity=True) | st.floats(0.5, 30))
def test_only_numbers_within_the_bounds_are_read(value: float) -> None:
    if 0.5 <= value <= 30:
        assert number(0.5, 30)(str(value)) == value
    else:
        with pytest.raises(argparse.ArgumentTypeError, match="must be a number from 0.5 to 30"):
            number(0.5, 30)(str(value))


@given(text=st.text(alphabet="abc ,.", max_size=8))
def test_what_is_no_number_is_not_read(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="must be a number from 0.5 to 30"):
        number(0.5, 30)(text)
