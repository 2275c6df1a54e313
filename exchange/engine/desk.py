"""What one user has in one instrument: a position, and live orders, which are counted here.

Each order of the user in that instrument names the desk, and the desk names account and book; so whoever has an
order has all that it belongs to without looking anything up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Optional

from exchange.engine.orderbook import OrderBook
from exchange.engine.words import Side

if TYPE_CHECKING:  # It imports this file.
    from exchange.engine.account import Account

# Looked up once: on CPython 3.11 `Side.BUY` costs 75 ns, a module global 5 ns.
_BUY: Final = Side.BUY


class Position:
    """One user's position in one symbol, at average cost (RULES 25).  Integers throughout.

    `net_quantity` is bought minus sold; `cost` is what that net position cost, negative when short; `cost` and
    `realised_pnl` are in 10⁻⁹ currency units; `volume` counts every unit bought or sold.  `fees` is all that was
    paid on fills, `endowed_cost` what the units that the operator gave would have cost (RULES 26, 27).
    """

    __slots__ = ("net_quantity", "cost", "realised_pnl", "volume", "fees", "endowed_cost")

    def __init__(
        self,
        net_quantity: int = 0,
        cost: int = 0,
        realised_pnl: int = 0,
        volume: int = 0,
        fees: int = 0,
        endowed_cost: int = 0,
    ) -> None:
        self.net_quantity = net_quantity
        self.cost = cost
        self.realised_pnl = realised_pnl
        self.volume = volume
        self.fees = fees
        self.endowed_cost = endowed_cost

    def change(self, signed: int, price_nanos: int) -> None:
        """Add units at a price (negative: take them off): first what is held the other way is closed."""
        if self.net_quantity and (self.net_quantity > 0) != (signed > 0):
            signed = self._reduce(price_nanos, signed)
        self.net_quantity += signed
        self.cost += price_nanos * signed

    def endow(self, quantity: int, price_nanos: int) -> None:
        """The operator gives so many units at that average price, for nothing."""
        self.change(quantity, price_nanos)
        self.endowed_cost += quantity * price_nanos

    @property
    def cash_flow(self) -> int:
        """What was earned less what was paid: sold − bought − fees + settled."""
        return self.realised_pnl - self.cost + self.endowed_cost - self.fees

    def _reduce(self, price_nanos: int, signed: int) -> int:
        """Close as much as `signed` allows and realise its gain; returns what is left to open the other way.

        The cost of the closed part is rounded toward zero; what the rounding leaves stays in the cost of the rest,
        so over the life of a position nothing is gained or lost by it.
        """
        held = self.net_quantity
        closed = min(abs(held), abs(signed))
        if held > 0:
            cost_closed = self.cost * closed // held
            self.realised_pnl += price_nanos * closed - cost_closed
            self.net_quantity -= closed
            self.cost -= cost_closed
            return signed + closed
        cost_closed = -self.cost * closed // -held
        self.realised_pnl += cost_closed - price_nanos * closed
        self.net_quantity += closed
        self.cost += cost_closed
        return signed - closed


class Desk:
    """One user in one instrument.

    `user` and `symbol` are the account's and the book's, at hand because every event tells them.
    `live_order_count` is that of the user's live orders in the instrument.  While positions are limited
    (`is_limited`), `live_buy_quantity` and `live_sell_quantity` are what remains of these, by side.
    """

    __slots__ = (
        "account",
        "book",
        "user",
        "symbol",
        "live_order_count",
        "is_limited",
        "live_buy_quantity",
        "live_sell_quantity",
        "_position",
    )

    def __init__(self, account: Account, book: OrderBook) -> None:
        self.account = account
        self.book = book
        self.user = account.user
        self.symbol = book.symbol
        self.live_order_count = 0
        self.is_limited = False
        self.live_buy_quantity = 0
        self.live_sell_quantity = 0
        # The account's, once there is one: who only quotes has none.
        self._position: Optional[Position] = None

    def fill(self, side: Side, quantity: int, price_nanos: int, fee: Optional[int]) -> None:
        """Book a fill of one of the user's orders, already counted on the order itself."""
        if self.is_limited:
            self.count(side, -quantity)
        position = self._position
        if position is None:
            position = self._position = self.account.position(self.symbol)
        position.volume += quantity
        position.change(quantity if side is _BUY else -quantity, price_nanos)
        if fee is not None:
            position.fees += fee

    @property
    def net_quantity(self) -> int:
        """What the user holds of the instrument, bought minus sold."""
        position = self.account.positions.get(self.symbol)
        return 0 if position is None else position.net_quantity

    def count(self, side: Side, change: int) -> None:
        """So much more (or, negative, less) remains of the live orders of a side, if that is kept."""
        if not self.is_limited:
            return
        if side is _BUY:
            self.live_buy_quantity += change
        else:
            self.live_sell_quantity += change

    def live_quantity(self, side: Side) -> int:
        """What remains of the live orders of a side, in units; while positions are limited."""
        assert self.is_limited, (self.user, self.symbol)
        return self.live_buy_quantity if side is _BUY else self.live_sell_quantity
