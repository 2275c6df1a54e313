"""The last trades, read back from the ledger's end: what an exchange that has just started shows of the past."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Optional, Union

from exchange.engine.instrument import Instrument
from exchange.engine.trade import Trade
from exchange.engine.words import Side
from exchange.storage.audit_lines import nanos_of

# However rare the trades of an instrument are, no more lines are read back: 100,000 take about half a second.
LINES_READ_MAX = 100_000
_BLOCK_BYTES = 65_536


def last_trades(
    path: Path,
    instrument_of: Callable[[str], Instrument],
    symbols: Collection[str],
    count: int,
    lines_read_max: int = LINES_READ_MAX,
) -> list[Trade]:
    """The last `count` trades of each of the symbols, as far back as `lines_read_max` lines go, in their order.

    To be called while nobody writes to the ledger, or when all is drained.  A ledger that is not there has none.
    """
    missing = dict.fromkeys(symbols, count)
    found: list[Trade] = []
    try:
        with path.open("rb") as file:
            for _, line in zip(range(lines_read_max), _lines_from_the_end(file), strict=False):
                if not any(missing.values()):
                    break
                fields = json.loads(line, parse_float=str)
                if missing.get(fields["symbol"]):
                    missing[fields["symbol"]] -= 1
                    found.append(_trade(fields, instrument_of(fields["symbol"])))
    except FileNotFoundError:
        return []
    return found[::-1]


def _trade(fields: dict[str, Any], instrument: Instrument) -> Trade:
    side = fields["aggressor_side"]
    return Trade(
        fields["trade_id"],
        fields["symbol"],
        _ticks(str(fields["price"]), instrument),
        fields["quantity"],
        fields["buy_order_id"],
        fields["sell_order_id"],
        fields["buyer"],
        fields["seller"],
        None if side is None else Side(side),
        fields["timestamp"],
        fields.get("auction", False),
        *(_fee(fields.get(name)) for name in ("buy_fee", "sell_fee")),
    )


def _ticks(price_text: str, instrument: Instrument) -> int:
    return nanos_of(price_text) // instrument.tick_size_nanos


def _fee(value: Union[str, int, None]) -> Optional[int]:
    return None if value is None else nanos_of(str(value))


def _lines_from_the_end(file: BinaryIO) -> Iterator[bytes]:
    """The complete lines of a file, last one first, without their newlines."""
    position = file.seek(0, 2)
    remainder = b""
    is_end = True
    while position:
        size = min(_BLOCK_BYTES, position)
        position -= size
        file.seek(position)
        remainder, *lines = (file.read(size) + remainder).split(b"\n")
        if is_end and lines:
            lines.pop()  # What follows the last newline is nothing, or half a line.
            is_end = False
        yield from reversed(lines)
    if not is_end:
        yield remainder
