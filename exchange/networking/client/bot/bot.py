"""`Bot`: write what to do when something happens, run it against an exchange or in the laboratory.

    class Buyer(Bot):
        def on_book(self, book: BookFollower) -> None:
            if self.position < 10 and book.best_ask:
                self.buy(1, book.best_ask.price)

    if __name__ == "__main__":
        Buyer().run("robot")

Pure: it reads no clock, socket or chance by itself, so that a bot does not know who drives it.  What it asks for
is sent and not waited for; the answer comes as a callback, and is seen in the `OwnOrder` that was returned.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from decimal import Decimal
from typing import Optional

from exchange.networking.client.book_follower import BookFollower
from exchange.networking.client.bot.answer_times import BotTimes
from exchange.networking.client.bot.bot_callbacks import BotCallbacks
from exchange.networking.client.bot.bot_desk import BotDesk
from exchange.networking.client.bot.bot_failure import SymbolMissingError
from exchange.networking.client.bot.bot_timers import BotTimer
from exchange.networking.client.bot.followed_market import FollowedMarket
from exchange.networking.client.bot.own_order import OwnOrder
from exchange.networking.client.bot.two_sided_quote import quote_wish
from exchange.networking.client.message_client import DEFAULT_HOST, DEFAULT_PORT
from exchange.networking.client.message_json import Price
from exchange.networking.client.request_messages import EnumOrName, request
from exchange.networking.client.token_store import TokenStore


class Bot(BotCallbacks):
    """Subclass it, with parameters as class attributes, and override what is to be heard: see `BotCallbacks`.

    It speaks for a user of its own: all orders and positions of that user are the bot's.  An exception in a
    callback stops the bot with all its orders canceled.  Callbacks come one at a time, from one thread.
    """

    # --- what it knows -----------------------------------------------------------------------------------------

    @property
    def orders(self) -> list[OwnOrder]:
        """Its orders that are not done, oldest first, those included that are not answered yet."""
        return self._at_desk.orders.all()

    def market(self, symbol: Optional[str] = None) -> FollowedMarket:
        """All it knows of one symbol that it follows; it may be left out where that is only one.

        Raises ValueError, SymbolMissingError where it may not be left out.
        """
        markets = self._at_desk.markets
        if symbol is None:
            if len(markets) != 1:
                raise SymbolMissingError(type(self).__name__, markets)
            return next(iter(markets.values()))
        if symbol not in markets:
            raise ValueError(f"symbol {symbol!r} is not followed; followed: {', '.join(markets)}")
        return markets[symbol]

    @property
    def markets(self) -> list[FollowedMarket]:
        """All it knows of every symbol that it follows, in their order."""
        return list(self._at_desk.markets.values())

    @property
    def book(self) -> BookFollower:
        """The book of the only symbol it follows, as all below."""
        return self.market().book

    @property
    def mid(self) -> Optional[Decimal]:
        """Halfway between best bid and best ask; None unless there are both."""
        return self.market().mid

    @property
    def spread(self) -> Optional[Decimal]:
        """Best ask less best bid; None unless there are both."""
        return self.market().spread

    @property
    def position(self) -> int:
        """What is held, negative when short."""
        return self.market().position

    @property
    def pnl(self) -> Decimal:
        """What was earned in all symbols it follows since the user began, after fees, realised and not."""
        return sum((market.pnl for market in self._at_desk.markets.values()), Decimal(0))

    @property
    def cash(self) -> Optional[Decimal]:
        """What the user had in currency at the login; None for one whom the operator never endowed."""
        return self._at_desk.cash

    @property
    def times(self) -> BotTimes:
        """How long the exchange took to answer it."""
        return self._at_desk.times

    @property
    def now_ns(self) -> int:
        """The time in ns since the Unix epoch: of this machine, or the laboratory's."""
        return self._at_desk.line.now_ns()

    # --- what it can do ----------------------------------------------------------------------------------------

    def buy(
        self,
        quantity: int,
        price: Optional[Price] = None,
        symbol: Optional[str] = None,
        *,
        order_type: Optional[EnumOrName] = None,
        stop_price: Optional[Price] = None,
        time_in_force: Optional[EnumOrName] = None,
        post_only: Optional[bool] = None,
        display_quantity: Optional[int] = None,
        self_trade_prevention: Optional[EnumOrName] = None,
    ) -> OwnOrder:
        """Send a BUY order, limited to `price` or (None) at the market; options as for `ExchangeClient.buy`."""
        return self._at_desk.place(
            "BUY",
            quantity,
            price,
            symbol=symbol or self.market().symbol,
            order_type=order_type,
            stop_price=stop_price,
            time_in_force=time_in_force,
            post_only=post_only,
            display_quantity=display_quantity,
            self_trade_prevention=self_trade_prevention,
        )

    def sell(
        self,
        quantity: int,
        price: Optional[Price] = None,
        symbol: Optional[str] = None,
        *,
        order_type: Optional[EnumOrName] = None,
        stop_price: Optional[Price] = None,
        time_in_force: Optional[EnumOrName] = None,
        post_only: Optional[bool] = None,
        display_quantity: Optional[int] = None,
        self_trade_prevention: Optional[EnumOrName] = None,
    ) -> OwnOrder:
        """Send a SELL order, limited to `price` or (None) at the market; options as for `ExchangeClient.sell`."""
        return self._at_desk.place(
            "SELL",
            quantity,
            price,
            symbol=symbol or self.market().symbol,
            order_type=order_type,
            stop_price=stop_price,
            time_in_force=time_in_force,
            post_only=post_only,
            display_quantity=display_quantity,
            self_trade_prevention=self_trade_prevention,
        )

    def cancel(self, order: OwnOrder) -> None:
        """Send a cancel; nothing is sent if the order is done or a cancel of it is on its way."""
        self._at_desk.cancel(order)

    def replace(
        self,
        order: OwnOrder,
        *,
        price: Optional[Price] = None,
        quantity: Optional[int] = None,
        stop_price: Optional[Price] = None,
    ) -> None:
        """Send a change; `quantity` is the new total, what is filled included.  Nothing is sent if it is done."""
        self._at_desk.replace(order, price=price, quantity=quantity, stop_price=stop_price)

    def cancel_all(self, symbol: Optional[str] = None) -> None:
        """Send one cancel of all the user's orders, of one symbol or (None) of all."""
        self._at_desk.cancel_all(symbol)

    def quote(
        self,
        bid: Optional[Price],
        ask: Optional[Price],
        size: int,
        *,
        symbol: Optional[str] = None,
        bid_size: Optional[int] = None,
        ask_size: Optional[int] = None,
        post_only: bool = False,
    ) -> None:
        """Have `size` rest at both prices (None: not on that side), with the fewest messages; call it at will.

        Nothing is sent where nothing has changed, and what only gets smaller keeps its place; `two_sided_quote`
        tells the rest.  `bid_size` and `ask_size` take the place of `size` on their side; 0 or less means not to
        be there.  Raises ValueError for a bid that is not below the ask: the two would trade with each other.
        """
        self._at_desk.quote(
            symbol or self.market().symbol,
            quote_wish(bid, size if bid_size is None else bid_size, post_only),
            quote_wish(ask, size if ask_size is None else ask_size, post_only),
        )

    def refresh_orders(self) -> None:
        """Have the engine say where each order stands in its queue; `quantity_ahead` is exact when it has."""
        self._at_desk.line.send(request("get_orders"))

    def every(self, seconds: float, callback: Optional[Callable[[], None]] = None) -> BotTimer:
        """Call `callback` (None: `on_timer`) every so many seconds; it rests while there is no connection."""
        return self._set_timer(seconds, callback, repeats=True)

    def after(self, seconds: float, callback: Optional[Callable[[], None]] = None) -> BotTimer:
        """Call `callback` (None: `on_timer`) once, in so many seconds."""
        return self._set_timer(seconds, callback, repeats=False)

    def stop(self) -> None:
        """End the bot when this callback has returned."""
        self._at_desk.is_stop_wanted = True

    # --- how it is run -----------------------------------------------------------------------------------------

    def run(
        self,
        user: Optional[str] = None,
        *,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        tokens: Optional[TokenStore] = None,
        tls: Optional[ssl.SSLContext] = None,
    ) -> None:
        """Trade as `user` (None: the class's name in lower case) until Ctrl-C; `bot_runner` tells the rest.

        Leaves the program with exit code 1 if a callback fails, with 2 if the exchange can't be reached or says
        no.
        """
        # The one thing here that touches the world, so it is fetched only by who wants it.
        from exchange.networking.client.bot.bot_runner import run_bot

        exit_code = run_bot(self, user, host=host, port=port, tokens=tokens, tls=tls)
        if exit_code:
            raise SystemExit(exit_code)

    @property
    def _at_desk(self) -> BotDesk:
        if self._desk is None:
            raise RuntimeError(f"{type(self).__name__} is not running yet: do this in on_start or later")
        return self._desk

    def _set_timer(self, seconds: float, callback: Optional[Callable[[], None]], *, repeats: bool) -> BotTimer:
        desk = self._at_desk
        assert self._timers is not None, "the desk and the timers come together"
        return self._timers.add(callback or self.on_timer, desk.line.now_ns(), seconds, repeats=repeats)
