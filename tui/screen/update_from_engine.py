"""What the engine said, into the model.  Called by `update`.

Each type of message has its handler in the table at the end.  An order's state changes here and nowhere else, so
nothing is shown as accepted, filled or canceled before the engine said so.  Changes the model and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Optional

from exchange.engine.words import CancelReason, RejectCode
from exchange.networking.tcp_client import Message
from tui.screen.market_data import Market
from tui.screen.messages import Effect, EngineSaid, Outgoing, ToEngine
from tui.screen.model import HeldPosition, Model, NoticeKind, PositionsRequest
from tui.screen.my_fills import Fill
from tui.screen.my_order import MyOrder
from tui.screen.subscriptions import ask_fills
from tui.screen.update_from_feeds import FEED_HANDLERS

BLOCKED = RejectCode.BLOCKED.value
ADMIN = CancelReason.ADMIN.value
# Faults that are told of an order only once its user was found not to be blocked (RULES, where rules meet).
_BEYOND_BLOCK = frozenset(
    code.value
    for code in (
        RejectCode.HALTED, RejectCode.NOT_CONTINUOUS, RejectCode.PRICE_NOT_ON_TICK, RejectCode.PRICE_OUT_OF_BAND,
        RejectCode.QUANTITY_NOT_ON_LOT, RejectCode.QUANTITY_OUT_OF_RANGE, RejectCode.OPEN_ORDER_LIMIT,
        RejectCode.POSITION_LIMIT, RejectCode.WOULD_TAKE, RejectCode.CANNOT_FILL, RejectCode.NO_LIQUIDITY,
        RejectCode.STOP_WOULD_TRIGGER,
    )
)  # fmt: skip


def engine_said(model: Model, said: EngineSaid) -> list[Outgoing]:
    """Take one message of the engine; a type that is not known only shows that the engine lives.

    One that lacks its fields is told and changes nothing more: the screen must outlive an engine's mistake.
    """
    message = said.message
    if model.is_stale(said.now):
        model.is_changed = True
    model.link.heard_at = said.now
    sequence = message.get("seq")
    if isinstance(sequence, int):
        if sequence <= model.link.last_seq:
            return []  # It was told before.
        model.link.last_seq = sequence
    handler = _HANDLERS.get(message["type"])
    if handler is None:
        return []
    try:
        return handler(model, message, said.now)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        model.say(NoticeKind.REJECT, f"the engine sent a {message['type']} that makes no sense: {error!r}")
        return []


# --- own orders ------------------------------------------------------------------------------------------------


def _order_accepted(model: Model, message: Message, now: float) -> list[Outgoing]:
    market = model.markets.get(message["symbol"])
    if market is None:
        return []
    order = model.orders.accept(message, market)
    model.orders.join_level(order, market)
    _note_not_blocked(model)
    model.say(NoticeKind.ACK, f"ACK {_name(model, order)} accepted{_round_trip(order.sent_at, now)}", order.symbol)
    return []


def _order_executed(model: Model, message: Message, _now: float) -> list[Outgoing]:
    market = model.markets.get(message["symbol"])
    if market is None:
        return []
    price, quantity = market.scale.ticks(message["price"]), message["quantity"]
    is_buy = message["side"] == "BUY"
    model.fills.add([fill_from(message, market)])
    before = model.filled_since.get(market.symbol, 0)
    model.filled_since[market.symbol] = before + (quantity if is_buy else -quantity)
    order = model.orders.find(message)
    done = ""
    if order is not None:
        model.orders.filled(order, message, market)
        done = f" ({order.done}/{order.quantity})"
    side = "BUY" if is_buy else "SELL"
    text = f"FILL {message['order_id']} {side} {quantity} @ {market.scale.text(price)}{done}"
    model.say(NoticeKind.FILL, text, market.symbol)
    return [*([Effect.RING] if model.rings_on_fills else []), *_ask_positions(model)]


def _order_ended(model: Model, message: Message, now: float) -> list[Outgoing]:
    reason = message.get("reason", "EXPIRED")
    if reason == ADMIN and not model.is_blocked:
        # Nothing else cancels for this reason, and of the block itself a user is told nothing.
        model.is_blocked = True
        model.say(NoticeKind.REJECT, "the operator has BLOCKED you: your orders are canceled, new ones refused")
    order = model.orders.find(message)
    if order is None:
        return []
    why = "" if reason == "USER_REQUESTED" else f" {reason}"
    timing = _round_trip(order.asked_at if order.asked else None, now)
    model.orders.set_status(order, message)
    model.say(NoticeKind.ACK, f"CANCELED {_name(model, order)}, {order.done} done{why}{timing}", order.symbol)
    return []


def _order_replaced(model: Model, message: Message, now: float) -> list[Outgoing]:
    order = model.orders.find(message)
    market = model.markets.get(message["symbol"])
    if order is None or market is None:
        return []
    timing = _round_trip(order.asked_at if order.asked else None, now)
    model.orders.reprice(order, message, market)
    order.quantity = message["quantity"]
    model.orders.rename(order, message["client_order_id"])
    model.orders.set_status(order, message)
    if not message.get("priority_kept", False):
        model.orders.join_level(order, market)
    model.say(NoticeKind.ACK, f"MOVED {_name(model, order)}{timing}", order.symbol)
    return []


def _order_triggered(model: Model, message: Message, _now: float) -> list[Outgoing]:
    """A stop has become live; what it then does is told by the events that follow."""
    order = model.orders.find(message)
    market = model.markets.get(message["symbol"])
    if order is None or market is None:
        return []
    named = _name(model, order)
    order.is_waiting = False
    model.orders.join_level(order, market)
    model.say(NoticeKind.WARN, f"TRIGGERED {named}", order.symbol)
    return []


def _order_rejected(model: Model, message: Message, now: float) -> list[Outgoing]:
    order = model.orders.by_client_order_id(message["client_order_id"])
    named, timing, symbol = "order", "", ""
    if order is not None:
        named, timing, symbol = _name(model, order), _round_trip(order.sent_at, now), order.symbol
        if order.order_id is None:
            model.orders.remove(order)
    _note_code(model, message["code"])
    model.say(NoticeKind.REJECT, f"REJECT {named}: {message['text']} [{message['code']}]{timing}", symbol)
    return []


def _change_rejected(model: Model, message: Message, now: float) -> list[Outgoing]:
    order = model.orders.find(message)
    named, timing, symbol = "order", "", ""
    if order is not None:
        named, timing, symbol = _name(model, order), _round_trip(order.asked_at, now), order.symbol
        order.asked = ""
    what = "CANCEL" if message["type"] == "cancel_rejected" else "MOVE"
    _note_code(model, message["code"])
    text = f"{what} REFUSED {named}: {message['text']} [{message['code']}]{timing}"
    model.say(NoticeKind.REJECT, text, symbol)
    return []


def _note_code(model: Model, code: str) -> None:
    """What a refusal tells of a block."""
    if code == BLOCKED:
        model.is_blocked = True
    elif code in _BEYOND_BLOCK:
        _note_not_blocked(model)


def _note_not_blocked(model: Model) -> None:
    if model.is_blocked:
        model.is_blocked = False
        model.say(NoticeKind.INFO, "no longer blocked: the exchange takes your orders again")


def _cancel_all_done(model: Model, message: Message, _now: float) -> list[Outgoing]:
    count = message["count"]
    model.say(NoticeKind.WARN, f"CANCEL ALL done: {count} order{'' if count == 1 else 's'} canceled")
    return []


# --- answers ---------------------------------------------------------------------------------------------------


def _orders(model: Model, message: Message, _now: float) -> list[Outgoing]:
    unknown_count = model.orders.believe(message["orders"], model.markets, model.link.orders_asked_at)
    model.is_changed = True
    if unknown_count:
        model.say(NoticeKind.WARN, f"{unknown_count} orders ended while nobody looked: see fills and position")
    return []


def _positions(model: Model, message: Message, _now: float) -> list[Outgoing]:
    model.is_changed = True
    model.filled_since.clear()
    model.cash = None if message.get("cash") is None else Decimal(message["cash"])
    for entry in message["positions"]:
        average_price = entry["average_price"]
        model.positions[entry["symbol"]] = HeldPosition(
            entry["net_position"],
            None if average_price is None else Decimal(average_price),
            Decimal(entry["realised_pnl"]),
            Decimal(entry["unrealised_pnl"]),
            Decimal(entry.get("fees", 0)),
        )
    is_outdated = model.positions_request is PositionsRequest.ASK_AGAIN
    model.positions_request = PositionsRequest.NONE
    return _ask_positions(model) if is_outdated else []


def fill_from(message: Message, market: Market) -> Fill:
    """An `order_executed`, or a row of `fills`."""
    return Fill(
        message["timestamp"],
        market.symbol,
        market.scale.ticks(message["price"]),
        message["quantity"],
        message["side"] == "BUY",
        message["order_id"],
        message.get("liquidity") == "MAKER",
        message.get("trade_id", 0),
    )


def _ask_positions(model: Model) -> list[Outgoing]:
    """Ask for the positions; one question at a time, however many fills there are."""
    if model.positions_request is not PositionsRequest.NONE:
        model.positions_request = PositionsRequest.ASK_AGAIN
        return []
    model.positions_request = PositionsRequest.ASKED
    return [ToEngine({"type": "get_positions"})]


def _fills(model: Model, message: Message, _now: float) -> list[Outgoing]:
    """Executions of before; those of instruments that are not listed any more can't be shown."""
    rows = message["fills"]
    markets = [model.markets.get(row["symbol"]) for row in rows]
    fills = [fill_from(row, market) for row, market in zip(rows, markets, strict=True) if market is not None]
    model.fills.add(fills)
    model.is_changed = True
    after = model.fills.next_question(fills, is_more=message["more"])
    return [] if after is None else [ask_fills(after)]


def _pong(model: Model, message: Message, now: float) -> list[Outgoing]:
    """All that was sent before the ping has been answered by now, so an order without an answer has none."""
    number = message.get("id")
    sent_at = model.link.pings.pop(number, None) if isinstance(number, int) else None
    if sent_at is None or not isinstance(number, int):
        return []
    model.is_changed = model.is_changed or model.link.round_trip_s is None
    model.link.round_trip_s = now - sent_at
    model.link.failed_count = 0  # Not at the login: one that is cut right after it is no success.
    model.link.last_seq = max(model.link.last_seq, model.link.gap_to)
    for order in model.orders.open():
        if order.order_id is None and 0 < order.barrier <= number:
            model.orders.remove(order)
            model.say(NoticeKind.REJECT, f"REJECT {_name(model, order)}: the engine did not take it", order.symbol)
    return []


def _error(model: Model, message: Message, _now: float) -> list[Outgoing]:
    model.say(NoticeKind.REJECT, f"ENGINE: {message.get('text', '')} [{message.get('code', '')}]")
    return []


def _gap(model: Model, message: Message, _now: float) -> list[Outgoing]:
    """The engine no longer holds all events missed; it goes on to tell orders, positions and fills by itself."""
    model.link.gap_to = message["to"]
    missed = f"events {message['from']} to {message['to']}"
    model.say(NoticeKind.WARN, f"{missed} are too old to be told again: what was filled follows")
    return []


def _name(model: Model, order: MyOrder) -> str:
    """`9130 SELL 10 @ 100.45`"""
    scale = model.markets[order.symbol].scale
    parts = [] if order.order_id is None else [str(order.order_id)]
    parts += ["BUY" if order.is_buy else "SELL", str(order.quantity)]
    if order.price is not None:
        parts.append(f"@ {scale.text(order.price)}")
    elif order.stop_price is None:
        parts.append("MARKET")
    if order.stop_price is not None:
        parts.append(f"STOP {scale.text(order.stop_price)}")
    return " ".join(parts)


def _round_trip(since: Optional[float], now: float) -> str:
    return "" if since is None else f" ({1000 * (now - since):.1f} ms)"


_HANDLERS: dict[str, Callable[[Model, Message, float], list[Outgoing]]] = {
    **FEED_HANDLERS,
    "order_accepted": _order_accepted,
    "order_executed": _order_executed,
    "order_canceled": _order_ended,
    "order_expired": _order_ended,
    "order_replaced": _order_replaced,
    "order_triggered": _order_triggered,
    "order_rejected": _order_rejected,
    "cancel_rejected": _change_rejected,
    "replace_rejected": _change_rejected,
    "cancel_all_done": _cancel_all_done,
    "orders": _orders,
    "positions": _positions,
    "fills": _fills,
    "pong": _pong,
    "error": _error,
    "gap": _gap,
}
