"""The matching engine: one `process(command, timestamp)` through which everything passes.

A deterministic state machine.  It holds every book, account and id counter; a command changes them and returns the
events that tell what happened, the asker's answer among them.  A refused command changes nothing at all.

    process ──► the command's handler (`order_entry`, `questions`, `administration`) ──► events

The handlers are functions of the engine and a command; the table below says which is whose.  They and `snapshot`
write the engine's state, nobody else does.

One thread calls it, one command at a time.  `sequence` counts the commands that changed something: replaying those
with their timestamps, in that order, onto a new engine (or onto a snapshot) gives the same state and the same
events (`state_hash` makes "the same" checkable).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Optional, TypeGuard, Union

from exchange.engine import administration, checks, commands, order_entry, questions, snapshot
from exchange.engine.account import Account, UserState
from exchange.engine.checks import Refusal
from exchange.engine.commands import Command
from exchange.engine.events import Event
from exchange.engine.instrument import Instrument
from exchange.engine.limits import Limits
from exchange.engine.matching import Matcher
from exchange.engine.orderbook import OrderBook

_HANDLERS: dict[type, Callable[[Engine, Any, int], list[Event]]] = {
    commands.NewOrder: order_entry.new_order,
    commands.CancelOrder: order_entry.cancel_order,
    commands.ReplaceOrder: order_entry.replace_order,
    commands.CancelAll: order_entry.cancel_all,
    commands.CancelOrders: order_entry.cancel_orders,
    commands.GetOrders: questions.get_orders,
    commands.GetPositions: questions.get_positions,
    commands.ListInstrument: administration.list_instrument,
    commands.HaltInstrument: administration.halt_instrument,
    commands.ResumeInstrument: administration.resume_instrument,
    commands.ClaimUser: administration.claim_user,
    commands.ResetUser: administration.reset_user,
    commands.BlockUser: administration.block_user,
    commands.UnblockUser: administration.unblock_user,
    commands.SetLimits: administration.set_limits,
}


class Engine:
    """All books, ids, accounts.  Its attributes are for the handlers and `snapshot`; others ask the methods."""

    def __init__(self) -> None:
        self.sequence = 0
        self.last_order_id = 0
        self.limits = Limits()
        self.accounts: dict[str, Account] = {}
        self.books: dict[str, OrderBook] = {}
        self.matcher = Matcher(self.accounts)
        # By the name in letters of one case, how its user spells it.
        self._names: dict[str, str] = {}

    def process(self, command: Command, timestamp: int) -> list[Event]:
        """Carry out one command at `timestamp` (ns since the epoch) and tell what happened, in order."""
        return _HANDLERS[type(command)](self, command, timestamp)

    def understands(self, request: object) -> TypeGuard[Command]:
        """Whether `request` is a command for the engine."""
        return type(request) in _HANDLERS

    def open_account(self, user: str) -> Account:
        """A new account for a user who has none."""
        assert user not in self.accounts, user
        account = self.accounts[user] = Account(user)
        self._names.setdefault(user.casefold(), user)
        return account

    # --- what may be seen from outside, in the thread that calls `process` -------------------------------

    def book(self, symbol: str) -> OrderBook:
        """The book of a listed symbol; KeyError for any other.  To look at only."""
        return self.books[symbol]

    def find_book(self, symbol: Optional[str]) -> Union[OrderBook, Refusal]:
        """The book a request means; a symbol may be left out where exactly one instrument is listed."""
        if symbol is not None:
            book = self.books.get(symbol)
            return book if book is not None else checks.unknown_symbol(symbol)
        if len(self.books) == 1:
            return next(iter(self.books.values()))
        return checks.symbol_needed(list(self.books))

    def instruments(self) -> list[Instrument]:
        """The listed instruments in the order they were listed."""
        return [book.instrument for book in self.books.values()]

    def users(self) -> list[str]:
        """Everybody who ever claimed a name or had an order accepted."""
        return list(self.accounts)

    def orders_ending_with_connections(self) -> dict[str, tuple[int, ...]]:
        """By user, the ids of the live orders that end with the connection they were entered on, in arrival order.

        Only users who have some.  O(all orders that are remembered).
        """
        found = {user: account.orders_ending_with_connections() for user, account in self.accounts.items()}
        return {user: order_ids for user, order_ids in found.items() if order_ids}

    # --- what any thread may ask while another one processes ---------------------------------------------
    # Each is one look-up in a dict, which is never seen half changed; the answer may be old when it arrives.

    def known_name(self, user: str) -> Optional[str]:
        """How the user is spelled whose name is `user` but for letter case; None if nobody's is.  Any thread."""
        return self._names.get(user.casefold())

    def credential(self, user: str) -> Optional[str]:
        """What the user's name was claimed with; None while it is not claimed.  Any thread."""
        account = self.accounts.get(user)
        return account.credential if account is not None else None

    def last_seq(self, user: str) -> int:
        """The number of the user's last private event, 0 before the first.  Any thread."""
        account = self.accounts.get(user)
        return account.seq if account is not None else 0

    def is_claimed(self, user: str) -> bool:
        """Whether the name belongs to somebody who can prove it.  Any thread."""
        return self.credential(user) is not None

    def user_states(self) -> list[UserState]:
        """Every user as the operator sees them, by name.  Any thread: the accounts are copied in one step."""
        accounts = list(self.accounts.values())
        return sorted(account.state() for account in accounts)

    # --- the whole state ---------------------------------------------------------------------------------

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
        live: list[int] = []
        for account in self.accounts.values():
            live_orders = account.live_orders()
            assert account.live_order_count == len(live_orders), account.user
            assert not (account.is_blocked and live_orders), account.user
            live.extend(order.order_id for order in live_orders)
        assert len(live) == len(resting) and set(live) == resting, set(live) ^ resting
