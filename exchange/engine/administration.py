"""What the operator and the login ask: instruments, users, limits (RULES 19, 22, 23).

One function per command.  What holds already is answered like what was changed, but changes nothing: a command
that is sent twice, or again at every start, leaves no trace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    CancelReason,
    Event,
    InstrumentListed,
    InstrumentStatusChanged,
    LimitsSet,
    RequestRejected,
    UserBlocked,
    UserClaimed,
    UserReset,
    UserUnblocked,
)
from exchange.engine.instrument import Phase
from exchange.engine.order_entry import cancel_each
from exchange.engine.orderbook import OrderBook

if TYPE_CHECKING:
    from exchange.engine.engine import Engine


# --- instruments ---------------------------------------------------------------------------------------------


def list_instrument(engine: Engine, command: ListInstrument, _timestamp: int) -> list[Event]:
    """List it, or give a listed one new limits; counts as a change even where they are the same."""
    instrument = command.instrument
    book = engine.books.get(instrument.symbol)
    if book is None:
        engine.books[instrument.symbol] = OrderBook(instrument)
    elif book.instrument.tick_size_nanos != instrument.tick_size_nanos:
        return [RequestRejected(*checks.tick_size_changed(book.instrument, instrument))]
    else:
        book.instrument = instrument
    engine.sequence += 1
    return [InstrumentListed(instrument.symbol)]


def halt_instrument(engine: Engine, command: HaltInstrument, _timestamp: int) -> list[Event]:
    """RULES 22: orders are refused from now on, cancels are taken."""
    return _change_phase(engine, command.symbol, Phase.HALTED)


def resume_instrument(engine: Engine, command: ResumeInstrument, _timestamp: int) -> list[Event]:
    """End a halt; the book is as it was but for what was canceled."""
    return _change_phase(engine, command.symbol, Phase.CONTINUOUS)


def _change_phase(engine: Engine, symbol: str, phase: Phase) -> list[Event]:
    book = engine.books.get(symbol)
    if book is None:
        return [RequestRejected(*checks.unknown_symbol(symbol))]
    engine.sequence += book.phase is not phase
    book.phase = phase
    return [InstrumentStatusChanged(symbol, phase)]


# --- users ---------------------------------------------------------------------------------------------------


def claim_user(engine: Engine, command: ClaimUser, _timestamp: int) -> list[Event]:
    """The first who claims a name has it, and all other ways to spell it in capitals and small letters."""
    user, credential = command
    known_name = engine.known_name(user)
    if known_name is not None and known_name != user:
        return [RequestRejected(*checks.name_clash(user, known_name))]
    if engine.is_claimed(user):
        return [RequestRejected(*checks.already_claimed(user))]
    account = engine.accounts.get(user) or engine.open_account(user)
    account.credential = credential
    engine.sequence += 1
    return [UserClaimed(user)]


def reset_user(engine: Engine, command: ResetUser, _timestamp: int) -> list[Event]:
    """Forget the credential."""
    account = engine.accounts.get(command.user)
    if account is None:
        return [RequestRejected(*checks.unknown_user(command.user))]
    engine.sequence += account.credential is not None
    account.credential = None
    return [UserReset(command.user)]


def block_user(engine: Engine, command: BlockUser, timestamp: int) -> list[Event]:
    """RULES 22, the kill switch: cancel everything, then take nothing.  Who is blocked has no live order."""
    account = engine.accounts.get(command.user)
    if account is None:
        return [RequestRejected(*checks.unknown_user(command.user))]
    engine.sequence += not account.is_blocked
    account.is_blocked = True
    canceled = cancel_each(engine, account.live_orders(), CancelReason.ADMIN, timestamp)
    return [*canceled, UserBlocked(command.user, len(canceled))]


def unblock_user(engine: Engine, command: UnblockUser, _timestamp: int) -> list[Event]:
    """Take the user's orders again; what was canceled stays so."""
    account = engine.accounts.get(command.user)
    if account is None:
        return [RequestRejected(*checks.unknown_user(command.user))]
    engine.sequence += account.is_blocked
    account.is_blocked = False
    return [UserUnblocked(command.user)]


# --- limits --------------------------------------------------------------------------------------------------


def set_limits(engine: Engine, command: SetLimits, _timestamp: int) -> list[Event]:
    """Hold all users to these limits; nothing that is live is touched."""
    engine.sequence += engine.limits != command.limits
    engine.limits = command.limits
    return [LimitsSet()]
