"""The last trades, read back from the ledger's end: what an exchange that has just started shows of the past."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from exchange.engine.instrument import Instrument
from exchange.engine.trade import Trade
from exchange.engine.words import Side
from exchange.storage.audit_log_reader import lines_from_the_end, ticks_of

# However rare the trades of an instrument are, no more lines are read back: 100,000 take about half a second.
LINES_READ_MAX = 100_000


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
            for _, line in zip(range(lines_read_max), lines_from_the_end(file), strict=False):
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
        ticks_of(str(fields["price"]), instrument),
        fields["quantity"],
        fields["buy_order_id"],
        fields["sell_order_id"],
        fields["buyer"],
        fields["seller"],
        None if side is None else Side(side),
        fields["timestamp"],
        fields.get("auction", False),
    )
