"""What clients sent and were told, held against what a restarted exchange has.

The audit logs are the account of what was recovered: every private event of every user, in order, as the journal
gave it back.  So, after each restart:

    told ⊆ recovered      what was heard on the wire with seq N is line N of the user's log, word for word
    recovered ⊆ sent      every order in the log was sent like this; nothing was canceled or changed unasked
    gone with the crash   no order is live that ends with its connection, and no other was canceled for that
    nothing twice         seq 1, 2, 3 … without a gap; every order accepted once, order ids 1, 2, 3 … over all
    conserved             quantity = executed + remaining + canceled, for every order, after every event
    the ledger            trade ids 1, 2, 3 …; each trade is exactly one fill of its buyer and one of its seller
    the engine agrees     `orders`, `positions` and `next_seq` are what the events add up to

Files are read on from where the last check ended: a restart may add to them, and never change what was there.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Optional

from exchange.engine.commands import CancelOrder, Command, NewOrder, ReplaceOrder
from exchange.utils.helpers import utc_text

Message = dict[str, Any]
PRIVATE = ("order_accepted", "order_executed", "order_canceled", "order_replaced")

_LINE = re.compile(r"\S{30} seq=([0-9]+) ([A-Z]+) order ([0-9]+) \(([^)]*)\) (.*)")
_ENTERED = re.compile(r"(BUY|SELL) ACME ([0-9]+)(?: @ ([0-9.]+))? remaining ([0-9]+) NEW ([A-Z]+) ([A-Z]+).*")
_EXECUTED = re.compile(r"(BUY|SELL) ACME ([0-9]+) @ ([0-9.]+) remaining ([0-9]+) [A-Z_]+ trade ([0-9]+) [A-Z]+")
_CANCELED = re.compile(r"ACME canceled ([0-9]+) ([A-Z_]+)")
_REPLACED = re.compile(r"ACME ([0-9]+)(?: @ ([0-9.]+))? remaining ([0-9]+) [A-Z_]+ priority (?:kept|lost)")


def log_line(message: Message) -> str:
    """The line of the audit log that a private event on the wire must have; its prices are texts."""
    kind = message["type"].removeprefix("order_").upper()
    head = f"{utc_text(message['timestamp'])} seq={message['seq']} {kind} order {message['order_id']}"
    return f"{head} ({message['client_order_id']}) {_DETAILS[kind](message)}"


def _entered(message: Message) -> str:
    prevention = f" {message['self_trade_prevention']}" if "self_trade_prevention" in message else ""
    return (
        f"{message['side']} {message['symbol']} {message['quantity']}{_at(message)} "
        f"remaining {message['remaining_quantity']} {message['status']} {message['order_type']} "
        f"{message['time_in_force']}{prevention}"
    )


def _executed(message: Message) -> str:
    return (
        f"{message['side']} {message['symbol']} {message['quantity']}{_at(message)} "
        f"remaining {message['remaining_quantity']} {message['status']} trade {message['trade_id']} "
        f"{message['liquidity']}"
    )


def _canceled(message: Message) -> str:
    return f"{message['symbol']} canceled {message['remaining_quantity']} {message['reason']}"


def _replaced(message: Message) -> str:
    return (
        f"{message['symbol']} {message['quantity']}{_at(message)} remaining {message['remaining_quantity']} "
        f"{message['status']} priority {'kept' if message['priority_kept'] else 'lost'}"
    )


def _at(message: Message) -> str:
    return "" if message["price"] is None else f" @ {message['price']}"


_DETAILS = {"ACCEPTED": _entered, "EXECUTED": _executed, "CANCELED": _canceled, "REPLACED": _replaced}


@dataclass
class OrderAccount:
    """One order as its events tell it.  `price` is a text as on the wire."""

    order_id: int
    side: str
    price: Optional[str]
    quantity: int
    ends_with_connection: bool
    executed: int = 0
    canceled: int = 0
    is_live: bool = True

    @property
    def remaining(self) -> int:
        """What can still trade."""
        return self.quantity - self.executed - self.canceled


class Fill(NamedTuple):
    """One side of one trade."""

    trade_id: int
    user: str
    side: str
    order_id: int
    price: str
    quantity: int


@dataclass
class UserAccount:
    """One user: what they sent, what they were told, and what the log says happened."""

    user: str
    entered: dict[str, NewOrder] = field(default_factory=dict)
    unanswered: dict[str, NewOrder] = field(default_factory=dict)
    resent: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    cancels: set[str] = field(default_factory=set)
    replaces: dict[str, list[ReplaceOrder]] = field(default_factory=dict)
    # By seq, as a line of the log; those that were not yet found in the log.
    told: dict[int, str] = field(default_factory=dict)
    orders: dict[str, OrderAccount] = field(default_factory=dict)
    last_seq: int = 0
    net_position: int = 0
    volume: int = 0
    disconnected_count: int = 0

    # --- while the exchange runs -------------------------------------------------------------------------

    def send(self, command: Command) -> None:
        """The user is about to send this, perhaps again."""
        if isinstance(command, NewOrder):
            name = command.client_order_id
            if name in self.entered:
                self.resent.add(name)
            self.entered[name] = self.unanswered[name] = command
        elif isinstance(command, CancelOrder) and command.client_order_id is not None:
            self.cancels.add(command.client_order_id)
        elif isinstance(command, ReplaceOrder) and command.client_order_id is not None:
            self.replaces.setdefault(command.client_order_id, []).append(command)

    def hear(self, message: Message) -> None:
        """What came on the wire."""
        kind, name = message["type"], message.get("client_order_id", "")
        if kind in PRIVATE:
            self.told[message["seq"]] = log_line(message)
            if kind == "order_accepted":
                del self.unanswered[name]
                assert name not in self.orders, f"{self.user}: {name} was in the log and is accepted again"
        elif kind == "order_rejected":
            del self.unanswered[name]
            if message["code"] == "DUPLICATE_CLIENT_ORDER_ID":
                assert name in self.resent and name in self.orders, f"{self.user}: {message} is not in the log"
            else:
                self.refused.add(name)
        else:
            assert kind in ("cancel_rejected", "replace_rejected", "pong"), message

    def check_answers(self, next_seq: int, orders: list[Message], positions: list[Message]) -> None:
        """What the restarted engine answers is what the events add up to."""
        assert next_seq == self.last_seq + 1, (self.user, next_seq, self.last_seq)
        found = {
            order["client_order_id"]: (order["order_id"], order["side"], str(order["price"]), order["quantity"],
                                       order["remaining_quantity"])
            for order in orders
        }  # fmt: skip
        wanted = {
            name: (order.order_id, order.side, order.price, order.quantity, order.remaining)
            for name, order in self.orders.items()
            if order.is_live
        }
        assert found == wanted, (self.user, found, wanted)
        held = [(position["net_position"], position["volume"]) for position in positions]
        assert held == ([(self.net_position, self.volume)] if self.volume else []), (self.user, held)

    # --- after a restart ---------------------------------------------------------------------------------

    def recover(self, lines: list[str]) -> list[Fill]:
        """The log has grown by these lines; returns the fills in them."""
        fills: list[Fill] = []
        for line in lines:
            match = _LINE.fullmatch(line)
            assert match, line
            self.last_seq += 1
            assert int(match[1]) == self.last_seq, f"{self.user}: {line!r} follows seq {self.last_seq - 1}"
            told = self.told.pop(self.last_seq, line)
            assert told == line, f"{self.user}: was told {told!r}, the log has {line!r}"
            fills += self._happen(match[2], int(match[3]), match[4], match[5])
        assert not self.told, f"{self.user}: was told {self.told}, the log ends at seq {self.last_seq}"
        left = [name for name, order in self.orders.items() if order.is_live and order.ends_with_connection]
        assert not left, f"{self.user}: {left} should have ended with their connections"
        return fills

    def _happen(self, kind: str, order_id: int, name: str, details: str) -> list[Fill]:
        if kind == "ACCEPTED":
            self._accepted(order_id, name, details)
            return []
        order = self.orders[name]
        assert order.order_id == order_id and order.is_live, (self.user, name, order, details)
        if kind == "EXECUTED":
            return [self._executed(order, details)]
        if kind == "CANCELED":
            self._canceled(order, name, details)
        else:
            self._replaced(order, name, details)
        return []

    def _accepted(self, order_id: int, name: str, details: str) -> None:
        match = _ENTERED.fullmatch(details)
        assert match, details
        side, quantity, price, remaining, order_type, time_in_force = match.groups()
        assert name in self.entered, f"{self.user}: nobody sent {name}"
        sent = self.entered[name]
        terms = sent.terms
        assert name not in self.orders and name not in self.refused, (self.user, name, details)
        assert (side, int(quantity), order_type, time_in_force) == (
            terms.side.value, terms.quantity, terms.order_type.value, terms.time_in_force.value
        ), (self.user, sent, details)  # fmt: skip
        assert (None if price is None else nanos(price)) == terms.price_nanos and remaining == quantity
        self.orders[name] = OrderAccount(order_id, side, price, int(quantity), sent.ends_with_connection)

    def _executed(self, order: OrderAccount, details: str) -> Fill:
        match = _EXECUTED.fullmatch(details)
        assert match, details
        fill = Fill(int(match[5]), self.user, match[1], order.order_id, match[3], int(match[2]))
        order.executed += fill.quantity
        assert fill.side == order.side and order.remaining == int(match[4]) >= 0, (self.user, order, details)
        order.is_live = order.remaining > 0
        self.net_position += fill.quantity if fill.side == "BUY" else -fill.quantity
        self.volume += fill.quantity
        return fill

    def _canceled(self, order: OrderAccount, name: str, details: str) -> None:
        match = _CANCELED.fullmatch(details)
        assert match, details
        if match[2] == "USER_REQUESTED" and int(match[1]) == 0:
            # A replace to no more than was executed ends the order at that (RULES 11).
            totals = [replace.quantity for replace in self.replaces[name] if replace.quantity is not None]
            assert min(totals) <= order.executed, (self.user, name, details)
            order.quantity = order.executed
        elif match[2] == "USER_REQUESTED":
            assert name in self.cancels, f"{self.user}: nobody asked to cancel {name}"
        elif match[2] == "DISCONNECTED":
            assert order.ends_with_connection, f"{self.user}: {name} does not end with its connection"
            self.disconnected_count += 1
        order.canceled = order.remaining
        order.is_live = False
        assert order.canceled == int(match[1]), (self.user, order, details)

    def _replaced(self, order: OrderAccount, name: str, details: str) -> None:
        match = _REPLACED.fullmatch(details)
        assert match, details
        order.quantity, price = int(match[1]), match[2]
        asked = [
            replace
            for replace in self.replaces[name]
            if replace.quantity == order.quantity
            and (price == order.price if replace.price_nanos is None else nanos(price) == replace.price_nanos)
        ]
        assert asked, f"{self.user}: nobody asked for {name} {details}"
        order.price = price
        assert order.remaining == int(match[3]) > 0, (self.user, order, details)


def nanos(price: str) -> int:
    """A price of the wire in nanos."""
    units, _point, decimals = price.partition(".")
    return int(units + decimals.ljust(9, "0"))


class Tail:
    """A file that only grows, read on from where the last reading ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = b""

    def new_lines(self) -> list[str]:
        """The lines since then; all before must be as it was."""
        data = self._path.read_bytes() if self._path.exists() else b""
        assert data.startswith(self._read), f"{self._path}: what was there has changed"
        new, self._read = data[len(self._read) :], data
        assert not new or new.endswith(b"\n"), f"{self._path}: ends in the middle of a line"
        return new.decode("ascii").splitlines()


class KillOracle:
    """All users, and what lies on the disk."""

    def __init__(self, data_directory: Path, users: tuple[str, ...]) -> None:
        self.accounts = {user: UserAccount(user) for user in users}
        self._logs = {user: Tail(data_directory / "logs" / f"logs_{user}.txt") for user in users}
        self._ledger = Tail(data_directory / "trades" / "trades.jsonl")
        self.trade_count = 0

    def check_recovered(self) -> None:
        """To be called when a restarted exchange listens and nobody has sent anything yet."""
        fills: Counter[Fill] = Counter()
        for user, account in self.accounts.items():
            fills.update(account.recover(self._logs[user].new_lines()))
        order_ids = [order.order_id for account in self.accounts.values() for order in account.orders.values()]
        assert sorted(order_ids) == list(range(1, len(order_ids) + 1)), "order ids have a gap or a repeat"
        sides: Counter[Fill] = Counter()
        for line in self._ledger.new_lines():
            sides.update(self._trade(line))
        assert sides == fills, f"only in the ledger: {sides - fills}; only in the logs: {fills - sides}"

    def _trade(self, line: str) -> tuple[Fill, Fill]:
        trade = json.loads(line, parse_float=str)
        self.trade_count += 1
        assert trade["trade_id"] == self.trade_count, f"{line} follows trade {self.trade_count - 1}"
        what = (str(trade["price"]), trade["quantity"])
        return (
            Fill(trade["trade_id"], trade["buyer"], "BUY", trade["buy_order_id"], *what),
            Fill(trade["trade_id"], trade["seller"], "SELL", trade["sell_order_id"], *what),
        )
