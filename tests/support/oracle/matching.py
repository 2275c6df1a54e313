"""How an arriving order trades, as the oracle sees it: one maker at a time, the rules asked before each match."""

from __future__ import annotations

from typing import Optional

from exchange.engine.events import InstrumentStatusChanged
from exchange.engine.trade import Trade
from exchange.engine.words import (
    CancelReason,
    Liquidity,
    OrderType,
    Phase,
    PhaseReason,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from tests.support.oracle.memory import Market, Memory
from tests.support.oracle.values import OracleOrder, executed, fee_nanos, is_beyond, triggered

NANOS_PER_SECOND = 1_000_000_000


class Matching(Memory):
    """Trades, self-trade prevention, bands, the breaker, icebergs, stops."""

    def __init__(self) -> None:
        super().__init__()
        self._trade_count = 0
        # By user, in 10⁻⁹ currency units: sold − bought − fees, and what was endowed and settled (RULES 27).
        self.cash_flow: dict[str, int] = {}

    # --- an order arrives -------------------------------------------------------------------------------------

    def _makers_for(self, order: OracleOrder) -> list[OracleOrder]:
        """The resting orders that its limit lets it trade with, in priority order.  No limit takes any."""
        makers = self.resting(order.symbol, order.side.opposite)
        if order.price is None:
            return makers
        if order.side is Side.BUY:
            return [maker for maker in makers if maker.limit <= order.price]
        return [maker for maker in makers if maker.limit >= order.price]

    def _arrive(self, taker: OracleOrder, band_around: Optional[int]) -> None:
        """RULES 1–3, 5, 7, 15, 17, 18: trade, one maker after the other, then rest or be canceled."""
        market = self.markets[taker.symbol]
        taker.show_peak()
        while not taker.is_over and (makers := self._makers_for(taker)):
            maker = makers[0]
            if self._is_out_of_band(taker, maker.limit, market, band_around):
                break
            if self._is_halting(maker.limit, market):
                self._halt(taker, market)
                return
            if maker.user == taker.user and taker.self_trade_prevention is not SelfTradePrevention.NONE:
                self._prevent_self_trade(maker, taker)
            else:
                self._fill(maker, taker)
        if not taker.is_over:
            self._rest_or_end(taker)

    def _rest_or_end(self, order: OracleOrder) -> None:
        if order.price is None:
            self._end(order, CancelReason.MARKET_REMAINDER)
        elif order.time_in_force is TimeInForce.IOC:
            self._end(order, CancelReason.IOC_REMAINDER)
        else:
            assert order.time_in_force is not TimeInForce.FOK
            self._rest(order)

    def _rest(self, order: OracleOrder) -> None:
        order.is_waiting = False
        self._take_place(order)
        order.shown = min(order.shown, order.remaining)
        if order not in self.live:
            self.live.append(order)

    @staticmethod
    def _is_out_of_band(taker: OracleOrder, price: int, market: Market, around: Optional[int]) -> bool:
        """RULES 17: an order without a limit stops where it would pay worse than the band around allows."""
        percent = market.instrument.price_band_ppm
        if taker.price is not None or percent is None or around is None:
            return False
        is_worse = price > around if taker.side is Side.BUY else price < around
        return is_worse and is_beyond(price, around, percent)

    @staticmethod
    def _is_halting(price: int, market: Market) -> bool:
        """RULES 18: whether a match at this price would be further from the static reference than allowed."""
        percent, around = market.instrument.halt_ppm, market.static_reference
        return percent is not None and around is not None and is_beyond(price, around, percent)

    def _halt(self, taker: OracleOrder, market: Market) -> None:
        market.phase, market.reason = Phase.HALTED, PhaseReason.CIRCUIT_BREAKER
        market.until = self._now + market.instrument.halt_s * NANOS_PER_SECOND
        if taker.price is not None and taker.time_in_force is not TimeInForce.IOC:
            self._rest(taker)
        else:
            self._end(taker, CancelReason.HALTED)
        self._tell_status(market)

    def _tell_status(self, market: Market) -> None:
        symbol = market.instrument.symbol
        self._tell(InstrumentStatusChanged(symbol, market.phase, market.reason, market.until))

    # --- a trade ----------------------------------------------------------------------------------------------

    def _fill(self, maker: OracleOrder, taker: OracleOrder) -> None:
        """One execution, at the resting order's price (RULES 1), of an iceberg's displayed part (RULES 7)."""
        quantity = min(maker.tradable, taker.remaining)
        buy, sell = (maker, taker) if maker.side is Side.BUY else (taker, maker)
        self._trade(buy, sell, maker.limit, quantity, (maker, Liquidity.MAKER), (taker, Liquidity.TAKER))

    def _trade(
        self,
        buy: OracleOrder,
        sell: OracleOrder,
        price: int,
        quantity: int,
        first: tuple[OracleOrder, Liquidity],
        second: tuple[OracleOrder, Liquidity],
        is_auction: bool = False,
    ) -> None:
        """Book one execution and tell of it: the trade, then each side's event in the order given."""
        market = self.markets[buy.symbol]
        fees = {order: self._fee(order, price, quantity, liquidity) for order, liquidity in (first, second)}
        aggressor_side = None if is_auction else second[0].side
        self._trade_count += 1
        trade = Trade(
            self._trade_count,
            buy.symbol,
            price,
            quantity,
            buy.order_id,
            sell.order_id,
            buy.user,
            sell.user,
            aggressor_side,
            self._now,
            is_auction,
            fees[buy],
            fees[sell],
        )
        self._tell(trade)
        market.last_price = price
        if market.first_price_of_day is None:
            market.first_price_of_day = price
        for order, liquidity in (first, second):
            order.executed += quantity
            # In an uncross an iceberg keeps its place whatever it shows (RULES 20).
            if order.use_peak(quantity) and liquidity is Liquidity.MAKER:
                self._take_place(order)
            if order.remaining == 0:
                self._put_away(order)
            self._tell(executed(order, self._next_seq(order.user), trade, liquidity, fees[order]))
            self._book(order, price, quantity, fees[order])
        self._trigger_stops(market, trade)

    def _fee(self, order: OracleOrder, price: int, quantity: int, liquidity: Liquidity) -> Optional[int]:
        instrument = self.instruments[order.symbol]
        if not instrument.has_fees:
            return None
        rate = instrument.maker_fee_per_1e8 if liquidity is Liquidity.MAKER else instrument.taker_fee_per_1e8
        return fee_nanos(price * instrument.tick_size_nanos, quantity, rate or 0)

    def _book(self, order: OracleOrder, price: int, quantity: int, fee: Optional[int]) -> None:
        position = self._position(order)
        signed = quantity if order.side is Side.BUY else -quantity
        position.add(signed, price * order.tick_size_nanos)
        position.fees += fee or 0
        paid = signed * price * order.tick_size_nanos + (fee or 0)
        self.cash_flow[order.user] = self.cash_flow.get(order.user, 0) - paid

    # --- self-trade prevention --------------------------------------------------------------------------------

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
        """Whole remainders are compared; what shrinks loses its hidden part first (RULES 7)."""
        if maker.remaining == taker.remaining:
            self._end(maker, CancelReason.SELF_TRADE)
            self._end(taker, CancelReason.SELF_TRADE)
            return
        smaller, larger = sorted((maker, taker), key=lambda order: order.remaining)
        larger.quantity -= smaller.remaining
        larger.shown = min(larger.shown, larger.remaining)
        self._end(smaller, CancelReason.SELF_TRADE)
        self._tell_replaced(larger, priority_kept=True)

    # --- stops ------------------------------------------------------------------------------------------------

    def _trigger_stops(self, market: Market, trade: Trade) -> None:
        """RULES 8: a trade at or through the stop price triggers; who is triggered waits for its turn."""
        for stop in self.waiting(trade.symbol):
            if stop.triggered_by is None and is_reached(stop, trade.price):
                assert stop.stop_price is not None
                stop.triggered_by = (trade.trade_id, abs(stop.stop_price - trade.price), stop.order_id)
                stop.triggered_at = trade.price

    def _release_stops(self, symbol: str) -> None:
        """One queue, to its end, where the market trades: by trade, then nearness, then order id."""
        market = self.markets[symbol]
        while market.phase is Phase.CONTINUOUS or market.is_repeated:
            queue = [stop for stop in self.waiting(symbol) if stop.triggered_by is not None]
            if not queue:
                return
            self._enter_stop(min(queue, key=lambda stop: stop.triggered_by or (0, 0, 0)), market)

    def _enter_stop(self, stop: OracleOrder, market: Market) -> None:
        """Its band is the one around the trade that triggered it (RULES 17)."""
        around = stop.triggered_at
        stop.is_waiting = False
        stop.triggered_by = None
        self._tell(triggered(stop, self._next_seq(stop.user), self._now))
        if market.is_repeated:
            stop.show_peak()
            self._rest(stop)
            return
        percent, is_limit = market.instrument.price_band_ppm, stop.order_type is OrderType.STOP_LIMIT
        if is_limit and percent is not None and is_beyond(stop.limit, around, percent):
            self._end(stop, CancelReason.PRICE_OUT_OF_BAND)
            return
        self.live.remove(stop)
        self._arrive(stop, around)


def is_reached(stop: OracleOrder, price: int) -> bool:
    """Whether a trade at `price` is at or through the stop's price."""
    assert stop.stop_price is not None
    return price >= stop.stop_price if stop.side is Side.BUY else price <= stop.stop_price
