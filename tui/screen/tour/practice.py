"""A market to practise on: the exchange itself in this process, with two others who do as the lesson says.

No time passes by itself and nothing is random, so a lesson goes the same way each time.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal
from typing import Optional

from exchange.engine.instrument import Instrument
from exchange.engine.words import Phase, SelfTradePrevention, Side
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.venue.event_messages import message_of
from exchange.laboratory.venue.session import MarketSession
from exchange.networking.tcp_client import Message
from exchange.utils.helpers import NS_PER_S

SYMBOL = "PRACTICE"
TICK_NANOS = 50_000_000
TICK = Decimal("0.05")
LEARNER, MARIA, TOM = "you", "maria", "tom"


class Practice:
    """One lesson's market.  Prices are in currency, as text; what the learner is told waits for `take`."""

    def __init__(self, self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE) -> None:
        reference = int(Decimal("100.00") * 10**9)
        instrument = Instrument(
            SYMBOL,
            tick_size_nanos=TICK_NANOS,
            self_trade_prevention=self_trade_prevention,
            reference_price_nanos=reference,
        )
        self._market = VirtualMarket([instrument])
        self._sessions = {user: self._market.join(user) for user in (LEARNER, MARIA, TOM)}
        self._order_number = 0
        # What the learner's iceberg shows at a time.
        self.displayed = 0
        self._told: deque[Message] = deque()
        self._learner.hear = lambda event: self._told.append(message_of(event))

    @property
    def _learner(self) -> MarketSession:
        return self._sessions[LEARNER]

    def ask(self, message: Message) -> None:
        """The learner asks for something, as a client asks the engine."""
        self._learner.send(message)
        self._market.settle()

    def take(self) -> Optional[Message]:
        """What the learner was told next; None: nothing more so far."""
        return self._told.popleft() if self._told else None

    def order(self, user: str, side: Side, quantity: int, price: Optional[str] = None) -> None:
        """Somebody sends an order; at the market without a price."""
        self._order_number += 1
        message: Message = {
            "type": "new_order",
            "client_order_id": f"{user}-{self._order_number}",
            "side": side.value,
            "order_type": "MARKET" if price is None else "LIMIT",
            "quantity": quantity,
        }
        if price is not None:
            message["price"] = Decimal(price)
        self._sessions[user].send(message)
        self._market.settle()

    def usual_book(self) -> None:
        """Some bids from 99.95 down, some offers from 100.05 up, all of them Maria's."""
        for step, quantity in enumerate((30, 45, 20, 60, 35, 50), start=1):
            self.order(MARIA, Side.BUY, quantity, str(100 - step * TICK))
            self.order(MARIA, Side.SELL, quantity + 10, str(100 + step * TICK))

    def change_phase(self, phase: Phase) -> None:
        """The operator brings the instrument into a phase."""
        self._market.set_phase(SYMBOL, phase)
        self._market.settle()

    def run_until(self, seconds: float) -> None:
        """Time goes on to so many seconds after the beginning; never back."""
        time_ns = self._market.clock.start_ns + int(seconds * NS_PER_S)
        if time_ns > self._market.clock.now_ns:
            self._market.run_until(time_ns)
