"""What every test may ask for: where the shared test data lies, and how hard hypothesis tries.

The data is not part of the project: it is looked for in `../shared/data`, beside the project's root, and a test
that needs it is skipped, saying so, where it is missing.  `HYPOTHESIS_PROFILE=thorough` tries
forty times as much.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.project import SHARED_DATA

# No deadline: the machine is shared, and a slow example is no fault of the engine.
settings.register_profile("quick", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("thorough", settings.get_profile("quick"), max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """A function from a name in the shared data to its path, which skips the test where the file is missing."""

    def find(name: str) -> Path:
        path = SHARED_DATA / name
        if not path.exists():
            pytest.skip(f"needs {name}, which is not in {SHARED_DATA}")
        return path

    return find
