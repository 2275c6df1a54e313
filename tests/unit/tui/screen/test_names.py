"""One name, one thing: a class of the screen has no namesake in the exchange or elsewhere in `tui`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.project import ROOT

SCREEN = ROOT / "tui" / "screen"


def public_types(path: Path) -> Iterator[str]:
    """The classes and type aliases that a file defines at its top level."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets: list[ast.expr] = []
        if isinstance(node, ast.ClassDef):
            targets = [ast.Name(node.name)]
        elif isinstance(node, ast.Assign):
            targets = node.targets
        for target in targets:
            if isinstance(target, ast.Name) and target.id[0].isupper() and not target.id.isupper():
                yield target.id


def test_no_type_of_the_screen_has_a_namesake() -> None:
    files = [*(ROOT / "tui").rglob("*.py"), *(ROOT / "exchange").rglob("*.py")]
    where: dict[str, list[Path]] = {}
    for path in files:
        for name in public_types(path):
            where.setdefault(name, []).append(path)
    shared = {
        name: [str(path.relative_to(ROOT)) for path in paths]
        for name, paths in where.items()
        if len(paths) > 1 and any(SCREEN in path.parents for path in paths)
    }
    assert where and shared == {}
