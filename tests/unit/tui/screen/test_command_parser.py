"""The command line: editing, history, and what the commands mean."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tui.screen.command_editor import CommandEditor
from tui.screen.command_parser import (
    BadCommand,
    CancelCommand,
    OrderCommand,
    QuantityCommand,
    SymbolCommand,
    WordCommand,
    parse_command,
)
from tui.typed_price import PriceBase, PriceWord
from tui.typed_terms import TypedTerms


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("buy 10 100.25", OrderCommand(True, 10, TypedTerms(Decimal("100.25")))),
        (":sell 5", OrderCommand(False, 5, TypedTerms())),
        (
            "BUY 10 100 post day",
            OrderCommand(True, 10, TypedTerms(Decimal(100), post_only=True, time_in_force="DAY")),
        ),
        ("sell 9 98.5 stop 99", OrderCommand(False, 9, TypedTerms(Decimal("98.5"), Decimal(99)))),
        (
            "buy 50 bid+1t show 5",
            OrderCommand(True, 50, TypedTerms(PriceWord(PriceBase.BID, 1), display_quantity=5)),
        ),
        ("cancel 9127", CancelCommand(9127)),
        ("cancel all", CancelCommand(None)),
        ("symbol acme", SymbolCommand("ACME")),
        ("qty 7", QuantityCommand(7)),
        ("  flatten ", WordCommand("flatten")),
    ],
)
def test_commands_are_understood(text: str, command: object) -> None:
    assert parse_command(text) == command


@pytest.mark.parametrize(
    "text",
    ["", "buy", "buy x 3", "buy 0 3", "buy -1 3", "buy 1.5 3", "cancel", "cancel x", "qty 0", "buy ² 1", "go"],
)
def test_what_is_no_command_is_told(text: str) -> None:
    assert isinstance(parse_command(text), BadCommand)


@pytest.mark.parametrize("price", ["NaN", "1e9", "-1", "inf", "100,25"])
def test_a_price_that_is_no_number_is_told(price: str) -> None:
    command = parse_command(f"buy 1 {price}")
    assert isinstance(command, BadCommand)
    assert price.lower() in command.text.lower()


def test_text_is_edited_at_the_cursor() -> None:
    line = CommandEditor([])
    line.insert("buy 10")
    for key in ("home", "right", "delete", "end", "backspace", "left"):
        line.edit(key)
    line.insert("2")
    assert (line.text, line.cursor) == ("by 21", 4)
    line.edit("ctrl_w")
    assert (line.text, line.cursor) == ("by 1", 3)
    line.edit("ctrl_u")
    assert (line.text, line.cursor) == ("1", 0)


def test_history_is_recalled_and_the_draft_comes_back() -> None:
    line = CommandEditor(["first", "second"])
    line.insert("draft")
    texts = []
    for key in ("up", "up", "up", "down", "down", "down"):
        line.edit(key)
        texts.append(line.text)
    assert texts == ["second", "first", "first", "second", "draft", "draft"]


def test_a_paste_of_several_lines_becomes_one_line_of_limited_length() -> None:
    line = CommandEditor([])
    line.insert("buy 1\r\n2" + "x" * 500)
    assert line.text.startswith("buy 1  2xxx")
    assert len(line.text) == 120
