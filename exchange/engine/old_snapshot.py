"""The snapshot's records as they were before an order's terms were one value: form 1, brought into today's.

Orders told each of their terms in its place, with the price in ticks; amounts of money were in ticks × units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from exchange.engine.instrument import Instrument
from exchange.engine.state import State

_LATER = {name: field.default for name, field in Instrument.__dataclass_fields__.items() if name != "symbol"}


def _instrument(_state: State, phase: str, last_trade_price: Any, definition: dict[str, Any]) -> list[Any]:
    known = {name: value for name, value in definition.items() if name != "price_band_percent"}
    return [{"phase": phase, "last_trade_price": last_trade_price}, {**_LATER, **known}]


def _position(state: State, user: str, symbol: str, net: int, cost: int, realised: int, volume: int) -> list[Any]:
    tick_size_nanos = state.books[symbol].instrument.tick_size_nanos
    return [user, symbol, net, cost * tick_size_nanos, realised * tick_size_nanos, volume]


def _order(
    state: State,
    order_id: int,
    user: str,
    client_order_id: str,
    symbol: str,
    side: str,
    order_type: str,
    time_in_force: str,
    price: Any,
    quantity: int,
    post_only: bool,
    prevention: str,
    timestamp: int,
    remaining_quantity: int,
    executed_quantity: int,
    status: str,
    # Older still: no order ended with its connection.
    ends_with_connection: bool = False,
) -> list[Any]:
    terms = {
        "side": side,
        "order_type": order_type,
        "time_in_force": time_in_force,
        "price_nanos": None if price is None else price * state.books[symbol].instrument.tick_size_nanos,
        "quantity": quantity,
        "post_only": post_only,
        "self_trade_prevention": None if prevention == "NONE" else prevention,
    }
    done = [remaining_quantity, executed_quantity, status, ends_with_connection]
    return [order_id, user, client_order_id, symbol, terms, timestamp, *done]


# By the kind of a record: its values, as today's record of that kind has them.
RENEWED: dict[str, Callable[..., list[Any]]] = {"instrument": _instrument, "position": _position, "order": _order}
