"""Who may import whom (setup.cfg) is more than words: each clause is broken on purpose, and must be found broken.

The clauses are read from the contract itself, so a new one is tried like the others: one arrow that it forbids is
drawn into the graph of all imports, and the contract is asked.
"""

from __future__ import annotations

import ast
import copy
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import combinations, permutations
from pathlib import Path
from typing import Any, NamedTuple

import grimp
import pytest
from importlinter import api
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract
from importlinter.domain.contract import Contract

from tests.support.project import ROOT

CONFIGURATION = api.read_configuration(str(ROOT / "setup.cfg"))
PACKAGES = ("exchange", "tui", "scripts", "tests")
_KINDS: dict[str, type[Contract]] = {
    "layers": LayersContract,
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
}


class Arrow(NamedTuple):
    """An import: `importer` would have a line that imports `imported`."""

    importer: str
    imported: str


def configured_contracts() -> list[dict[str, Any]]:
    """Each contract of setup.cfg as its options."""
    options: list[dict[str, Any]] = CONFIGURATION["contracts_options"]
    return options


def forbidden_arrows(options: dict[str, Any]) -> list[Arrow]:
    """One arrow for each clause of a contract."""
    if options["type"] == "layers":
        return list(_upward_arrows(options))
    if options["type"] == "independence":
        return [Arrow(*pair) for pair in permutations(options["modules"], 2)]
    return [Arrow(*pair) for source in options["source_modules"] for pair in _to_each(source, options)]


def _to_each(source: str, options: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((source, forbidden) for forbidden in options["forbidden_modules"])


def _upward_arrows(options: dict[str, Any]) -> Iterator[Arrow]:
    """From each layer to each one above it, and between those of one layer that are strangers."""
    container = f"{options['containers'][0]}." if "containers" in options else ""
    layers = [re.findall(r"[\w.]+", layer) for layer in options["layers"]]
    for higher, lower in combinations(layers, 2):
        yield from (Arrow(container + low, container + high) for low in lower for high in higher)
    for layer, names in zip(layers, options["layers"], strict=True):
        if "|" in names:
            yield from (Arrow(container + one, container + other) for one, other in permutations(layer, 2))


@pytest.fixture(scope="module")
def imports() -> grimp.ImportGraph:
    """Every import of the project."""
    sys.path.insert(0, str(ROOT))
    try:
        return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)
    finally:
        sys.path.remove(str(ROOT))


def is_kept(options: dict[str, Any], imports: grimp.ImportGraph) -> bool:
    """Whether the contract holds for these imports, which are left as they are."""
    kind = _KINDS[options["type"]]
    contract = kind(options["name"], CONFIGURATION["session_options"], options)
    return contract.check(graph=copy.deepcopy(imports), verbose=False).kept


def is_kept_with(arrow: Arrow, options: dict[str, Any], imports: grimp.ImportGraph) -> bool:
    """Whether the contract would hold if there were this import, too."""
    graph = copy.deepcopy(imports)
    for module in arrow:
        if module not in graph.modules:
            graph.add_module(module, is_squashed=not module.startswith(PACKAGES))
    graph.add_import(importer=arrow.importer, imported=arrow.imported)
    return is_kept(options, graph)


@pytest.mark.parametrize("options", configured_contracts(), ids=lambda options: options["name"])
def test_each_clause_of_the_contract_is_broken_by_the_import_it_forbids(
    options: dict[str, Any], imports: grimp.ImportGraph
) -> None:
    arrows = forbidden_arrows(options)
    assert arrows and is_kept(options, imports)
    assert [arrow for arrow in arrows if is_kept_with(arrow, options, imports)] == []


@pytest.mark.parametrize(
    "arrow",
    [
        Arrow("tui.session_manager", "exchange.networking.outbound"),
        Arrow("tui.screen.model", "exchange.engine.orderbook"),
        Arrow("tui.plain", "exchange.networking.wire.decode"),
        Arrow("exchange.simulation.traders", "exchange.networking.publishing.publisher"),
        Arrow("exchange.simulation.replay", "exchange.storage"),
        Arrow("exchange.simulation", "tui.session_manager"),
        Arrow("tui.session_manager", "exchange.simulation"),
        Arrow("exchange.engine.matching", "time"),
        Arrow("exchange.engine.orderbook", "json"),
        Arrow("exchange.engine.engine", "exchange.utils.helpers"),
        Arrow("exchange.utils.helpers", "exchange.engine.order"),
        Arrow("exchange.networking.inbound", "exchange.networking.publishing"),
        Arrow("exchange.networking.publishing.publisher", "exchange.networking.inbound"),
        Arrow("exchange.networking.wire.decode", "exchange.networking.outbound"),
        Arrow("exchange.storage.recovery", "exchange.networking.wire.encode"),
        Arrow("exchange.core", "exchange.storage"),
        Arrow("exchange.core", "socket"),
        Arrow("exchange.matching_thread", "exchange.core"),
        Arrow("exchange.assembly", "exchange.simulation"),
    ],
    ids=lambda arrow: f"{arrow.importer}→{arrow.imported}",
)
def test_a_shortcut_that_somebody_may_want_to_take_breaks_the_contract(
    arrow: Arrow, imports: grimp.ImportGraph
) -> None:
    assert all(module in imports.modules or "." not in module for module in arrow)
    assert not all(is_kept_with(arrow, options, imports) for options in configured_contracts())


def test_every_room_of_the_exchange_has_its_place_among_the_layers(imports: grimp.ImportGraph) -> None:
    house = next(options for options in configured_contracts() if "exchange.assembly" in options.get("layers", []))
    named = {name for layer in house["layers"] for name in re.findall(r"[\w.]+", layer)}
    assert imports.find_children("exchange") <= named


def test_the_command_that_checks_the_contract_fails_on_a_line_that_breaks_it(tmp_path: Path) -> None:
    for name in PACKAGES:
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "setup.cfg", tmp_path)
    with (tmp_path / "tui" / "session_order.py").open("a") as module:
        module.write("\nfrom exchange.networking.outbound import outbox\n")
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "tui.session_order -> exchange.networking.outbound" in ended.stdout


BUILT_IN_DOORS = {"open", "print", "input", "exec", "eval", "__import__", "breakpoint"}


@pytest.mark.parametrize("path", sorted((ROOT / "exchange" / "engine").glob("*.py")), ids=lambda path: path.stem)
def test_the_engine_calls_nothing_built_in_that_touches_the_world(path: Path) -> None:
    names = {node.id for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Name)}
    assert not names & BUILT_IN_DOORS
