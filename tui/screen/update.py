"""`update(model, message)`: the one way the state changes.

    Typed ──► update_from_keys    EngineSaid ──► update_from_engine    the rest is here: time, size, connection

Changes the model and nothing else; returns what is to be sent or done.  No clock, no socket, no terminal: the
time comes with the message.  Called by one thread.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Optional

from exchange.networking.tcp_client import Message
from exchange.utils.helpers import NS_PER_S
from tui.screen.layout import Panel
from tui.screen.market_data import Market
from tui.screen.messages import (
    ClockSet,
    Connected,
    Effect,
    EngineSaid,
    Incoming,
    Lost,
    Outgoing,
    Resized,
    Resumed,
    TimePassed,
    ToEngine,
    Trouble,
    Typed,
)
from tui.screen.model import DISARM_AFTER_IDLE_S, Link, LinkState, Model, NoticeKind, PositionsRequest
from tui.screen.my_fills import MyFills
from tui.screen.my_order import MyOrder
from tui.screen.my_orders import MyOrders
from tui.screen.price_scale import PriceScale
from tui.screen.rewind.update_from_day import updated_in_rewind
from tui.screen.scrolling import fit_rows, follow_market, keep_cursor_in_view
from tui.screen.second_ladder import follow_second
from tui.screen.sending import disarm, drop_outlived
from tui.screen.settings import settings_of
from tui.screen.subscriptions import subscribe, subscribe_news, sync_books
from tui.screen.tour.tour import begin_tour, updated_in_tour
from tui.screen.update_from_engine import engine_said
from tui.screen.update_from_keys import typed
from tui.token_reset import reset_text

PING_EVERY_S = 1.0
# A connection that is silent for this long is given up.
SILENCE_MAX_S = 10.0
RETRY_WAITS_S = (1.0, 2.0, 4.0, 8.0)
STALE_REPAINT_S = 0.1
# A leap of the clock by this much is a sleep, not a correction.
SLEEP_S_MIN = 2.0


def update(model: Model, message: Incoming) -> list[Outgoing]:
    """Take one message; returns what it asks for, in order."""
    if model.tour is not None:
        return updated_in_tour(model, message, _update)
    if model.rewind is not None:
        return updated_in_rewind(model, message, _update)
    outgoing = _update(model, message)
    if model.is_tour_wanted:
        model.is_tour_wanted = False
        outgoing += begin_tour(model, _update)
    return outgoing


def _update(model: Model, message: Incoming) -> list[Outgoing]:
    """The same of one model by itself."""
    model.now = message.now
    outgoing = _taken(model, message)
    if model.focus is Panel.ORDERS:
        model.orders.select_any()
    return outgoing


def _taken(model: Model, message: Incoming) -> list[Outgoing]:
    if isinstance(message, EngineSaid):
        requests = engine_said(model, message)
        drop_outlived(model)
        return requests
    if isinstance(message, Typed):
        before = settings_of(model)
        outgoing = typed(model, message)
        return outgoing if settings_of(model) == before else [*outgoing, Effect.SAVE_SETTINGS]
    if isinstance(message, TimePassed):
        return _time_passed(model, message.now)
    if isinstance(message, Resized):
        return _resized(model, message)
    if isinstance(message, Connected):
        return _connected(model, message)
    if isinstance(message, Lost):
        return _lost(model, message)
    if isinstance(message, Resumed):
        model.link.heard_at = message.now
        disarm(model, "the screen was suspended")
    elif isinstance(message, ClockSet):
        _set_clock(model, message)
    elif isinstance(message, Trouble):
        model.say(NoticeKind.REJECT, message.text)
    return []


def next_wake(model: Model, now: float) -> float:
    """When TimePassed is due at the latest, in seconds of the clock of `now`."""
    if model.rewind is not None:
        return now + 1.0
    if model.tour is not None:
        return min(_next_wake(model, now), _next_wake(model.tour.model, now))
    return _next_wake(model, now)


def _next_wake(model: Model, now: float) -> float:
    times = [model.link.pinged_at + PING_EVERY_S] if model.link.state is LinkState.LIVE else [now + 1.0]
    market = model.market
    if market is not None and market.flashes.until:
        times.append(min(market.flashes.until.values()))
    if market is not None and model.countdown_s is not None and market.phase.until_ns is not None:
        left_s = market.phase.until_ns / NS_PER_S - now - model.clock_offset_s
        times.append(now + max(0.0, left_s) % 1.0 + 0.001)
    if model.is_stale(now):
        times.append(now + STALE_REPAINT_S)
    if model.link.retry_at is not None:
        times += [model.link.retry_at, now + (model.link.retry_at - now) % 1.0 + 0.001]
    if model.is_armed:
        times.append(model.last_input_at + DISARM_AFTER_IDLE_S)
    return max(now, min(times))


def _time_passed(model: Model, now: float) -> list[Outgoing]:
    market = model.market
    if market is not None and market.flashes.end(now):
        model.is_changed = True
    if model.is_armed and now - model.last_input_at >= DISARM_AFTER_IDLE_S:
        disarm(model, "no key for 60 s")
    _count_down(model, now)
    follow_market(model)
    follow_second(model)
    if model.link.state is LinkState.LIVE:
        return _check_silence(model, now)
    if model.link.retry_at is not None:
        model.is_changed = True
        if model.link.retry_at <= now:
            model.link.state, model.link.retry_at = LinkState.CONNECTING, None
            return [Effect.CONNECT]
    return []


def _count_down(model: Model, now: float) -> None:
    """The phase's countdown needs a frame for each second."""
    market = model.market
    left = (
        None if market is None or market.phase.is_continuous else market.phase.left_s(now + model.clock_offset_s)
    )
    if left != model.countdown_s:
        model.countdown_s, model.is_changed = left, True


def _check_silence(model: Model, now: float) -> list[Outgoing]:
    silent_s = now - model.link.heard_at
    if silent_s >= SILENCE_MAX_S:
        return [*_lost(model, Lost(now, f"silent for {silent_s:.0f} s"))]
    if model.is_stale(now):
        model.is_changed = True
    if now - model.link.pinged_at >= PING_EVERY_S:
        return [*_ask_places(model, now), _ping(model.link, now)]
    return []


def _ask_places(model: Model, now: float) -> list[Outgoing]:
    """Who left a queue, before my order or behind it, only the engine knows."""
    if not model.orders.are_places_doubtful:
        return []
    model.orders.are_places_doubtful = False
    return [_ask_orders(model.link, now)]


def _ask_orders(link: Link, now: float) -> ToEngine:
    link.orders_asked_at = now
    return ToEngine({"type": "get_orders"})


def _ping(link: Link, now: float) -> ToEngine:
    link.ping_number += 1
    link.pinged_at = now
    link.pings[link.ping_number] = now
    return ToEngine({"type": "ping", "id": link.ping_number})


def _set_clock(model: Model, message: ClockSet) -> None:
    """A clock that leaps ahead tells that the machine slept: nobody has seen what happened since."""
    if message.clock_offset_s - model.clock_offset_s >= SLEEP_S_MIN:
        disarm(model, "the clock has leapt ahead")
    model.clock_offset_s, model.zone_offset_s = message.clock_offset_s, message.zone_offset_s
    model.is_changed = True


def _resized(model: Model, message: Resized) -> list[Outgoing]:
    model.width, model.height, model.drag = message.width, message.height, None
    model.is_changed = True
    fit_rows(model)
    keep_cursor_in_view(model)
    follow_market(model)
    follow_second(model)
    return sync_books(model)


def _connected(model: Model, message: Connected) -> list[Outgoing]:
    """Ask for all that may have been missed; the answers come in the order of the questions."""
    link = model.link
    is_new = not model.symbols
    link.state, link.retry_at, link.reason = LinkState.LIVE, None, ""
    link.heard_at, link.last_seq, link.gap_to = message.now, message.last_seq, 0
    link.pings.clear()
    is_new |= _note_exchange(model, message.logged_in.get("engine_id"))
    for instrument in message.logged_in.get("instruments", []):
        _list_instrument(model, instrument)
    model.symbols = sorted(model.markets)
    if model.symbol not in model.markets:
        model.symbol = model.symbols[0] if model.symbols else ""
    if is_new:
        _remember(model, message.history)
    model.say(NoticeKind.ACK, f"connected as {model.user}")
    model.positions_request = PositionsRequest.ASKED
    requests: list[Outgoing] = [_ask_orders(link, message.now), ToEngine({"type": "get_positions"})]
    return requests + [subscribe_news()] + subscribe(model) + [_ping(link, message.now)]


def _note_exchange(model: Model, engine_id: Optional[str]) -> bool:
    """Whether this is another exchange than before: what that one said is of no meaning any more."""
    is_other = model.engine_id is not None and engine_id != model.engine_id
    if is_other:
        model.left_behind = len(model.orders.open())
        model.markets.clear()
        model.positions.clear()
        model.filled_since.clear()
        model.cash, model.is_blocked = None, False
        model.orders, model.fills = MyOrders(model.orders.sorting), MyFills(model.fills.sorting)
        model.cursor, model.centre = None, None
        model.say(NoticeKind.WARN, "this is another exchange than before: what that one said is forgotten")
    model.engine_id = engine_id
    return is_other


def _list_instrument(model: Model, instrument: Message) -> None:
    symbol, scale = instrument["symbol"], PriceScale(Decimal(instrument["tick_size"]))
    market = model.markets.get(symbol)
    if market is None or market.scale.tick_size != scale.tick_size:
        market = model.markets[symbol] = Market(symbol, scale)
    market.lot_size = instrument.get("lot_size", 1)
    market.phase.apply_listed(instrument)
    reference = instrument.get("reference_price")
    market.reference_price = None if reference is None else scale.nearest_ticks(reference)
    market.forget_book()


def _remember(model: Model, history: tuple[Message, ...]) -> None:
    """Orders of earlier sessions; the engine's own list, which comes next, corrects them."""
    for message in history:
        market = model.markets.get(message["symbol"] or "")
        if market is None or message["quantity"] is None:
            continue
        order: MyOrder = model.orders.accept(message, market)
        order.remaining = order.quantity - message.get("executed_quantity", 0)


def _lost(model: Model, message: Lost) -> list[Outgoing]:
    """Once for each connection that was made or tried, however many sends find out that it is gone."""
    link = model.link
    if link.state is LinkState.DOWN and not message.is_reset:
        return []
    wait_s = RETRY_WAITS_S[min(link.failed_count, len(RETRY_WAITS_S) - 1)]
    link.failed_count += 1
    link.state, link.reason, link.retry_at = LinkState.DOWN, message.reason, message.now + wait_s
    link.round_trip_s, model.drag = None, None
    disarm(model, "the connection is gone")
    if model.confirm is not None:
        model.say(NoticeKind.REJECT, f"dropped, NOT sent: {model.confirm.text()}")
        model.confirm = None
    if message.is_reset:
        # The name is free now.  Whether to claim it is the person's to say, by starting anew.
        link.retry_at, link.reason = None, "token reset"
        model.say(NoticeKind.REJECT, reset_text(model.user))
    else:
        model.say(NoticeKind.REJECT, f"{message.reason}; next try in {math.ceil(wait_s)} s")
    return []
