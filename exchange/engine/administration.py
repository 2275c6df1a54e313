"""What the operator and the login ask: instruments, users, limits (RULES 19, 22, 23).

One function per command.  What holds already is granted, and the answer says that it held, but nothing is changed
and nobody else is told: a command that is sent twice, or again at every start, leaves no trace.
"""

from __future__ import annotations

from typing import Optional

from exchange.engine import checks, phases
from exchange.engine.commands import (
    BlockUser,
    ChangePhase,
    ClaimUser,
    HaltInstrument,
    ListInstrument,
    ResetUser,
    ResumeInstrument,
    Say,
    SetLimits,
    SetPhase,
    UnblockUser,
)
from exchange.engine.events import (
    Event,
    InstrumentListed,
    LimitsSet,
    NewsSaid,
    PhaseSet,
    RequestRejected,
    UserBlocked,
    UserClaimed,
    UserReset,
    UserUnblocked,
)
from exchange.engine.order_entry import cancel_each
from exchange.engine.schedule import NS_PER_S
from exchange.engine.state import State
from exchange.engine.words import CancelReason, Phase, PhaseReason

# --- instruments ---------------------------------------------------------------------------------------------


def list_instrument(state: State, command: ListInstrument, timestamp: int) -> list[Event]:
    """List it, or give a listed one new limits; counts as a change even where they are the same."""
    instrument = command.instrument
    book = state.books.get(instrument.symbol)
    if book is not None and book.instrument.tick_size_nanos != instrument.tick_size_nanos:
        return [RequestRejected(*checks.tick_size_changed(book.instrument, instrument))]
    events: list[Event] = [InstrumentListed(instrument.symbol)]
    if book is None:
        state.books[instrument.symbol] = phases.new_book(instrument, timestamp)
    else:
        phases.redefine(state.matcher, book, instrument, timestamp, events)
    state.sequence += 1
    return events


def halt_instrument(state: State, command: HaltInstrument, timestamp: int) -> list[Event]:
    """RULES 22: orders are refused from now on, cancels are taken; with `seconds`, until a call follows.

    Of all instruments, those that are closed stay so.
    """
    timed_end = None if command.seconds is None else timestamp + command.seconds * NS_PER_S
    return _set_phase(state, command.symbol, Phase.HALTED, timestamp, timed_end)


def resume_instrument(state: State, command: ResumeInstrument, timestamp: int) -> list[Event]:
    """End a halt, with an uncross; of all instruments, those that are halted."""
    return _set_phase(state, command.symbol, Phase.CONTINUOUS, timestamp)


def set_phase(state: State, command: SetPhase, timestamp: int) -> list[Event]:
    """RULES 19: the operator's phases last until they or the schedule end them."""
    return _set_phase(state, command.symbol, command.phase, timestamp)


def change_phase(state: State, command: ChangePhase, timestamp: int) -> list[Event]:
    """What time brings; nothing at all if something else came in between."""
    book = state.books.get(command.symbol)
    events: list[Event] = []
    if book is not None:
        state.sequence += phases.bring(state.matcher, book, command, timestamp, events)
    return events


def _set_phase(
    state: State, symbol: Optional[str], phase: Phase, timestamp: int, timed_end: Optional[int] = None
) -> list[Event]:
    """Bring one instrument, or (None) all of them, into `phase`; told in the order in which they were listed."""
    if symbol is not None and symbol not in state.books:
        return [RequestRejected(*checks.unknown_symbol(symbol))]
    asked_for = list(state.books.values()) if symbol is None else [state.books[symbol]]
    if symbol is None and phase is Phase.CONTINUOUS:
        asked_for = [book for book in asked_for if book.phase in (Phase.HALTED, Phase.CONTINUOUS)]
    if symbol is not None and phases.would_open_crossed(asked_for[0], phase):
        return [RequestRejected(*checks.opens_crossed(symbol))]
    changed = [book for book in asked_for if timed_end is not None or not phases.holds(book, phase)]
    if symbol is None:
        # Nothing trades there to be halted, and to resume all would open what nobody had opened.
        changed = [book for book in changed if book.phase is not Phase.CLOSED]
    unchanged = [book.instrument.symbol for book in asked_for if book not in changed]
    events: list[Event] = []
    for book in changed:
        phases.change(state.matcher, book, phase, PhaseReason.OPERATOR, timestamp, events, timed_end)
    state.sequence += bool(changed)
    symbols = tuple(book.instrument.symbol for book in changed)
    return [*events, PhaseSet(phase, symbols, tuple(unchanged))]


def say(_state: State, command: Say, timestamp: int) -> list[Event]:
    """Tell news; nothing in the market changes."""
    return [NewsSaid(command.text, timestamp, command.user)]


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
    state.set_limits(command.limits)
    return [LimitsSet()]
