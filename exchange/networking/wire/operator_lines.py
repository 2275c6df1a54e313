"""What the operator is told: the answer to each wish, one line."""

from __future__ import annotations

from collections.abc import Iterable
from json.encoder import encode_basestring_ascii as _string

from exchange.engine.account import UserState
from exchange.engine.events import (
    Endowed,
    NewsSaid,
    PhaseSet,
    Settled,
    UserBlocked,
    UserReset,
    UserUnblocked,
)
from exchange.engine.words import Phase


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


def everything(user_rows: Iterable[str], phases: Iterable[tuple[str, Phase]]) -> str:
    """Every user and every instrument."""
    instruments = [f'{{"symbol":"{symbol}","phase":"{phase._value_}"}}' for symbol, phase in phases]
    return f'{{"type":"everything","users":[{",".join(user_rows)}],"instruments":[{",".join(instruments)}]}}\n'


def user_row(state: UserState, connections: int, holdings: str) -> str:
    """One user; `holdings` are the fields that `positions` has."""
    return (
        f'{{"user":{_string(state.user)},"live_orders":{state.live_order_count},'
        f'"connections":{connections},"blocked":{_boolean(state.is_blocked)},'
        f'"claimed":{_boolean(state.is_claimed)},{holdings}}}'
    )


def _boolean(value: bool) -> str:
    return "true" if value else "false"
