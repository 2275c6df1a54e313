"""What a check of a data directory has found, told line by line as it is found."""

from __future__ import annotations

from collections.abc import Callable


class Findings:
    """What was found, told line by line as it is found; `problem_count` says how bad it is."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.problem_count = 0
        self._tell = tell

    def fact(self, part: str, text: str) -> None:
        """How it stands with one part."""
        self._tell(f"{part:10}{text}")

    def note(self, part: str, text: str) -> None:
        """Something that the next start puts in order."""
        self._tell(f"{part:10}note: {text}")

    def problem(self, part: str, text: str, to_do: str) -> None:
        """Something wrong, and what to do about it."""
        self.problem_count += 1
        self._tell(f"{part:10}PROBLEM: {text}")
        self._tell(f"{'':10}what to do: {to_do}")
