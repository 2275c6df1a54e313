"""Where the project's own files are, for tests that start its programs or read its pages."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "scripts"
# Data of others, which is not part of the project.
SHARED_DATA = ROOT.parent / "shared" / "data"


def pages() -> list[Path]:
    """Every page of the project; what tools, builds and virtual environments have laid beside it is none of it."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(ROOT / page for page in found if not any(_is_laid_beside(part) for part in page.parts))


def _is_laid_beside(folder: str) -> bool:
    return folder.startswith(".") or folder in ("build", "dist")
