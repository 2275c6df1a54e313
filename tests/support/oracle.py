"""The exchange's rules written as plainly as possible: what the engine is tested against.

It keeps every live order in one list and, for each question, filters and sorts that list.  It is slow, it has no
structure that could go stale, and each function can be read against one line of the rules.  It shares the value
types with the engine and nothing else.
"""

from __future__ import annotations

from copy import copy
from typing import Optional

from exchange.engine.commands import (
    CancelAll,
    CancelOrder,
    Command,
    GetOrders,
    GetPositions,
    NewOrder,
    ReplaceOrder,
)
from exchange.engine.events import (
    AllCanceled,
    CancelRejected,
    Event,
    OrderRejected,
    OrdersListed,
    PositionsListed,
    PositionState,
    ReplaceRejected,
    RequestRejected,
)
from exchange.engine.instrument import Instrument
from exchange.engine.words import (
    CancelReason,
    Liquidity,
    OrderType,
    RejectCode,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from tests.support.oracle_administration import ADMINISTRATIVE_ANSWERS, Administration
from tests.support.oracle_values import (
    REJECTIONS,
    OracleOrder,
    Refusal,
    accepted,
    executed,
    refusal_of_price,
    refusal_of_quantity,
    refusal_of_target,
    state_of,
    trade_between,
)

ANSWERS = (*REJECTIONS, *ADMINISTRATIVE_ANSWERS, AllCanceled, OrdersListed, PositionsListed)


class Oracle(Administration):
    """The whole exchange, obviously."""

    def __init__(self) -> None:
        super().__init__()
        self.sequence = 0
        self.last_price: dict[str, int] = {}
        self._order_count = 0
        self._arrival_count = 0
        self._trade_count = 0

    def process(self, command: Command, timestamp_ns: int) -> list[Event]:
        """The events that the rules give for this command in this state."""
        self._events = []
        self._now = timestamp_ns
        settings = self.settings()
        if isinstance(command, NewOrder):
            self._new_order(command)
        elif isinstance(command, CancelOrder):
            self._cancel_order(command)
        elif isinstance(command, ReplaceOrder):
            self._replace_order(command)
        elif isinstance(command, CancelAll):
            self._cancel_all(command)
        elif isinstance(command, GetOrders):
            self._tell(OrdersListed(tuple(state_of(o, self._ahead_of(o)) for o in self._live_of(command.user))))
        elif isinstance(command, GetPositions):
            self._tell(PositionsListed(self._positions_of(command.user)))
        else:
            self._administrate(command)
        happened = any(not isinstance(event, ANSWERS) for event in self._events)
        self.sequence += happened or settings != self.settings()
        return self._events

    # --- new orders -------------------------------------------------------------------------------------------

    def _new_order(self, command: NewOrder) -> None:
        refusal = self._refusal_of_new(command)
        if refusal:
            self._tell(OrderRejected(command.client_order_id, *refusal))
            return
        self._order_count += 1
        self.credentials.setdefault(command.user, None)
        order = OracleOrder(self._order_count, command, self._instrument(command.symbol), self._now)
        self._tell(accepted(order, self._next_seq(order.user)))
        self._arrive(order)

    def _refusal_of_new(self, command: NewOrder) -> Optional[Refusal]:
        if self._find(command.user, None, command.client_order_id):
            return Refusal(RejectCode.DUPLICATE_CLIENT_ORDER_ID, command.client_order_id)
        if command.user in self.blocked:
            return self._refusal_of_blocked(command.user)
        if command.symbol is None and len(self.instruments) != 1:
            return Refusal(RejectCode.MISSING_FIELD, "symbol")
        if command.symbol is not None and command.symbol not in self.instruments:
            return Refusal(RejectCode.UNKNOWN_SYMBOL, command.symbol)
        instrument = self._instrument(command.symbol)
        order = OracleOrder(0, command, instrument, self._now)
        return (
            self._refusal_of_halted(instrument.symbol)
            or refusal_of_price(command.terms.price_nanos, instrument)
            or refusal_of_quantity(command.terms.quantity, instrument)
            or self._refusal_by_limits(order)
            or self._refusal_by_book(order)
        )

    def _refusal_by_book(self, order: OracleOrder) -> Optional[Refusal]:
        if order.price is None and not self.resting(order.symbol, order.side.opposite):
            return Refusal(RejectCode.NO_LIQUIDITY, order.symbol)
        if order.post_only and self._makers_for(order):
            return Refusal(RejectCode.WOULD_TAKE, order.symbol)
        if order.time_in_force is TimeInForce.FOK and not self._is_fillable(order):
            return Refusal(RejectCode.CANNOT_FILL, str(order.quantity))
        return None

    def _is_fillable(self, order: OracleOrder) -> bool:
        """Whether it would trade in full; own orders that prevention would remove do not count (RULES 4)."""
        found = 0
        for maker in self._makers_for(order):
            if found >= order.quantity:
                break
            if maker.user == order.user and order.self_trade_prevention is not SelfTradePrevention.NONE:
                if order.self_trade_prevention is SelfTradePrevention.CANCEL_OLDEST:
                    continue
                break
            found += maker.remaining
        return found >= order.quantity

    # --- matching ---------------------------------------------------------------------------------------------

    def _makers_for(self, order: OracleOrder) -> list[OracleOrder]:
        """The resting orders that it may trade with, in priority order.  A price of None takes any."""
        makers = self.resting(order.symbol, order.side.opposite)
        if order.price is None:
            return makers
        if order.side is Side.BUY:
            return [maker for maker in makers if maker.limit <= order.price]
        return [maker for maker in makers if maker.limit >= order.price]

    def _arrive(self, taker: OracleOrder) -> None:
        for maker in self._makers_for(taker):
            if taker.is_over:
                break
            if maker.user == taker.user and taker.self_trade_prevention is not SelfTradePrevention.NONE:
                self._prevent_self_trade(maker, taker)
            else:
                self._fill(maker, taker)
        if taker.is_over:
            return
        if taker.order_type is OrderType.MARKET:
            self._end(taker, CancelReason.MARKET_REMAINDER)
        elif taker.time_in_force is TimeInForce.IOC:
            self._end(taker, CancelReason.IOC_REMAINDER)
        else:
            assert taker.time_in_force is not TimeInForce.FOK
            self._arrival_count += 1
            taker.arrival = self._arrival_count
            self.live.append(taker)

    def _fill(self, maker: OracleOrder, taker: OracleOrder) -> None:
        self._trade_count += 1
        trade = trade_between(maker, taker, self._trade_count, self._now)
        self._tell(trade)
        self.last_price[trade.symbol] = trade.price
        for order, liquidity in ((maker, Liquidity.MAKER), (taker, Liquidity.TAKER)):
            order.executed += trade.quantity
            if order.remaining == 0:
                self._put_away(order)
            self._tell(executed(order, self._next_seq(order.user), trade, liquidity))
            quantity = trade.quantity if order.side is Side.BUY else -trade.quantity
            self._position(order).add(quantity, trade.price * order.tick_size_nanos)

    def _prevent_self_trade(self, maker: OracleOrder, taker: OracleOrder) -> None:
        """RULES 15; the arriving order's instruction decides."""
        mode = taker.self_trade_prevention
        if mode is SelfTradePrevention.DECREMENT:
            self._decrement(maker, taker)
            return
        if mode in (SelfTradePrevention.CANCEL_OLDEST, SelfTradePrevention.CANCEL_BOTH):
            self._end(maker, CancelReason.SELF_TRADE)
        if mode in (SelfTradePrevention.CANCEL_NEWEST, SelfTradePrevention.CANCEL_BOTH):
            self._end(taker, CancelReason.SELF_TRADE)

    def _decrement(self, maker: OracleOrder, taker: OracleOrder) -> None:
        if maker.remaining == taker.remaining:
            self._end(maker, CancelReason.SELF_TRADE)
            self._end(taker, CancelReason.SELF_TRADE)
            return
        smaller, larger = sorted((maker, taker), key=lambda order: order.remaining)
        larger.quantity -= smaller.remaining
        self._end(smaller, CancelReason.SELF_TRADE)
        self._tell_replaced(larger, priority_kept=True)

    # --- cancel and replace -----------------------------------------------------------------------------------

    def _cancel_order(self, command: CancelOrder) -> None:
        order = self._find(*command)
        refusal = refusal_of_target(command, order)
        if order is None or refusal is not None:
            assert refusal is not None
            self._tell(CancelRejected(command.order_id, command.client_order_id, *refusal))
        else:
            self._end(order, CancelReason.USER_REQUESTED)

    def _replace_order(self, command: ReplaceOrder) -> None:
        order = self._find(command.user, command.order_id, command.client_order_id)
        refusal = self._refusal_of_blocked(command.user) or refusal_of_target(command, order)
        if order is not None and refusal is None:
            refusal = self._refusal_of_replace(command, order)
        if order is None or refusal is not None:
            assert refusal is not None
            self._tell(ReplaceRejected(command.order_id, command.client_order_id, *refusal))
        elif command.quantity is not None and command.quantity <= order.executed:
            order.quantity = order.executed
            self._end(order, CancelReason.USER_REQUESTED)
        else:
            self._apply_replace(command, order)

    def _refusal_of_replace(self, command: ReplaceOrder, order: OracleOrder) -> Optional[Refusal]:
        instrument = self.instruments[order.symbol]
        new_id = command.new_client_order_id
        if new_id not in (None, order.client_order_id) and self._find(order.user, None, new_id):
            return Refusal(RejectCode.DUPLICATE_CLIENT_ORDER_ID, str(new_id))
        ends_it = command.quantity is not None and 0 <= command.quantity <= order.executed
        refusal = self._refusal_of_halted(order.symbol) or refusal_of_price(command.price_nanos, instrument)
        if refusal is None and command.quantity is not None and not ends_it:
            refusal = refusal_of_quantity(command.quantity, instrument)
            refusal = refusal or self._refusal_of_increase(order, command.quantity)
        if refusal is None and not ends_it:
            refusal = self._refusal_of_taking(order, command.price_nanos)
        return refusal

    def _refusal_of_taking(self, order: OracleOrder, price_nanos: Optional[int]) -> Optional[Refusal]:
        if not order.post_only or price_nanos is None:
            return None
        moved = copy(order)
        moved.price = price_nanos // self.instruments[order.symbol].tick_size_nanos
        return Refusal(RejectCode.WOULD_TAKE, order.symbol) if self._makers_for(moved) else None

    def _apply_replace(self, command: ReplaceOrder, order: OracleOrder) -> None:
        price = order.price
        if command.price_nanos is not None:
            price = command.price_nanos // self.instruments[order.symbol].tick_size_nanos
        quantity = order.quantity if command.quantity is None else command.quantity
        priority_kept = price == order.price and quantity <= order.quantity
        order.price = price
        order.quantity = quantity
        if command.new_client_order_id not in (None, order.client_order_id):
            self._reserve(order)
            order.client_order_id = command.new_client_order_id or ""
        self._tell_replaced(order, priority_kept)
        if not priority_kept:
            self.live.remove(order)
            self._arrive(order)

    def _cancel_all(self, command: CancelAll) -> None:
        if command.symbol is not None and command.symbol not in self.instruments:
            self._tell(RequestRejected(RejectCode.UNKNOWN_SYMBOL, command.symbol))
            return
        doomed = [order for order in self._live_of(command.user) if command.symbol in (None, order.symbol)]
        for order in doomed:
            self._end(order, CancelReason.USER_REQUESTED)
        self._tell(AllCanceled(len(doomed)))

    # --- memory -----------------------------------------------------------------------------------------------

    def _instrument(self, symbol: Optional[str]) -> Instrument:
        """The instrument of that symbol; None means the only one."""
        if symbol is not None:
            return self.instruments[symbol]
        (instrument,) = self.instruments.values()
        return instrument

    def _ahead_of(self, order: OracleOrder) -> int:
        """What stands before an order at its price."""
        queue = [other for other in self.resting(order.symbol, order.side) if other.price == order.price]
        return sum(other.remaining for other in queue[: queue.index(order)])

    def _positions_of(self, user: str) -> tuple[PositionState, ...]:
        held = sorted((symbol, position) for (owner, symbol), position in self.positions.items() if owner == user)
        return tuple(
            position.state(symbol, self.last_price[symbol] * self.instruments[symbol].tick_size_nanos)
            for symbol, position in held
        )
