"""The workload and the report of the public benchmark `flash1-dev/matching-engine-benchmark`, for our engine.

Its file holds messages: new, cancel, modify.  Its answer is a report, one line per thing that happened, of which
the published consensus is a SHA-256.  Here are the two ways between:

    file ──read_messages──► Message ──Workload.play──► commands for the engine ──► report lines

Layout of the file (xz, little-endian): header `u64 magic, u32 version, u32 count`, then records of 40 bytes
`u8 type, u8 side, u8 ioc, u8 pad, u32 quantity, u64 sequence, u64 order_id, i64 price in ticks, i64 reserved`.

What our engine has no single command for: a modify there is always a cancel and a new order, never a replace that
keeps its priority.  All orders are one user's, since the benchmark has no users and no self-trade prevention.
"""

from __future__ import annotations

import lzma
import struct
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from exchange.engine.commands import CancelOrder, Command, ListInstrument, NewOrder
from exchange.engine.engine import Engine
from exchange.engine.events import Event, OrderCanceled, OrderExecuted
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.trade import Trade
from exchange.engine.words import OrderType, Side, TimeInForce

MAGIC = int.from_bytes(b"100_WBEM", "little")
NEW, CANCEL, MODIFY = 0, 1, 2

INSTRUMENT = Instrument("BENCH")
USER = "benchmark"

_HEADER = struct.Struct("<QII")
_RECORD = struct.Struct("<BBBxIQQqq")
_SIDES = (Side.BUY, Side.SELL)
# Lines are hashed by so many at once; only memory depends on it.
_LINES_PER_CHUNK = 10_000


class Message(NamedTuple):
    """One record: `kind` NEW, CANCEL or MODIFY, `side` 0 buy or 1 sell, `ioc` 0 or 1, `price` in ticks."""

    kind: int
    side: int
    ioc: int
    quantity: int
    sequence: int
    order_id: int
    price: int
    reserved: int


def read_messages(path: Path) -> Iterator[Message]:
    """Every message of the file, in order; ValueError where it is not such a file or not complete."""
    try:
        content = lzma.decompress(path.read_bytes())
        magic, version, count = _HEADER.unpack_from(content)
    except (lzma.LZMAError, struct.error) as error:
        raise ValueError(f"{path}: not a workload, {error}") from None
    if (magic, version) != (MAGIC, 1) or len(content) != _HEADER.size + count * _RECORD.size:
        raise ValueError(f"{path}: not a workload of version 1 with all of its {count} messages")
    return map(Message._make, _RECORD.iter_unpack(memoryview(content)[_HEADER.size :]))


def benchmark_engine() -> Engine:
    """A new engine that lists the one instrument which all messages are for."""
    engine = Engine()
    engine.process(ListInstrument(INSTRUMENT), 0)
    return engine


class Workload:
    """Plays messages to the `process` of an engine made by `benchmark_engine`, and tells the report's lines.

    An order's client order id is `<the benchmark's order id>.<sequence of the message that entered it>`: it is
    unique, and the benchmark's id can be read from every event.
    """

    def __init__(self, process: Callable[[Command, int], list[Event]]) -> None:
        self._process = process
        self._client_order_ids: dict[int, str] = {}
        self._prices: dict[int, int] = {}
        self.trade_count = 0

    def play(self, message: Message) -> list[str]:
        """One message in, its lines of the report out."""
        if message.kind == NEW:
            return self._enter(message)
        return self._cancel(message) if message.kind == CANCEL else self._modify(message)

    def _enter(self, message: Message) -> list[str]:
        _kind, side, _ioc, quantity, sequence, order_id, price, _reserved = message
        acknowledged = f"0,{sequence},{side},{order_id},{price},{quantity}"
        return [acknowledged, *self._lines(message, self._send_new(message))]

    def _cancel(self, message: Message) -> list[str]:
        price = self._prices.get(message.order_id)
        if not self._send_cancel(message):
            return [f"4,{message.sequence},{message.order_id}"]
        return [f"2,{message.sequence},{message.side},{message.order_id},{price}"]

    def _modify(self, message: Message) -> list[str]:
        _kind, side, _ioc, quantity, sequence, order_id, price, _reserved = message
        if not self._send_cancel(message):
            return [f"5,{sequence},{order_id}"]
        lines = self._lines(message, self._send_new(message))
        return [*lines, f"3,{sequence},{side},{order_id},{price},{quantity}"]

    def _send_new(self, message: Message) -> list[Event]:
        _kind, side, ioc, quantity, sequence, order_id, price, _reserved = message
        client_order_id = self._client_order_ids[order_id] = f"{order_id}.{sequence}"
        self._prices[order_id] = price
        command = NewOrder(
            USER,
            client_order_id,
            INSTRUMENT.symbol,
            Terms(
                _SIDES[side],
                OrderType.LIMIT,
                TimeInForce.IOC if ioc else TimeInForce.GTC,
                price * INSTRUMENT.tick_size_nanos,
                quantity,
            ),
        )
        return self._process(command, sequence)

    def _send_cancel(self, message: Message) -> bool:
        """Whether the order was resting; it no longer is."""
        client_order_id = self._client_order_ids.get(message.order_id, "")
        (event,) = self._process(CancelOrder(USER, None, client_order_id), message.sequence)
        return isinstance(event, OrderCanceled)

    def _lines(self, message: Message, events: list[Event]) -> Iterator[str]:
        """What the arriving order did: its trades, and the remainder of an IOC order."""
        _kind, side, _ioc, _quantity, sequence, order_id, price, _reserved = message
        for place, event in enumerate(events):
            if isinstance(event, Trade):
                maker = events[place + 1]
                assert isinstance(maker, OrderExecuted)
                resting, _dot, _sequence = maker.client_order_id.partition(".")
                self.trade_count += 1
                yield f"1,{sequence},{event.price},{event.quantity},{resting},{order_id}"
            elif isinstance(event, OrderCanceled):
                yield f"2,{sequence},{side},{order_id},{price}"


def report_sha256(lines: Iterable[str]) -> str:
    """SHA-256 in hex of the lines joined by newlines, with none at the end."""
    total = sha256()
    chunk: list[str] = []
    separator = ""
    for line in lines:
        chunk.append(line)
        if len(chunk) == _LINES_PER_CHUNK:
            total.update((separator + "\n".join(chunk)).encode())
            chunk.clear()
            separator = "\n"
    if chunk:
        total.update((separator + "\n".join(chunk)).encode())
    return total.hexdigest()
