"""The rule book in scenes that a trader can read: `tables/*.txt`, each played on the engine line by line.

A scene is a heading that says what it shows, then lines as `tests/support/rule_examples.py` tells them: the book
before, what somebody does, what comes of it, the book after.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.rule_examples import Play

TABLES = Path(__file__).parent / "tables"


def load_scenes() -> list[Any]:
    """One parameter per scene of every file."""
    scenes: list[Any] = []
    for path in sorted(TABLES.glob("*.txt")):
        headings_and_bodies = re.split(r"^# (.*)\n", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
        pairs = zip(headings_and_bodies[::2], headings_and_bodies[1::2], strict=True)
        scenes += [pytest.param(body, id=f"{path.stem}: {heading}") for heading, body in pairs]
    return scenes


@pytest.mark.parametrize("scene", load_scenes())
def test_the_engine_plays_the_scene(scene: str, tmp_path: Path) -> None:
    Play(scene, tmp_path).run()


def test_no_scene_is_told_twice() -> None:
    names = [scene.id for scene in load_scenes()]
    assert len(set(names)) == len(names) > 100
