"""What the operator and the login ask: instruments, users, limits (RULES 19, 22, 23).

One function per command.  What holds already is granted, and the answer says that it held, but nothing is changed
and nobody else is told: a command that is sent twice, or again at every start, leaves no trace.
"""

from __future__ import annotations

from typing import Optional

from exchange.engine import checks
from exchange.engine.commands import (
    BlockUser,
    ClaimUser,
    HaltInstrument,
    ListInstrument,
    ResetUser,
    ResumeInstrument,
    SetLimits,
    UnblockUser,
)
from exchange.engine.events import (
    Event,
    InstrumentListed,
    InstrumentStatusChanged,
    LimitsSet,
    PhaseSet,
    RequestRejected,
    UserBlocked,
    UserClaimed,
    UserReset,
    UserUnblocked,
)
from exchange.engine.order_entry import cancel_each
from exchange.engine.orderbook import OrderBook
from exchange.engine.state import State
from exchange.engine.words import CancelReason, Phase

# --- instruments ---------------------------------------------------------------------------------------------


def list_instrument(state: State, command: ListInstrument, _timestamp: int) -> list[Event]:
    """List it, or give a listed one new limits; counts as a change even where they are the same."""
    instrument = command.instrument
    book = state.books.get(instrument.symbol)
    if book is None:
        state.books[instrument.symbol] = OrderBook(instrument)
    elif book.instrument.tick_size_nanos != instrument.tick_size_nanos:
        return [RequestRejected(*checks.tick_size_changed(book.instrument, instrument))]
    else:
        book.instrument = instrument
    state.sequence += 1
    return [InstrumentListed(instrument.symbol)]


def halt_instrument(state: State, command: HaltInstrument, _timestamp: int) -> list[Event]:
    """RULES 22: orders are refused from now on, cancels are taken."""
    return _change_phase(state, command.symbol, Phase.HALTED)


def resume_instrument(state: State, command: ResumeInstrument, _timestamp: int) -> list[Event]:
    """End a halt; the book is as it was but for what was canceled."""
    return _change_phase(state, command.symbol, Phase.CONTINUOUS)


def _change_phase(state: State, symbol: Optional[str], phase: Phase) -> list[Event]:
    """Bring one instrument, or (None) all of them, into `phase`; told in the order in which they were listed."""
    if symbol is not None and symbol not in state.books:
        return [RequestRejected(*checks.unknown_symbol(symbol))]
    asked_for = state.books if symbol is None else [symbol]
    changed = tuple(each for each in asked_for if state.books[each].phase is not phase)
    unchanged = tuple(each for each in asked_for if state.books[each].phase is phase)
    for each in changed:
        state.books[each].phase = phase
    state.sequence += bool(changed)
    return [*(InstrumentStatusChanged(each, phase) for each in changed), PhaseSet(phase, changed, unchanged)]


# --- users ---------------------------------------------------------------------------------------------------


def claim_user(state: State, command: ClaimUser, _timestamp: int) -> list[Event]:
    """The first who claims a name has it, and all other ways to spell it in capitals and small letters."""
    user, credential = command
    known_name = state.known_name(user)
    if known_name is not None and known_name != user:
        return [RequestRejected(*checks.name_clash(user, known_name))]
    if state.is_claimed(user):
        return [RequestRejected(*checks.already_claimed(user))]
    account = state.accounts.get(user) or state.open_account(user)
    account.credential = credential
    state.sequence += 1
    return [UserClaimed(user)]


def reset_user(state: State, command: ResetUser, _timestamp: int) -> list[Event]:
    """Forget the credential."""
    account = state.accounts.get(command.user)
    if account is None:
        return [RequestRejected(*checks.unknown_user(command.user))]
    changed = account.credential is not None
    state.sequence += changed
    account.credential = None
    return [UserReset(command.user, changed)]


def block_user(state: State, command: BlockUser, timestamp: int) -> list[Event]:
    """RULES 22, the kill switch: cancel everything, then take nothing.  Who is blocked has no live order."""
    account = state.accounts.get(command.user)
    if account is None:
        return [RequestRejected(*checks.unknown_user(command.user))]
    changed = not account.is_blocked
    state.sequence += changed
    account.is_blocked = True
    canceled = cancel_each(state, account.live_orders(), CancelReason.ADMIN, timestamp)
    return [*canceled, UserBlocked(command.user, len(canceled), changed)]


def unblock_user(state: State, command: UnblockUser, _timestamp: int) -> list[Event]:
    """Take the user's orders again; what was canceled stays so."""
    account = state.accounts.get(command.user)
    if account is None:
        return [RequestRejected(*checks.unknown_user(command.user))]
    changed = account.is_blocked
    state.sequence += changed
    account.is_blocked = False
    return [UserUnblocked(command.user, changed)]


# --- limits --------------------------------------------------------------------------------------------------


def set_limits(state: State, command: SetLimits, _timestamp: int) -> list[Event]:
    """Hold all users to these limits; nothing that is live is touched."""
    state.sequence += state.limits != command.limits
    state.limits = command.limits
    return [LimitsSet()]
