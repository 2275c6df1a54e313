"""Who opens a room finds all of it named: the docstring of a package names every module and package in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support.project import ROOT

ROOMS = sorted(path.parent for name in ("exchange", "tui") for path in (ROOT / name).rglob("__init__.py"))


def unnamed(room: Path) -> set[str]:
    """The modules and packages of a room that its docstring leaves out."""
    words = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or ""
    modules = {path.stem for path in room.glob("*.py")} - {"__init__"}
    packages = {path.parent.name for path in room.glob("*/__init__.py")}
    return (modules | packages) - set(re.findall(r"\w+", words))


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: str(room.relative_to(ROOT)))
def test_a_room_names_all_that_is_in_it(room: Path) -> None:
    assert unnamed(room) == set()


def test_a_module_that_its_room_leaves_out_is_found(tmp_path: Path) -> None:
    (tmp_path / "__init__.py").write_text('"""A room with a `table`."""\n', "utf-8")
    for name in ("table.py", "chair.py"):
        (tmp_path / name).touch()
    assert unnamed(tmp_path) == {"chair"}
