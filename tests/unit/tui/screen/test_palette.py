"""The search over keys and commands: what is found, why it does nothing now, what Enter and Tab do."""

from __future__ import annotations

import pytest

from tests.support.screen_scenes import LAST_TICKS, Scene, busy, calm, said, sent
from tui.screen.cells import Attribute
from tui.screen.command_parser import COMMANDS, BadCommand, parse_command
from tui.screen.key_decoder import Paste
from tui.screen.key_table import Action
from tui.screen.messages import Typed
from tui.screen.palette import complete, search
from tui.screen.proposals import OrderProposal
from tui.screen.update import update
from tui.screen.view import view


def rows(scene: Scene) -> list[str]:
    model = scene.model
    canvas = view(model, model.width, model.height, scene.now)
    return [canvas.row(y) for y in range(canvas.height)]


def keys(text: str) -> list[str]:
    return ["space" if letter == " " else letter for letter in text]


# --- what is found ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "first"),
    [("flatten", "f"), (":flatten", ":flatten"), ("f", "f"), ("best bid", "B S"), ("ticks per", "< >"),
     ("largest", ":max"),
     ("theme", "T"), ("cancel my off", "( )")],
)  # fmt: skip
def test_keys_and_commands_are_found_by_any_of_their_words(query: str, first: str) -> None:
    assert search(calm().model, query)[0].shown.startswith(first)


def test_every_key_and_command_is_found_by_nothing_typed() -> None:
    shown = [entry.shown for entry in search(calm().model, "")]
    assert {"b s", "X", "m"} <= set(shown)
    assert len([name for name in shown if name.startswith(":")]) >= len(COMMANDS)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("flatten", "there is no position left to flatten"),
        ("Cancel my orders at", "there is no order of yours here to cancel"),
        ("next symbol", "the engine lists one symbol only"),
        ("iceberg shows", "LIMIT has no more to choose: d is for ICEBERG and STOP LIMIT"),
        ("move the", "there is no working order to move here"),
        ("ticket row asks", "nothing waits to be sent"),
        ("quit", ""),
    ],
)
def test_a_key_that_does_nothing_now_says_why(query: str, why: str) -> None:
    entries = [entry for entry in search(calm().model, query) if entry.action is not None]
    assert entries[0].why_not == why


def test_the_reason_of_the_search_is_that_of_the_key() -> None:
    scene = calm()
    scene.press("tab")
    (entry,) = [found for found in search(scene.model, "at the cursor") if found.action is Action.BUY]
    scene.press("b")
    assert said(scene) == entry.why_not == "b and s act on the ladder: go there with Tab"


# --- the help --------------------------------------------------------------------------------------------------


def test_letters_typed_in_the_help_search_and_do_nothing_else() -> None:
    scene = calm()
    scene.position(30, "100.00", "0")
    assert scene.press("?", *keys("flat b")) == []
    assert scene.model.help_query == "flat b" and scene.model.confirm is None
    scene.press("backspace", "backspace")
    assert any("►" in row and "flat" in row.lower() for row in rows(scene))
    scene.press("escape")
    assert not scene.model.is_help_shown


def test_enter_in_the_help_does_what_was_chosen_like_its_key() -> None:
    scene = calm()
    scene.press("?", *keys("best bid"))
    assert scene.press("enter") == []
    assert isinstance(scene.model.confirm, OrderProposal)
    assert not scene.model.is_help_shown
    assert len(sent(scene.press("enter"))) == 1


def test_a_command_that_was_chosen_is_begun() -> None:
    scene = calm()
    scene.press("?", *keys("largest order"), "enter")
    assert scene.model.command is not None
    assert scene.model.command.text == "max "


def test_what_does_nothing_now_is_said_when_it_is_chosen_all_the_same() -> None:
    scene = calm()
    scene.press("?", *keys("flatten the"), "enter")
    assert said(scene) == "there is no position left to flatten"


def test_cancel_all_works_in_the_help_and_a_paste_is_searched_for_and_no_more() -> None:
    scene = busy(120, 36)
    scene.press("?", "f")
    update(scene.model, Typed(scene.now, Paste("latten\r")))
    assert scene.model.help_query == "flatten" and scene.model.is_help_shown
    assert [request["type"] for request in sent(scene.press("X"))] == ["cancel_all"]


def test_arrows_choose_among_what_was_found() -> None:
    scene = calm()
    scene.press("?", *keys("cancel"), "down", "down")
    assert scene.model.help_chosen == 2
    scene.press("up", "page_down", "page_down")
    assert scene.model.help_chosen == len(search(scene.model, "cancel")) - 1


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
def test_the_reason_is_shown_beside_the_key(size: tuple[int, int]) -> None:
    scene = calm(*size)
    scene.press("?", *keys("flatten the"))
    assert any("not now: there is no position left to flatten" in row for row in rows(scene))


# --- the command line ------------------------------------------------------------------------------------------


def test_what_is_typed_finds_keys_and_commands_above_the_line() -> None:
    scene = calm()
    calm_rows = rows(scene)
    scene.press(":")
    assert rows(scene)[:33] == calm_rows[:33], "nothing is typed: nothing covers the book"
    scene.press(*"flat")
    shown = rows(scene)
    assert any(":flatten" in row for row in shown[:33]) and "flat" in shown[33]
    scene.press("escape", ":", *keys("buy 10"))
    assert ":buy QUANTITY [PRICE]" in rows(scene)[31]
    scene.press("space")
    assert "Tab: bid ask mid last stop" in rows(scene)[32]


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("fl", "flatten "),
        ("r", "reverse "),
        ("m", "m"),
        ("me", "messages "),
        ("buy 10 b", "buy 10 bid "),
        ("buy 10 bid s", "buy 10 bid s"),
        ("sell 5 stop as", "sell 5 stop ask "),
        ("symbol BR", "symbol BRICK "),
        ("symbol b", "symbol BRICK "),
        ("cancel b", "cancel bids "),
        ("cancel 7", "cancel 77"),
        ("group a", "group auto "),
        ("panel he", "panel heat "),
        ("set c", "set confirm "),
        ("set confirm al", "set confirm always "),
        ("nothing", "nothing"),
        ("", ""),
    ],
)
def test_tab_completes_as_far_as_it_is_sure(text: str, completed: str) -> None:
    scene = Scene(120, 36, ("ACME", "BRICK"))
    scene.order(771, "BUY", LAST_TICKS - 1, 10)
    scene.order(772, "BUY", LAST_TICKS - 1, 10)
    assert complete(scene.model, text) == completed


def test_tab_completes_in_the_line_and_nothing_is_sent() -> None:
    scene = calm()
    assert scene.press(":", "f", "l", "tab") == []
    assert scene.model.command is not None
    assert (scene.model.command.text, scene.model.command.cursor) == ("flatten ", 8)


def test_a_letter_and_its_mark_are_one_cell_and_the_cursor_is_behind_it() -> None:
    scene = calm()
    scene.press(":", *"e\u0301x\u0301")
    assert scene.model.command is not None
    assert scene.model.command.text == "\u00e9x\u0301"
    row = rows(scene)[33]
    assert row.startswith(" :\u00e9x\\u0301 ")
    canvas = view(scene.model, 120, 36, scene.now)
    reversed_cells = [x for x in range(120) if canvas.attributes[33 * 120 + x] & Attribute.REVERSE]
    assert reversed_cells == [10]


def test_every_command_of_the_search_is_one_of_the_line() -> None:
    for command in COMMANDS:
        answer = parse_command(command.word)
        assert not isinstance(answer, BadCommand) or "say it as" in answer.text


# --- messages --------------------------------------------------------------------------------------------------


def test_all_messages_are_listed_newest_first_and_scroll() -> None:
    scene = calm()
    for number in range(40):
        scene.order(number + 1, "BUY", LAST_TICKS - 1, 10)
    scene.press("m")
    shown = rows(scene)
    assert "MESSAGES 41" in shown[1]
    assert "10:42:07 ACK 40 BUY 10" in shown[2] and "ACK 39" in shown[3]
    scene.press("down", "page_down")
    assert "ACK 29" in rows(scene)[2]
    scene.press("b")
    assert scene.model.is_log_shown and scene.model.confirm is None
    scene.press(":", "b")
    assert scene.model.command is not None and scene.model.command.text == "b"
    scene.press("escape", "m", "m")
    assert not scene.model.is_log_shown
