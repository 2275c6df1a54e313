"""What the exchange says of sessions: logins, feeds, pings, and the operator's list.  One value → one line.

The lines look like those of `encode`; none of these holds a price in ticks, so plain functions do.
"""

from __future__ import annotations

from collections.abc import Iterable
from json.encoder import encode_basestring_ascii as _string
from typing import NamedTuple, Optional, Union

from exchange.engine.instrument import NANOS_PER_UNIT, Instrument, Schedule, nanos_text
from exchange.engine.words import Code, Phase
from exchange.networking.wire.encode import code_and_text
from exchange.networking.wire.requests import Channel
from exchange.networking.wire.strict_json import NumberText


class Identity(NamedTuple):
    """Whom a client talks to: the exchange's version, and the name that its data directory was given at random.

    By that name a client notices another exchange at the same address.
    """

    version: str
    engine_id: str


def error(code: Code, text: str) -> bytes:
    """A line or a connection that cannot be served."""
    return f'{{"type":"error",{code_and_text(code, text)}}}\n'.encode()


def logged_in(
    user: str,
    next_seq: int,
    instruments: Iterable[tuple[Instrument, Phase]],
    identity: Identity,
    token: Optional[str] = None,
) -> bytes:
    """`next_seq` is the `seq` that the user's next private event will carry.

    `token` is the new secret of a user who has just claimed the name, None for everybody else.
    """
    listed = ",".join([_instrument(instrument, phase) for instrument, phase in instruments])
    secret = "" if token is None else f',"token":{_string(token)}'
    return (
        f'{{"type":"logged_in","user":{_string(user)},"next_seq":{next_seq},'
        f'"instruments":[{listed}],"version":{_string(identity.version)},'
        f'"engine_id":{_string(identity.engine_id)}{secret}}}\n'
    ).encode()


def gap(from_seq: int, to_seq: int) -> bytes:
    """The private events from one seq to another, both included, are no longer held."""
    return f'{{"type":"gap","from":{from_seq},"to":{to_seq}}}\n'.encode()


def _instrument(instrument: Instrument, phase: Phase) -> str:
    return (
        f'{{"symbol":"{instrument.symbol}","tick_size":{nanos_text(instrument.tick_size_nanos)},'
        f'"lot_size":{instrument.lot_size},"min_quantity":{instrument.min_quantity},'
        f'"max_quantity":{instrument.max_quantity},"phase":"{phase.value}"{_rules(instrument)}}}'
    )


def _rules(instrument: Instrument) -> str:
    """What is set of bands, fees and hours, each with the comma before it."""
    text = ""
    for name, ten_thousandths in (
        ("price_band_percent", instrument.price_band_ppm),
        ("halt_percent", instrument.halt_ppm),
        ("maker_fee_bps", instrument.maker_fee_per_1e8),
        ("taker_fee_bps", instrument.taker_fee_per_1e8),
    ):
        if ten_thousandths is not None:
            text += f',"{name}":{nanos_text(ten_thousandths * NANOS_PER_UNIT // 10_000)}'
    if instrument.reference_price is not None:
        text += f',"reference_price":{instrument.price_text(instrument.reference_price)}'
    if instrument.schedule is not None:
        text += f',"schedule":{_schedule(instrument.schedule)}'
    if instrument.call_every_ms is not None:
        text += f',"call_every_ms":{instrument.call_every_ms}'
    return text


def _schedule(schedule: Schedule) -> str:
    return (
        f'{{"open":"{_time_of_day(schedule.open_s)}","close":"{_time_of_day(schedule.close_s)}",'
        f'"opening_call_s":{schedule.opening_call_s},"closing_call_s":{schedule.closing_call_s},'
        f'"random_end_s":{schedule.random_end_s}}}'
    )


def _time_of_day(seconds: int) -> str:
    return f"{seconds // 3_600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def login_rejected(code: Code, text: str) -> bytes:
    """The login is refused; the connection is closed after it."""
    return f'{{"type":"login_rejected",{code_and_text(code, text)}}}\n'.encode()


def logged_out() -> bytes:
    """The answer to logout; the connection is closed after it."""
    return b'{"type":"logged_out"}\n'


def subscribed(channel: Channel, symbol: Optional[str]) -> bytes:
    """The feed of `symbol`, None for the news, follows."""
    return f'{{"type":"subscribed",{_feed(channel, symbol)}}}\n'.encode()


def unsubscribed(channel: Channel, symbol: Optional[str]) -> bytes:
    """Nothing more of this feed follows."""
    return f'{{"type":"unsubscribed",{_feed(channel, symbol)}}}\n'.encode()


def _feed(channel: Channel, symbol: Optional[str]) -> str:
    of_symbol = "" if symbol is None else f',"symbol":"{symbol}"'
    return f'"channel":"{channel.value}"{of_symbol}'


def pong(ping_id: Union[str, int, NumberText, None]) -> bytes:
    """The answer to ping, with the same id, or without one for None."""
    if ping_id is None:
        return b'{"type":"pong"}\n'
    text = _string(ping_id) if isinstance(ping_id, str) else str(ping_id)
    return f'{{"type":"pong","id":{text}}}\n'.encode()


def heartbeat() -> bytes:
    """Something to say when there is nothing to say."""
    return b'{"type":"heartbeat"}\n'
