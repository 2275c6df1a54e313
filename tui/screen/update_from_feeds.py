"""What the public feeds tell, into the model: books, trades, phases, news.  Changes the model and nothing else."""

from __future__ import annotations

from collections.abc import Callable

from exchange.networking.tcp_client import Message
from tui.screen.messages import Outgoing
from tui.screen.model import Model, NoticeKind
from tui.screen.subscriptions import BOOK_DEPTH, ask_fills, subscribe_book


def _book_snapshot(model: Model, message: Message, now: float) -> list[Outgoing]:
    market = model.markets.get(message["symbol"])
    if market is not None:
        market.apply_snapshot(message, now)
        model.is_changed = True
    return []


def _book_update(model: Model, message: Message, now: float) -> list[Outgoing]:
    market = model.markets.get(message["symbol"])
    if market is None:
        return []
    changes = market.apply_update(message, now)
    model.is_changed = True
    if changes is None:
        model.say(NoticeKind.WARN, "book data was lost: asking for it again")
        return [subscribe_book(market.symbol, model.book_depths.get(market.symbol, BOOK_DEPTH))]
    model.orders.levels_changed(market.symbol, changes)
    return []


def _trade(model: Model, message: Message, now: float) -> list[Outgoing]:
    market = model.markets.get(message["symbol"])
    if market is not None:
        model.orders.traded(market.symbol, market.apply_trade(message, now))
        # Of what is not shown a trade moves the account's P&L only.
        is_seen = market.symbol == model.symbol or market.symbol in model.positions
        model.is_changed = model.is_changed or is_seen
    return []


def _trades_snapshot(model: Model, message: Message, _now: float) -> list[Outgoing]:
    """The last trades of before.  Only now is it known from where on one's own fills are to be asked for."""
    market = model.markets.get(message["symbol"])
    if market is None:
        return []
    market.apply_trades_snapshot(message, model.clock_offset_s)
    model.is_changed = True
    after = model.fills.first_question(market.last.trade_id if market.last is not None else 0)
    return [] if after is None else [ask_fills(after)]


def _instrument_status(model: Model, message: Message, now: float) -> list[Outgoing]:
    market = model.markets.get(message["symbol"])
    if market is not None:
        if market.phase.is_closed and message.get("phase") != market.phase.name:
            market.begin_day()
        market.phase.apply(message)
        model.say(NoticeKind.WARN, f"{market.symbol} is now {market.phase.text(now + model.clock_offset_s)}")
    return []


def _auction_indication(model: Model, message: Message, _now: float) -> list[Outgoing]:
    market = model.markets.get(message["symbol"])
    if market is not None:
        market.phase.apply_indication(message, market.scale)
        model.is_changed = True
    return []


def _news(model: Model, message: Message, _now: float) -> list[Outgoing]:
    model.say(NoticeKind.WARN, f"NEWS: {message['text']}")
    return []


FEED_HANDLERS: dict[str, Callable[[Model, Message, float], list[Outgoing]]] = {
    "book_snapshot": _book_snapshot,
    "book_update": _book_update,
    "trade": _trade,
    "trades_snapshot": _trades_snapshot,
    "instrument_status": _instrument_status,
    "auction_indication": _auction_indication,
    "news": _news,
}
