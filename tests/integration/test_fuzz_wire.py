"""A short campaign against a real engine; `scripts/fuzz_wire.py` runs as many lines as one likes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.campaigns.fuzz_campaign import run_campaign
from tests.campaigns.fuzz_conversation import FuzzError, check_answer
from tests.campaigns.fuzz_lines import Case, Due, LineMaker, is_strict_object

LINES = 20_000


@pytest.mark.parametrize("seed", [7])
def test_every_hostile_line_gets_what_it_is_due_and_the_engine_trades_on(tmp_path: Path, seed: int) -> None:
    figures = run_campaign(tmp_path, LINES, seed)
    assert figures.line_count >= LINES
    assert figures.after.threads == figures.before.threads
    assert figures.verdict == "sound"
    assert figures.watcher_count > figures.lagging_count > 0


def test_a_seed_makes_the_same_lines_again() -> None:
    first, second = (LineMaker(random.Random(3), "1-") for _ in range(2))
    assert [first.case() for _ in range(500)] == [second.case() for _ in range(500)]


CASE = Case(b"[]", "json", Due(frozenset({"error"}), frozenset({"MALFORMED"}), ()))
MALFORMED = {"type": "error", "code": "MALFORMED"}


@pytest.mark.parametrize(
    "answer",
    [
        [],
        [{"type": "error", "code": "BAD_VALUE"}],
        [{"type": "order_rejected", "code": "MALFORMED"}],
        [MALFORMED, MALFORMED],
        [MALFORMED, {"type": "order_canceled", "seq": 1}],
    ],
)
def test_an_answer_that_is_not_the_one_due_is_noticed(answer: list[dict[str, object]]) -> None:
    check_answer(CASE, [MALFORMED])
    with pytest.raises(FuzzError):
        check_answer(CASE, answer)


@pytest.mark.parametrize(
    ("line", "is_strict"),
    [
        (b'{"a":[[[[[[[1]]]]]]]}', True),
        (b'{"a":[[[[[[[[1]]]]]]]]}', False),
        (b'{"a":"\xc3\xa9","b":1e999}', True),
        (b'{"a":NaN}', False),
        (b'{"a":1,"\\u0061":2}', False),
        (b'{"a":"\\ud800"}', False),
        (b'{"a":"\x7f"}', False),
        (b"[]", False),
        (b"", False),
    ],
)
def test_the_second_opinion_knows_strict_json(line: bytes, is_strict: bool) -> None:
    assert is_strict_object(line) is is_strict
