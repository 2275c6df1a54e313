"""What the operator, the login and a lost connection do, as the oracle sees it, and what it forbids new orders."""

from __future__ import annotations

from typing import Any, Optional

from exchange.engine.account import UserState
from exchange.engine.commands import (
    BlockUser,
    CancelOrders,
    ChangePhase,
    ClaimUser,
    Command,
    Endow,
    HaltInstrument,
    ListInstrument,
    ResetUser,
    ResumeInstrument,
    SetLimits,
    SetPhase,
    Settle,
    UnblockUser,
)
from exchange.engine.events import (
    Endowed,
    InstrumentListed,
    LimitsSet,
    PhaseSet,
    RequestRejected,
    Settled,
    UserBlocked,
    UserClaimed,
    UserReset,
    UserUnblocked,
)
from exchange.engine.instrument import Instrument, nanos_text
from exchange.engine.limits import Limits
from exchange.engine.words import CancelReason, Phase, PhaseReason, RejectCode, Side
from tests.support.oracle.matching import NANOS_PER_SECOND
from tests.support.oracle.memory import Market
from tests.support.oracle.phases import Phases
from tests.support.oracle.values import OracleOrder, OraclePosition, Refusal

# Events that alone do not say whether anything changed; `Administration.settings` does.
ADMINISTRATIVE_ANSWERS = (PhaseSet, UserClaimed, UserBlocked, UserUnblocked, UserReset, LimitsSet)


class Administration(Phases):
    """Who there is, who and what may not trade, and how much.  `credentials` holds None for a name not claimed."""

    def __init__(self) -> None:
        super().__init__()
        self.credentials: dict[str, Optional[str]] = {}
        self.blocked: set[str] = set()
        self.limits = Limits()
        # Who was ever endowed: only they are told their cash.
        self.endowed: set[str] = set()

    def settings(self) -> tuple[Any, ...]:
        """All that only the commands of this file change, but for the instruments' own limits."""
        phases = {symbol: (m.phase, m.reason, m.until, m.call_end) for symbol, m in self.markets.items()}
        return dict(self.credentials), set(self.blocked), self.limits, phases, dict(self.cash_flow)

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
        elif isinstance(command, SetPhase):
            self._set_phases(command.symbol, command.phase, None)
        elif isinstance(command, ChangePhase):
            self._time_brings(command)
        elif isinstance(command, Endow):
            self._endow(command)
        elif isinstance(command, Settle):
            self._settle(command)
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
        market = self.markets.get(instrument.symbol)
        if market is None:
            market = self.markets[instrument.symbol] = Market(instrument)
            if instrument.call_every_ms is not None:
                market.phase, market.is_repeated = Phase.AUCTION, True
                self._begin_next_call(market, was_repeated=False)
        elif market.instrument.tick_size_nanos != instrument.tick_size_nanos:
            self._tell(RequestRejected(RejectCode.BAD_VALUE, nanos_text(instrument.tick_size_nanos)))
            return
        else:
            market.instrument = instrument
        self._tell(InstrumentListed(instrument.symbol))

    def _halt_or_resume(self, command: HaltInstrument | ResumeInstrument) -> None:
        """RULES 22, one instrument or all: a change of phase is told to everybody, the outcome to the asker."""
        phase, until = Phase.CONTINUOUS, None
        if isinstance(command, HaltInstrument):
            phase = Phase.HALTED
            until = None if command.seconds is None else self._now + command.seconds * NANOS_PER_SECOND
        self._set_phases(command.symbol, phase, until)

    def _set_phases(self, symbol: Optional[str], phase: Phase, until: Optional[int]) -> None:
        """One instrument or all; what is in an open-ended phase already stays as it is."""
        if symbol is not None and symbol not in self.markets:
            self._tell(RequestRejected(RejectCode.UNKNOWN_SYMBOL, symbol))
            return
        meant = [market for name, market in self.markets.items() if symbol in (None, name)]
        if symbol is None and phase is Phase.CONTINUOUS:
            meant = [market for market in meant if market.phase in (Phase.HALTED, Phase.CONTINUOUS)]
        elif phase is Phase.CONTINUOUS and self._opens_crossed(meant[0]):
            self._tell(RequestRejected(RejectCode.BAD_VALUE, meant[0].instrument.symbol))
            return
        closed = [market for market in meant if symbol is None and market.phase is Phase.CLOSED]
        holds = [
            market for market in meant if market in closed or (until is None and self._is_held(market, phase))
        ]
        changed = [market for market in meant if market not in holds]
        for market in changed:
            self._change_phase(market, phase, PhaseReason.OPERATOR, until)
        changed_symbols = tuple(market.instrument.symbol for market in changed)
        self._tell(PhaseSet(phase, changed_symbols, tuple(market.instrument.symbol for market in holds)))

    @staticmethod
    def _is_held(market: Market, phase: Phase) -> bool:
        """Whether the instrument is in the phase for as long as the operator's would last."""
        if market.is_repeated:
            return phase is Phase.CONTINUOUS
        return market.phase is phase and market.until is None

    def _opens_crossed(self, market: Market) -> bool:
        """Whether it is closed, its best bid and best ask would trade, and no call of a row comes first."""
        if market.phase is not Phase.CLOSED or market.instrument.call_every_ms is not None:
            return False
        symbol = market.instrument.symbol
        bids = [order.limit for order in self.resting(symbol, Side.BUY) if order.price is not None]
        asks = [order.limit for order in self.resting(symbol, Side.SELL) if order.price is not None]
        return bool(bids and asks) and max(bids) >= min(asks)

    def cash_of(self, user: str) -> Optional[int]:
        """RULES 27: endowed − bought + sold − fees + settled; None for who was never endowed."""
        return self.cash_flow.get(user, 0) if user in self.endowed else None

    def _endow(self, command: Endow) -> None:
        symbol = command.symbol
        if symbol is not None and symbol not in self.markets:
            self._tell(RequestRejected(RejectCode.UNKNOWN_SYMBOL, symbol))
            return
        self.credentials.setdefault(command.user, None)
        self.endowed.add(command.user)
        self.cash_flow[command.user] = self.cash_flow.get(command.user, 0) + command.cash_nanos
        if symbol is not None and command.quantity:
            position = self.positions.setdefault((command.user, symbol), OraclePosition())
            position.move(command.quantity, command.average_price_nanos)
        self._tell(Endowed(command.user))

    def _settle(self, command: Settle) -> None:
        """The instrument is CLOSED, then every position closed at one price, which is no trade."""
        market = self.markets.get(command.symbol)
        if market is None:
            self._tell(RequestRejected(RejectCode.UNKNOWN_SYMBOL, command.symbol))
            return
        if command.price_nanos < 0:
            self._tell(RequestRejected(RejectCode.BAD_VALUE, nanos_text(command.price_nanos)))
            return
        if market.phase is not Phase.CLOSED:
            self._change_phase(market, Phase.CLOSED, PhaseReason.OPERATOR, None)
        closed = 0
        for (user, symbol), position in self.positions.items():
            if symbol == command.symbol and position.net:
                self.cash_flow[user] = self.cash_flow.get(user, 0) + position.net * command.price_nanos
                position.move(-position.net, command.price_nanos)
                closed += 1
        self._tell(Settled(command.symbol, command.price_nanos, closed))

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
        return Refusal(RejectCode.BLOCKED, user) if user in self.blocked else None

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
        live = [o for o in self._live_of(order.user) if o.symbol == order.symbol and o.side is order.side]
        filled = added + sum(other.remaining for other in live)
        held = self.positions.get((order.user, order.symbol))
        net = 0 if held is None else held.net
        worst = net + filled if order.side is Side.BUY else filled - net
        if self.limits.position_max is not None and worst > self.limits.position_max:
            return Refusal(RejectCode.POSITION_LIMIT, f"become {worst} ")
        return None
