"""Cases of other engines' tests (see `foreign_cases`) played over TCP, as clients in any language would.

One exchange serves all cases: each case has an instrument and users of its own.  What happened is read from what
the users are told and from the public feeds, and from nothing else.
"""

from __future__ import annotations

import threading
from decimal import Decimal
from types import TracebackType
from typing import Any, Optional

from exchange.engine.commands import Command, ListInstrument, SetPhase
from exchange.engine.instrument import Instrument
from exchange.engine.words import Phase
from tests.support.in_process import WAIT_S, InProcessExchange
from tests.support.raw_client import Message, RawClient

_TYPES = {"limit": "LIMIT", "market": "MARKET", "stop": "STOP", "stop_limit": "STOP_LIMIT"}
_PREVENTIONS = {"cn": "CANCEL_NEWEST", "co": "CANCEL_OLDEST", "cb": "CANCEL_BOTH", "dc": "DECREMENT"}
_REJECTIONS = ("order_rejected", "cancel_rejected", "replace_rejected")
TICK = Decimal("0.01")


class WirePlayer:
    """One case: `play` it, then ask what came of it.  Prices are in ticks, orders named as the case does."""

    def __init__(
        self, exchange: InProcessExchange, number: int, instrument: Instrument, prevention: Optional[str] = None
    ) -> None:
        self._exchange = exchange
        self._number = number
        self._symbol = instrument.symbol
        self._prevention = prevention
        self._clients: dict[str, RawClient] = {}
        self._guest = RawClient(exchange.port)
        self._names: dict[int, Any] = {}
        self._order_ids: dict[Any, int] = {}
        self._fills: dict[int, dict[str, Any]] = {}
        self.rejected: list[int] = []
        # Other engines accept a FOK that can't be filled and kill it; here that is a refusal (RULES 4).
        self.unfilled: list[int] = []
        self.codes: set[str] = set()
        self.triggered: list[Any] = []
        self.remainders_canceled: list[Any] = []
        self.carry_out(ListInstrument(instrument))

    def __enter__(self) -> WirePlayer:
        return self

    def __exit__(
        self, kind: Optional[type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        for client in (self._guest, *self._clients.values()):
            client.close()

    def carry_out(self, command: Command) -> None:
        """What an operator does, in turn with everybody's requests."""
        done = threading.Event()
        self._exchange.put(None, [command], done.set)
        assert done.wait(WAIT_S)

    def set_phase(self, phase: Phase) -> None:
        """As the operator does."""
        self.carry_out(SetPhase(self._symbol, phase))

    def play(self, steps: list[dict[str, Any]]) -> None:
        """Send every step, each after the answer to the one before."""
        for index, step in enumerate(steps):
            for message in self._client(step["user"]).ask(self._request(step)):
                if message.get("code") == "CANNOT_FILL":
                    self.unfilled.append(index)
                elif message["type"] in _REJECTIONS:
                    self.rejected.append(index)
                    self.codes.add(message["code"])
                self._note(message)
        self.hear()

    def hear(self) -> None:
        """Take in what users were told whose turn it was not."""
        for client in self._clients.values():
            for message in client.heard():
                self._note(message)

    @property
    def trades(self) -> list[list[Any]]:
        """Buyer's order, seller's order, price, quantity of each, in order."""
        fills = [self._fills[trade_id] for trade_id in sorted(self._fills)]
        return [[fill["BUY"], fill["SELL"], fill["price"], fill["quantity"]] for fill in fills]

    def remaining(self) -> dict[Any, int]:
        """What remains of each live order."""
        listed = [client.ask({"type": "get_orders"})[0]["orders"] for client in self._clients.values()]
        return {self._names[each["order_id"]]: each["remaining_quantity"] for orders in listed for each in orders}

    def book(self) -> dict[str, list[list[int]]]:
        """What everybody sees."""
        return {
            side: [[int(price / TICK), quantity] for price, quantity, _ in self._subscribed()[0][side]]
            for side in ("bids", "asks")
        }

    def indication(self) -> Message:
        """What a call would give now, as whoever has just come is told."""
        [indication] = self._subscribed()[1:]
        return indication

    def _subscribed(self) -> list[Message]:
        answers = self._guest.ask({"type": "subscribe", "channel": "book", "symbol": self._symbol, "depth": 0})
        assert [answers[0]["type"], answers[1]["type"]] == ["subscribed", "book_snapshot"]
        return answers[1:]

    def _client(self, user: Any) -> RawClient:
        name = f"{user}-{self._number}"
        if name not in self._clients:
            self._clients[name] = RawClient(self._exchange.port)
            assert self._clients[name].login(name)["type"] == "logged_in"
        return self._clients[name]

    def _request(self, step: dict[str, Any]) -> bytes:
        if step["op"] in _TYPES:
            return _line(self._new_order(step))
        known = self._order_ids.get(step["id"])
        named: dict[str, Any] = {"client_order_id": str(step["id"])} if known is None else {"order_id": known}
        if step["op"] == "cancel":
            return _line({"type": "cancel_order", **named})
        price, stop_price = _price(step.get("price")), _price(step.get("stop"))
        changes = {"price": price, "quantity": step.get("qty"), "stop_price": stop_price}
        return _line({"type": "replace_order", **named, **changes})

    def _new_order(self, step: dict[str, Any]) -> dict[str, Any]:
        given = step.get("tif")
        return {
            "type": "new_order",
            "client_order_id": str(step["id"]),
            "symbol": self._symbol,
            "side": step["side"].upper(),
            "order_type": _TYPES[step["op"]],
            "quantity": step["qty"],
            "price": _price(step.get("price")),
            "stop_price": _price(step.get("stop")),
            "time_in_force": None if given == "POST" else given,
            "post_only": True if given == "POST" else None,
            "display_quantity": step.get("display"),
            "self_trade_prevention": None if self._prevention is None else _PREVENTIONS[self._prevention],
        }

    def _note(self, message: Message) -> None:
        kind = message["type"]
        if kind == "order_accepted":
            name: Any = message["client_order_id"]
            name = int(name) if name.isdecimal() else name
            self._names[message["order_id"]] = name
            self._order_ids[name] = message["order_id"]
        elif kind == "order_executed":
            fill = self._fills.setdefault(message["trade_id"], {})
            fill[message["side"]] = self._names[message["order_id"]]
            fill["price"], fill["quantity"] = int(message["price"] / TICK), message["quantity"]
        elif kind == "order_triggered":
            self.triggered.append(self._names[message["order_id"]])
        elif kind == "order_canceled" and message["reason"] == "MARKET_REMAINDER":
            self.remainders_canceled.append(self._names[message["order_id"]])


def _price(ticks: Optional[int]) -> Optional[Decimal]:
    return None if ticks is None else ticks * TICK


def _line(fields: dict[str, Any]) -> bytes:
    """A request; what is None is left out, and a price is written exactly."""
    written = [f'"{name}":{_text(value)}' for name, value in fields.items() if value is not None]
    return b"{" + ",".join(written).encode() + b"}"


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else f"{value:f}" if isinstance(value, Decimal) else str(value)
