"""The engine's state: every book, account, id counter and limit, and what may be asked of it.

The handlers (`order_entry`, `administration`, `questions`) and `snapshot` are functions of a `State`; they write
it, nobody else does.  `Engine` is a State that can process commands.
"""

from __future__ import annotations

from typing import Optional, Union

from exchange.engine import checks
from exchange.engine.account import Account, UserState
from exchange.engine.checks import Refusal
from exchange.engine.instrument import Instrument
from exchange.engine.limits import Limits
from exchange.engine.matching import Matcher
from exchange.engine.orderbook import OrderBook


class State:
    """All books, ids, accounts.  Its attributes are for the handlers and `snapshot`; others ask the methods.

    `sequence` counts the commands that changed something.
    """

    def __init__(self) -> None:
        self.sequence = 0
        self.last_order_id = 0
        self._hold_to(Limits())
        self.accounts: dict[str, Account] = {}
        self.books: dict[str, OrderBook] = {}
        self.matcher = Matcher()
        # By the name in letters of one case, how its user spells it.
        self._names: dict[str, str] = {}

    def set_limits(self, limits: Limits) -> None:
        """Hold all users to these limits; accounts keep running totals while positions are limited."""
        was_limited, is_limited = self.limits.position_max is not None, limits.position_max is not None
        self._hold_to(limits)
        if was_limited != is_limited:
            for account in self.accounts.values():
                account.limit_positions(is_limited)

    def _hold_to(self, limits: Limits) -> None:
        self.limits = limits
        # What every order is held to, at hand.
        self.open_orders_max = limits.open_orders_max
        self.has_quantity_limits = limits.quantity_max is not None or limits.position_max is not None

    def open_account(self, user: str) -> Account:
        """A new account for a user who has none."""
        account = self.new_account(user)
        self.enroll(account)
        return account

    def new_account(self, user: str) -> Account:
        """What would be the account of a user who has none, if it were enrolled."""
        account = Account(user)
        account.limit_positions(self.limits.position_max is not None)
        return account

    def enroll(self, account: Account) -> None:
        """Let a new account be its user's."""
        user = account.user
        assert user not in self.accounts, user
        self.accounts[user] = account
        self._names.setdefault(user.casefold(), user)

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

    def user_count(self) -> int:
        """How many users there are.  Any thread."""
        return len(self.accounts)

    def user_states(self) -> list[UserState]:
        """Every user as the operator sees them, by name.  Any thread: the accounts are copied in one step."""
        accounts = list(self.accounts.values())
        return sorted(account.state() for account in accounts)

    def check_invariants(self) -> None:
        """Assert that every book is sound and that books and accounts know the same live orders.  For tests."""
        resting: list[int] = []
        for book in self.books.values():
            book.check_invariants()
            resting.extend(order.order_id for order in book.live_orders())
        live: list[int] = []
        for account in self.accounts.values():
            account.check_invariants()
            live_orders = account.live_orders()
            assert not (account.is_blocked and live_orders), account.user
            live.extend(order.order_id for order in live_orders)
        assert sorted(live) == sorted(resting), set(live) ^ set(resting)
