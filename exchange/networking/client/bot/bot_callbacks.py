"""What a bot is told, and what it wishes of its connection: all that a driver needs to know of it.

A bot's author derives from `Bot`, which adds what the bot knows and what it can ask for.  Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Optional, Union

from exchange.networking.client.book_follower import BookFollower
from exchange.networking.client.bot.bot_desk import BotDesk
from exchange.networking.client.bot.bot_timers import BotTimers
from exchange.networking.client.bot.own_order import OwnOrder, RefusedRequest
from exchange.networking.client.typed_events import InstrumentStatus, News, OrderExecuted, Trade


class BotCallbacks:
    """The part of a bot that is called; each callback does nothing until it is overridden."""

    # The symbols it follows; () for all that are listed.
    symbols: Sequence[str] = ()
    # Levels per side of its books; 0 for all.
    depth: int = 20
    # Whether its orders are canceled when it is told to stop.
    cancel_on_stop: bool = True
    # Whether they are canceled when the connection is lost: False, True (all but GTC), or "ALL".
    cancel_on_disconnect: Union[bool, str] = False

    _desk: Optional[BotDesk] = None
    _timers: Optional[BotTimers] = None

    # --- what happens: override --------------------------------------------------------------------------------

    def on_start(self) -> None:
        """Logged in; books, orders and positions are known.  Once, before everything else."""

    def on_book(self, book: BookFollower) -> None:
        """A book has changed, or is current again."""

    def on_trade(self, trade: Trade) -> None:
        """Somebody has traded in a symbol it follows."""

    def on_accepted(self, order: OwnOrder) -> None:
        """An order is in the engine, or has been changed there."""

    def on_fill(self, order: OwnOrder, fill: OrderExecuted) -> None:
        """An order has traded; `position` and `pnl` count it already."""

    def on_canceled(self, order: OwnOrder) -> None:
        """An order has ended without being filled; `order.reason` says why."""

    def on_rejected(self, refusal: RefusedRequest) -> None:
        """An order, a cancel or a change was refused.  Who runs a bot without this is told in its place."""

    def on_timer(self) -> None:
        """A timer without a callback of its own is due."""

    def on_news(self, news: News) -> None:
        """The operator has said something."""

    def on_phase(self, status: InstrumentStatus) -> None:
        """Trading of a symbol has been halted, resumed, called …"""

    def on_disconnected(self, reason: str) -> None:
        """The connection is lost; it is being made again.  What is asked for meanwhile is refused."""

    def on_stop(self) -> None:
        """It ends; orders can still be canceled here."""

    # --- for who drives it -------------------------------------------------------------------------------------

    def attach(self, desk: BotDesk, timers: BotTimers) -> None:
        """Work at this desk from now on.  For who drives the bot (`BotSession`)."""
        self._desk, self._timers = desk, timers
