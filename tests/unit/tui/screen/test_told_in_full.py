"""What the screen tells is there to its last word, what does nothing is pale, and an error names the value."""

from __future__ import annotations

import pytest

from tests.support.rewound_day import RewoundDay, busy_day
from tests.support.screen_scenes import LAST_TICKS, Scene, busy, calm, said, sent
from tui.screen.cells import Color
from tui.screen.key_table import REWIND_SECTION
from tui.screen.layout import Panel
from tui.screen.messages import Lost
from tui.screen.palette import complete, idle_rows
from tui.screen.proposals import OrderProposal
from tui.screen.update import update
from tui.screen.view import view

RULE = "display_quantity 20: must be from 1 to less than the quantity"
SIZES = [(60, 20), (80, 24), (120, 40)]


def rows(scene: Scene | RewoundDay) -> list[str]:
    canvas = view(scene.model, scene.model.width, scene.model.height, scene.model.now)
    return [canvas.row(y) for y in range(canvas.height)]


def words(shown: list[str]) -> str:
    """What stands there, the borders left out and with one blank between two words."""
    return " ".join("".join(" " if letter in "│╭╮╰╯─" else letter for letter in " ".join(shown)).split())


def ladder(scene: Scene) -> list[str]:
    return [row[: scene.model.layout.panels[Panel.LADDER].width] for row in rows(scene)[1:-3]]


def command(scene: Scene, text: str) -> list[dict[str, object]]:
    """What is sent by typing it."""
    return sent(scene.press(":", *("space" if letter == " " else letter for letter in text), "enter"))


def refused(width: int, height: int) -> Scene:
    scene = calm(width, height)
    scene.press("b", "enter")
    client_order_id = scene.model.orders.open()[0].client_order_id
    scene.say({
        "type": "order_rejected", "client_order_id": client_order_id, "code": "BAD_DISPLAY", "text": RULE,
    })  # fmt: skip
    return scene


# --- messages --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_the_rule_of_a_refusal_is_whole_among_the_messages_and_each_time_begins_one(
    width: int, height: int
) -> None:
    scene = refused(width, height)
    scene.press("m")
    shown = rows(scene)
    assert f"{RULE} [BAD_DISPLAY]" in words(shown[1:-3])
    assert shown[2].startswith("│ 10:42:07 REJECT BUY 10")
    assert width == 120 or shown[3].startswith("│" + " " * 10)
    scene.press("down")
    assert "REJECT" not in words(rows(scene)[1:-3])


def test_a_message_that_is_cut_names_the_key_that_shows_all_of_it() -> None:
    narrow, wide = refused(80, 24), refused(200, 60)
    assert rows(narrow)[-2].rstrip().endswith("… m: all")
    assert "m: all" not in rows(wide)[-2] and RULE in rows(wide)[-2]


def test_a_message_longer_than_the_overlay_ends_at_its_border() -> None:
    scene = calm(60, 20)
    scene.say({"type": "order_rejected", "client_order_id": "x", "code": "C", "text": "word " * 400})
    scene.press("m")
    assert rows(scene)[16].startswith("╰─") and "SAFE" in rows(scene)[17]


# --- banners ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_a_block_is_told_in_whole_words(width: int, height: int) -> None:
    scene = calm(width, height)
    scene.model.is_blocked = True
    assert "BLOCKED by the operator orders are refused; a typed :buy tries again" in words(ladder(scene)[:2])
    assert "…" not in "".join(ladder(scene)[:2])


def test_no_row_of_a_banner_ends_within_a_title() -> None:
    scene = calm(80, 24)
    scene.model.is_blocked = True
    scene.phase("HALTED", "OPERATOR")
    shown = [words([row]) for row in ladder(scene)[:3]]
    blocked = "orders are refused; a typed :buy tries again"
    assert shown == ["BLOCKED by the operator", "ACME HALTED · by the operator", blocked]


def test_a_long_reason_goes_on_in_further_rows_and_moves_no_price() -> None:
    scene = busy(80, 24)
    before = ladder(scene)
    reason = "the engine does not answer on 127.0.0.1:9001: connection refused"
    update(scene.model, Lost(scene.now, reason))
    shown = ladder(scene)
    assert f"{reason}; your orders may go on working" in words(shown[:4])
    assert [row[19:27] for row in shown[6:-1]] == [row[19:27] for row in before[6:-1]]


def test_a_banner_leaves_the_book_its_room_however_long_the_reason_is() -> None:
    scene = busy(80, 24)
    update(scene.model, Lost(scene.now, "a reason " * 60))
    shown = ladder(scene)
    assert "LADDER ACME" in shown[4] and "…" in shown[3]


# --- what does nothing -----------------------------------------------------------------------------------------


def help_colors(scene: Scene | RewoundDay, text: str) -> set[int]:
    """In which colours the keys of these rows of the help are."""
    canvas = view(scene.model, scene.model.width, scene.model.height, scene.model.now)
    found = [(row.index(text), y) for y in range(canvas.height) if text in (row := canvas.row(y))]
    assert found, text
    return {canvas.foregrounds[y * canvas.width + x] for x, y in found}


def test_the_keys_of_a_recorded_day_are_pale_where_there_is_none() -> None:
    scene = calm(200, 60)
    scene.press("?")
    for text in ("Play, pause", "To the next trade", "To the next large print", "Who stands at the cursor"):
        assert help_colors(scene, text) == {Color.FAINT}, text
    for text in ("Time in force", "Order type", "Centre the ladder", "Previous, next preset"):
        assert Color.TEXT in help_colors(scene, text), text


def test_on_a_recorded_day_the_keys_that_order_are_pale_and_its_own_are_not() -> None:
    with busy_day(200) as day:
        screen = RewoundDay(day, 200, 60)
        screen.press("?")
        for text in ("Time in force", "Cancel ALL my orders", "Send what the ticket row asks", "Size preset"):
            assert help_colors(screen, text) == {Color.FAINT}, text
        for text in ("To the next trade", "Zoom the panel", "Play, pause"):
            assert help_colors(screen, text) == {Color.TEXT}, text
        assert not any(section == REWIND_SECTION for section, _ in idle_rows(screen.model))


@pytest.mark.parametrize(
    ("width", "height", "keys", "shown", "why"),
    [
        (60, 20, "z", "z", "there is room for one panel only: Tab shows the next one"),
        (120, 36, ",", ", .", "no heat map is shown: h shows it"),
    ],
)
def test_what_the_help_shows_pale_says_why_when_it_is_pressed(
    width: int, height: int, keys: str, shown: str, why: str
) -> None:
    scene = calm(width, height)
    assert ("Screen", shown) in idle_rows(scene.model)
    scene.press(keys)
    assert said(scene) == why
    assert ("Screen", shown) not in idle_rows(calm(200, 60).model)


# --- the ladder's heads ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), [(60, 20), (80, 24), (120, 40), (200, 60)])
def test_the_volume_has_a_head_of_its_own_beside_that_of_mine(width: int, height: int) -> None:
    scene = busy(width, height)
    scene.press("z")
    scene.press("z")
    heads = next(row for row in ladder(scene) if "PRICE" in row)
    bars = [row for row in ladder(scene) if "█" in row[heads.index("VOL") :]]
    assert heads.count("VOL") == 1 and heads.index("VOL") > heads.rindex("MINE") + len("MINE") and bars
    mine = slice(heads.rindex("MINE"), heads.rindex("MINE") + len("MINE"))
    assert not any("█" in row[mine] for row in bars)


# --- commands --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("qty 0", "quantity '0' must be a whole number of at least 1 and at most 18 digits"),
        ("qty", "say it as: qty QUANTITY"),
        ("set foo bar", "there is no setting 'foo': there are bell and confirm"),
        ("set confirm never", "confirm 'never' must be unless-armed or always"),
        ("presets 1 2", "1 2: presets are 5 whole numbers of lots, smallest first"),
        ("presets 1 2 x 4 5", "preset 'x' must be a whole number of lots of at least 1"),
        ("max 0", "max '0' must be a whole number of at least 1, or off"),
        ("cancel x", "cancel 'x': it must be an order's id, or all, bids or asks"),
        ("buy 10 100 show 20", "show 20 must be less than the quantity, 10"),
        ("buy 10 100 show 10", "show 10 must be less than the quantity, 10"),
        ("buy 10 show 5", "show 5: a MARKET order shows nothing, as it has no price to rest at"),
        ("buy 5 100 stop 99 stop 98", "stop stands there twice: an order has it once"),
        ("buy 5 100 day day", "day stands there twice: an order has it once"),
        ("buy 5 @", "say at which price: `@ PRICE`"),
    ],
)
def test_a_command_that_cannot_be_meant_names_the_value_and_the_rule(text: str, told: str) -> None:
    scene = calm()
    assert command(scene, text) == [] and scene.model.confirm is None
    assert said(scene) == told


@pytest.mark.parametrize("text", ["buy 50 @ 99.90", "buy 50 @99.90", "buy 50 99.90"])
def test_a_price_may_be_typed_as_the_screen_shows_it(text: str) -> None:
    scene = calm()
    command(scene, text)
    proposal = scene.model.confirm
    assert isinstance(proposal, OrderProposal) and proposal.text() == "BUY 50 ACME @ 99.90 LIMIT GTC"
    (request,) = sent(scene.press("enter"))
    assert request["price"] == proposal.scale.price(LAST_TICKS - 7)


def test_behind_the_at_tab_offers_prices() -> None:
    assert complete(calm().model, "buy 10 @ b") == "buy 10 @ bid "


def test_an_iceberg_that_shows_less_than_it_is_asks_as_ever() -> None:
    scene = calm()
    command(scene, "buy 10 100 show 5")
    assert isinstance(scene.model.confirm, OrderProposal) and scene.model.confirm.display_quantity == 5
    assert "BUY 10 ACME @ 100.00 ICEBERG GTC shows 5" in rows(scene)[33]


# --- a recorded day --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("at 25:00", "time '25:00' must be 00:00 to 23:59:59 in UTC, as in: at 10:42:07"),
        ("speed x", "speed 'x' must be a number from 0.1 to 1000"),
        ("speed 5000", "speed '5000' must be a number from 0.1 to 1000"),
        ("goto x", "command 'x' must be a whole number of at most 18 digits"),
        ("order x", "order 'x' must be a whole number of at most 18 digits"),
        ("order 77777777", "the day has no event of order 77777777"),
        ("user nobody", "the day has no event of user nobody"),
    ],
)
def test_on_a_recorded_day_too_the_value_and_the_rule_are_named(text: str, told: str) -> None:
    with busy_day(200) as day:
        screen = RewoundDay(day)
        screen.command(text)
        assert screen.model.notices[-1].text == told


def test_an_order_or_a_user_of_before_is_told_from_one_that_never_was() -> None:
    with busy_day(600) as day:
        screen = RewoundDay(day)
        screen.command(f"goto {day.last}")
        last = day.index.of_order(5)[-1]
        screen.command("order 5")
        told = f"after this there is no event of order 5; its last was at command {last:,}"
        assert screen.model.notices[-1].text == told
        screen.command(f"goto {last}")
        user = screen.place.user
        screen.command(f"goto {day.last}")
        screen.command(f"user {user}")
        assert screen.model.notices[-1].text == f"after this there is no event of user {user}, only before"
