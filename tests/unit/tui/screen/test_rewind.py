"""A recorded day on the screen: where the keys lead, what is shown there, and that nothing is ever sent."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.engine.words import Side
from exchange.laboratory.history import History
from exchange.laboratory.telling.moment_view import levels, moment_text, queue_at, trades_of
from tests.support.recorded_days import every_rule_day
from tests.support.rewound_day import START_NS, STEP_NS, RewoundDay, busy_day
from tui.screen.cells import Color
from tui.screen.key_decoder import Focus, Key, Mouse, MouseButton, Paste
from tui.screen.key_table import ACTIONS, REWIND_ACTIONS
from tui.screen.market_data import DayFigures
from tui.screen.messages import Effect, EngineSaid, Lost, Resized, TimePassed
from tui.screen.panels.moment import time_text
from tui.screen.rewind import day_link, day_past
from tui.screen.rewind.day_messages import GoTo, GoToTime, NextOfOrder, NextOfUser, NextTrade, SetSpeed
from tui.screen.rewind.day_past import on_tape
from tui.screen.rewind.rewind_commands import parse_wish
from tui.screen.update import next_wake
from tui.typed_price import BadLine

COMMANDS = 1_500


@pytest.fixture(scope="module")
def day() -> Iterator[History]:
    with busy_day(COMMANDS) as history:
        yield history


def rows(screen: RewoundDay) -> list[str]:
    canvas = screen.canvas()
    return [canvas.row(y) for y in range(canvas.height)]


def ladder_and_tape(screen: RewoundDay) -> list[str]:
    """All but the chart, which goes by the time that has been seen, and the messages."""
    return [row[:66] for row in rows(screen)[:-3]] + [row[66:] for row in rows(screen)[22:-3]]


def test_it_begins_with_the_first_trade_in_words_with_its_number(day: History) -> None:
    screen = RewoundDay(day)
    first = day.index.next_trade(0)
    assert first is not None and screen.place.sequence == first
    text = rows(screen)
    assert f"COMMAND {first}" in text[1] and time_text(screen.place.timestamp_ns) in text[1]
    assert screen.place.text[:60] in text[2] and "stood first" in screen.place.text
    assert f"{first:,} of {day.last:,}" in text[-3]
    assert "RECORDED" in text[0]


def test_the_ladder_is_the_book_of_that_moment(day: History) -> None:
    screen = RewoundDay(day)
    for sequence in (700, 30, 1_000):
        screen.command(f"goto {sequence}")
        book = day.at(sequence).engine.books["ACME"]
        market = screen.model.market
        assert market is not None
        assert market.bids == {price: quantity for price, quantity, _ in book.bids.depth()}
        assert market.asks == {price: quantity for price, quantity, _ in book.asks.depth()}


def test_back_is_the_way_that_was_come(day: History) -> None:
    screen = RewoundDay(day)
    screen.command("goto 800")
    seen = []
    for _ in range(40):
        seen.append((screen.place.sequence, ladder_and_tape(screen)))
        screen.press("right")
    for sequence, text in reversed(seen):
        screen.press("left")
        assert screen.place.sequence == sequence
        assert ladder_and_tape(screen) == text


def volume_until(day: History, sequence: int) -> tuple[DayFigures, int, dict[int, int]]:
    """The day's figures, counted trade by trade from the first command on."""
    figures, volume, by_price = DayFigures(), 0, dict[int, int]()
    for number in range(day.first, sequence + 1):
        for trade in trades_of(day.at(number), "ACME"):
            figures.add(on_tape(trade))
            volume += trade.quantity
            by_price[trade.price] = by_price.get(trade.price, 0) + trade.quantity
    return figures, volume, by_price


def test_the_days_figures_are_those_of_all_the_day_wherever_one_comes_from(
    day: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_past, "PAST_COMMANDS", 50)
    monkeypatch.setattr(day_link, "PAST_COMMANDS", 50)
    screen = RewoundDay(day)
    for keys in (":goto 1400", ":goto 300", "right", "left", "}", "{", ":goto 1499", "{", "{", "left"):
        if keys.startswith(":"):
            screen.command(keys[1:])
        else:
            screen.press(keys)
        market = screen.model.market
        assert market is not None
        shown = (market.day, market.traded_quantity, market.volume_at)
        assert shown == volume_until(day, screen.place.sequence), (keys, screen.place.sequence)


def test_what_the_recording_saw_only_in_part_is_marked(day: History) -> None:
    screen = RewoundDay(day, 200, 60)
    screen.command("goto 1000")
    market = screen.model.market
    assert market is not None and market.day.delta
    assert f"Δ {market.day.delta:+,d}" in rows(screen)[0]
    market.traded_quantity += 1
    assert f"Δ ~{market.day.delta:+,d}" in rows(screen)[0] and "VWAP ~100" in rows(screen)[0]
    market.day = DayFigures(1, 2_000, 1_000)
    assert "VWAP –" in rows(screen)[0] and "Δ –" in rows(screen)[0]


def test_the_chart_goes_back_beyond_what_was_carried_out_and_forgets_what_has_not_been(
    day: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(day_past, "PAST_COMMANDS", 50)
    screen, charts = RewoundDay(day), {}
    market = screen.model.market
    assert market is not None
    for sequence in (700, 701, 702, 703):
        screen.command(f"goto {sequence}")
        charts[sequence] = list(market.fine_chart), list(market.coarse_chart)
    all_trades = list(day.index.trades(0, 703, "ACME"))
    assert sum(point.trade_count for point in charts[703][1]) == len(all_trades)
    assert sum(point.price_sum for point in charts[703][0]) == sum(trade.price for trade in all_trades)
    for sequence in (702, 701, 700):
        screen.press("left")
        assert (list(market.fine_chart), list(market.coarse_chart)) == charts[sequence]


def test_the_tape_does_not_run_out_on_the_way_back(day: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_past, "PAST_COMMANDS", 300)
    monkeypatch.setattr(day_link, "PAST_COMMANDS", 300)
    screen = RewoundDay(day)
    screen.command("goto 1300")
    screen.press(*["{"] * 8)
    assert screen.place.sequence == 500
    market = screen.model.market
    assert market is not None and len(market.tape) == len(list(day.index.trades(200, 500, "ACME")))


def test_leaps_are_a_hundred_commands_and_end_where_the_day_ends(day: History) -> None:
    screen = RewoundDay(day)
    screen.command("goto 300")
    screen.press("}")
    assert screen.place.sequence == 400
    screen.press("{", "{", "{", "{", "{", "{")
    assert screen.place.sequence == day.first
    assert "first state" in screen.place.text
    screen.command("goto 999999999")
    screen.press("right")
    assert screen.place.sequence == day.last


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("at 12:00", "the day ends at 10:01:14.9"),
        ("at 9:59:59", "the day begins at 10:00:00.0"),
        ("goto 5000", "the day has the commands 0 to "),
    ],
)
def test_a_place_outside_of_the_day_is_said_to_be(day: History, command: str, said: str) -> None:
    screen = RewoundDay(day)
    screen.command(command)
    assert screen.place.sequence in (day.first, day.last)
    assert said in screen.model.notices[-1].text, screen.model.notices[-1].text
    screen.command("at 10:00:30")
    assert len(screen.model.notices) == 1


@pytest.mark.parametrize(("width", "height"), [(60, 20), (120, 36)])
def test_the_first_state_warns_of_nothing(day: History, width: int, height: int) -> None:
    screen = RewoundDay(day, width, height)
    screen.command("goto 0")
    text = "\n".join(rows(screen))
    assert "COMMAND 0" in text and "no orders are taken" not in text


def test_a_day_is_played_from_its_first_state_and_its_date_is_known_there(day: History) -> None:
    screen = RewoundDay(day)
    screen.command("goto 0")
    assert screen.place.timestamp_ns == START_NS
    screen.press("space")
    screen.play(1.0)
    assert 0 < screen.place.sequence < 30
    screen.command("goto 0")
    screen.command("at 10:00:30")
    assert screen.place.timestamp_ns > START_NS + 29 * 10**9


def test_jumps_lead_to_what_they_name(day: History) -> None:
    screen = RewoundDay(day)
    screen.command("goto 500")
    screen.press("t")
    assert screen.place.sequence == day.index.next_trade(500)
    screen.press("p")
    large = day.index.quantity_above(0.99)
    assert f"buys {large:,} " in screen.place.text or f"sells {large:,} " in screen.place.text or large < 800
    screen.command("goto 500")
    order_id, user = screen.place.order_id, screen.place.user
    assert order_id is not None and user is not None
    screen.press("u")
    assert (screen.place.user, screen.place.sequence) == (user, day.index.next_of_user(user, 500))
    screen.command("order 5")
    assert "after this there is no event of order 5" in screen.model.notices[-1].text
    screen.command("goto 1")
    screen.command("order 5")
    assert screen.place.sequence == day.index.next_of_order(5, 1)
    screen.command("at 10:00:30")
    assert screen.place.timestamp_ns <= START_NS + 30 * 10**9 < screen.place.timestamp_ns + 20 * STEP_NS
    screen.press("g", *"10:00:10", "enter")
    assert time_text(screen.place.timestamp_ns).startswith(("10:00:10", "10:00:09"))


def test_the_queue_at_a_price_is_shown_order_by_order_with_what_is_hidden(day: History) -> None:
    screen = RewoundDay(day)
    book = day.at(1_000).engine.books["ACME"]
    price = next(order.price for order in book.live_orders() if order.hidden_quantity and order.price is not None)
    screen.command("goto 1000")
    screen.model.cursor = price
    screen.press("enter")
    queue = queue_at(day.at(1_000).engine.books["ACME"], price)
    text = "\n".join(rows(screen))
    assert f"  {len(queue)} " in text and "QUEUE" in text
    shown = [row for row in rows(screen) if any(f" {order.order_id} {order.user}" in row for order in queue)]
    assert len(shown) >= min(2, len(queue))
    hidden = next(order for order in queue if order.hidden_quantity)
    assert f"+{hidden.hidden_quantity}" in text
    screen.press("enter")
    assert "who stands at the cursor" in "\n".join(rows(screen))


@pytest.mark.parametrize(("width", "height"), [(60, 20), (120, 36)])
def test_the_queue_of_a_row_of_several_ticks_has_all_who_stand_in_it(
    day: History, width: int, height: int
) -> None:
    screen = RewoundDay(day, width, height)
    screen.command("goto 1000")
    screen.command("group 5")
    book = day.at(1_000).engine.books["ACME"]
    best_bid, best_ask = max(levels(book.bids)), min(levels(book.asks))
    for cursor, is_buy in ((best_bid, True), (best_ask + 4, False)):
        row = cursor // 5 * 5
        in_row = range(row, row + 5) if is_buy else range(row - 4, row + 1)
        standing = [order for order in book.live_orders() if order.price in in_row]
        screen.model.cursor = cursor
        screen.press("enter")
        rewind, market = screen.model.rewind, screen.model.market
        assert rewind is not None and market is not None
        expected = {order.order_id for order in standing if (order.side is Side.BUY) == is_buy}
        assert len({order.price for order in standing}) > 1
        assert {order.order_id for order in rewind.queue} == expected
        prices = [order.price for order in rewind.queue]
        assert prices == sorted(prices, reverse=is_buy)
        text = "\n".join(rows(screen))
        assert f"QUEUE {market.scale.text(row)} ×5  {len(expected)}" in text
        first = rewind.queue[0]
        shown = f" 1 {market.scale.text(first.price)} {first.order_id} {first.user} "
        assert any(shown in " ".join(line.split()) for line in rows(screen))
        screen.press("enter")
        assert rewind.queue_price is None


def test_on_a_small_screen_the_queue_takes_the_ladders_place_until_enter_again(day: History) -> None:
    screen = RewoundDay(day, 60, 20)
    screen.command("goto 1000")
    screen.press("c", "enter")
    assert "QUEUE" in rows(screen)[6] and "USER" in rows(screen)[7]
    screen.press("right", "enter")
    assert "LADDER" in rows(screen)[6]


def test_playing_follows_the_days_own_time_and_its_speed(day: History) -> None:
    screen = RewoundDay(day)
    screen.command("goto 100")
    start = screen.place.timestamp_ns
    screen.press("space")
    assert screen.place.is_playing and "PLAY 1×" in rows(screen)[-3]
    screen.play(1.0)
    assert 0 <= start + 10**9 - screen.place.timestamp_ns < 10 * STEP_NS
    screen.press("]", "]")
    assert screen.place.speed == 5.0
    before = screen.place.timestamp_ns
    screen.play(2.0)
    assert 0 <= before + 10 * 10**9 - screen.place.timestamp_ns < 10 * STEP_NS
    screen.press("space")
    here = screen.place.sequence
    assert not screen.place.is_playing
    screen.play(5.0)
    assert screen.place.sequence == here
    screen.command("speed 1000")
    screen.press("space")
    for _ in range(5):
        screen.play(60.0)
    assert screen.place.sequence == day.last and not screen.place.is_playing


def test_the_heat_map_knows_what_came_before_a_jump(day: History) -> None:
    screen = RewoundDay(day)
    screen.command("goto 1200")
    screen.press("h")
    text = rows(screen)
    assert "DEPTH ACME" in text[6]
    market = screen.model.market
    assert market is not None and market.depth.first_slot is not None
    assert market.depth.last_slot - market.depth.first_slot > 4 * 40
    heat = set(range(Color.HEAT_BID_0, Color.HEAT_ASK_9 + 1))
    assert sum(color in heat for color in screen.canvas().backgrounds) > 500
    assert any(dot in "".join(text) for dot in "·•●")


def test_nothing_moves_by_itself_and_an_idle_screen_stays_as_it_is(day: History) -> None:
    screen = RewoundDay(day)
    screen.model.is_changed = False
    for message in (TimePassed(5.0), Lost(6.0, "gone"), EngineSaid(7.0, {"type": "pong"})):
        screen.put(message)
    assert not screen.model.is_changed and screen.left == []
    assert next_wake(screen.model, 5.0) == 6.0


@pytest.mark.parametrize("keys", ["b", "s", "B", "S", "x", "X", "a", "f", "r", "(", "shift_up"])
def test_no_key_orders_or_cancels(day: History, keys: str) -> None:
    screen = RewoundDay(day)
    screen.press(keys, "enter", "escape")
    assert screen.left == [] and screen.model.confirm is None and not screen.model.is_armed
    assert any("nothing can be ordered" in notice.text for notice in screen.model.notices)


@pytest.mark.parametrize(
    "text", ["buy 5 100", "sell 5", "cancel all", "flatten", "reverse", "qty 5", "tour", "nonsense"]
)
def test_no_command_orders_or_cancels(day: History, text: str) -> None:
    screen = RewoundDay(day)
    screen.command(text)
    assert screen.left == [] and "on a recorded day there are" in screen.model.notices[-1].text


inputs = st.one_of(
    st.builds(Key, st.sampled_from(sorted({*ACTIONS, *REWIND_ACTIONS} - {"q", "ctrl_c", "ctrl_z"}))),
    st.builds(Mouse, st.sampled_from(MouseButton), st.integers(0, 119), st.integers(0, 35)),
    st.builds(Paste, st.sampled_from(["b\r", "buy 5 100"])),
    st.builds(Focus, st.booleans()),
    st.builds(Key, st.sampled_from([*"buysell10cancelallflattenorder7", "space", "enter"])),
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(inputs, max_size=25), st.sampled_from([(60, 20), (80, 24), (120, 36), (200, 60)]))
def test_whatever_is_typed_and_clicked_nothing_leaves(
    day: History, typed: list[Key | Mouse | Paste | Focus], size: tuple[int, int]
) -> None:
    screen = RewoundDay(day, *size)
    for each in typed:
        screen.type(each)
        assert screen.model.confirm is None or each == Key("q")
        assert not screen.model.is_armed
    assert all(isinstance(left, Effect) for left in screen.left)
    screen.put(Resized(0.0, 100, 30))
    assert len(screen.canvas().characters) == 3_000


def test_q_leaves(day: History) -> None:
    screen = RewoundDay(day)
    screen.press("q")
    assert screen.left == [Effect.QUIT]


def test_a_day_of_every_rule_is_told_in_words_throughout() -> None:
    with History.of(every_rule_day(seed=4, count=400)) as day:
        screen = RewoundDay(day, 80, 24)
        texts = set()
        while (moment := day.next()) is not None:
            texts.add(moment_text(moment))
        assert all(text.endswith(".") and len(text) > 5 for text in texts) and len(texts) > 100
        screen.press(*["t", "n", "}", "enter", "h", "h"] * 4)
        assert screen.left == []


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("at 10:42:07.5", GoToTime(START_NS // (86_400 * 10**9) * 86_400 * 10**9 + 38_527_500_000_000)),
        ("goto 51,234", GoTo(51_234)),
        ("order 7", NextOfOrder(7)),
        ("user alice", NextOfUser("alice")),
        ("print 500", NextTrade(500)),
        ("speed 0.5", SetSpeed(0.5)),
        ("buy 5 100", None),
    ],
)
def test_what_the_line_wishes(text: str, wish: object) -> None:
    assert parse_wish(text, START_NS) == wish


@pytest.mark.parametrize("text", ["at noon", "at 25:00", "goto", "order x", "print -3", "speed 5000", "user"])
def test_what_the_line_does_not_understand_it_says(text: str) -> None:
    assert isinstance(parse_wish(text, START_NS), BadLine)
