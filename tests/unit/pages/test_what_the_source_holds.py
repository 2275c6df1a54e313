"""Agreements of the whole project that no other tool checks, each over the files it is about."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.project import ROOT

# What a test may call as a method in place of an `assert` of its own: each of these asserts.
ASSERTING_METHODS = {"raises", "check_invariants", "see", "run", "expect_silence", "refusal"}
# What happens in the engine is the same thing before the wire, in ticks, and behind it, in prices.  A bot's author
# reads of `order_executed` on the protocol's page and looks for `OrderExecuted`.
ENGINES_OWN = {"exchange/engine/events.py", "exchange/engine/trade.py"}
# Where a pause is what is measured or waited for by looking, and no test's order of events hangs on it.
PAUSES = {
    "tests/integration/test_interruption.py": "tells a program to end at every delay after its start",
    "tests/unit/networking/inbound/test_fair_shares.py": "looks again, until a deadline",
    "tests/support/processes.py": "looks again, until a deadline",
    "tests/support/watched_engine.py": "looks again, until a deadline",
    "tests/campaigns/stress_loads.py": "keeps a rate",
    "tests/campaigns/stress_probe.py": "keeps a rate",
}


def modules(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    """Each module of the folders: its path from the root, and its syntax tree."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))


def public_names(module: ast.Module) -> Iterator[str]:
    """Each class and each alias of a type that the module defines."""
    for node in module.body:
        names = [node.name] if isinstance(node, ast.ClassDef) else []
        if isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        yield from (name for name in names if re.match(r"[A-Z][a-z]", name))


def test_a_public_name_of_a_type_means_one_thing() -> None:
    places: defaultdict[str, list[str]] = defaultdict(list)
    for path, module in modules("exchange", "tui"):
        for name in public_names(module):
            places[name].append(path)
    shared = {name: found for name, found in places.items() if len(found) > 1}
    assert {name: found for name, found in shared.items() if not are_ends_of_a_wire(found)} == {}


def are_ends_of_a_wire(places: list[str]) -> bool:
    """Whether one of two places is the engine's own, and the other where the client library has what it says."""
    engines, told = set(places) & ENGINES_OWN, set(places) - ENGINES_OWN
    return len(engines) == 1 and told == {"exchange/networking/client/typed_events.py"}


def swallowed(module: ast.Module) -> list[int]:
    """The lines where an exception is caught and nothing is done about it."""
    handlers = (node for node in ast.walk(module) if isinstance(node, ast.ExceptHandler))
    return [each.lineno for each in handlers if all(isinstance(line, ast.Pass) for line in each.body)]


def test_no_exception_is_caught_and_passed_over() -> None:
    found = {path: swallowed(module) for path, module in modules("exchange", "tui", "scripts", "tests")}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_no_test_waits_by_sleeping() -> None:
    found = {path for path, module in modules("tests") if "sleep" in called_names(module)}
    assert found == set(PAUSES)


# --- each test asserts something -------------------------------------------------------------------------------


def called_names(node: ast.AST) -> set[str]:
    """The names of all that is called within, methods and functions."""
    calls = (each.func for each in ast.walk(node) if isinstance(each, ast.Call))
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


def functions(module: ast.Module) -> Iterator[ast.FunctionDef]:
    """Every function and method of the module."""
    yield from (node for node in ast.walk(module) if isinstance(node, ast.FunctionDef))


def asserts(function: ast.FunctionDef) -> bool:
    """Whether the function itself says what must hold."""
    return any(isinstance(node, ast.Assert) for node in ast.walk(function)) or "raises" in called_names(function)


def idle_tests(tests: list[tuple[str, ast.Module]]) -> list[str]:
    """The tests that can't fail but by an exception: they assert nothing and call no helper that does."""
    helpers = {name for _, module in tests for name in asserting_helpers(module)}
    return [
        f"{path}: {function.name}"
        for path, module in tests
        for function in functions(module)
        if function.name.startswith("test_")
        and not asserts(function)
        and not called_names(function) & (helpers | ASSERTING_METHODS)
    ]


def asserting_helpers(module: ast.Module) -> Iterator[str]:
    """The names of the module's own functions, tests left out, that assert."""
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("test_") and asserts(node):
            yield node.name


def test_each_test_asserts_something_that_can_fail() -> None:
    assert idle_tests(list(modules("tests"))) == []


@pytest.mark.parametrize("body", ["pass", "market.enter()", "limit(1)", "'a text'"])
def test_a_test_that_asserts_nothing_is_found_out(body: str) -> None:
    source = f"def limit(price): return price\ndef test_it(market): {body}\n"
    assert idle_tests([("test_it.py", ast.parse(source))]) == ["test_it.py: test_it"]


def sets_given_to_parametrize(module: ast.Module) -> list[int]:
    """The lines where a test's cases are given as a set, so in another order in each process."""
    calls = (node for node in ast.walk(module) if isinstance(node, ast.Call))
    cases = (call for call in calls if ast.unparse(call.func).endswith("parametrize"))
    return [call.lineno for call in cases for each in call.args if is_set(each)]


def is_set(node: ast.expr) -> bool:
    """Whether it is written as a set."""
    return isinstance(node, ast.Set) or ast.unparse(node).startswith(("set(", "frozenset("))


def test_the_cases_of_each_test_come_in_an_order_that_every_process_shares() -> None:
    found = {path: sets_given_to_parametrize(module) for path, module in modules("tests")}
    assert {path: lines for path, lines in found.items() if lines} == {}


# --- words -----------------------------------------------------------------------------------------------------

TRADING_WORDS = re.compile(
    r"\b(?:trad(?:es?|ers?|ing)|books?|prices?|symbols?|instruments?|bids?|ledger|matching|orders)\b", re.I
)


def test_the_helpers_know_no_trading_word() -> None:
    helpers = (ROOT / "exchange" / "utils").glob("[a-z]*.py")
    found = {path.name: TRADING_WORDS.findall(path.read_text("utf-8")) for path in helpers}
    assert {name: words for name, words in found.items() if words} == {}


# --- sizes -----------------------------------------------------------------------------------------------------

FILE_LINES_MAX = 350
FUNCTION_LINES_MAX = 50


def test_every_file_of_the_exchange_can_be_read_in_one_sitting() -> None:
    paths = [path for path, _ in modules("exchange", "tui", "scripts")]
    lines = {path: (ROOT / path).read_text("utf-8").count("\n") for path in paths}
    assert {path: count for path, count in lines.items() if count > FILE_LINES_MAX} == {}


def test_every_function_can_be_seen_at_once() -> None:
    found = {
        f"{path} {node.name}": lines
        for path, module in modules("exchange", "tui", "scripts")
        for node in ast.walk(module)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES_MAX
    }
    assert found == {}


def test_every_module_says_what_it_is_for() -> None:
    assert [path for path, module in modules("exchange", "tui", "scripts") if not ast.get_docstring(module)] == []


def rooms() -> list[Path]:
    """Every folder of the exchange and of the trader's side that holds code."""
    found = {path.parent for folder in ("exchange", "tui") for path in (ROOT / folder).rglob("*.py")}
    return sorted(found)


@pytest.mark.parametrize("room", rooms(), ids=lambda room: str(room.relative_to(ROOT)))
def test_every_room_has_a_door_that_says_what_it_is_for(room: Path) -> None:
    assert ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8")))
