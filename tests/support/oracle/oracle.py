"""The whole exchange, obviously: one `process(command, timestamp)`, like the engine's."""

from __future__ import annotations

from exchange.engine.commands import (
    CancelAll,
    CancelOrder,
    Command,
    GetOrders,
    GetPositions,
    NewOrder,
    ReplaceOrder,
)
from exchange.engine.events import AllCanceled, Event, OrdersListed, PositionsListed, PositionState
from tests.support.oracle.administration import ADMINISTRATIVE_ANSWERS
from tests.support.oracle.entry import Entry
from tests.support.oracle.values import REJECTIONS, OraclePosition

ANSWERS = (*REJECTIONS, *ADMINISTRATIVE_ANSWERS, AllCanceled, OrdersListed, PositionsListed)


class Oracle(Entry):
    """Asked like the engine, and slow."""

    def __init__(self) -> None:
        super().__init__()
        self.sequence = 0

    def process(self, command: Command, timestamp_ns: int) -> list[Event]:
        """The events that the rules give for this command in this state."""
        self._events = []
        self._now = timestamp_ns
        settings = self.settings()
        if isinstance(command, NewOrder):
            self._new_order(command)
        elif isinstance(command, CancelOrder):
            self._cancel_order(command)
        elif isinstance(command, ReplaceOrder):
            self._replace_order(command)
        elif isinstance(command, CancelAll):
            self._cancel_all(command)
        elif isinstance(command, GetOrders):
            self._tell(OrdersListed(tuple(self.state_of(o) for o in self._live_of(command.user))))
        elif isinstance(command, GetPositions):
            self._tell(PositionsListed(self._positions_of(command.user), self.cash_of(command.user)))
        else:
            self._administrate(command)
        happened = any(not isinstance(event, ANSWERS) for event in self._events)
        self.sequence += happened or settings != self.settings()
        return self._events

    def _positions_of(self, user: str) -> tuple[PositionState, ...]:
        held = sorted((symbol, position) for (owner, symbol), position in self.positions.items() if owner == user)
        return tuple(self._position_state(symbol, position) for symbol, position in held)

    def _position_state(self, symbol: str, position: OraclePosition) -> PositionState:
        market = self.markets[symbol]
        last = None if market.last_price is None else market.last_price * market.instrument.tick_size_nanos
        return position.state(symbol, last, market.instrument.has_fees)
