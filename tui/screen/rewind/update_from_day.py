"""A recorded day into the model, and keys into wishes of the day.  Changes the model and nothing else.

The screen is read-only then: of its own keys only those act that look at something, and whatever else comes to ask
for a request to an engine is dropped here, behind all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Optional

from exchange.engine.words import Phase
from exchange.laboratory.recorded.day_volume import DayVolume
from exchange.utils.helpers import NS_PER_S
from tui.screen.command_editor import CommandEditor
from tui.screen.key_decoder import Key
from tui.screen.key_layouts import latin_key
from tui.screen.key_table import ACTIONS, LOOKS, REWIND_ACTIONS, RewindAction
from tui.screen.layout import Panel, is_small
from tui.screen.level_flashes import FLASH_S, LadderSide
from tui.screen.market_data import DayFigures, Market
from tui.screen.messages import Incoming, Outgoing, Resized, ToDay, ToEngine, Typed
from tui.screen.model import LinkState, Model, NoticeKind, Update, refuse
from tui.screen.modes import Rewind
from tui.screen.price_rows import row_price
from tui.screen.price_scale import PriceScale
from tui.screen.proposals import QuitProposal
from tui.screen.rewind.day_messages import (
    DayTold,
    DayWish,
    Moved,
    NextOfOrder,
    NextOfUser,
    NextTrade,
    PastTold,
    PlayOrPause,
    SetSpeed,
    ShowQueue,
    ShowSymbol,
    Step,
)
from tui.screen.rewind.rewind_commands import SPEEDS, USAGE, VIEW_COMMANDS, parse_wish
from tui.screen.scrolling import centre, follow_market
from tui.typed_price import BadLine

READ_ONLY = "this is a recorded day: nothing can be ordered or canceled (? for the keys)"


def updated_in_rewind(model: Model, message: Incoming, update: Update) -> list[Outgoing]:
    """Take one message while a recorded day is shown; `update` is that of a screen that trades."""
    rewind = model.rewind
    assert rewind is not None
    if isinstance(message, DayTold):
        return _day_told(model, rewind, message)
    if isinstance(message, PastTold):
        return _past_told(model, message)
    model.now = rewind.now
    symbol = model.symbol
    if isinstance(message, Typed):
        outgoing = _typed(model, rewind, message._replace(now=rewind.now), update)
    elif isinstance(message, Resized):
        outgoing = update(model, message._replace(now=rewind.now))
    else:
        return []  # Its time is the day's own.
    wishes: list[Outgoing] = [ToDay(ShowSymbol(model.symbol))] if model.symbol != symbol else []
    return wishes + _without_orders(model, outgoing)


def _without_orders(model: Model, outgoing: list[Outgoing]) -> list[Outgoing]:
    """The wall: whatever was pressed, nothing is proposed, armed or sent."""
    is_order = any(isinstance(request, ToEngine) and request.message["type"] not in _FEEDS for request in outgoing)
    if (model.confirm is not None and not isinstance(model.confirm, QuitProposal)) or model.is_armed or is_order:
        model.say(NoticeKind.REJECT, READ_ONLY)
    model.confirm, model.drag, model.is_armed = None, None, False
    return [request for request in outgoing if not isinstance(request, ToEngine)]


_FEEDS = ("subscribe", "unsubscribe", "ping")


# --- the person ------------------------------------------------------------------------------------------------


def _typed(model: Model, rewind: Rewind, message: Typed, update: Update) -> list[Outgoing]:
    key = message.input
    if not isinstance(key, Key) or model.is_help_shown or model.is_log_shown:
        return update(model, message)
    model.is_changed = True
    if model.command is not None:
        return _command_key(model, rewind, key, message, update)
    name = latin_key(key.name)
    wish_of = REWIND_ACTIONS.get(name)
    if wish_of is not None:
        return _ACTIONS[wish_of](model, rewind)
    if ACTIONS.get(name) in LOOKS:
        return update(model, message)
    return refuse(model, READ_ONLY) if name in ACTIONS else []


def _command_key(model: Model, rewind: Rewind, key: Key, message: Typed, update: Update) -> list[Outgoing]:
    """What is typed in the `:` line; Enter there is a wish, or a command that looks at something."""
    line = model.command
    assert line is not None
    if key.name != "enter":
        return update(model, message)
    text = line.text.strip()
    wish = parse_wish(text, rewind.place.timestamp_ns if rewind.place is not None else 0)
    if wish is None and text.split()[:1] and text.split()[0].removeprefix(":").lower() in VIEW_COMMANDS:
        return update(model, message)
    model.command = None
    if wish is None:
        return refuse(model, f"on a recorded day there are: {USAGE}") if text else []
    if isinstance(wish, BadLine):
        return refuse(model, wish.text)
    model.command_history.append(text)
    return [ToDay(wish)]


def _wish(wish: DayWish) -> Callable[[Model, Rewind], list[Outgoing]]:
    return lambda _model, _rewind: [ToDay(wish)]


def _speed(step: int) -> Callable[[Model, Rewind], list[Outgoing]]:
    def act(_model: Model, rewind: Rewind) -> list[Outgoing]:
        speed = rewind.place.speed if rewind.place is not None else 1.0
        beyond = [factor for factor in SPEEDS if (factor - speed) * step > 0]
        return [ToDay(SetSpeed(min(beyond, key=lambda factor: abs(factor - speed))))] if beyond else []

    return act


def _queue(model: Model, rewind: Rewind) -> list[Outgoing]:
    """Who stands in the cursor's row; once more in the same one: enough of it."""
    ticks = model.group
    row = None if model.cursor is None else row_price(model.cursor, ticks, is_buy=True)
    if (row, ticks) == (rewind.queue_price, rewind.queue_ticks):
        row = None
    rewind.queue_price, rewind.queue_ticks, rewind.queue = row, ticks, ()
    if is_small(model.width):
        # There is room for one panel.
        model.focus = Panel.LADDER if rewind.queue_price is None else Panel.ORDERS
    return [ToDay(ShowQueue(row, ticks))]


def _go(model: Model, _rewind: Rewind) -> list[Outgoing]:
    """The command line with `at ` typed already."""
    model.command = CommandEditor(model.command_history)
    model.command.insert("at ")
    return []


def _centre(model: Model, _rewind: Rewind) -> list[Outgoing]:
    centre(model)
    return []


_ACTIONS: dict[RewindAction, Callable[[Model, Rewind], list[Outgoing]]] = {
    RewindAction.PLAY: _wish(PlayOrPause()),
    RewindAction.STEP_ON: _wish(Step(1)),
    RewindAction.STEP_BACK: _wish(Step(-1)),
    RewindAction.LEAP_ON: _wish(Step(100)),
    RewindAction.LEAP_BACK: _wish(Step(-100)),
    RewindAction.FASTER: _speed(1),
    RewindAction.SLOWER: _speed(-1),
    RewindAction.NEXT_TRADE: _wish(NextTrade()),
    RewindAction.LARGE_PRINT: _wish(NextTrade(None)),
    RewindAction.NEXT_OF_ORDER: _wish(NextOfOrder()),
    RewindAction.NEXT_OF_USER: _wish(NextOfUser()),
    RewindAction.QUEUE: _queue,
    RewindAction.GO: _go,
    RewindAction.CENTRE: _centre,
}


# --- the day ---------------------------------------------------------------------------------------------------


def _day_told(model: Model, rewind: Rewind, told: DayTold) -> list[Outgoing]:
    model.now, model.is_changed = told.now, True
    model.link.state, model.link.heard_at = LinkState.LIVE, told.now
    rewind.place, rewind.queue = told.place, told.queue
    for symbol, tick_size in told.listed:
        if symbol not in model.markets:
            model.markets[symbol] = Market(symbol, PriceScale(tick_size))
    model.symbols = [symbol for symbol, _ in told.listed]
    if told.notice:
        model.say(NoticeKind.INFO, told.notice)
    if not told.symbol:
        return []
    if told.symbol != model.symbol:
        model.symbol, model.cursor, model.centre = told.symbol, None, None
    market = model.markets[told.symbol]
    if told.moved is Moved.JUMPED:
        market.begin_anew()
    elif told.moved is Moved.BACK:
        market.go_back(told.last_trade_id, told.place.timestamp_ns)
    # Of an instrument that is not listed yet there is no phase to warn of.
    market.phase.name = told.phase or Phase.CONTINUOUS.value
    _show_book(market, told)
    for trade in told.trades:
        market.take_trade(trade, trade.timestamp_ns / NS_PER_S)
    if told.volume is not None:
        _show_volume(market, told.volume)
    follow_market(model)
    return []


def _show_book(market: Market, told: DayTold) -> None:
    """What rests now; what has changed flashes, unless all of it is new."""
    market.flashes.clear()
    for is_bid, before, after in ((True, market.bids, told.bids), (False, market.asks, told.asks)):
        side = LadderSide.BID if is_bid else LadderSide.ASK
        for price in before.keys() | after.keys():
            if before.get(price) != after.get(price):
                market.depth.set_level(price, after.get(price, 0), told.place.timestamp_ns, is_bid=is_bid)
                if told.moved is not Moved.JUMPED:
                    market.flashes.until[side, price] = told.now + FLASH_S
    market.bids, market.asks, market.sequence = told.bids, told.asks, told.place.sequence
    market.depth.note_best(market.best_bid, market.best_ask, told.place.timestamp_ns)


def _show_volume(market: Market, volume: DayVolume) -> None:
    """All of the trading day, in place of the trades that the screen happened to be told."""
    market.traded_quantity, market.volume_at = volume.volume, volume.by_price
    market.day = DayFigures(volume.first, volume.high, volume.low, volume.value, volume.recorded, volume.delta)


def _past_told(model: Model, told: PastTold) -> list[Outgoing]:
    """What came before a jump, in place of what is known of it."""
    market: Optional[Market] = model.markets.get(told.symbol)
    if market is not None:
        market.begin_anew(keeps_book=True)
        for point in told.charted:
            market.chart_price(point.price, point.timestamp_ns / NS_PER_S)
        for trade in told.trades:
            market.take_trade(trade, trade.timestamp_ns / NS_PER_S)
        market.depth = told.depth
        if told.volume is not None:
            _show_volume(market, told.volume)
        model.is_changed = True
    return []
