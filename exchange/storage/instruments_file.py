"""The file that says which instruments the exchange lists: a JSON list of objects; only `symbol` is required.

    [{"symbol": "ACME", "tick_size": 0.01, "lot_size": 1, "min_quantity": 1, "max_quantity": 1000000,
      "price_band_percent": null, "self_trade_prevention": "NONE"}]

Read strictly, because a mistyped limit is found here or by a customer: unknown fields, numbers of the wrong kind
and values that contradict each other are refused with one line that names file, entry and value.  Decimals are
exact, no float anywhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Optional

from exchange.engine.instrument import NANOS_PER_UNIT, Instrument
from exchange.engine.words import SelfTradePrevention
from exchange.utils.helpers import JsonError, parse_json

_SYMBOL = re.compile(r"[A-Z0-9._-]{1,16}")
_FIELDS = (
    "symbol",
    "tick_size",
    "lot_size",
    "min_quantity",
    "max_quantity",
    "price_band_percent",
    "self_trade_prevention",
)
_DEFAULT = Instrument("DEFAULT")
_TICK_SIZE_MAX = 10**9
_QUANTITY_MAX = 10**15
_SHOWN_CHARACTERS_MAX = 60


class InstrumentsFileError(Exception):
    """The instruments cannot be listed as they were given; the text is one line that says what to mend."""


class _EntryError(Exception):
    """What is wrong with one entry, without the words that say which."""


def read_instruments(path: Path) -> list[Instrument]:
    """The instruments of the file `path`, in its order.  Raises InstrumentsFileError."""
    try:
        entries = parse_json(path.read_bytes())
    except OSError as error:
        raise InstrumentsFileError(f"{path}: {error.strerror}") from None
    except JsonError as error:
        raise InstrumentsFileError(f"{path}: not valid JSON: {error}") from None
    if not isinstance(entries, list) or not entries:
        raise InstrumentsFileError(f"{path}: must be a JSON list of at least one instrument")
    instruments = [_entry(path, number, entry) for number, entry in enumerate(entries, start=1)]
    _check_distinct(str(path), instruments)
    return instruments


def instruments_from_symbols(symbols: str) -> list[Instrument]:
    """Instruments with the default tick and limits, one for each symbol of a list like `ACME,BETA`.

    Raises InstrumentsFileError.
    """
    try:
        instruments = [Instrument(_symbol(symbol)) for symbol in symbols.split(",")]
    except _EntryError as error:
        raise InstrumentsFileError(f"symbols {_shown(symbols)}: {error}") from None
    _check_distinct(f"symbols {_shown(symbols)}", instruments)
    return instruments


def _check_distinct(source: str, instruments: Iterable[Instrument]) -> None:
    seen: set[str] = set()
    for instrument in instruments:
        if instrument.symbol in seen:
            raise InstrumentsFileError(f"{source}: symbol {instrument.symbol} is listed twice")
        seen.add(instrument.symbol)


def _entry(path: Path, number: int, entry: Any) -> Instrument:
    try:
        return _instrument(entry)
    except _EntryError as error:
        symbol = entry.get("symbol") if isinstance(entry, dict) else None
        name = f" ({symbol})" if isinstance(symbol, str) and _SYMBOL.fullmatch(symbol) else ""
        raise InstrumentsFileError(f"{path}: entry {number}{name}: {error}") from None


def _instrument(entry: Any) -> Instrument:
    if not isinstance(entry, dict):
        raise _EntryError(f"{_shown(entry)} is not an object")
    for field in entry:
        if field not in _FIELDS:
            raise _EntryError(f"unknown field {_shown(field)}; known are {', '.join(_FIELDS)}")
    if "symbol" not in entry:
        raise _EntryError("symbol is missing")
    lot_size = _positive_integer(entry, "lot_size", _DEFAULT.lot_size)
    largest = max(lot_size, _DEFAULT.max_quantity // lot_size * lot_size)
    instrument = Instrument(
        symbol=_symbol(entry["symbol"]),
        tick_size_nanos=_tick_size_nanos(entry),
        lot_size=lot_size,
        min_quantity=_positive_integer(entry, "min_quantity", lot_size),
        max_quantity=_positive_integer(entry, "max_quantity", largest),
        price_band_ppm=_no_price_band(entry.get("price_band_percent")),
        self_trade_prevention=_self_trade_prevention(entry),
    )
    _check_limits(instrument)
    return instrument


def _symbol(value: Any) -> str:
    if not isinstance(value, str) or not _SYMBOL.fullmatch(value):
        raise _EntryError(f"symbol {_shown(value)} is not 1 to 16 of A-Z 0-9 . _ -")
    return value


def _tick_size_nanos(entry: dict[str, Any]) -> int:
    if "tick_size" not in entry:
        return _DEFAULT.tick_size_nanos
    value = entry["tick_size"]
    # The magnitude is looked at first: as a fraction, 1e-999999999 would fill the memory.
    is_number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    if is_number and 0 < value <= _TICK_SIZE_MAX and Decimal(value).adjusted() >= -9:
        nanos = Fraction(value) * NANOS_PER_UNIT
        if nanos.denominator == 1:
            return nanos.numerator
    raise _EntryError(f"tick_size {_shown(value)} is not a number that is a positive multiple of 0.000000001")


def _positive_integer(entry: dict[str, Any], field: str, default: int) -> int:
    value = entry.get(field, default)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= _QUANTITY_MAX:
        raise _EntryError(f"{field} {_shown(value)} is not an integer from 1 to {_QUANTITY_MAX}")
    return value


def _no_price_band(value: Any) -> Optional[int]:
    if value is not None:
        raise _EntryError(f"price_band_percent {_shown(value)}: price bands are not offered by this version")
    return None


def _self_trade_prevention(entry: dict[str, Any]) -> SelfTradePrevention:
    value = entry.get("self_trade_prevention", _DEFAULT.self_trade_prevention.value)
    names = [member.value for member in SelfTradePrevention]
    if value not in names:
        raise _EntryError(f"self_trade_prevention {_shown(value)} is not one of {', '.join(names)}")
    return SelfTradePrevention(value)


def _check_limits(instrument: Instrument) -> None:
    lot_size = instrument.lot_size
    for field, quantity in (("min_quantity", instrument.min_quantity), ("max_quantity", instrument.max_quantity)):
        if quantity % lot_size:
            raise _EntryError(f"{field} {quantity} is not a multiple of lot_size {lot_size}")
    if instrument.min_quantity > instrument.max_quantity:
        raise _EntryError(
            f"min_quantity {instrument.min_quantity} is greater than max_quantity {instrument.max_quantity}"
        )


def _shown(value: Any) -> str:
    """The value as JSON on one line, cut to a readable length."""
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN_CHARACTERS_MAX else f"{text[:_SHOWN_CHARACTERS_MAX]}…"
