"""Recorded order flow as the market that a bot trades in: history goes on as recorded, at its own times.

    rows ──► flow translator ──► requests of one user, `HISTORY` ──► the market, with whoever else trades there

With nobody else the executions are those of history, as far as a price-time book can tell.  Somebody else changes
what is met and nothing of what is asked: an execution of history whose order was taken, or has others before it
now, takes what stands at its price or better.  Then the orders of history at that price are brought down to what
history had left of them, since nobody would ever cancel what history had executed.  What was taken stays taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from exchange.engine.instrument import NANOS_PER_UNIT, Instrument
from exchange.laboratory.flow.execution_comparison import ExecutionComparison
from exchange.laboratory.flow.flow_translator import FlowTranslator, SkipReason
from exchange.laboratory.flow.lobster_file import Row
from exchange.laboratory.flow.order_intents import Cancel, Intent, Place
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.venue.clock import START_NS
from exchange.laboratory.venue.event_messages import message_of
from exchange.laboratory.venue.request_check import plain_order
from exchange.networking.client.message_json import Message
from exchange.networking.client.message_to_event import TypedEvent
from exchange.networking.client.request_messages import cancel_order, replace_order
from exchange.networking.client.typed_events import (
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
)

HISTORY = "history"
NS_PER_DAY = 86_400 * 1_000_000_000
# Rows come after all else of their moment: what the row before has led to is known then.
LAST_RANK = 2**31
ID_PREFIX = "h"
MIDNIGHT_NS = START_NS // NS_PER_DAY * NS_PER_DAY

_Level = tuple[str, Decimal]


class _Resting:
    """An order of history that rests here, as its events tell."""

    __slots__ = ("level", "quantity", "remaining")

    def __init__(self, event: OrderAccepted) -> None:
        assert event.price is not None, event
        self.level: _Level = (event.side, event.price)
        self.quantity = event.quantity
        self.remaining = event.remaining_quantity


def first_ns(rows: Sequence[Row], midnight_ns: int = MIDNIGHT_NS) -> int:
    """When the first row is due: when a market begins that is to be this one."""
    return midnight_ns + rows[0].time_ns


class RecordedMarket:
    """Plays `rows` in `market` as `instrument`, from the first one's time on.

    `done_count` rows were played so far; `comparison` and `skipped` tell how.  `midnight_ns` is the one that the
    rows' times are after.
    """

    def __init__(
        self,
        market: VirtualMarket,
        instrument: Instrument,
        rows: Sequence[Row],
        midnight_ns: int = MIDNIGHT_NS,
    ) -> None:
        """Raises ValueError where it is later in the market than at the first row."""
        if market.clock.now_ns > first_ns(rows, midnight_ns):
            raise ValueError(f"it is {market.clock.now_ns} in the market, later than at the first row")
        self.done_count = 0
        self.comparison = ExecutionComparison()
        self.skipped: Counter[SkipReason] = Counter()
        self._rows = rows
        self._midnight_ns = midnight_ns
        self._symbol = instrument.symbol
        self._tick = Decimal(instrument.tick_size_nanos) / NANOS_PER_UNIT
        self._translator = FlowTranslator(self._tick, ID_PREFIX)
        self._scheduler = market.scheduler
        self._session = market.join(HISTORY)
        self._session.hear = self._hear
        self._resting: dict[str, _Resting] = {}
        # Levels at which something else was met than in history, to be looked at before the next row.
        self._to_settle: dict[_Level, None] = {}
        self._schedule_next()

    @property
    def is_done(self) -> bool:
        """Whether all rows have been played."""
        return self.done_count == len(self._rows)

    @property
    def end_ns(self) -> int:
        """When the last row is due."""
        return self._midnight_ns + self._rows[-1].time_ns

    def _schedule_next(self) -> None:
        if not self.is_done:
            due_ns = self._midnight_ns + self._rows[self.done_count].time_ns
            self._scheduler.put(due_ns, LAST_RANK, self._play_next)

    def _play_next(self) -> None:
        """Have the next row happen."""
        self._settle_levels()
        row = self._rows[self.done_count]
        self.done_count += 1
        requests, skip_reason = self._translator.translate(row)
        if skip_reason is not None:
            self.skipped[skip_reason] += 1
        for intent, maker_id in requests:
            if maker_id is not None:
                assert isinstance(intent, Place) and intent.client_order_id is not None, intent
                self.comparison.expect(intent.client_order_id, maker_id)
            self._session.send(self._message(intent))
        self._schedule_next()

    def _message(self, intent: Intent) -> Message:
        if isinstance(intent, Cancel):
            return cancel_order(None, intent.client_order_id)
        price = None if intent.price is None else intent.price * self._tick
        if not isinstance(intent, Place):
            quantity, name = intent.quantity, intent.client_order_id
            return replace_order(
                None, name, price=price, quantity=quantity, stop_price=None, new_client_order_id=None
            )
        assert intent.client_order_id is not None, intent
        return plain_order(
            intent.client_order_id,
            intent.side,
            intent.quantity,
            price,
            self._symbol,
            intent.time_in_force,
            intent.self_trade_prevention,
        )

    # --- what becomes of it ------------------------------------------------------------------------------

    def _hear(self, event: TypedEvent) -> None:
        if isinstance(event, OrderAccepted):
            if event.time_in_force == "GTC":
                self._resting[event.client_order_id] = _Resting(event)
        elif isinstance(event, OrderExecuted):
            self._hear_fill(event)
        elif isinstance(event, OrderReplaced):
            resting = self._resting.get(event.client_order_id)
            if resting is not None:
                resting.quantity, resting.remaining = event.quantity, event.remaining_quantity
        elif isinstance(event, (OrderCanceled, OrderExpired)):
            self._resting.pop(event.client_order_id, None)
        if isinstance(event, (OrderExecuted, OrderCanceled, OrderRejected)):
            self._compare(event)

    def _hear_fill(self, event: OrderExecuted) -> None:
        resting = self._resting.get(event.client_order_id)
        if resting is not None:
            resting.remaining = event.remaining_quantity
            if not resting.remaining:
                del self._resting[event.client_order_id]

    def _compare(self, event: TypedEvent) -> None:
        """Did an execution meet what it met in history?  If not, its maker's level is to be looked at."""
        missed = self.comparison.take(message_of(event))
        resting = None if missed is None else self._resting.get(missed)
        if resting is not None:
            self._to_settle[resting.level] = None

    def _settle_levels(self) -> None:
        """Bring what rests at the levels in question down to what history has left of it."""
        if not self._to_settle:
            return
        levels, self._to_settle = self._to_settle, {}
        for name, resting in self._resting.items():
            if resting.level in levels:
                left = self._translator.remaining_of(self._translator.recorded_id(name), name)
                if not left:
                    self._session.send(cancel_order(None, name))
                elif left < resting.remaining:
                    total = resting.quantity - (resting.remaining - left)
                    self._session.send(
                        replace_order(
                            None, name, price=None, quantity=total, stop_price=None, new_client_order_id=None
                        )
                    )
