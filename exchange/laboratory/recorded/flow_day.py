"""Recorded order flow as a day's commands: what a history can be made of, and nobody else trades in.

Recorded flow names no users, so all of it is one user's, `HISTORY`; the client order ids begin with the recorded
order's id (`flow_translator`).  Its times have no date: they are put on the day on which virtual markets begin.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from exchange.engine.commands import CancelOrder, Command, ListInstrument, NewOrder, ReplaceOrder
from exchange.engine.instrument import NANOS_PER_UNIT, Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType
from exchange.laboratory.flow.flow_translator import FlowTranslator
from exchange.laboratory.flow.lobster_file import Row
from exchange.laboratory.flow.order_intents import Cancel, Intent, Place
from exchange.laboratory.recorded.recorded_market import HISTORY, MIDNIGHT_NS


def flow_commands(rows: Iterable[Row], instrument: Instrument) -> Iterator[tuple[Command, int]]:
    """The listing of `instrument`, then what makes the rows happen again, with their times.  About 5 µs a row."""
    tick_size_nanos = instrument.tick_size_nanos
    translator = FlowTranslator(Decimal(tick_size_nanos) / NANOS_PER_UNIT, "")
    yield ListInstrument(instrument), MIDNIGHT_NS
    for row in rows:
        for request in translator.translate(row).requests:
            yield _command(request.intent, instrument), MIDNIGHT_NS + row.time_ns


def _command(intent: Intent, instrument: Instrument) -> Command:
    if isinstance(intent, Place):
        assert intent.time_in_force is not None and intent.client_order_id is not None, intent
        price_nanos = None if intent.price is None else intent.price * instrument.tick_size_nanos
        order_type = OrderType.MARKET if price_nanos is None else OrderType.LIMIT
        terms = Terms(intent.side, order_type, intent.time_in_force, price_nanos, intent.quantity)
        return NewOrder(HISTORY, intent.client_order_id, instrument.symbol, terms)
    if isinstance(intent, Cancel):
        return CancelOrder(HISTORY, None, intent.client_order_id)
    return ReplaceOrder(HISTORY, None, intent.client_order_id, None, intent.quantity, None)
