"""What the operator, the login and a lost connection do, as the oracle sees it, and what it forbids new orders."""

from __future__ import annotations

from typing import Any, Optional

from exchange.engine.account import UserState
from exchange.engine.commands import (
    BlockUser,
    CancelOrders,
    ClaimUser,
    Command,
    HaltInstrument,
    ListInstrument,
    ResetUser,
    ResumeInstrument,
    SetLimits,
    UnblockUser,
)
from exchange.engine.events import (
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
from exchange.engine.instrument import Instrument, nanos_text
from exchange.engine.limits import Limits
from exchange.engine.words import CancelReason, Phase, RejectCode, Side
from tests.support.oracle_memory import Memory
from tests.support.oracle_values import OracleOrder, Refusal

# Events that alone do not say whether anything changed; `Administration.settings` does.
ADMINISTRATIVE_ANSWERS = (PhaseSet, UserClaimed, UserBlocked, UserUnblocked, UserReset, LimitsSet)


class Administration(Memory):
    """Who there is, who and what may not trade, and how much.  `credentials` holds None for a name not claimed."""

    def __init__(self) -> None:
        super().__init__()
        self.instruments: dict[str, Instrument] = {}
        self.credentials: dict[str, Optional[str]] = {}
        self.blocked: set[str] = set()
        self.halted: set[str] = set()
        self.limits = Limits()

    def settings(self) -> tuple[Any, ...]:
        """All that only the commands of this file change, but for the instruments' own limits."""
        return dict(self.credentials), set(self.blocked), set(self.halted), self.limits

    def known_name(self, user: str) -> Optional[str]:
        """The first name that is `user` but for letter case."""
        return next((name for name in self.credentials if name.casefold() == user.casefold()), None)

    def user_states(self) -> list[UserState]:
        """Every user, by name."""
        return [
            UserState(user, len(self._live_of(user)), user in self.blocked, self.credentials[user] is not None)
            for user in sorted(self.credentials)
        ]

    def _administrate(self, command: Command) -> None:
        if isinstance(command, ListInstrument):
            self._list_instrument(command.instrument)
        elif isinstance(command, (HaltInstrument, ResumeInstrument)):
            self._halt_or_resume(command)
        elif isinstance(command, ClaimUser):
            self._claim_user(command)
        elif isinstance(command, SetLimits):
            self.limits = command.limits
            self._tell(LimitsSet())
        elif isinstance(command, CancelOrders):
            for order in self._live_of(command.user):
                if order.order_id in command.order_ids:
                    self._end(order, command.reason)
        else:
            assert isinstance(command, (BlockUser, UnblockUser, ResetUser)), command
            self._change_user(command)

    def _list_instrument(self, instrument: Instrument) -> None:
        listed = self.instruments.get(instrument.symbol, instrument)
        if listed.tick_size_nanos != instrument.tick_size_nanos:
            self._tell(RequestRejected(RejectCode.BAD_VALUE, nanos_text(instrument.tick_size_nanos)))
            return
        self.instruments[instrument.symbol] = instrument
        self._tell(InstrumentListed(instrument.symbol))

    def _halt_or_resume(self, command: HaltInstrument | ResumeInstrument) -> None:
        """RULES 22, one instrument or all: a change of phase is told to everybody, the outcome to the asker."""
        if command.symbol is not None and command.symbol not in self.instruments:
            self._tell(RequestRejected(RejectCode.UNKNOWN_SYMBOL, command.symbol))
            return
        meant = [symbol for symbol in self.instruments if command.symbol in (None, symbol)]
        halted_before = [symbol for symbol in meant if symbol in self.halted]
        trading_before = [symbol for symbol in meant if symbol not in self.halted]
        if isinstance(command, HaltInstrument):
            self.halted.update(meant)
            self._tell_phase(Phase.HALTED, trading_before, halted_before)
        else:
            self.halted.difference_update(meant)
            self._tell_phase(Phase.CONTINUOUS, halted_before, trading_before)

    def _tell_phase(self, phase: Phase, changed: list[str], unchanged: list[str]) -> None:
        for symbol in changed:
            self._tell(InstrumentStatusChanged(symbol, phase))
        self._tell(PhaseSet(phase, tuple(changed), tuple(unchanged)))

    def _claim_user(self, command: ClaimUser) -> None:
        if self.known_name(command.user) not in (None, command.user):
            self._tell(RequestRejected(RejectCode.BAD_VALUE, command.user))
        elif self.credentials.get(command.user) is not None:
            self._tell(RequestRejected(RejectCode.BAD_TOKEN, command.user))
        else:
            self.credentials[command.user] = command.credential
            self._tell(UserClaimed(command.user))

    def _change_user(self, command: BlockUser | UnblockUser | ResetUser) -> None:
        user = command.user
        if user not in self.credentials:
            self._tell(RequestRejected(RejectCode.BAD_VALUE, user))
        elif isinstance(command, BlockUser):
            doomed = self._live_of(user)
            for order in doomed:
                self._end(order, CancelReason.ADMIN)
            self._tell(UserBlocked(user, len(doomed), user not in self.blocked))
            self.blocked.add(user)
        elif isinstance(command, UnblockUser):
            self._tell(UserUnblocked(user, user in self.blocked))
            self.blocked.discard(user)
        else:
            self._tell(UserReset(user, self.credentials[user] is not None))
            self.credentials[user] = None

    # --- what it forbids --------------------------------------------------------------------------------------

    def _refusal_of_blocked(self, user: str) -> Optional[Refusal]:
        return Refusal(RejectCode.BLOCKED, f"user {user} is blocked") if user in self.blocked else None

    def _refusal_of_halted(self, symbol: str) -> Optional[Refusal]:
        return Refusal(RejectCode.HALTED, f"symbol {symbol}") if symbol in self.halted else None

    def _refusal_by_limits(self, order: OracleOrder) -> Optional[Refusal]:
        """RULES 23 for a new order."""
        if len(self._live_of(order.user)) >= self.limits.open_orders_max:
            return Refusal(RejectCode.OPEN_ORDER_LIMIT, str(self.limits.open_orders_max))
        return self._refusal_of_quantity_limit(order.quantity) or self._refusal_of_position(order, order.quantity)

    def _refusal_of_increase(self, order: OracleOrder, quantity: int) -> Optional[Refusal]:
        """RULES 23 for a live order that is to have the total `quantity`."""
        if quantity <= order.quantity:
            return None
        return self._refusal_of_quantity_limit(quantity) or self._refusal_of_position(
            order, quantity - order.quantity
        )

    def _refusal_of_quantity_limit(self, quantity: int) -> Optional[Refusal]:
        if self.limits.quantity_max is not None and quantity > self.limits.quantity_max:
            return Refusal(RejectCode.QUANTITY_OUT_OF_RANGE, f"quantity {quantity}: each user")
        return None

    def _refusal_of_position(self, order: OracleOrder, added: int) -> Optional[Refusal]:
        """If all that the user has live on that side were filled, and `added` too, and nothing on the other."""
        queue = self.resting(order.symbol, order.side)
        filled = added + sum(resting.remaining for resting in queue if resting.user == order.user)
        held = self.positions.get((order.user, order.symbol))
        net = 0 if held is None else held.net
        worst = net + filled if order.side is Side.BUY else filled - net
        if self.limits.position_max is not None and worst > self.limits.position_max:
            return Refusal(RejectCode.POSITION_LIMIT, f"become {worst} ")
        return None
