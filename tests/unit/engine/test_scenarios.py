"""98 cases out of other engines' own tests and documents, with the results asserted there.

Each is entered as it stands, prices in ticks and without self-trade prevention, and must give exactly the trades,
the book and the refusals it names.
"""

from __future__ import annotations

import json
from typing import Any, Optional

import pytest

from exchange.engine.commands import CancelOrder, Command, ListInstrument, NewOrder, ReplaceOrder
from exchange.engine.engine import Engine
from exchange.engine.events import CancelRejected, Event, OrderAccepted, OrderRejected, ReplaceRejected
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import OrderType, RejectCode, Side, TimeInForce
from tests.conftest import SHARED_DATA

SCENARIOS_FILE = SHARED_DATA / "scenarios.json"
SCENARIO_COUNT = 98
# The cases' quantities go up to 13 thousand million units.
ANY = Instrument("ANY", max_quantity=10**15)


def load_scenarios() -> list[Any]:
    """One parameter per case; a single skipped one where the file is missing."""
    if not SCENARIOS_FILE.exists():
        return [pytest.param(None, marks=pytest.mark.skip(f"needs {SCENARIOS_FILE.name} in {SHARED_DATA}"))]
    scenarios = json.loads(SCENARIOS_FILE.read_text(encoding="utf-8"))
    assert len(scenarios) == SCENARIO_COUNT
    return [pytest.param(scenario, id=scenario["name"]) for scenario in scenarios]


class Replay:
    """One case entered into one engine."""

    def __init__(self) -> None:
        self.engine = Engine()
        self.engine.process(ListInstrument(ANY), 0)
        self.trades: list[list[Any]] = []
        self.rejected: list[int] = []
        # The case's own id of an order, by the engine's order id and the other way round.
        self._names: dict[int, Any] = {}
        self._order_ids: dict[Any, int] = {}

    def enter(self, index: int, step: dict[str, Any]) -> None:
        """Carry out one step of the case."""
        for event in self.engine.process(self._command(step), index):
            self._note(index, step, event)
        self.engine.check_invariants()

    def _command(self, step: dict[str, Any]) -> Command:
        if step["op"] in ("limit", "market"):
            return self._new_order(step)
        # Orders are named by the engine's id, so that a case can try another user's; an unknown one has none.
        order_id = self._order_ids.get(step["id"])
        client_order_id = str(step["id"]) if order_id is None else None
        if step["op"] == "cancel":
            return CancelOrder(step["user"], order_id, client_order_id)
        assert step["op"] == "replace", step
        return ReplaceOrder(step["user"], order_id, client_order_id, nanos(step["price"]), step["qty"], None)

    def _new_order(self, step: dict[str, Any]) -> NewOrder:
        is_market = step["op"] == "market"
        given = step.get("tif", "IOC" if is_market else "GTC")
        return NewOrder(
            step["user"],
            str(step["id"]),
            None,
            Terms(
                Side[step["side"].upper()],
                OrderType.MARKET if is_market else OrderType.LIMIT,
                TimeInForce.GTC if given == "POST" else TimeInForce(given),
                nanos(step.get("price")),
                step["qty"],
                given == "POST",
            ),
        )

    def _note(self, index: int, step: dict[str, Any], event: Event) -> None:
        if isinstance(event, OrderAccepted):
            self._names[event.order_id] = step["id"]
            self._order_ids[step["id"]] = event.order_id
        elif isinstance(event, Trade):
            buy, sell = self._names[event.buy_order_id], self._names[event.sell_order_id]
            self.trades.append([buy, sell, event.price, event.quantity])
        elif isinstance(event, OrderRejected) and event.code is RejectCode.CANNOT_FILL:
            # Other engines accept a FOK order that can't be filled and kill it; here that is a refusal (RULES 4).
            assert step["tif"] == "FOK"
        elif isinstance(event, (OrderRejected, CancelRejected, ReplaceRejected)):
            self.rejected.append(index)

    def book(self) -> dict[str, list[list[int]]]:
        """The levels of both sides, best first."""
        book = self.engine.book(ANY.symbol)
        sides = {"bids": book.bids, "asks": book.asks}
        return {
            name: [[price, quantity] for price, quantity, _ in side.depth(None)] for name, side in sides.items()
        }


def nanos(price: Optional[int]) -> Optional[int]:
    """Ticks to nanos."""
    return None if price is None else price * ANY.tick_size_nanos


@pytest.mark.parametrize("scenario", load_scenarios())
def test_scenario_of_another_engine(scenario: dict[str, Any]) -> None:
    replay = Replay()
    for index, step in enumerate(scenario["steps"]):
        replay.enter(index, step)
    assert replay.trades == scenario["trades"]
    assert replay.book() == scenario["book"]
    assert replay.rejected == scenario.get("rejected", [])
