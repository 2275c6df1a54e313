"""What a contest asks of the operator: an endowment before it, a settlement after it (RULES 27).

Over all users, positions sum to what was endowed, and cash = endowed − bought + sold − fees + settled.
"""

from __future__ import annotations

from exchange.engine import checks, phases
from exchange.engine.commands import Endow, Settle
from exchange.engine.events import Endowed, Event, RequestRejected, Settled
from exchange.engine.state import State
from exchange.engine.words import Phase, PhaseReason


def endow(state: State, command: Endow, _timestamp: int) -> list[Event]:
    """Give a user cash and perhaps a position; who has something already has more then."""
    user, cash_nanos, symbol, quantity, average_price_nanos = command
    if symbol is not None and symbol not in state.books:
        return [RequestRejected(*checks.unknown_symbol(symbol))]
    known_name = state.known_name(user)
    if known_name is not None and known_name != user:
        return [RequestRejected(*checks.name_clash(user, known_name))]
    if symbol is not None and average_price_nanos < 0:
        return [RequestRejected(*checks.negative_price("average price", average_price_nanos))]
    account = state.accounts.get(user) or state.open_account(user)
    account.endowed_cash = (account.endowed_cash or 0) + cash_nanos
    if symbol is not None and quantity:
        account.position(symbol).endow(quantity, average_price_nanos)
    state.sequence += 1
    return [Endowed(user)]


def settle(state: State, command: Settle, timestamp: int) -> list[Event]:
    """Close the instrument, then every position in it at one price, without a trade."""
    symbol, price_nanos = command
    book = state.books.get(symbol)
    if book is None:
        return [RequestRejected(*checks.unknown_symbol(symbol))]
    if price_nanos < 0:
        return [RequestRejected(*checks.negative_price("price", price_nanos))]
    events: list[Event] = []
    if book.phase is not Phase.CLOSED:
        phases.change(state.matcher, book, Phase.CLOSED, PhaseReason.OPERATOR, timestamp, events)
    count = 0
    for account in state.accounts.values():
        position = account.positions.get(symbol)
        if position is not None and position.net_quantity:
            position.change(-position.net_quantity, price_nanos)
            count += 1
    state.sequence += 1
    return [*events, Settled(symbol, price_nanos, count)]
