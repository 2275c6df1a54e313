"""Cases of other engines' own tests, played on ours: how their steps become commands, and what is read of it.

A case names orders by ids of its own and prices in ticks; `shared/data/scenarios.json` and the files beside it
that say "as scenarios.json" are made of such cases.
"""

from __future__ import annotations

import json
from typing import Any, Optional

import pytest

from exchange.engine.commands import CancelOrder, Command, ListInstrument, NewOrder, ReplaceOrder
from exchange.engine.engine import Engine
from exchange.engine.events import (
    CancelRejected,
    Event,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderTriggered,
    ReplaceRejected,
)
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import CancelReason, Code, OrderType, RejectCode, SelfTradePrevention, Side, TimeInForce
from tests.support.project import SHARED_DATA

# The cases' quantities go up to 13 thousand million units.
ANY = Instrument("ANY", max_quantity=10**15)
_TYPES = {
    "limit": OrderType.LIMIT,
    "market": OrderType.MARKET,
    "stop": OrderType.STOP,
    "stop_limit": OrderType.STOP_LIMIT,
}
_PREVENTIONS = {
    "cn": SelfTradePrevention.CANCEL_NEWEST,
    "co": SelfTradePrevention.CANCEL_OLDEST,
    "cb": SelfTradePrevention.CANCEL_BOTH,
    "dc": SelfTradePrevention.DECREMENT,
}


def load_cases(name: str) -> list[Any]:
    """One parameter per case of a file; a single skipped one where it is missing."""
    path = SHARED_DATA / name
    if not path.exists():
        return [pytest.param(None, marks=pytest.mark.skip(f"needs {name} in {SHARED_DATA}"))]
    content = json.loads(path.read_text(encoding="utf-8"))
    cases = content["cases"] if isinstance(content, dict) else content
    assert cases
    return [pytest.param(case, id=case["name"]) for case in cases]


class CasePlayer:
    """One case entered into one engine."""

    def __init__(self, instrument: Instrument = ANY, prevention: Optional[str] = None) -> None:
        self.engine = Engine()
        self.instrument = instrument
        self._prevention = None if prevention is None else _PREVENTIONS[prevention]
        self.engine.process(ListInstrument(instrument), 0)
        self.trades: list[list[Any]] = []
        self.rejected: list[int] = []
        # Other engines accept a FOK that can't be filled and kill it; here that is a refusal (RULES 4).
        self.unfilled: list[int] = []
        self.codes: list[Code] = []
        self.triggered: list[Any] = []
        self.remainders_canceled: list[Any] = []
        # The case's own id of an order, by the engine's order id and the other way round.
        self._names: dict[int, Any] = {}
        self._order_ids: dict[Any, int] = {}

    def play(self, steps: list[dict[str, Any]]) -> None:
        """Carry out every step."""
        for index, step in enumerate(steps):
            for event in self.engine.process(self._command(step), index):
                self._note(index, step, event)
            self.engine.check_invariants()
            restored = Engine.restore(json.loads(json.dumps(list(self.engine.snapshot()))))
            assert restored.state_hash() == self.engine.state_hash()
            restored.check_invariants()

    def _command(self, step: dict[str, Any]) -> Command:
        if step["op"] in _TYPES:
            return self._new_order(step)
        # Orders are named by the engine's id, so that a case can try another user's; an unknown one has none.
        order_id = self._order_ids.get(step["id"])
        client_order_id = str(step["id"]) if order_id is None else None
        if step["op"] == "cancel":
            return CancelOrder(step["user"], order_id, client_order_id)
        assert step["op"] == "replace", step
        price, quantity, stop = self._nanos(step.get("price")), step.get("qty"), self._nanos(step.get("stop"))
        return ReplaceOrder(step["user"], order_id, client_order_id, price, quantity, None, stop)

    def _new_order(self, step: dict[str, Any]) -> NewOrder:
        given = step.get("tif", "IOC" if step["op"] == "market" else "GTC")
        terms = Terms(
            Side[step["side"].upper()],
            _TYPES[step["op"]],
            TimeInForce.GTC if given == "POST" else TimeInForce(given),
            self._nanos(step.get("price")),
            step["qty"],
            given == "POST",
            self._prevention,
            self._nanos(step.get("stop")),
            step.get("display"),
        )
        return NewOrder(step["user"], str(step["id"]), None, terms)

    def _nanos(self, price: Optional[int]) -> Optional[int]:
        return None if price is None else price * self.instrument.tick_size_nanos

    def _note(self, index: int, step: dict[str, Any], event: Event) -> None:
        if isinstance(event, OrderAccepted):
            self._names[event.order_id] = step["id"]
            self._order_ids[step["id"]] = event.order_id
        elif isinstance(event, OrderRejected) and event.code is RejectCode.CANNOT_FILL:
            assert step["tif"] == "FOK"
            self.unfilled.append(index)
        elif isinstance(event, (OrderRejected, CancelRejected, ReplaceRejected)):
            self.rejected.append(index)
            self.codes.append(event.code)
        else:
            self.note(event)

    def note(self, event: Event) -> None:
        """Keep what happened to orders that are in."""
        if isinstance(event, Trade):
            buy, sell = self._names[event.buy_order_id], self._names[event.sell_order_id]
            self.trades.append([buy, sell, event.price, event.quantity])
        elif isinstance(event, OrderTriggered):
            self.triggered.append(self._names[event.order_id])
        elif isinstance(event, OrderCanceled) and event.reason is CancelReason.MARKET_REMAINDER:
            self.remainders_canceled.append(self._names[event.order_id])

    def book(self) -> dict[str, list[list[int]]]:
        """What depth shows of both sides, best first."""
        book = self.engine.book(self.instrument.symbol)
        sides = {"bids": book.bids, "asks": book.asks}
        return {
            name: [[price, quantity] for price, quantity, _ in side.depth(None)] for name, side in sides.items()
        }

    def remaining(self) -> dict[Any, int]:
        """By the case's id, what remains of each live order, hidden parts and waiting stops included."""
        live = self.engine.book(self.instrument.symbol).live_orders()
        return {self._names[order.order_id]: order.remaining_quantity for order in live}


def merged(trades: list[list[Any]]) -> list[list[Any]]:
    """Trades in which consecutive ones of the same two orders at the same price count as one."""
    found: list[list[Any]] = []
    for buy, sell, price, quantity in trades:
        if found and found[-1][:3] == [buy, sell, price]:
            found[-1][3] += quantity
        else:
            found.append([buy, sell, price, quantity])
    return found
