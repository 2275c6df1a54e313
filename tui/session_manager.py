"""One user's own order history at one exchange, kept under the client's data directory.

    session_orders/orders_alice.5ec4….json   at the exchange that calls itself 5ec4…
    session_orders/orders_alice.json         where it is not known which, or from before they had names

The latter is taken over by the exchange that alice was at last.

It is fed with the messages the engine sends (`apply`) and with the list of live orders after a login
(`reconcile`): the engine's word wins over the file.  No sockets, no screen; it writes this one file and nothing
else.

What the file looks like, and what is safe when, is told by `order_history_file`.  The caller says when to write:
`save_if_changed` once after all that was waiting has been applied.  Two clients of one user that share a data
directory overwrite each other's file; neither loses what the engine still holds.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Optional

from exchange.networking.tcp_client import Message
from tui.order_history_file import OrderHistoryFile
from tui.session_order import SessionOrder, SessionOrderStatus

# The oldest orders that are over are dropped beyond this many; live orders never are.
ORDERS_MAX = 10_000
# So many rows more than orders twice over, or orders more than the maximum, have the file written anew.
ROWS_MORE_MAX = 1_000
# What the engine tells of a gap in the events.
_FOLLOW_A_GAP = frozenset({"orders", "positions"})
USER_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,32}")


def check_user(user: str) -> str:
    """`user` itself, when it is a name the exchange allows and so also safe in a file name.  Raises ValueError."""
    if USER_PATTERN.fullmatch(user) is None:
        raise ValueError(f"user {user!r} is not a name: 1 to 32 of A-Z a-z 0-9 _ -")
    return user


def history_path(data_directory: Path, user: str, engine_id: Optional[str] = None) -> Path:
    """Where the history of `user` at an exchange is, None: at one that is not known by name."""
    at = "" if engine_id is None else f".{engine_id}"
    return data_directory / "session_orders" / f"orders_{user}{at}.json"


def take_over_history(data_directory: Path, user: str, engine_id: str) -> None:
    """Let the history that is of no named exchange be that of `engine_id`, if it has none.  Raises OSError."""
    old, own = history_path(data_directory, user), history_path(data_directory, user, engine_id)
    if old.exists() and not own.exists():
        old.rename(own)


class SessionManager:
    """The history of `user`.  Belongs to one thread: the one that reads the engine's messages."""

    def __init__(
        self, data_directory: Path, user: str, orders_max: int = ORDERS_MAX, engine_id: Optional[str] = None
    ) -> None:
        """Load what the file of the exchange `engine_id` holds; nothing is written yet.

        A damaged file is set aside under another name, `notice` says so, and the history starts with what is whole
        in it.  Raises ValueError for a bad user name and OSError if the file can't be read or renamed.
        """
        self.user = check_user(user)
        self._data_directory = data_directory
        self._orders_max = orders_max
        self._open(engine_id)

    def _open(self, engine_id: Optional[str]) -> None:
        path = history_path(self._data_directory, self.user, engine_id)
        file = OrderHistoryFile(path, self.user)
        kept = file.load()
        # The exchange whose history this is, None: it is not known by name.
        self.engine_id, self.path, self._file = engine_id, path, file
        self.notice = kept.notice
        # The highest `seq` of a private event applied; 0 before the first.
        self.last_seq = kept.last_seq
        self._orders = kept.orders
        self._by_order_id = _index(kept.orders)
        self._sent: dict[str, Message] = {}
        # The orders that are not in the file as they are now, by `id`.
        self._changed: dict[int, SessionOrder] = {}
        # The last event of a gap, up to which the engine tells what its records have; 0: there is none.
        self._gap_to = 0

    def go_to(self, engine_id: Optional[str]) -> None:
        """From now on this is the history at the exchange `engine_id`; nothing changes if it is that already.

        What was asked of the one before and not answered is nobody's.  A file that can't be written is left as it
        is; raises OSError if the other one can't be read or renamed, and then nothing has changed.
        """
        if engine_id == self.engine_id:
            return
        before = self._file
        with contextlib.suppress(OSError):
            self.save_if_changed()
        self._open(engine_id)
        before.close()

    @property
    def orders(self) -> list[SessionOrder]:
        """All orders known, oldest first, live or not."""
        return list(self._orders)

    @property
    def live_orders(self) -> list[SessionOrder]:
        """The orders that can still trade, as far as is known."""
        return [order for order in self._orders if order.is_live]

    def order(self, order_id: int) -> Optional[SessionOrder]:
        """The order with this id, None if it is not in the history."""
        return self._by_order_id.get(order_id)

    # --- what happened -----------------------------------------------------------------------------------------

    def note_sent(self, client_order_id: str, **fields: Any) -> None:
        """Remember what was asked for until it is answered: a rejection repeats none of it.

        `fields` are those of the request: symbol, side, order_type, price (Decimal), quantity.
        """
        self._sent[client_order_id] = fields

    def apply(self, message: Message) -> bool:
        """Take one message of the engine; returns whether it changed the history.

        An event of an order that is not in the history (it is older than the file) and a message that is of no
        order change nothing, and neither does an event that was applied before.
        """
        self._count_event(message)
        kind = message["type"]
        if kind == "order_accepted":
            return self._accept(message)
        if kind == "order_rejected":
            request = self._sent.pop(message["client_order_id"], {})
            refused = SessionOrder.from_rejection(message, request)
            self._orders.append(refused)
            self._has_changed(refused)
            return True
        order = self._by_order_id.get(message.get("order_id", 0))
        if order is None or not order.apply(message):
            return False
        self._has_changed(order)
        return True

    def reconcile(self, live_orders: Iterable[Message]) -> None:
        """Believe the engine: `live_orders` (the `orders` of an `orders` message) are live and no others are.

        An order that the file holds as live and the engine doesn't ended unseen; it becomes UNKNOWN, and the event
        that tells how it ended, should it still come, corrects that.
        """
        believed = {id(self._put(SessionOrder.from_message(message))) for message in live_orders}
        for order in self.live_orders:
            if id(order) not in believed:
                order.end(SessionOrderStatus.UNKNOWN)
                self._has_changed(order)

    def _has_changed(self, order: SessionOrder) -> None:
        self._changed[id(order)] = order

    def _count_event(self, message: Message) -> None:
        kind = message["type"]
        if kind == "logged_in":
            # An engine that has told fewer events than were applied here began anew, and counts anew.
            self.last_seq = min(self.last_seq, message["next_seq"] - 1)
        elif kind == "gap":
            self._gap_to = message["to"]
        elif self._gap_to and kind not in _FOLLOW_A_GAP and not 0 < message.get("seq", 0) <= self._gap_to:
            # Only now is it certain that everything in the gap was heard.
            self.last_seq, self._gap_to = max(self.last_seq, self._gap_to), 0
        self.last_seq = max(self.last_seq, message.get("seq", 0))

    def _accept(self, message: Message) -> bool:
        """Add a new order, unless it is known: an acceptance told again must not undo the fills since."""
        self._sent.pop(message["client_order_id"], None)
        known = self._by_order_id.get(message["order_id"])
        if known is not None and known.timestamp == message["timestamp"]:
            return False
        self._put(SessionOrder.from_message(message))
        return True

    def _put(self, order: SessionOrder) -> SessionOrder:
        """Add an order or bring the known one up to date; returns the one in the history.

        The same id with another time of acceptance is an order of another engine: both stay.
        """
        assert order.order_id is not None, order
        known = self._by_order_id.get(order.order_id)
        if known is not None and known.timestamp == order.timestamp:
            if known != order:
                known.become(order)
                self._has_changed(known)
            return known
        self._has_changed(order)
        self._orders.append(order)
        self._by_order_id[order.order_id] = order
        return order

    # --- the file ----------------------------------------------------------------------------------------------

    def save_if_changed(self) -> None:
        """Add what changed since the last time to the file.  Raises OSError."""
        if not self._changed:
            return
        is_due = self._file.row_count > 2 * len(self._orders) + ROWS_MORE_MAX
        is_long = len(self._orders) > self._orders_max + ROWS_MORE_MAX
        if is_due or is_long or not self._file.append(self.last_seq, list(self._changed.values())):
            self.save()
        self._changed.clear()

    def save(self) -> None:
        """Write the file anew, atomically and durably; makes the directory if need be.  Raises OSError."""
        self._forget_oldest()
        self._file.replace(self.last_seq, self._orders)
        self._changed.clear()

    def close(self) -> None:
        """Leave a file with one row for each order.  Raises OSError if it can't be written."""
        if self._changed or self._file.row_count > len(self._orders):
            self.save()
        self._file.close()

    def _forget_oldest(self) -> None:
        excess = len(self._orders) - self._orders_max
        if excess <= 0:
            return
        over = [order for order in self._orders if not order.is_live][:excess]
        forgotten = {id(order) for order in over}
        self._orders = [order for order in self._orders if id(order) not in forgotten]
        self._by_order_id = _index(self._orders)


def _index(orders: Iterable[SessionOrder]) -> dict[int, SessionOrder]:
    """By order id; of two orders with one id (of two engines) the later."""
    return {order.order_id: order for order in orders if order.order_id is not None}
