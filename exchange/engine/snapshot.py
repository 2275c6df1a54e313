"""The engine's state as records of plain values, and back.

Each record is a list: its kind, then numbers, strings, booleans, None and dicts of these, so that any storage can
write one as a line.  They come in an order from which the state can be built in one pass, without a second copy in
memory:

    engine, limits, instrument …, account …, position …, order …, stop …, reserved …

Live orders come book by book in the sequence in which they would trade, so restoring them front to back restores
their priority.  Done orders that are still remembered follow them, then each account's reserved client order ids,
oldest first.  Equal states give equal records, whatever way led to them.

The first record ends with the number of this form; records of the form before it are read by `old_snapshot`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from hashlib import sha256
from typing import Any

from exchange.engine import old_snapshot
from exchange.engine.account import Account
from exchange.engine.day_statistics import TradingDay
from exchange.engine.desk import Position
from exchange.engine.instrument import Instrument, Schedule
from exchange.engine.limits import Limits
from exchange.engine.order import Iceberg, Order, made_order
from exchange.engine.orderbook import OrderBook
from exchange.engine.state import State
from exchange.engine.stops import StopBook
from exchange.engine.terms import from_plain
from exchange.engine.words import OrderStatus, Phase, PhaseReason, SelfTradePrevention, TimeInForce

FORM = 2

# Looked up by value once per order: `OrderStatus("NEW")` costs ten times what a dict does.
_STATUSES = {member.value: member for member in OrderStatus}


def records(state: State, with_done: bool = True) -> Iterator[list[Any]]:
    """The whole state, one record at a time.

    Without the done orders an engine still carries out alike every command that changes something: all that
    they decide is a refusal (RULES 13, 14).  Those of a user are kept while an old name leads to a live order.
    """
    yield ["engine", state.sequence, state.last_order_id, state.matcher.last_trade_id, FORM]
    limits = state.limits
    yield ["limits", limits.open_orders_max, limits.quantity_max, limits.position_max]
    for book in state.books.values():
        yield _instrument_record(book)
    for account in state.accounts.values():
        yield [
            "account",
            account.user,
            account.seq,
            account.is_blocked,
            account.credential,
            account.endowed_cash,
        ]
        for symbol, position in account.positions.items():
            yield _position_record(account.user, symbol, position)
    for book in state.books.values():
        for side in (book.bids, book.asks):
            yield from map(_order_record, side.orders())
        if book.stops is not None:
            yield from _stop_records(book.stops)
    for account in state.accounts.values():
        if with_done or _has_old_names(account):
            yield from _reserved_records(account)


def digest(state: State) -> str:
    """SHA-256 over the records, in hex."""
    total = sha256()
    for record in records(state):
        total.update(repr(record).encode())
    return total.hexdigest()


def load(state: State, source: Iterable[list[Any]]) -> None:
    """Build the state that `source` tells into a new engine; KeyError, TypeError or ValueError on others."""
    form = 1
    for kind, *values in source:
        if kind == "engine":
            form = _load_engine(state, *values)
        else:
            (_LOADERS if form == FORM else _OLD_LOADERS)[kind](state, *values)


def _instrument_record(book: OrderBook) -> list[Any]:
    definition = asdict(book.instrument)
    definition["self_trade_prevention"] = book.instrument.self_trade_prevention.value
    hours = book.hours
    now = {
        "phase": book.phase.value,
        "last_trade_price": book.last_trade_price,
        "auction_price": book.auction_price,
        "day": [book.day.open, book.day.high, book.day.low, book.day.volume],
        "reason": hours.reason.value,
        "timed_end": hours.timed_end,
        "random_ns": hours.random_ns,
        "scheduled_until": hours.scheduled_until,
        "is_extended": hours.is_extended,
        "is_repeated": hours.is_repeated,
    }
    return ["instrument", now, definition]


def _position_record(user: str, symbol: str, position: Position) -> list[Any]:
    return [
        "position",
        user,
        symbol,
        position.net_quantity,
        position.cost,
        position.realised_pnl,
        position.volume,
        position.fees,
        position.endowed_cost,
    ]


def _stop_records(stops: StopBook) -> Iterator[list[Any]]:
    """Waiting stops by id, then the queue; each begins with the price of the trade that triggered it."""
    for order, _ in stops.waiting():
        yield ["stop", None, *_order_record(order)[1:]]
    for triggered in stops.queue.values():
        yield ["stop", triggered.trade_price, *_order_record(triggered.order)[1:]]


def _order_record(order: Order) -> list[Any]:
    record = [
        "order",
        order.order_id,
        order.user,
        order.client_order_id,
        order.symbol,
        order.terms.plain(),
        order.timestamp,
        order.remaining_quantity,
        order.executed_quantity,
        order.status.value,
        order.ends_with_connection,
    ]
    if isinstance(order, Iceberg):
        record += [order.hidden_quantity, order.executed_on_arrival]
    return record


def _reserved_records(account: Account) -> Iterator[list[Any]]:
    reserved = [(client_order_id, account.orders[client_order_id]) for client_order_id in account.reserved()]
    for client_order_id, order in reserved:
        # A done order ends the reservations of its ids with its own: that is the moment to tell of it, once.
        if not order.is_live and order.client_order_id == client_order_id:
            yield _order_record(order)
    for client_order_id, order in reserved:
        yield ["reserved", account.user, client_order_id, order.order_id]


def _has_old_names(account: Account) -> bool:
    """Whether a client order id that is reserved like that of a done order still names a live one."""
    return any(account.orders[client_order_id].is_live for client_order_id in account.reserved())


def _load_engine(state: State, sequence: int, last_order_id: int, last_trade_id: int, form: int = 1) -> int:
    """Returns the form of the records that follow."""
    if form not in (1, FORM):
        raise ValueError(f"a snapshot of form {form}: this version reads up to {FORM}")
    state.sequence = sequence
    state.last_order_id = last_order_id
    state.matcher.last_trade_id = last_trade_id
    return form


def _load_limits(state: State, open_orders_max: int, quantity_max: Any, position_max: Any) -> None:
    state.set_limits(Limits(open_orders_max, quantity_max, position_max))


def _load_instrument(state: State, now: dict[str, Any], definition: dict[str, Any]) -> None:
    prevention = SelfTradePrevention(definition["self_trade_prevention"])
    schedule = definition["schedule"]
    fields = {
        **definition,
        "self_trade_prevention": prevention,
        "schedule": None if schedule is None else Schedule(**schedule),
    }
    instrument = Instrument(**fields)
    book = state.books[instrument.symbol] = OrderBook(instrument)
    book.phase = Phase(now["phase"])
    book.last_trade_price = now["last_trade_price"]
    # Snapshots of before there were phases that time ends have none of the others.
    book.auction_price = now.get("auction_price")
    book.day = TradingDay(*now.get("day", ()))
    hours = book.hours
    hours.begin(
        PhaseReason(now.get("reason", PhaseReason.OPERATOR.value)),
        now.get("timed_end"),
        now.get("random_ns", 0),
        now.get("is_repeated", False),
    )
    hours.scheduled_until = now.get("scheduled_until", 0)
    hours.is_extended = now.get("is_extended", False)


def _load_account(
    state: State, user: str, seq: int, is_blocked: bool, credential: Any, endowed_cash: Any = None
) -> None:
    account = state.open_account(user)
    account.endowed_cash = endowed_cash
    account.seq = seq
    account.is_blocked = is_blocked
    account.credential = credential


def _load_position(state: State, user: str, symbol: str, *amounts: int) -> None:
    state.accounts[user].positions[symbol] = Position(*amounts)


def _load_order(state: State, *values: Any) -> None:
    order = _order_of(state, *values)
    account, book = order.desk.account, order.desk.book
    if not order.is_live:
        # Its ids follow as `reserved` records.
        account.orders[order.client_order_id] = order
        return
    account.enter(order)
    side = book.side(order.side)
    if isinstance(order, Iceberg):
        displayed_quantity = order.remaining_quantity - order.hidden_quantity
        order.hidden_quantity = 0
        side.add(order)
        side.hide(order, displayed_quantity)
    else:
        side.add(order)
    if order.time_in_force is TimeInForce.IOC:
        book.one_call_orders[order.order_id] = order


def _load_stop(state: State, trade_price: Any, *values: Any) -> None:
    order = _order_of(state, *values)
    order.desk.account.enter(order)
    book = order.desk.book
    book.wait(order)
    if trade_price is not None:
        assert book.stops is not None
        book.stops.queue_again(order, trade_price)


def _order_of(
    state: State,
    order_id: int,
    user: str,
    client_order_id: str,
    symbol: str,
    terms: dict[str, Any],
    timestamp: int,
    remaining_quantity: int,
    executed_quantity: int,
    status: str,
    ends_with_connection: bool,
    hidden_quantity: int = 0,
    executed_on_arrival: int = 0,
) -> Order:
    desk = state.accounts[user].desk(state.books[symbol])
    order = made_order(order_id, desk, client_order_id, from_plain(terms), timestamp, ends_with_connection)
    if remaining_quantity != order.quantity:  # Else one object says both.
        order.remaining_quantity = remaining_quantity
    order.executed_quantity = executed_quantity
    order.status = _STATUSES[status]
    if isinstance(order, Iceberg):
        order.hidden_quantity = hidden_quantity
        order.executed_on_arrival = executed_on_arrival
    return order


def _load_reserved(state: State, user: str, client_order_id: str, order_id: int) -> None:
    account = state.accounts[user]
    order = account.orders.get(client_order_id)
    if order is None:  # A name that it had before.
        order = account.find(order_id, None)
        if order is None:
            raise KeyError(order_id)
        account.orders[client_order_id] = order
    account.reserve(client_order_id)


_LOADERS: dict[str, Callable[..., None]] = {
    "limits": _load_limits,
    "instrument": _load_instrument,
    "account": _load_account,
    "position": _load_position,
    "order": _load_order,
    "stop": _load_stop,
    "reserved": _load_reserved,
}


def _load_old(kind: str) -> Callable[..., None]:
    def load_old(state: State, *values: Any) -> None:
        _LOADERS[kind](state, *old_snapshot.RENEWED[kind](state, *values))

    return load_old


_OLD_LOADERS = {**_LOADERS, **{kind: _load_old(kind) for kind in old_snapshot.RENEWED}}
