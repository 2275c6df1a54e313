"""RULES.md taken apart: its numbered rules, and the worked examples of each."""

from __future__ import annotations

import re
from typing import NamedTuple

NOT_BUILT = "*Not built yet.*"
_HEADING = re.compile(r"^## (\d+)\. (.+)$", re.MULTILINE)
_WHERE_RULES_MEET = "\n## Where rules meet"
_EXAMPLE = re.compile(r"^```\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Rule(NamedTuple):
    """One section of the page."""

    number: int
    title: str
    text: str

    @property
    def examples(self) -> list[str]:
        """What is in each of its fenced blocks."""
        return _EXAMPLE.findall(self.text)


def rules_of(page: str) -> list[Rule]:
    """The numbered sections of the page, in its order."""
    heads = list(_HEADING.finditer(page))
    ends = [head.start() for head in heads[1:]] + [page.index(_WHERE_RULES_MEET)]
    return [Rule(int(head[1]), head[2], page[head.end() : end]) for head, end in zip(heads, ends, strict=True)]


def meeting_examples(page: str) -> list[str]:
    """The examples of where rules meet."""
    found: list[str] = _EXAMPLE.findall(page[page.index(_WHERE_RULES_MEET) :])
    return found
