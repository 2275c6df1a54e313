"""A line of the wire → a typed value, as a bot gets it, beside a bare `json.loads` of the same line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from exchange.networking.client.message_json import decode_message
from exchange.networking.client.message_to_event import typed_event
from tests.benchmarks.figure import Aim, Figure

AIM = Aim("≥", 0.45)
# Lines of one measurement, and how many of those a round takes the best of: the machine is shared.
CHUNK, CHUNKS = 2_000, 15
_EVENT = '"seq":%d,"order_id":%d,"client_order_id":"18c2f.9a-%d","symbol":"ACME","timestamp":1764288000123456789'
_KINDS = {
    "order accepted": '{"type":"order_accepted",' + _EVENT + ',"status":"NEW","side":"BUY","order_type":"LIMIT",'
    '"time_in_force":"GTC","price":10%d.25,"quantity":10,"remaining_quantity":10}',
    "order executed": '{"type":"order_executed",' + _EVENT + ',"status":"FILLED","trade_id":7,"side":"BUY",'
    '"price":10%d.25,"quantity":4,"remaining_quantity":0,"liquidity":"TAKER"}',
    "trade": '{"type":"trade","symbol":"ACME","sequence":%d,"trade_id":%d,"price":10%d.%d,"quantity":5,'
    '"aggressor_side":"SELL","timestamp":1764288000123456789}',
    "book update": '{"type":"book_update","symbol":"ACME","sequence":%d,"changes":[["BID",99.%d,5,1],'
    '["ASK",10%d.%d,12,2]]}',
}


def lines_of(kind: str) -> list[bytes]:
    """As many lines of this kind as a measurement reads, none like the one before."""
    form = _KINDS[kind]
    return [(form % (number, number, number % 10, 10 + number % 90)).encode() for number in range(CHUNK)]


def typed_rate(lines: list[bytes]) -> float:
    """Typed values per second of processor time."""
    return _rate(lines, lambda line: typed_event(decode_message(line)))


def bare_rate(lines: list[bytes]) -> float:
    """Bare `json.loads` per second of processor time."""
    return _rate(lines, json.loads)


def _rate(lines: list[bytes], read: Callable[[bytes], object]) -> float:
    start_s = time.process_time()
    for line in lines:
        read(line)
    return len(lines) / (time.process_time() - start_s)


def typed_reading_figure(kind: str, rounds: int) -> Figure:
    """One kind of event; both sides take turns within a round, and the best of each counts."""
    lines, floors, ours = lines_of(kind), [], []
    for _ in range(rounds):
        pairs = [(bare_rate(lines), typed_rate(lines)) for _ in range(CHUNKS)]
        floors.append(max(bare for bare, _ in pairs))
        ours.append(max(typed for _, typed in pairs))
    return Figure(f"bot reads: {kind}", floors, ours, aim=AIM)


def typed_reading_figures(rounds: int) -> list[Figure]:
    """What a bot hears most."""
    return [typed_reading_figure(kind, rounds) for kind in _KINDS]
