"""The file that says which instruments the exchange lists: a JSON list of objects; only `symbol` is required.

    [{"symbol": "ACME", "tick_size": 0.01, "lot_size": 1, "min_quantity": 1, "max_quantity": 1000000,
      "price_band_percent": 5, "halt_percent": 10, "reference_price": 100,
      "maker_fee_bps": -0.5, "taker_fee_bps": 1,
      "schedule": {"open": "09:00:00", "close": "17:30:00"}, "self_trade_prevention": "NONE"}]

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

from exchange.engine.instrument import NANOS_PER_UNIT, Instrument, Schedule
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
    "reference_price",
    "halt_percent",
    "halt_s",
    "call_s",
    "call_every_ms",
    "maker_fee_bps",
    "taker_fee_bps",
    "schedule",
)
_DEFAULT = Instrument("DEFAULT")
_TICK_SIZE_MAX = 10**9
_QUANTITY_MAX = 10**15
# What a whole percent and a whole basis point are in an Instrument; both may have four decimals.
_PPM_PER_PERCENT = 10_000
_E8_PER_BASIS_POINT = 10_000
_PERCENT_MAX = 100
_BASIS_POINTS_MAX = 10_000
_DAY_S = 86_400
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])")
_SCHEDULE_FIELDS = ("open", "close", "opening_call_s", "closing_call_s", "random_end_s")
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
        price_band_ppm=_share(entry, "price_band_percent", _PPM_PER_PERCENT, _PERCENT_MAX),
        self_trade_prevention=_self_trade_prevention(entry),
        reference_price_nanos=_reference_price(entry),
        halt_ppm=_share(entry, "halt_percent", _PPM_PER_PERCENT, _PERCENT_MAX),
        halt_s=_whole(entry, "halt_s", 1, _DAY_S, _DEFAULT.halt_s),
        call_s=_whole(entry, "call_s", 1, _DAY_S, _DEFAULT.call_s),
        call_every_ms=_call_every_ms(entry),
        maker_fee_per_1e8=_share(entry, "maker_fee_bps", _E8_PER_BASIS_POINT, _BASIS_POINTS_MAX, is_signed=True),
        taker_fee_per_1e8=_share(entry, "taker_fee_bps", _E8_PER_BASIS_POINT, _BASIS_POINTS_MAX, is_signed=True),
        schedule=_schedule(entry.get("schedule")),
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
    if _is_decimal(value) and 0 < value <= _TICK_SIZE_MAX:
        nanos = Fraction(value) * NANOS_PER_UNIT
        if nanos.denominator == 1:
            return nanos.numerator
    raise _EntryError(f"tick_size {_shown(value)} is not a number that is a positive multiple of 0.000000001")


def _positive_integer(entry: dict[str, Any], field: str, default: int) -> int:
    return _whole(entry, field, 1, _QUANTITY_MAX, default)


def _whole(entry: dict[str, Any], field: str, least: int, most: int, default: int = 0) -> int:
    value = entry.get(field, default)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise _EntryError(f"{field} {_shown(value)} is not an integer from {least} to {most}")
    return value


def _call_every_ms(entry: dict[str, Any]) -> Optional[int]:
    return None if entry.get("call_every_ms") is None else _whole(entry, "call_every_ms", 1, _DAY_S * 1_000)


def _share(
    entry: dict[str, Any], field: str, per_one: int, most: int, *, is_signed: bool = False
) -> Optional[int]:
    """A percentage, or basis points, in whole parts, of which `per_one` are 1; None where there is none."""
    value = entry.get(field)
    if value is None:
        return None
    least = -most if is_signed else 0
    if _is_decimal(value) and least <= value <= most and (is_signed or value):
        parts = Fraction(value) * per_one
        if parts.denominator == 1:
            return parts.numerator
    bounds = f"from {least} to {most}" if is_signed else f"above 0 and at most {most}"
    raise _EntryError(f"{field} {_shown(value)} is not a number {bounds} with at most 4 decimals")


def _is_decimal(value: Any) -> bool:
    """Whether it is a number whose fraction is short: as a fraction, 1e-999999999 would fill the memory."""
    is_number = isinstance(value, (int, Decimal)) and not isinstance(value, bool)
    return is_number and (not value or -9 <= Decimal(value).adjusted() <= 18)


def _reference_price(entry: dict[str, Any]) -> Optional[int]:
    value = entry.get("reference_price")
    if value is None:
        return None
    tick_size_nanos = _tick_size_nanos(entry)
    if _is_decimal(value) and value > 0:
        nanos = Fraction(value) * NANOS_PER_UNIT
        if nanos.denominator == 1 and nanos.numerator % tick_size_nanos == 0:
            return nanos.numerator
    raise _EntryError(f"reference_price {_shown(value)} is not a positive multiple of the tick size")


def _schedule(value: Any) -> Optional[Schedule]:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _EntryError(f"schedule {_shown(value)} is not an object")
    for field in value:
        if field not in _SCHEDULE_FIELDS:
            known = ", ".join(_SCHEDULE_FIELDS)
            raise _EntryError(f"unknown field {_shown(field)} of schedule; known are {known}")
    schedule = Schedule(
        open_s=_time_of_day(value, "open"),
        close_s=_time_of_day(value, "close"),
        opening_call_s=_whole(value, "opening_call_s", 0, _DAY_S, 60),
        closing_call_s=_whole(value, "closing_call_s", 0, _DAY_S, 60),
        random_end_s=_whole(value, "random_end_s", 0, _DAY_S, 0),
    )
    _check_day(schedule)
    return schedule


def _time_of_day(schedule: dict[str, Any], field: str) -> int:
    """Seconds after midnight, UTC."""
    if field not in schedule:
        raise _EntryError(f"schedule: {field} is missing; it is a time like 09:00:00")
    value = schedule[field]
    match = _TIME_OF_DAY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _EntryError(f"{field} {_shown(value)} of schedule is not a time like 09:00:00")
    hours, minutes, seconds = map(int, match.groups())
    return hours * 3_600 + minutes * 60 + seconds


def _clock_text(seconds: int) -> str:
    """As it stands in the file."""
    return f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _check_day(schedule: Schedule) -> None:
    """The four changes of a day come one after another, however late the calls end, and before the next day's."""
    begins_s = schedule.open_s - schedule.opening_call_s
    ends_s = schedule.close_s + schedule.closing_call_s + schedule.random_end_s
    if schedule.open_s + schedule.random_end_s >= schedule.close_s:
        opens, closes = _clock_text(schedule.open_s), _clock_text(schedule.close_s)
        behind = f" and random_end_s {schedule.random_end_s}" if schedule.random_end_s else ""
        raise _EntryError(f"schedule: close {closes} is not later than open {opens}{behind}")
    if ends_s - begins_s >= _DAY_S:
        raise _EntryError("schedule: with its calls and random_end_s the trading day is longer than a day")


def _self_trade_prevention(entry: dict[str, Any]) -> SelfTradePrevention:
    value = entry.get("self_trade_prevention", _DEFAULT.self_trade_prevention.value)
    names = [member.value for member in SelfTradePrevention]
    if value not in names:
        raise _EntryError(f"self_trade_prevention {_shown(value)} is not one of {', '.join(names)}")
    return SelfTradePrevention(value)


def _check_limits(instrument: Instrument) -> None:
    band, halt = instrument.price_band_ppm, instrument.halt_ppm
    if band is not None and halt is not None and halt <= band:
        # RULES 18: the band follows every trade, the breaker's reference stands still.
        raise _EntryError(
            f"halt_percent {_percent_text(halt)} is not greater than price_band_percent {_percent_text(band)}: "
            "the band would never be reached"
        )
    lot_size = instrument.lot_size
    for field, quantity in (("min_quantity", instrument.min_quantity), ("max_quantity", instrument.max_quantity)):
        if quantity % lot_size:
            raise _EntryError(f"{field} {quantity} is not a multiple of lot_size {lot_size}")
    if instrument.min_quantity > instrument.max_quantity:
        raise _EntryError(
            f"min_quantity {instrument.min_quantity} is greater than max_quantity {instrument.max_quantity}"
        )


def _percent_text(ppm: int) -> str:
    return f"{ppm / _PPM_PER_PERCENT:g}"


def _shown(value: Any) -> str:
    """The value as JSON on one line, cut to a readable length."""
    text = json.dumps(value, default=str)
    return text if len(text) <= _SHOWN_CHARACTERS_MAX else f"{text[:_SHOWN_CHARACTERS_MAX]}…"
