"""Instruments that between them use every rule there is, and what an operator and time do to them, from a seed.

ACME   fees, one of them a rebate
BAND   a price band and a circuit breaker, so near that the random orders meet both
CALL   frequent batch auctions
DAYS   a schedule: calls at the open and at the close, a day end
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any, Optional

from exchange.engine.commands import Command, Endow, HaltInstrument, ResumeInstrument, SetPhase
from exchange.engine.instrument import Instrument, Schedule
from exchange.engine.orderbook import OrderBook
from exchange.engine.phases import next_due
from exchange.engine.words import Phase
from tests.faults.random_orders import TICK_NANOS, USERS

REFERENCE_NANOS = 10_000 * TICK_NANOS
# 01:46:40 is the time of day at which the clocks of the simulations begin.
SCHEDULE = Schedule(2 * 3_600, 3 * 3_600, opening_call_s=600, closing_call_s=300, random_end_s=30)
INSTRUMENTS = (
    Instrument("ACME", maker_fee_per_1e8=-5_000, taker_fee_per_1e8=15_000),
    Instrument(
        "BAND", price_band_ppm=700, halt_ppm=900, halt_s=1, call_s=1, reference_price_nanos=REFERENCE_NANOS
    ),
    Instrument("CALL", call_every_ms=50, taker_fee_per_1e8=10_000),
    Instrument("DAYS", schedule=SCHEDULE, halt_ppm=900, reference_price_nanos=REFERENCE_NANOS),
)
SYMBOLS = tuple(instrument.symbol for instrument in INSTRUMENTS)
# Nothing but orders changes these, in a real process: the operator leaves them alone.
UNTIMED = frozenset({"ACME"})
# More would be a clock that has gone wrong, or a change that is due for ever.
CHANGES_MAX = 1_000
OPERATE_S = 30.0


def operators_wish(random: Random) -> Command:
    """Something that only the operator may ask for."""
    symbol = random.choice(SYMBOLS)
    kind = random.random()
    if kind < 0.2:
        return HaltInstrument(symbol, random.choice((None, 1, 5)))
    if kind < 0.6:
        return ResumeInstrument(symbol)
    if kind < 0.9:
        return SetPhase(symbol, random.choice((Phase.CONTINUOUS, *Phase)))
    return Endow(random.choice(USERS), random.randint(0, 10**12), symbol, random.randint(0, 100), REFERENCE_NANOS)


def change_due(books: Iterable[OrderBook], now: int, random: Random) -> Optional[Command]:
    """The change of a phase that time has brought by now; to be asked for until there is none."""
    due = next_due(books, now)
    if due is None or due.at > now:
        return None
    return due.drawn(lambda most: random.randint(0, most))


# --- the same for a real process ------------------------------------------------------------------------------


def instruments_for_a_run(now_s: float) -> list[dict[str, Any]]:
    """The instruments as a file has them; the day of DAYS opens four seconds from now and closes six later."""
    second = int(now_s) % 86_400 + 4
    fees = {"maker_fee_bps": -0.5, "taker_fee_bps": 1.5}
    near = {"reference_price": 100, "halt_s": 1, "call_s": 1}
    schedule = {"open": _time_of_day(second), "close": _time_of_day(second + 6)}
    calls = {"opening_call_s": 2, "closing_call_s": 1, "random_end_s": 1}
    days = {"symbol": "DAYS", "halt_percent": 0.09, "reference_price": 100}
    # In the last minute before midnight there is no such day.
    days |= {"schedule": schedule | calls} if second < 86_340 else {}
    return [
        {"symbol": "ACME"} | fees,
        {"symbol": "BAND", "price_band_percent": 0.07, "halt_percent": 0.09} | near,
        {"symbol": "CALL", "call_every_ms": 50, "taker_fee_bps": 1},
        days,
    ]


def _time_of_day(second: int) -> str:
    return f"{second // 3_600:02}:{second // 60 % 60:02}:{second % 60:02}"


def operators_words(random: Random) -> dict[str, Any]:
    """What the operator of a running exchange asks; what they halt is not halted for long."""
    symbol = random.choice([each for each in SYMBOLS if each not in UNTIMED])
    kind = random.random()
    if kind < 0.2:
        return {"do": "halt", "symbol": symbol, "seconds": 1}
    if kind < 0.6:
        return {"do": "resume", "symbol": symbol}
    phase = random.choice((Phase.CONTINUOUS, Phase.CONTINUOUS, Phase.AUCTION, Phase.CLOSED))
    return {"do": "phase", "symbol": symbol, "phase": phase.value}


def operate(data_directory: Path, words: dict[str, Any]) -> dict[str, Any]:
    """Ask the engine that works on this directory; its answer, which may be a refusal."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(OPERATE_S)
        channel.connect(str(data_directory / "operator.sock"))
        channel.sendall(json.dumps(words).encode() + b"\n")
        with channel.makefile("rb") as lines:
            answer: dict[str, Any] = json.loads(lines.readline())
            return answer
