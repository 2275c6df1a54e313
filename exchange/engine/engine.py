"""The matching engine: one `process(command, timestamp)` through which everything passes.

A deterministic state machine.  It holds every book, account and id counter; a command changes them and returns the
events that tell what happened, the asker's answer among them.  A refused command changes nothing at all.

    process ──► one handler per command ──► checks ──► matching ──► events

One thread calls it, one command at a time.  `sequence` counts the commands that changed something: replaying those
with their timestamps, in that order, onto a new engine (or onto a snapshot) gives the same state and the same
events (`state_hash` makes "the same" checkable).

Where a new rule has its place: an instrument's phase is asked in `_new_order` before the match; stops waiting for
a trade are released after `Matcher.match` returns; an auction is one more command.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Optional, Union

from exchange.engine import checks, snapshot
from exchange.engine.account import Account
from exchange.engine.checks import Refusal
from exchange.engine.commands import (
    CancelAll,
    CancelOrder,
    Command,
    GetOrders,
    GetPositions,
    ListInstrument,
    NewOrder,
    ReplaceOrder,
)
from exchange.engine.events import (
    AllCanceled,
    CancelReason,
    CancelRejected,
    Event,
    InstrumentListed,
    OrderAccepted,
    OrderRejected,
    OrdersListed,
    OrderState,
    PositionsListed,
    PositionState,
    ReplaceRejected,
    RequestRejected,
)
from exchange.engine.instrument import Instrument
from exchange.engine.matching import Matcher
from exchange.engine.order import Order, OrderType, TimeInForce
from exchange.engine.orderbook import OrderBook

# A NamedTuple's own constructor is a Python function; this makes the same object at 60 % of the cost.
_make = tuple.__new__
_MARKET = OrderType.MARKET
_FOK = TimeInForce.FOK
_USER_REQUESTED = CancelReason.USER_REQUESTED


class Engine:
    """All books, ids, accounts.  `accounts`, `books` and `matcher` are read by `snapshot`, by nobody else."""

    def __init__(self) -> None:
        self.sequence = 0
        self.last_order_id = 0
        self.accounts: dict[str, Account] = {}
        self.books: dict[str, OrderBook] = {}
        self.matcher = Matcher(self.accounts)
        self._handlers: dict[type, Callable[[Any, int], list[Event]]] = {
            NewOrder: self._new_order,
            CancelOrder: self._cancel_order,
            ReplaceOrder: self._replace_order,
            CancelAll: self._cancel_all,
            GetOrders: self._get_orders,
            GetPositions: self._get_positions,
            ListInstrument: self._list_instrument,
        }

    def process(self, command: Command, timestamp: int) -> list[Event]:
        """Carry out one command at `timestamp` (ns since the epoch) and tell what happened, in order."""
        return self._handlers[type(command)](command, timestamp)

    def understands(self, request: object) -> bool:
        """Whether `request` is a command for the engine."""
        return type(request) in self._handlers

    # --- what may be seen from outside -------------------------------------------------------------------

    def book(self, symbol: str) -> OrderBook:
        """The book of a listed symbol; KeyError for any other.  To look at, in the thread that calls `process`."""
        return self.books[symbol]

    def instruments(self) -> list[Instrument]:
        """The listed instruments in the order they were listed."""
        return [book.instrument for book in self.books.values()]

    def last_seq(self, user: str) -> int:
        """The number of the user's last private event, 0 before the first."""
        account = self.accounts.get(user)
        return account.seq if account is not None else 0

    def users(self) -> list[str]:
        """Everybody who ever had an order accepted."""
        return list(self.accounts)

    def snapshot(self) -> Iterator[list[Any]]:
        """The whole state as records of plain values (see `snapshot`).  Nothing may be processed meanwhile."""
        return snapshot.records(self)

    @classmethod
    def restore(cls, records: Iterable[list[Any]]) -> Engine:
        """An engine in exactly the state that `records` tell."""
        engine = cls()
        snapshot.load(engine, records)
        return engine

    def state_hash(self) -> str:
        """SHA-256 over the whole state, in hex: equal exactly when the state is."""
        return snapshot.digest(self)

    def check_invariants(self) -> None:
        """Assert that every book is sound and that books and accounts know the same live orders.  For tests."""
        resting: set[int] = set()
        for book in self.books.values():
            book.check_invariants()
            for side in (book.bids, book.asks):
                resting.update(order.order_id for order in side.orders())
        live = [order.order_id for account in self.accounts.values() for order in account.live_orders()]
        assert len(live) == len(resting) and set(live) == resting, set(live) ^ resting

    # --- new orders --------------------------------------------------------------------------------------

    def _new_order(self, command: NewOrder, timestamp: int) -> list[Event]:
        (user, client_order_id, symbol, side, order_type, time_in_force, price_nanos, quantity, post_only,
         prevention) = command  # fmt: skip
        account = self.accounts.get(user)
        # First of all checks, so that a resent order always hears that it is a duplicate (RULES 14).
        if account is not None and client_order_id in account.orders_by_client_id:
            known = account.orders_by_client_id[client_order_id]
            return _order_rejected(client_order_id, checks.duplicate_client_order_id(client_order_id, known))
        book = self.books.get(symbol) if symbol is not None else None
        if book is None:
            found = self.find_book(symbol)
            if isinstance(found, Refusal):
                return _order_rejected(client_order_id, found)
            book = found
        instrument = book.instrument
        refusal = checks.price_refusal(instrument, price_nanos) or checks.quantity_refusal(instrument, quantity)
        if refusal is not None:
            return _order_rejected(client_order_id, refusal)
        price = price_nanos // instrument.tick_size_nanos if price_nanos is not None else None
        if prevention is None:
            prevention = instrument.self_trade_prevention
        order = Order(
            self.last_order_id + 1,
            user,
            client_order_id,
            instrument.symbol,
            side,
            order_type,
            time_in_force,
            price,
            quantity,
            post_only,
            prevention,
            timestamp,
        )
        if post_only or order_type is _MARKET or time_in_force is _FOK:
            refusal = checks.book_refusal(order, book)
            if refusal is not None:
                return _order_rejected(client_order_id, refusal)
        if account is None:
            account = self.accounts[user] = Account(user)
        return self._accept(order, account, book, timestamp)

    def _accept(self, order: Order, account: Account, book: OrderBook, timestamp: int) -> list[Event]:
        """The order is in: give it its id, tell its user, match it."""
        self.sequence += 1
        self.last_order_id += 1
        account.enter(order)
        account.seq += 1
        events: list[Event] = [
            _make(
                OrderAccepted,
                (
                    order.user,
                    account.seq,
                    timestamp,
                    order.order_id,
                    order.client_order_id,
                    order.symbol,
                    order.side,
                    order.order_type,
                    order.time_in_force,
                    order.price,
                    order.quantity,
                    order.post_only,
                    order.self_trade_prevention,
                ),
            )
        ]
        self.matcher.match(order, book, timestamp, events)
        return events

    # --- cancel and replace ------------------------------------------------------------------------------

    def _cancel_order(self, command: CancelOrder, timestamp: int) -> list[Event]:
        user, order_id, client_order_id = command
        account = self.accounts.get(user)
        order = account.find(order_id, client_order_id) if account is not None else None
        refusal = checks.cannot_be_changed(order, order_id, client_order_id)
        if refusal is not None:
            return [CancelRejected(order_id, client_order_id, refusal.code, refusal.text)]
        assert order is not None
        self.sequence += 1
        events: list[Event] = []
        self._take_out(order, timestamp, events)
        return events

    def _cancel_all(self, command: CancelAll, timestamp: int) -> list[Event]:
        user, symbol = command
        if symbol is not None and symbol not in self.books:
            return [RequestRejected(*checks.unknown_symbol(symbol))]
        account = self.accounts.get(user)
        live = account.live_orders() if account is not None else []
        chosen = [order for order in live if symbol is None or order.symbol == symbol]
        if chosen:
            self.sequence += 1
        events: list[Event] = []
        for order in chosen:
            self._take_out(order, timestamp, events)
        events.append(AllCanceled(len(chosen)))
        return events

    def _take_out(self, order: Order, timestamp: int, events: list[Event]) -> None:
        assert order.level is not None, order
        order.level.side.remove(order, order.remaining_quantity)
        self.matcher.cancel(order, _USER_REQUESTED, timestamp, events)

    def _replace_order(self, command: ReplaceOrder, timestamp: int) -> list[Event]:
        account = self.accounts.get(command.user)
        order = account.find(command.order_id, command.client_order_id) if account is not None else None
        refusal = checks.cannot_be_changed(order, command.order_id, command.client_order_id)
        if refusal is None:
            assert order is not None and account is not None
            refusal = self._refuse_replace(command, order, account)
        if refusal is not None:
            return [ReplaceRejected(command.order_id, command.client_order_id, refusal.code, refusal.text)]
        assert order is not None and account is not None
        self.sequence += 1
        return self._replace(command, order, account, timestamp)

    def _refuse_replace(self, command: ReplaceOrder, order: Order, account: Account) -> Optional[Refusal]:
        """RULES 12: everything is checked before anything changes."""
        book = self.books[order.symbol]
        price_nanos, quantity, new_id = command.price_nanos, command.quantity, command.new_client_order_id
        if price_nanos is not None:
            refusal = checks.price_refusal(book.instrument, price_nanos)
            if refusal is not None:
                return refusal
        if quantity is not None and (quantity < 0 or quantity > order.executed_quantity):
            refusal = checks.quantity_refusal(book.instrument, quantity)
            if refusal is not None:
                return refusal
        if new_id is not None and new_id != order.client_order_id and new_id in account.orders_by_client_id:
            return checks.duplicate_client_order_id(new_id, account.orders_by_client_id[new_id])
        price = self._replaced_price(command, order)
        ends = quantity is not None and quantity <= order.executed_quantity
        if order.post_only and not ends and price != order.price and checks.would_trade(order.side, price, book):
            return checks.would_take(order)
        return None

    def _replaced_price(self, command: ReplaceOrder, order: Order) -> int:
        """The price in ticks that the order will have."""
        assert order.price is not None
        if command.price_nanos is None:
            return order.price
        return command.price_nanos // self.books[order.symbol].instrument.tick_size_nanos

    def _replace(self, command: ReplaceOrder, order: Order, account: Account, timestamp: int) -> list[Event]:
        """RULES 9–11: a smaller quantity keeps its place in the queue, a new price or a larger one loses it."""
        events: list[Event] = []
        side = self.books[order.symbol].side(order.side)
        price = self._replaced_price(command, order)
        quantity = order.quantity if command.quantity is None else command.quantity
        remaining_before = order.remaining_quantity
        if quantity <= order.executed_quantity:
            side.remove(order, remaining_before)
            order.cut_to_executed()
            self.matcher.cancel(order, _USER_REQUESTED, timestamp, events)
            return events
        new_id = command.new_client_order_id
        if new_id is not None and new_id != order.client_order_id:
            account.rename(order, new_id)
        if price == order.price and quantity <= order.quantity:
            side.reduce(order, order.quantity - quantity)
            order.resize(quantity)
            self.matcher.tell_replaced(order, True, timestamp, events)
            return events
        side.remove(order, remaining_before)
        order.price = price
        order.resize(quantity)
        self.matcher.tell_replaced(order, False, timestamp, events)
        self.matcher.match(order, self.books[order.symbol], timestamp, events)
        return events

    # --- questions ---------------------------------------------------------------------------------------

    def _get_orders(self, command: GetOrders, _timestamp: int) -> list[Event]:
        account = self.accounts.get(command.user)
        live = account.live_orders() if account is not None else []
        return [OrdersListed(tuple(_order_state(order) for order in live))]

    def _get_positions(self, command: GetPositions, _timestamp: int) -> list[Event]:
        account = self.accounts.get(command.user)
        symbols = sorted(account.positions) if account is not None else []
        return [PositionsListed(tuple(self._position_state(command.user, symbol) for symbol in symbols))]

    def _position_state(self, user: str, symbol: str) -> PositionState:
        position = self.accounts[user].positions[symbol]
        last_trade_price = self.books[symbol].last_trade_price
        assert last_trade_price is not None, symbol
        worth = position.net_quantity * last_trade_price
        return PositionState(
            symbol,
            position.net_quantity,
            position.cost,
            position.realised_pnl,
            worth - position.cost,
            position.volume,
        )

    # --- instruments -------------------------------------------------------------------------------------

    def find_book(self, symbol: Optional[str]) -> Union[OrderBook, Refusal]:
        """The book a request means; a symbol may be left out where exactly one instrument is listed."""
        if symbol is not None:
            book = self.books.get(symbol)
            return book if book is not None else checks.unknown_symbol(symbol)
        if len(self.books) == 1:
            return next(iter(self.books.values()))
        return checks.symbol_needed(list(self.books))

    def _list_instrument(self, command: ListInstrument, _timestamp: int) -> list[Event]:
        instrument = command.instrument
        book = self.books.get(instrument.symbol)
        if book is None:
            self.books[instrument.symbol] = OrderBook(instrument)
        elif book.instrument.tick_size_nanos != instrument.tick_size_nanos:
            return [RequestRejected(*checks.tick_size_changed(book.instrument, instrument))]
        else:
            book.instrument = instrument
        self.sequence += 1
        return [InstrumentListed(instrument.symbol)]


def _order_rejected(client_order_id: str, refusal: Refusal) -> list[Event]:
    return [OrderRejected(client_order_id, refusal.code, refusal.text)]


def _order_state(order: Order) -> OrderState:
    return OrderState(
        order.order_id,
        order.client_order_id,
        order.symbol,
        order.side,
        order.order_type,
        order.time_in_force,
        order.price,
        order.quantity,
        order.remaining_quantity,
        order.status,
        order.timestamp,
        order.post_only,
        order.self_trade_prevention,
    )
