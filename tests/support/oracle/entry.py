"""What users do with orders, as the oracle sees it: what is refused, in which order, and what is carried out."""

from __future__ import annotations

from copy import copy
from typing import Optional

from exchange.engine.commands import CancelAll, CancelOrder, NewOrder, ReplaceOrder
from exchange.engine.events import (
    AllCanceled,
    CancelRejected,
    OrderRejected,
    ReplaceRejected,
    RequestRejected,
)
from exchange.engine.instrument import nanos_text
from exchange.engine.terms import Terms
from exchange.engine.words import (
    CancelReason,
    OrderType,
    Phase,
    RejectCode,
    SelfTradePrevention,
    TimeInForce,
)
from tests.support.oracle.administration import Administration
from tests.support.oracle.matching import is_reached
from tests.support.oracle.memory import Market
from tests.support.oracle.phases import CALLS
from tests.support.oracle.values import (
    STOPS,
    OracleOrder,
    Refusal,
    accepted,
    is_beyond,
    refusal_of_price,
    refusal_of_quantity,
    refusal_of_target,
    refusal_of_terms,
)


class Entry(Administration):
    """New orders, replaces, cancels."""

    def __init__(self) -> None:
        super().__init__()
        self._order_count = 0

    # --- new orders -------------------------------------------------------------------------------------------

    def _new_order(self, command: NewOrder) -> None:
        refusal = self._refusal_of_new(command)
        if refusal:
            self._tell(OrderRejected(command.client_order_id, *refusal))
            return
        self._order_count += 1
        self.credentials.setdefault(command.user, None)
        market = self._market(command.symbol)
        order = OracleOrder(self._order_count, command, market.instrument, self._now)
        self._tell(accepted(order, self._next_seq(order.user)))
        if not order.is_waiting:
            self._end_idle(market)
        self._enter(order, market)

    def _enter(self, order: OracleOrder, market: Market) -> None:
        """What an accepted order, or one that lost its priority, does now."""
        if order.is_waiting:
            if order not in self.live:
                self.live.append(order)
        elif market.phase in CALLS:
            order.show_peak()
            self._rest(order)
        else:
            self._arrive(order, market.reference)
        self._release_stops(order.symbol)

    def _refusal_of_new(self, command: NewOrder) -> Optional[Refusal]:
        """RULES, "Where rules meet": the faults in their order."""
        if self._find(command.user, None, command.client_order_id):
            return Refusal(RejectCode.DUPLICATE_CLIENT_ORDER_ID, command.client_order_id)
        if command.user in self.blocked:
            return Refusal(RejectCode.BLOCKED, command.user)
        if command.symbol is None and len(self.markets) != 1:
            return Refusal(RejectCode.MISSING_FIELD, "symbol")
        if command.symbol is not None and command.symbol not in self.markets:
            return Refusal(RejectCode.UNKNOWN_SYMBOL, command.symbol)
        market, terms = self._market(command.symbol), command.terms
        instrument = market.instrument
        refusal = (
            self._refusal_of_phase(market, terms)
            or refusal_of_terms(terms, instrument)
            or refusal_of_price(terms.price_nanos, instrument)
            or refusal_of_price(terms.stop_price_nanos, instrument)
            or refusal_of_quantity(terms.quantity, instrument)
        )
        if refusal:
            return refusal
        order = OracleOrder(0, command, instrument, self._now)
        return (
            (self._refusal_by_band(order, market) if terms.order_type is OrderType.LIMIT else None)
            or self._refusal_by_limits(order)
            or self._refusal_by_stop(order, market)
            or (self._refusal_by_book(order, market) if market.phase is Phase.CONTINUOUS else None)
        )

    def _refusal_of_phase(self, market: Market, terms: Terms) -> Optional[Refusal]:
        """RULES 19, 28; a stop waits in a call as well, whatever else is wrong with it."""
        time_in_force, post_only = terms.time_in_force, terms.post_only
        if market.phase in (Phase.HALTED, Phase.CLOSED):
            return Refusal(RejectCode.HALTED, market.instrument.symbol)
        if market.phase is Phase.CONTINUOUS or terms.order_type in STOPS:
            return None
        never = (TimeInForce.FOK,) if market.is_repeated else (TimeInForce.FOK, TimeInForce.IOC)
        where = f": symbol {market.instrument.symbol} is in {market.phase.value}"
        if post_only:
            return Refusal(RejectCode.NOT_CONTINUOUS, "post_only" + where)
        if time_in_force in never:
            return Refusal(RejectCode.NOT_CONTINUOUS, f"time_in_force {time_in_force.value}{where}")
        return None

    def _refusal_by_band(self, order: OracleOrder, market: Market) -> Optional[Refusal]:
        """RULES 17: no band in calls."""
        percent, around = market.instrument.price_band_ppm, market.reference
        if market.phase is not Phase.CONTINUOUS or percent is None or around is None or order.price is None:
            return None
        if is_beyond(order.price, around, percent):
            return Refusal(RejectCode.PRICE_OUT_OF_BAND, market.instrument.price_text(order.price))
        return None

    def _refusal_by_stop(self, order: OracleOrder, market: Market) -> Optional[Refusal]:
        """RULES 8: what the last trade would trigger at once."""
        if order.is_waiting and market.last_price is not None and is_reached(order, market.last_price):
            assert order.stop_price is not None
            nanos = order.stop_price * order.tick_size_nanos
            return Refusal(RejectCode.STOP_WOULD_TRIGGER, nanos_text(nanos))
        return None

    def _refusal_by_book(self, order: OracleOrder, market: Market) -> Optional[Refusal]:
        if order.order_type is OrderType.MARKET and not self.resting(order.symbol, order.side.opposite):
            return Refusal(RejectCode.NO_LIQUIDITY, order.symbol)
        if order.is_waiting:
            return None
        if order.post_only and self._makers_for(order):
            return Refusal(RejectCode.WOULD_TAKE, order.symbol)
        if order.time_in_force is TimeInForce.FOK and not self._is_fillable(order, market):
            return Refusal(RejectCode.CANNOT_FILL, str(order.quantity))
        return None

    def _is_fillable(self, order: OracleOrder, market: Market) -> bool:
        """RULES 4: played on a copy of the other side, hidden parts, prevention, band and breaker applied."""
        makers = [copy(maker) for maker in self._makers_for(order)]
        market, left, turn = copy(market), order.quantity, self._arrival_count
        around = market.reference
        while left and makers:
            maker = min(makers, key=lambda m: makers_order(m))
            if self._is_out_of_band(order, maker.limit, market, around) or self._is_halting(maker.limit, market):
                return False
            if maker.user == order.user and order.self_trade_prevention is not SelfTradePrevention.NONE:
                if order.self_trade_prevention is not SelfTradePrevention.CANCEL_OLDEST:
                    return False
                makers.remove(maker)
                continue
            quantity = min(maker.tradable, left)
            left -= quantity
            maker.executed += quantity
            if market.first_price_of_day is None:
                market.first_price_of_day = maker.limit
            if maker.use_peak(quantity):
                turn += 1
                maker.arrival = turn
            if maker.remaining == 0:
                makers.remove(maker)
        return left == 0

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
        refusal = (
            self._refusal_of_blocked(command.user)
            or refusal_of_target(command, order)
            or self._refusal_of_new_id(command, order)
        )
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
        market = self.markets[order.symbol]
        instrument = market.instrument
        ends_it = command.quantity is not None and 0 <= command.quantity <= order.executed
        wanted = self._wanted(command, order)
        refusal = self._refusal_of_replace_phase(order, wanted, market)
        refusal = refusal or refusal_of_replaced_fields(command, order)
        refusal = refusal or refusal_of_price(command.price_nanos, instrument)
        refusal = refusal or refusal_of_price(command.stop_price_nanos, instrument)
        if refusal is None and command.quantity is not None and not ends_it:
            refusal = refusal_of_quantity(command.quantity, instrument)
        if refusal is None and wanted.price != order.price and not order.is_waiting:
            refusal = self._refusal_by_band(wanted, market)
        if refusal is None and command.quantity is not None and not ends_it:
            refusal = self._refusal_of_increase(order, command.quantity)
        if refusal is None and command.stop_price_nanos is not None and not ends_it:
            refusal = self._refusal_by_stop(wanted, market)
        moves = wanted.price != order.price and market.phase is Phase.CONTINUOUS
        if refusal is None and not ends_it and moves and order.post_only and self._makers_for(wanted):
            refusal = Refusal(RejectCode.WOULD_TAKE, order.symbol)
        return refusal

    def _refusal_of_new_id(self, command: ReplaceOrder, order: Optional[OracleOrder]) -> Optional[Refusal]:
        new_id = command.new_client_order_id
        is_new = new_id is not None and (order is None or new_id != order.client_order_id)
        if is_new and self._find(command.user, None, new_id):
            return Refusal(RejectCode.DUPLICATE_CLIENT_ORDER_ID, str(new_id))
        return None

    @staticmethod
    def _wanted(command: ReplaceOrder, order: OracleOrder) -> OracleOrder:
        """The order as it would be."""
        wanted, tick = copy(order), order.tick_size_nanos
        if command.price_nanos is not None:
            wanted.price = command.price_nanos // tick
        if command.stop_price_nanos is not None:
            wanted.stop_price = command.stop_price_nanos // tick
        if command.quantity is not None:
            wanted.quantity = command.quantity
        return wanted

    def _refusal_of_replace_phase(
        self, order: OracleOrder, wanted: OracleOrder, market: Market
    ) -> Optional[Refusal]:
        """RULES 19: as entry, but that a resting post-only order may shrink in a call."""
        shrinks = wanted.price == order.price and wanted.quantity <= order.quantity
        return self._refusal_of_phase(market, order.asked._replace(post_only=order.post_only and not shrinks))

    def _apply_replace(self, command: ReplaceOrder, order: OracleOrder) -> None:
        wanted = self._wanted(command, order)
        # A waiting stop is in no queue that it could lose its place in.
        priority_kept = order.is_waiting or (wanted.price == order.price and wanted.quantity <= order.quantity)
        order.price, order.stop_price, order.quantity = wanted.price, wanted.stop_price, wanted.quantity
        if command.stop_price_nanos is not None:
            order.triggered_by = None
        order.shown = min(order.shown, order.remaining)
        if command.new_client_order_id not in (None, order.client_order_id):
            self._reserve(order)
            order.client_order_id = command.new_client_order_id or ""
        if not priority_kept:
            order.show_peak()
        self._tell_replaced(order, priority_kept)
        if not priority_kept:
            self.live.remove(order)
            self._enter(order, self.markets[order.symbol])

    def _cancel_all(self, command: CancelAll) -> None:
        if command.symbol is not None and command.symbol not in self.markets:
            self._tell(RequestRejected(RejectCode.UNKNOWN_SYMBOL, command.symbol))
            return
        doomed = [order for order in self._live_of(command.user) if command.symbol in (None, order.symbol)]
        for order in doomed:
            self._end(order, CancelReason.USER_REQUESTED)
        self._tell(AllCanceled(len(doomed)))

    def _market(self, symbol: Optional[str]) -> Market:
        """The market of that symbol; None means the only one."""
        if symbol is not None:
            return self.markets[symbol]
        (market,) = self.markets.values()
        return market


def makers_order(maker: OracleOrder) -> tuple[int, int]:
    """Best price first, then arrival."""
    sign = 1 if maker.side.value == "SELL" else -1
    return sign * maker.limit, maker.arrival


def refusal_of_replaced_fields(command: ReplaceOrder, order: OracleOrder) -> Optional[Refusal]:
    """RULES 7, 8, 19: a stop price belongs to a waiting stop, a price to an order that has one; an iceberg may not
    come to have too many parts."""
    if command.price_nanos is not None and order.price is None:
        return Refusal(RejectCode.BAD_VALUE, f"price {nanos_text(command.price_nanos)}: ")
    if command.stop_price_nanos is not None and not order.is_waiting:
        return Refusal(RejectCode.BAD_VALUE, f"stop_price {nanos_text(command.stop_price_nanos)}: ")
    shown, quantity = order.display_quantity, command.quantity
    if shown is not None and quantity is not None and order.quantity < quantity > shown * 10_000:
        return Refusal(RejectCode.BAD_VALUE, f"quantity {quantity} ")
    return None
