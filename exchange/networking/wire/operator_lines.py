"""What the operator is told: the answer to each wish, one line."""

from __future__ import annotations

from collections.abc import Iterable
from json.encoder import encode_basestring_ascii as _string

from exchange.engine.events import (
    Endowed,
    NewsSaid,
    PhaseSet,
    Settled,
    UserBlocked,
    UserReset,
    UserUnblocked,
)


def phase_set(event: PhaseSet) -> str:
    """Which instruments came into the phase asked for, and which were in it."""
    return (
        f'{{"type":"phase_set","phase":"{event.phase.value}","changed":{_symbols(event.changed)},'
        f'"unchanged":{_symbols(event.unchanged)}}}\n'
    )


def _symbols(symbols: Iterable[str]) -> str:
    return f"[{','.join([_string(symbol) for symbol in symbols])}]"


def user_blocked(event: UserBlocked) -> str:
    """How many orders went with it."""
    return (
        f'{{"type":"user_blocked","user":{_string(event.user)},"canceled":{event.canceled_count},'
        f'"changed":{_boolean(event.changed)}}}\n'
    )


def user_unblocked(event: UserUnblocked) -> str:
    """Whether that was a change."""
    return f'{{"type":"user_unblocked","user":{_string(event.user)},"changed":{_boolean(event.changed)}}}\n'


def user_reset(event: UserReset) -> str:
    """Whether that was a change."""
    return f'{{"type":"user_reset","user":{_string(event.user)},"changed":{_boolean(event.changed)}}}\n'


def user_endowed(event: Endowed) -> str:
    """Done."""
    return f'{{"type":"user_endowed","user":{_string(event.user)}}}\n'


def instrument_settled(event: Settled, price_text: str) -> str:
    """At which price, and how many positions were closed."""
    return (
        f'{{"type":"instrument_settled","symbol":"{event.symbol}","price":{price_text},'
        f'"positions":{event.position_count}}}\n'
    )


def news_said(event: NewsSaid) -> str:
    """To whom: null is everybody."""
    user = "null" if event.user is None else _string(event.user)
    return f'{{"type":"news_said","text":{_string(event.text)},"user":{user},"timestamp":{event.timestamp}}}\n'


def _boolean(value: bool) -> str:
    return "true" if value else "false"
