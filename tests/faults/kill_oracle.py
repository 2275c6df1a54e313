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
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Optional, Union

from exchange.engine.commands import CancelOrder, Command, NewOrder, ReplaceOrder
from exchange.engine.words import TimeInForce
from exchange.utils.helpers import utc_text

Message = dict[str, Any]
PRIVATE = (
    "order_accepted",
    "order_executed",
    "order_canceled",
    "order_replaced",
    "order_triggered",
    "order_expired",
)

_LINE = re.compile(r"\S{30} seq=([0-9]+) ([A-Z]+) order ([0-9]+) \(([^)]*)\) (.*)")
_OPTIONS = r"(?:stop ([0-9.]+) )?(?:shows ([0-9]+) )?"
_ENTERED = re.compile(
    r"(BUY|SELL) ([A-Z]+) ([0-9]+)(?: @ ([0-9.]+))? remaining ([0-9]+) NEW "
    + _OPTIONS
    + r"([A-Z_]+) (GTC|DAY|IOC|FOK)( POST_ONLY)?(?: [A-Z_]+)?"
)
_EXECUTED = re.compile(
    r"(BUY|SELL) ([A-Z]+) ([0-9]+) @ ([0-9.]+) remaining ([0-9]+) [A-Z_]+ (?:shows [0-9]+ )?"
    r"(?:fee (-?[0-9.]+) )?trade ([0-9]+) [A-Z]+"
)
_CANCELED = re.compile(r"[A-Z]+ canceled ([0-9]+) ([A-Z_]+)")
_REPLACED = re.compile(
    rf"[A-Z]+ ([0-9]+)(?: @ ([0-9.]+))? remaining ([0-9]+) [A-Z_]+ {_OPTIONS}priority (kept|lost)"
)
_TRIGGERED = re.compile(r"[A-Z]+ stop ([0-9.]+) triggered")
_EXPIRED = re.compile(r"[A-Z]+ ([0-9]+) expired")


def log_line(message: Message) -> str:
    """The line of the audit log that a private event on the wire must have; its prices are texts."""
    kind = message["type"].removeprefix("order_").upper()
    head = f"{utc_text(message['timestamp'])} seq={message['seq']} {kind} order {message['order_id']}"
    return f"{head} ({message['client_order_id']}) {_DETAILS[kind](message)}"


def _entered(message: Message) -> str:
    post_only = " POST_ONLY" if message.get("post_only") else ""
    prevention = f" {message['self_trade_prevention']}" if "self_trade_prevention" in message else ""
    return (
        f"{message['side']} {message['symbol']} {message['quantity']}{_at(message)} "
        f"remaining {message['remaining_quantity']} {message['status']} "
        f"{_options(message, 'display_quantity')}{message['order_type']} "
        f"{message['time_in_force']}{post_only}{prevention}"
    )


def _executed(message: Message) -> str:
    fee = f"fee {_plain(message['fee'])} " if "fee" in message else ""
    return (
        f"{message['side']} {message['symbol']} {message['quantity']}{_at(message)} "
        f"remaining {message['remaining_quantity']} {message['status']} "
        f"{_options(message, 'displayed_quantity')}{fee}trade {message['trade_id']} {message['liquidity']}"
    )


def _canceled(message: Message) -> str:
    return f"{message['symbol']} canceled {message['remaining_quantity']} {message['reason']}"


def _replaced(message: Message) -> str:
    return (
        f"{message['symbol']} {message['quantity']}{_at(message)} remaining {message['remaining_quantity']} "
        f"{message['status']} {_options(message, 'displayed_quantity')}"
        f"priority {'kept' if message['priority_kept'] else 'lost'}"
    )


def _triggered(message: Message) -> str:
    return f"{message['symbol']} stop {message['stop_price']} triggered"


def _expired(message: Message) -> str:
    return f"{message['symbol']} {message['remaining_quantity']} expired"


def _options(message: Message, shown: str) -> str:
    stop = f"stop {message['stop_price']} " if message.get("stop_price") is not None else ""
    return stop + (f"shows {message[shown]} " if message.get(shown) is not None else "")


def _at(message: Message) -> str:
    return "" if message["price"] is None else f" @ {message['price']}"


def _plain(amount: Union[str, int]) -> str:
    """An amount of the wire, which has at least as many decimals as a price, without the zeros at its end."""
    text = str(amount)
    return text.rstrip("0").rstrip(".") if "." in text else text


_DETAILS = {
    "ACCEPTED": _entered,
    "EXECUTED": _executed,
    "CANCELED": _canceled,
    "REPLACED": _replaced,
    "TRIGGERED": _triggered,
    "EXPIRED": _expired,
}


@dataclass
class OrderAccount:
    """One order as its events tell it.  `price` is a text as on the wire."""

    order_id: int
    symbol: str
    side: str
    price: Optional[str]
    quantity: int
    ends_with_connection: bool
    is_waiting: bool = False  # for its stop price
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
    fee: Optional[str]


@dataclass
class UserAccount:
    """One user: what they sent, what they were told, and what the log says happened."""

    user: str
    # The instruments that nothing but orders changes; None: all of them.
    untimed_symbols: Optional[frozenset[str]] = None
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
    # By symbol.
    net_positions: Counter[str] = field(default_factory=Counter)
    volumes: Counter[str] = field(default_factory=Counter)
    disconnected_count: int = 0
    triggered_count: int = 0
    expired_count: int = 0

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
        """What the restarted engine answers is what the events add up to.

        In instruments that change by time there may have been more since the logs were read: a call has ended.
        """
        more_count = next_seq - self.last_seq - 1
        assert more_count == 0 or (more_count > 0 and self.untimed_symbols is not None), (self.user, next_seq)
        found = {
            order["client_order_id"]: (order["order_id"], order["side"], order["price"], order["quantity"],
                                       order["remaining_quantity"], order.get("waiting", False))
            for order in orders
            if self._is_known(order["symbol"])
        }  # fmt: skip
        wanted = {
            name: (order.order_id, order.side, order.price, order.quantity, order.remaining, order.is_waiting)
            for name, order in self.orders.items()
            if order.is_live and self._is_known(order.symbol)
        }
        assert found == wanted, (self.user, found, wanted)
        held = {each["symbol"]: (each["net_position"], each["volume"]) for each in positions}
        known = {symbol: (self.net_positions[symbol], self.volumes[symbol]) for symbol in self.volumes}
        for symbol in filter(self._is_known, held | known):
            assert held.get(symbol) == known.get(symbol), (self.user, symbol, held, known)

    def _is_known(self, symbol: str) -> bool:
        return self.untimed_symbols is None or symbol in self.untimed_symbols

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
        elif kind == "REPLACED":
            self._replaced(order, name, details)
        elif kind == "TRIGGERED":
            self._triggered(order, name, details)
        else:
            self._expired(order, name, details)
        return []

    def _accepted(self, order_id: int, name: str, details: str) -> None:
        match = _ENTERED.fullmatch(details)
        assert match, details
        side, symbol, quantity, price, remaining, stop, shows, order_type, time_in_force, post_only = (
            match.groups()
        )
        assert name in self.entered, f"{self.user}: nobody sent {name}"
        sent = self.entered[name]
        terms = sent.terms
        assert name not in self.orders and name not in self.refused, (self.user, name, details)
        assert (symbol, side, int(quantity), order_type, time_in_force) == (
            sent.symbol, terms.side.value, terms.quantity, terms.order_type.value, terms.time_in_force.value
        ), (self.user, sent, details)  # fmt: skip
        asked = (terms.price_nanos, terms.stop_price_nanos, terms.display_quantity, terms.post_only)
        assert asked == (nanos(price), nanos(stop), None if shows is None else int(shows), bool(post_only)), (
            details
        )
        assert remaining == quantity
        self.orders[name] = OrderAccount(
            order_id, symbol, side, price, int(quantity), sent.ends_with_connection, stop is not None
        )

    def _executed(self, order: OrderAccount, details: str) -> Fill:
        match = _EXECUTED.fullmatch(details)
        assert match, details
        fill = Fill(int(match[7]), self.user, match[1], order.order_id, match[4], int(match[3]), match[6])
        order.executed += fill.quantity
        assert fill.side == order.side and order.remaining == int(match[5]) >= 0, (self.user, order, details)
        assert match[2] == order.symbol and not order.is_waiting, (self.user, order, details)
        order.is_live = order.remaining > 0
        self.net_positions[order.symbol] += fill.quantity if fill.side == "BUY" else -fill.quantity
        self.volumes[order.symbol] += fill.quantity
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
        quantity, price, is_kept = int(match[1]), match[2], match[6] == "kept"
        asked = [
            replace
            for replace in self.replaces.get(name, [])
            if replace.quantity == quantity
            and (price == order.price if replace.price_nanos is None else nanos(price) == replace.price_nanos)
        ]
        # An order of its own user that prevents self-trades by DECREMENT makes it smaller unasked.
        is_decremented = is_kept and price == order.price and quantity < order.quantity
        assert asked or is_decremented, f"{self.user}: nobody asked for {name} {details}"
        order.price, order.quantity = price, quantity
        assert order.remaining == int(match[3]) > 0, (self.user, order, details)

    def _triggered(self, order: OrderAccount, name: str, details: str) -> None:
        assert _TRIGGERED.fullmatch(details) and order.is_waiting, (self.user, name, order, details)
        order.is_waiting = False
        self.triggered_count += 1

    def _expired(self, order: OrderAccount, name: str, details: str) -> None:
        match = _EXPIRED.fullmatch(details)
        assert match and int(match[1]) == order.remaining > 0, (self.user, order, details)
        assert self.entered[name].terms.time_in_force is TimeInForce.DAY, (self.user, name, details)
        order.canceled = order.remaining
        order.is_live = False
        self.expired_count += 1


def nanos(price: Optional[str]) -> Optional[int]:
    """A price of the wire in nanos; None stays None."""
    if price is None:
        return None
    units, _point, decimals = price.partition(".")
    return int(units + decimals.ljust(9, "0"))


class Tail:
    """A file that only grows, read on from where the last reading ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = b""

    def new_lines(self, is_growing: bool) -> list[str]:
        """The lines since then; all before must be as it was.  Half a line may be there only while it grows."""
        data = self._path.read_bytes() if self._path.exists() else b""
        assert data.startswith(self._read), f"{self._path}: what was there has changed"
        whole = data[: data.rfind(b"\n") + 1]
        assert is_growing or whole == data, f"{self._path}: ends in the middle of a line"
        new, self._read = whole[len(self._read) :], whole
        return new.decode("ascii").splitlines()


class KillOracle:
    """All users, and what lies on the disk."""

    def __init__(
        self, data_directory: Path, users: tuple[str, ...], untimed_symbols: Optional[frozenset[str]] = None
    ) -> None:
        self.accounts = {user: UserAccount(user, untimed_symbols) for user in users}
        self._logs = {user: Tail(data_directory / "logs" / f"logs_{user}.txt") for user in users}
        self._ledger = Tail(data_directory / "trades" / "trades.jsonl")
        self.trade_count = 0
        self.auction_trade_count = 0
        # Fills that the ledger has and the logs have not, negative the other way round.
        self._missing_fills: dict[Fill, int] = defaultdict(int)

    def check_recovered(self, *, is_growing: bool = False) -> None:
        """To be called when a restarted exchange listens and nobody has sent anything yet.

        `is_growing`: its own timer may trade meanwhile, so that logs and ledger needn't be equally far.
        """
        for line in self._ledger.new_lines(is_growing):
            for fill in self._trade(line):
                self._missing_fills[fill] += 1
        for user, account in self.accounts.items():
            for fill in account.recover(self._logs[user].new_lines(is_growing)):
                self._missing_fills[fill] -= 1
        missing = {fill: count for fill, count in self._missing_fills.items() if count}
        self._missing_fills = defaultdict(int, missing)
        assert is_growing or not missing, f"ledger (+) and logs (-) differ: {missing}"
        order_ids = [order.order_id for account in self.accounts.values() for order in account.orders.values()]
        assert sorted(order_ids) == list(range(1, len(order_ids) + 1)), "order ids have a gap or a repeat"

    def _trade(self, line: str) -> tuple[Fill, Fill]:
        trade = json.loads(line, parse_float=str)
        self.trade_count += 1
        assert trade["trade_id"] == self.trade_count, f"{line} follows trade {self.trade_count - 1}"
        self.auction_trade_count += bool(trade.get("auction"))
        what = (str(trade["price"]), trade["quantity"])
        buy_fee, sell_fee = (
            None if fee is None else str(fee) for fee in (trade.get("buy_fee"), trade.get("sell_fee"))
        )
        return (
            Fill(trade["trade_id"], trade["buyer"], "BUY", trade["buy_order_id"], *what, buy_fee),
            Fill(trade["trade_id"], trade["seller"], "SELL", trade["sell_order_id"], *what, sell_fee),
        )
