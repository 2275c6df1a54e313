"""The tour leads past doors that are there: each file has the function it is to be opened at."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.project import ROOT

TOUR = ROOT / "exchange" / "TOUR.md"
PAGE = TOUR.read_text("utf-8")
DOORS_MAX = 10
DOORS = re.findall(r"^(\d+)\. \*\*.+?\*\* \[`([\w.]+)`\]\(([\w./]+)\)", PAGE, re.MULTILINE)


def functions_of(path: Path) -> set[str]:
    """The functions of a module, those of its classes as `Class.function`."""
    names: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return names


def test_the_tour_has_at_most_ten_doors_numbered_in_a_row() -> None:
    assert [int(number) for number, _, _ in DOORS] == list(range(1, len(DOORS) + 1))
    assert re.findall(r"^\d+\. ", PAGE, re.MULTILINE) == [f"{number}. " for number, _, _ in DOORS]
    assert 1 < len(DOORS) <= DOORS_MAX


@pytest.mark.parametrize(("number", "function", "path"), DOORS)
def test_behind_each_door_is_the_function_it_names(number: str, function: str, path: str) -> None:
    assert function in functions_of(TOUR.parent / path), f"door {number}"


TABLES = re.findall(r"^\| word .*\n(?:\|.*\n?)+", PAGE, re.MULTILINE)


@pytest.mark.parametrize("table", TABLES, ids=["market", "own"])
def test_each_list_of_words_is_in_alphabetical_order_and_says_each_once(table: str) -> None:
    words = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)[1:]
    assert len(words) == len(set(words)) > 10
    assert words == sorted(words, key=str.casefold)
