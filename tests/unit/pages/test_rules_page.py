"""RULES.md is true: the engine does what each worked example shows; a rule without one says it is not built."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.project import ROOT
from tests.support.rule_examples import Play
from tests.support.rules_page import NOT_BUILT, Rule, meeting_examples, rules_of

PAGE = (ROOT / "exchange" / "RULES.md").read_text("utf-8")
RULES = rules_of(PAGE)
EXAMPLES = [
    pytest.param(example, id=f"{rule.number}-{number}")
    for rule in RULES
    for number, example in enumerate(rule.examples, start=1)
] + [
    pytest.param(example, id=f"rules-meet-{number}")
    for number, example in enumerate(meeting_examples(PAGE), start=1)
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_engine_does_what_the_example_shows(example: str, tmp_path: Path) -> None:
    Play(example, tmp_path).run()


def test_the_rules_are_numbered_without_a_gap() -> None:
    assert [rule.number for rule in RULES] == list(range(1, 29))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.number))
def test_a_rule_is_shown_by_an_example_or_marked_as_not_built(rule: Rule) -> None:
    assert bool(rule.examples) != (NOT_BUILT in rule.text), rule.title


@pytest.mark.parametrize(
    ("told", "broken"),
    [("from carol", "from dave"), ("5 canceled", "6 canceled"), ("bob 70 @ 52", "bob 71 @ 52")],
)
def test_an_example_that_is_not_true_is_found_out(told: str, broken: str, tmp_path: Path) -> None:
    example = """
BUY           | SELL
alice 10 @ 50 | bob 70 @ 52
carol sells 15 @ 49 IOC
  → alice buys 10 @ 50 from carol
  → order 3: 5 canceled, IOC_REMAINDER
BUY | SELL
    | bob 70 @ 52
"""
    Play(example, tmp_path).run()
    before, _, after = example.rpartition(told)
    with pytest.raises(AssertionError):
        Play(before + broken + after, tmp_path).run()


def test_every_rule_that_another_rule_names_is_there() -> None:
    named = {int(number) for number in re.findall(r"\brules? (\d+)", PAGE)}
    assert named and named <= {rule.number for rule in RULES}
