"""The file that one user's order history is kept in: read whole, appended to, now and then written anew.

    {"user": "alice", "orders": [
    {"order_id":3,"client_order_id":"…","symbol":"ACME","side":"BUY",…,"status":"NEW","last_seq":16},
    {"order_id":3,"client_order_id":"…","symbol":"ACME","side":"BUY",…,"status":"FILLED","last_seq":17}
    ], "last_seq": 17}

It is one JSON document at any moment.  A change of an order is a further row, and the last row of an order counts.
`last_seq` is the last of the user's events that the file knows: up to a row, or at its end.  An append overwrites
the closing line with the new rows and another closing line, in one write: O(what changed), whatever is kept.  It
waits for no disk, since after a loss of power the exchange tells again what came after the last whole row.
`replace`, which leaves one row for each order, is atomic and durable.

Only rows and bytes are known here; what an event does to an order is `session_manager`'s to say.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Optional

from exchange.networking.tcp_client import encode_message
from exchange.utils.helpers import JsonError, parse_json, write_atomically
from tui.session_order import SessionOrder


class KeptHistory(NamedTuple):
    """What a file held: the orders, oldest first, and the last event that they take into account.

    `notice` is one line for the person if the file was damaged, else None.
    """

    orders: list[SessionOrder]
    last_seq: int
    notice: Optional[str]


class OrderHistoryFile:
    """The file of `user` at `path`.  Belongs to one thread.

    Where two programs have it, each `replace` puts a file of its own in place; whoever then appends notices that
    its file is not the one under that name any more, and `append` says so by returning False.
    """

    def __init__(self, path: Path, user: str) -> None:
        self.path = path
        self._user = user
        self._fd: Optional[int] = None
        # Where the closing line begins.
        self._rows_end = 0
        self._last_seq = 0
        self.row_count = 0

    def load(self) -> KeptHistory:
        """What the file holds; nothing is written.  A damaged one is set aside, and what is whole in it is taken.

        Raises OSError if it can't be read or renamed.
        """
        try:
            data = self.path.read_bytes()
        except FileNotFoundError:
            return KeptHistory([], 0, None)
        try:
            return _history(parse_json(data), self._user)
        except (JsonError, KeyError, TypeError, ValueError) as error:
            kept = self._whole_rows(data)
            return kept._replace(notice=self._set_aside(error, len(kept.orders)))

    def replace(self, last_seq: int, orders: Sequence[SessionOrder]) -> None:
        """Write the file anew, atomically and durably; makes the directory if need be.  Raises OSError."""
        self.close()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        head = f'{{"user": "{self._user}", "orders": ['
        body = (head + _rows(orders, last_seq, last_seq)).encode("utf-8")
        write_atomically(self.path, body + _closing(last_seq))
        self._fd = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC)
        self._rows_end, self._last_seq, self.row_count = len(body), last_seq, len(orders)

    def append(self, last_seq: int, orders: Sequence[SessionOrder]) -> bool:
        """Add a row for each of the orders, one at least; False if it must be `replace` instead.

        Raises OSError, and then it must be `replace` too.  A row is longer than a closing line can be, so nothing
        of the old one shows behind the new one, even if an engine that began anew counts from 1 again.
        """
        if self._fd is None or not self._is_in_place(self._fd):
            return False
        comma = "," if self.row_count else ""
        rows = (comma + _rows(orders, self._last_seq, last_seq)).encode("utf-8")
        try:
            _write_at(self._fd, self._rows_end, rows + _closing(last_seq))
        except OSError:
            # Half of it may be there.
            self.close()
            raise
        self._rows_end += len(rows)
        self._last_seq = last_seq
        self.row_count += len(orders)
        return True

    def close(self) -> None:
        """Let go of the file; the next write must be `replace`."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _is_in_place(self, fd: int) -> bool:
        """Whether the open file is the one that has the name: nobody removed or replaced it."""
        try:
            return os.path.samestat(os.fstat(fd), os.stat(self.path))
        except FileNotFoundError:
            return False

    def _whole_rows(self, data: bytes) -> KeptHistory:
        """What can be read of a damaged file: its rows up to the first that is not whole."""
        head, *lines = data.split(b"\n")
        try:
            content = parse_json(head + b"]}")
            kept = _history({"last_seq": 0, **content}, self._user)
        except (JsonError, KeyError, TypeError, ValueError):
            return KeptHistory([], 0, None)
        rows: list[dict[str, Any]] = []
        last_seq = kept.last_seq
        for line in lines:
            try:
                row = parse_json(line.removesuffix(b","))
                SessionOrder.from_file(row)
            except (JsonError, KeyError, TypeError, ValueError):
                break
            rows.append(row)
            last_seq = row.get("last_seq", last_seq)
        return KeptHistory(_last_of_each(rows), last_seq, None)

    def _set_aside(self, error: Exception, orders_count: int) -> str:
        """Keep the damaged file under the first free name, for someone to look at; returns what to say of it."""
        number = 1
        while (kept := self.path.with_name(f"{self.path.name}.damaged-{number}")).exists():
            number += 1
        self.path.rename(kept)
        whole = f"{orders_count} orders in it are whole" if orders_count else "no order in it is whole"
        return f"the order history {self.path} is damaged ({error}); {whole}; it was kept as {kept.name}"


def _history(content: Any, user: str) -> KeptHistory:
    """Raises KeyError, TypeError or ValueError for what is no history of `user`."""
    if content["user"] != user:
        raise ValueError(f"it is of user {content['user']!r}")
    last_seq = content["last_seq"]
    if type(last_seq) is not int:
        raise ValueError(f"last_seq {last_seq!r} is no integer")
    return KeptHistory(_last_of_each(content["orders"]), last_seq, None)


def _last_of_each(rows: Iterable[dict[str, Any]]) -> list[SessionOrder]:
    """Each order once, as its last row has it, in the place of its first.  A refused order has one row only."""
    orders: dict[object, SessionOrder] = {}
    for place, row in enumerate(rows):
        order = SessionOrder.from_file(row)
        orders[place if order.order_id is None else (order.order_id, order.timestamp)] = order
    return list(orders.values())


def _rows(orders: Sequence[SessionOrder], before: int, last_seq: int) -> str:
    """Only behind the last of them all events up to `last_seq` are in the file: the others stand at `before`."""
    seqs = [before] * (len(orders) - 1) + [last_seq]
    rows = [{**order.to_fields(), "last_seq": seq} for order, seq in zip(orders, seqs, strict=False)]
    return ",".join("\n" + encode_message(row) for row in rows)


def _closing(last_seq: int) -> bytes:
    return f'\n], "last_seq": {last_seq}}}\n'.encode("ascii")


def _write_at(fd: int, offset: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written
