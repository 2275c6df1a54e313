"""What the source cites is there: each `RULES n`, each section of PROTOCOL.md, each page named or linked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.project import ROOT, pages
from tests.support.rules_page import rules_of

RULE_NUMBERS = {rule.number for rule in rules_of((ROOT / "exchange" / "RULES.md").read_text("utf-8"))}
PROTOCOL = (ROOT / "exchange" / "networking" / "PROTOCOL.md").read_text("utf-8")
HEADINGS = set(re.findall(r"^#+ (.+)$", PROTOCOL, re.MULTILINE))
_RULES_CITED = re.compile(r"RULES (\d+(?:(?:–|, | and )\d+)*)")
# A section of the page is named by its heading, since a number would say nothing to who reads the code.
_SECTION_CITED = re.compile(r'PROTOCOL(?:\.md)?,? (?:section )?("[^"]+"|\d+)')
_PAGE_NAMED = re.compile(r"\b([A-Z][A-Z_]+)\.md\b")
_OWN_PAGES = {path.stem for path in pages()}
# Only rules have numbers: a number behind the name of another page leads nowhere.
_NUMBERED = re.compile(rf"\b({'|'.join(sorted(_OWN_PAGES - {'RULES'}))})(?:\.md)? (?:section )?\d")


def sources() -> Iterator[Path]:
    """Every file of the project that cites something, but this one."""
    for folder in ("exchange", "tui", "scripts", "tests"):
        for pattern in ("*.py", "*.mjs", "*.md"):
            yield from (path for path in (ROOT / folder).rglob(pattern) if path != Path(__file__).resolve())
    yield from (ROOT / name for name in ("README.md", "tasks.md", "Makefile", "setup.cfg", "data/README.md"))


def wrong_citations(text: str) -> list[str]:
    """The citations of `text` that lead nowhere."""
    cited = [number for numbers in _RULES_CITED.findall(text) for number in re.findall(r"\d+", numbers)]
    wrong = [f"RULES {number}" for number in cited if int(number) not in RULE_NUMBERS]
    wrong += [f"PROTOCOL {name}" for name in _SECTION_CITED.findall(text) if name.strip('"') not in HEADINGS]
    wrong += [f"{name}.md" for name in _PAGE_NAMED.findall(text) if name not in _OWN_PAGES]
    return wrong + [match[0] for match in _NUMBERED.finditer(text)]


def test_every_citation_leads_to_what_it_names() -> None:
    wrong = {str(path.relative_to(ROOT)): wrong_citations(path.read_text("utf-8")) for path in sources()}
    assert {path: citations for path, citations in wrong.items() if citations} == {}


@pytest.mark.parametrize(
    "text", ["(RULES 0)", "RULES 9–29", "RULES 1, 30", "PROTOCOL 7", 'PROTOCOL "Manners"', "MANNERS.md", "TOUR 3"]
)
def test_a_citation_that_leads_nowhere_is_found_out(text: str) -> None:
    assert wrong_citations(f"as {text} has it") != []


@pytest.mark.parametrize("text", ["(RULES 28)", "RULES 1–6, 14–16, 23", 'PROTOCOL "Login"', "RULES.md"])
def test_a_citation_that_leads_somewhere_is_let_be(text: str) -> None:
    assert wrong_citations(f"as {text} has it") == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target
