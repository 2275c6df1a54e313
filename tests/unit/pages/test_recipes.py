"""The recipes work: each is carried out on a copy of the project, and its last step is run there.

A step is a fenced block and the words before it.  "a new file, `path`" makes a file of the block; "in `path` below
`text`" puts it below the only line that begins with the text; the last block of a recipe is run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

import pytest

from exchange.cli.compiled_engine import PURE, VARIABLE
from tests.support.project import ROOT

PAGE = (ROOT / "exchange" / "RECIPES.md").read_text("utf-8")
PACKAGES = ("exchange", "tui", "scripts", "tests")
_BLOCK = re.compile(r"^( *)```python\n(.*?)^ *```$", re.DOTALL | re.MULTILINE)
_NEW_FILE = re.compile(r"a new file, `([^`]+)`", re.IGNORECASE)
_BELOW = re.compile(r"in\s+`([^`]+)`\s+below\s+`([^`]+)`")


class Step(NamedTuple):
    """What the page says before a block, and the block."""

    words: str
    code: str


class Recipe(NamedTuple):
    """One section of the page."""

    title: str
    steps: list[Step]


def recipes() -> list[Recipe]:
    """All of the page."""
    sections = re.split(r"^## (.+)$", PAGE, flags=re.MULTILINE)[1:]
    return [Recipe(title, steps_of(text)) for title, text in zip(sections[::2], sections[1::2], strict=True)]


def steps_of(text: str) -> list[Step]:
    """The blocks of a section, each with what stands between it and the one before."""
    steps, end = [], 0
    for block in _BLOCK.finditer(text):
        code = "".join(line.removeprefix(block[1]) for line in block[2].splitlines(keepends=True))
        steps.append(Step(text[end : block.start()], code))
        end = block.end()
    return steps


def carry_out(step: Step, project: Path) -> None:
    """Make the file, or put the lines where they belong."""
    new_file, below = _NEW_FILE.search(step.words), _BELOW.search(step.words)
    if new_file is not None:
        assert not (project / new_file[1]).exists()
        (project / new_file[1]).write_text(step.code, "utf-8")
        return
    assert below is not None, f"where does this belong?\n{step.code}"
    path, text = project / below[1], below[2]
    lines = path.read_text("utf-8").splitlines(keepends=True)
    found = [number for number, line in enumerate(lines) if line.startswith(text)]
    assert len(found) == 1, f"{below[1]} has {len(found)} lines that begin with {text!r}"
    lines.insert(found[0] + 1, step.code)
    path.write_text("".join(lines), "utf-8")


@pytest.mark.parametrize("recipe", recipes(), ids=lambda recipe: recipe.title)
def test_a_recipe_carried_out_on_a_copy_of_the_project_works(recipe: Recipe, tmp_path: Path) -> None:
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for step in recipe.steps[:-1]:
        carry_out(step, tmp_path)
    # A path of its own, ahead of where this project is installed.
    check = f"import sys\nsys.path.insert(0, {str(tmp_path)!r})\n" + textwrap.dedent(recipe.steps[-1].code)
    command = [sys.executable, "-c", check]
    environment = {**os.environ, VARIABLE: PURE}  # Of this copy nothing is compiled.
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_a_step_that_finds_no_place_for_its_lines_fails(tmp_path: Path) -> None:
    (tmp_path / "file.py").write_text("one = 1\ntwo = 2\n", "utf-8")
    carry_out(Step("in `file.py` below `one`:", "more = 3\n"), tmp_path)
    assert (tmp_path / "file.py").read_text("utf-8") == "one = 1\nmore = 3\ntwo = 2\n"
    with pytest.raises(AssertionError, match="0 lines"):
        carry_out(Step("in `file.py` below `three`:", "more = 3\n"), tmp_path)
