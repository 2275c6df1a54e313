"""The engine's state as records of plain values, and back.

Each record is a list: its kind, then numbers, strings, booleans, None and (for an instrument) a dict of these, so
that any storage can write one as a line.  They come in an order from which the state can be built in one pass,
without a second copy in memory:

    engine, limits, instrument …, account …, position …, order …, reserved …

Live orders come book by book in the sequence in which they would trade, so restoring them front to back restores
their priority.  Done orders that are still remembered follow them, then each account's reserved client order ids,
oldest first.  Equal states give equal records, whatever way led to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from exchange.engine.account import Account, Position
from exchange.engine.instrument import Instrument, Phase
from exchange.engine.limits import Limits
from exchange.engine.order import (
    Order,
    OrderStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from exchange.engine.orderbook import OrderBook

if TYPE_CHECKING:
    from exchange.engine.engine import Engine

# Looked up by value once per order: `Side("BUY")` costs ten times what a dict does.
_SIDES = {member.value: member for member in Side}
_ORDER_TYPES = {member.value: member for member in OrderType}
_TIMES_IN_FORCE = {member.value: member for member in TimeInForce}
_PREVENTIONS = {member.value: member for member in SelfTradePrevention}
_STATUSES = {member.value: member for member in OrderStatus}


def records(engine: Engine) -> Iterator[list[Any]]:
    """The whole state, one record at a time."""
    yield ["engine", engine.sequence, engine.last_order_id, engine.matcher.last_trade_id]
    limits = engine.limits
    yield ["limits", limits.open_orders_max, limits.quantity_max, limits.position_max]
    for book in engine.books.values():
        yield _instrument_record(book)
    for account in engine.accounts.values():
        yield ["account", account.user, account.seq, account.is_blocked, account.credential]
        for symbol, position in account.positions.items():
            yield [
                "position",
                account.user,
                symbol,
                position.net_quantity,
                position.cost,
                position.realised_pnl,
                position.volume,
            ]
    for book in engine.books.values():
        for side in (book.bids, book.asks):
            yield from map(_order_record, side.orders())
    for account in engine.accounts.values():
        yield from _reserved_records(account)


def digest(engine: Engine) -> str:
    """SHA-256 over the records, in hex."""
    total = sha256()
    for record in records(engine):
        total.update(repr(record).encode())
    return total.hexdigest()


def load(engine: Engine, source: Iterable[list[Any]]) -> None:
    """Build the state that `source` tells into a new engine; KeyError, TypeError or ValueError on others."""
    for kind, *values in source:
        _LOADERS[kind](engine, *values)


def _instrument_record(book: OrderBook) -> list[Any]:
    definition = asdict(book.instrument)
    definition["self_trade_prevention"] = book.instrument.self_trade_prevention.value
    return ["instrument", book.phase.value, book.last_trade_price, definition]


def _order_record(order: Order) -> list[Any]:
    return [
        "order",
        order.order_id,
        order.user,
        order.client_order_id,
        order.symbol,
        order.side.value,
        order.order_type.value,
        order.time_in_force.value,
        order.price,
        order.quantity,
        order.post_only,
        order.self_trade_prevention.value,
        order.timestamp,
        order.remaining_quantity,
        order.executed_quantity,
        order.status.value,
        order.ends_with_connection,
    ]


def _reserved_records(account: Account) -> Iterator[list[Any]]:
    reserved = [
        (client_order_id, account.orders_by_client_id[client_order_id])
        for client_order_id in account.done_client_order_ids
    ]
    for client_order_id, order in reserved:
        # A done order ends the reservations of its ids with its own: that is the moment to tell of it, once.
        if not order.is_live and order.client_order_id == client_order_id:
            yield _order_record(order)
    for client_order_id, order in reserved:
        yield ["reserved", account.user, client_order_id, order.order_id]


def _load_engine(engine: Engine, sequence: int, last_order_id: int, last_trade_id: int) -> None:
    engine.sequence = sequence
    engine.last_order_id = last_order_id
    engine.matcher.last_trade_id = last_trade_id


def _load_limits(engine: Engine, open_orders_max: int, quantity_max: Any, position_max: Any) -> None:
    engine.limits = Limits(open_orders_max, quantity_max, position_max)


def _load_instrument(engine: Engine, phase: str, last_trade_price: Any, definition: dict[str, Any]) -> None:
    prevention = _PREVENTIONS[definition["self_trade_prevention"]]
    instrument = Instrument(**{**definition, "self_trade_prevention": prevention})
    book = engine.books[instrument.symbol] = OrderBook(instrument)
    book.phase = Phase(phase)
    book.last_trade_price = last_trade_price


def _load_account(engine: Engine, user: str, seq: int, is_blocked: bool, credential: Any) -> None:
    account = engine.open_account(user)
    account.seq = seq
    account.is_blocked = is_blocked
    account.credential = credential


def _load_position(engine: Engine, user: str, symbol: str, *amounts: int) -> None:
    engine.accounts[user].positions[symbol] = Position(*amounts)


def _load_order(
    engine: Engine,
    order_id: int,
    user: str,
    client_order_id: str,
    symbol: str,
    side: str,
    order_type: str,
    time_in_force: str,
    price: Any,
    quantity: int,
    post_only: bool,
    prevention: str,
    timestamp: int,
    remaining_quantity: int,
    executed_quantity: int,
    status: str,
    # Snapshots were made before there was such a thing: no order in them ends with its connection.
    ends_with_connection: bool = False,
) -> None:
    order = Order(
        order_id,
        user,
        client_order_id,
        symbol,
        _SIDES[side],
        _ORDER_TYPES[order_type],
        _TIMES_IN_FORCE[time_in_force],
        price,
        quantity,
        post_only,
        _PREVENTIONS[prevention],
        timestamp,
        ends_with_connection,
    )
    order.remaining_quantity = remaining_quantity
    order.executed_quantity = executed_quantity
    order.status = _STATUSES[status]
    account = engine.accounts[user]
    if order.is_live:
        account.enter(order)
        engine.books[symbol].side(order.side).add(order)
    else:
        # Its ids follow as `reserved` records.
        account.remember(order)


def _load_reserved(engine: Engine, user: str, client_order_id: str, order_id: int) -> None:
    account = engine.accounts[user]
    account.orders_by_client_id[client_order_id] = account.orders[order_id]
    account.done_client_order_ids.append(client_order_id)


_LOADERS: dict[str, Callable[..., None]] = {
    "engine": _load_engine,
    "limits": _load_limits,
    "instrument": _load_instrument,
    "account": _load_account,
    "position": _load_position,
    "order": _load_order,
    "reserved": _load_reserved,
}
