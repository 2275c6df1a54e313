"""One bot with its desk, as whoever drives it sees it: events and time go in, callbacks and requests come out.

    driver                          session                                     bot
      logged_in(logged_in)  ───►  asks for feeds, orders, positions
      hear(event) …         ───►  … until the pong behind all that  ───────►  on_start, then on_book …
      time_passes(now)      ───►  what is due by `next_timer_ns`    ───────►  on_timer …
      disconnected(reason)  ───►  rests until the next `logged_in`  ───────►  on_disconnected
      stop()                ───►  cancels, waits for the last pong  ───────►  on_stop
      … hear until `is_done`

A bot that has called `stop` is ended when that callback has returned.  An exception in a callback comes
out of whichever of these called it as BotFailed, its orders' cancels already sent; the driver hears until
`is_done`.

Pure, and for one thread.  The two who drive bots are `bot_runner`, over TCP, and the laboratory, on a virtual
clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional, Union

from exchange.networking.client.bot.bot_callbacks import BotCallbacks
from exchange.networking.client.bot.bot_desk import BotDesk
from exchange.networking.client.bot.bot_failure import BotFailed
from exchange.networking.client.bot.bot_line import BotLine
from exchange.networking.client.bot.bot_timers import BotTimers
from exchange.networking.client.bot.followed_market import FollowedMarket
from exchange.networking.client.bot.misspelt_callbacks import misspelt_callbacks
from exchange.networking.client.bot.own_order import RefusedRequest
from exchange.networking.client.bot.own_orders import PrivateValue
from exchange.networking.client.message_to_event import TypedEvent
from exchange.networking.client.request_messages import request
from exchange.networking.client.typed_answers import LoggedIn, Orders, Positions
from exchange.networking.client.typed_events import (
    BookSnapshot,
    BookUpdate,
    CancelRejected,
    ErrorEvent,
    Gap,
    InstrumentStatus,
    News,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderTriggered,
    Pong,
    ReplaceRejected,
    Trade,
    TradesSnapshot,
)

_PRIVATE = (OrderAccepted, OrderExecuted, OrderCanceled, OrderExpired, OrderReplaced, OrderTriggered)
_REFUSALS = (OrderRejected, CancelRejected, ReplaceRejected)
# An `error` with one of these is about the connection, not about a request.
FAREWELL_CODES = frozenset({"ENGINE_STOPPING", "SLOW_CONSUMER"})


def _tell_nobody(_line: str) -> None:
    """Where nobody watches."""


class BotSession:
    """Drives `bot` over `line`; `id_prefix` begins its order ids, and must be another one each time it is started.

    `last_seq` is the last private event it has worked through (None: none yet): log in again with it.
    """

    def __init__(
        self, bot: BotCallbacks, line: BotLine, id_prefix: str, tell: Callable[[str], None] = _tell_nobody
    ) -> None:
        """`tell` says a line to the person who runs the bot: of a refusal that the bot itself does not hear, or
        of a method that looks like a callback.
        """
        self.bot = bot
        self._tell_person = tell
        self.last_seq: Optional[int] = None
        # Every order and cancel has been answered: a bot that was told to stop may be left.
        self.is_done = False
        self._desk = BotDesk(line, id_prefix)
        self._timers = BotTimers()
        self._is_started = False
        self._is_stopping = False
        self._cancels_at_end = True
        # The pings behind which a login is settled, and an ending: the count tells those of earlier logins apart.
        self._login_count = 0
        bot.attach(self._desk, self._timers)
        for warning in misspelt_callbacks(type(bot)):
            tell(warning)
        self._hearers: dict[type, Callable[[Any], None]] = {
            **dict.fromkeys(_PRIVATE, self._hear_private),
            **dict.fromkeys(_REFUSALS, self._hear_refusal),
            BookSnapshot: self._hear_book,
            BookUpdate: self._hear_book,
            Trade: self._hear_trade,
            TradesSnapshot: self._hear_trades,
            InstrumentStatus: self._hear_status,
            News: self._hear_news,
            Orders: self._hear_orders,
            Positions: self._desk.hear_positions,
            Gap: self._hear_gap,
            Pong: self._hear_pong,
            ErrorEvent: self._hear_error,
        }

    @property
    def is_ending(self) -> bool:
        """It was told to stop, has called `stop` or has failed; what is left is to hear until `is_done`."""
        return self._is_stopping

    # --- what the driver says ----------------------------------------------------------------------------------

    def logged_in(self, answer: LoggedIn, resumed_after: Optional[int] = None) -> None:
        """The connection is there, and speaks for the user; its events go on after `resumed_after` (None: from
        now).

        Raises ValueError for a symbol that is not listed.
        """
        self.last_seq = answer.next_seq - 1 if resumed_after is None else resumed_after
        self._follow_listed(answer)
        self._login_count += 1
        self._desk.is_connected = True
        for market in self._desk.markets.values():
            self._send("subscribe", channel="book", symbol=market.symbol, depth=market.book.depth)
            self._send("subscribe", channel="trades", symbol=market.symbol, last=1)
        self._send("subscribe", channel="news")
        self._send("get_orders")
        self._send("get_positions")
        self._send("ping", id=f"login {self._login_count}")

    def hear(self, event: TypedEvent) -> None:
        """One event, in the order they came.  Raises BotFailed."""
        hearer = self._hearers.get(type(event))
        if hearer is not None:
            hearer(event)
            self._tell_refused()

    def disconnected(self, reason: str) -> None:
        """The connection is lost, if there was one.  Raises BotFailed."""
        if self._desk.is_connected:
            self._desk.lose_connection()
            self._tell("on_disconnected", self.bot.on_disconnected, reason)
            self._tell_refused()

    def next_timer_ns(self) -> Optional[int]:
        """When `time_passes` has something to do; None: never, as things are."""
        return self._timers.next_due_ns() if self._runs_timers else None

    def time_passes(self, now_ns: int) -> None:
        """It is `now_ns`: call the timers that are due.  Raises BotFailed."""
        while self._runs_timers:
            timer = self._timers.take_due(now_ns)
            if timer is None:
                return
            self._tell(getattr(timer.callback, "__name__", "a timer's callback"), timer.callback)
            self._tell_refused()

    @property
    def _runs_timers(self) -> bool:
        return self._is_started and self._desk.is_connected and not self._is_stopping

    def stop(self) -> None:
        """End the bot: on_stop, then its orders are canceled if it wants that.  Twice is fine.  Raises
        BotFailed.
        """
        if not self._is_stopping:
            self._desk.takes_orders = False
            if self._is_started:
                self._tell("on_stop", self.bot.on_stop)
            self._end(cancels=self.bot.cancel_on_stop)

    # --- the way through a login and to the end ----------------------------------------------------------------

    def _follow_listed(self, answer: LoggedIn) -> None:
        listed = {instrument.symbol: instrument for instrument in answer.instruments}
        # A bot that names a single one without a comma behind it means that one, not its letters.
        wanted = (self.bot.symbols,) if isinstance(self.bot.symbols, str) else self.bot.symbols
        for symbol in wanted or listed:
            if symbol not in listed:
                raise ValueError(f"symbol {symbol!r} is not listed; listed: {', '.join(listed)}")
            if symbol not in self._desk.markets:
                held = self._desk.holding(symbol)
                self._desk.markets[symbol] = FollowedMarket(listed[symbol], self.bot.depth, held)
            self._desk.markets[symbol].phase = listed[symbol].phase

    def _hear_pong(self, event: Pong) -> None:
        if event.id == f"login {self._login_count}":
            self._settle()
        elif event.id == f"end {self._login_count}":
            self.is_done = True

    def _settle(self) -> None:
        """Everything up to the login has been heard."""
        if self._is_stopping:
            # The connection broke while it was ending.
            self._end(cancels=self._cancels_at_end)
            return
        self._desk.settle_unanswered()
        if not self._is_started:
            self._is_started = True
            self._tell("on_start", self.bot.on_start)
        for order in self._desk.orders.all():
            self._desk.follow_up(order)
        for market in self._desk.markets.values():
            if market.book.is_current:
                self._tell("on_book", self.bot.on_book, market.book)

    def _end(self, *, cancels: bool) -> None:
        self._is_stopping, self._cancels_at_end = True, cancels
        self._desk.takes_orders = False
        if self._desk.is_connected:
            if cancels:
                self._send("cancel_all")
            self._send("ping", id=f"end {self._login_count}")

    # --- what the exchange says --------------------------------------------------------------------------------

    def _hear_private(self, event: PrivateValue) -> None:
        if self.last_seq is not None and event.seq <= self.last_seq:
            return
        self.last_seq = event.seq
        order = self._desk.hear_private(event)
        if order is None:
            return
        if isinstance(event, OrderExecuted):
            self._tell("on_fill", self.bot.on_fill, order, event)
        elif isinstance(event, (OrderAccepted, OrderReplaced)):
            self._tell("on_accepted", self.bot.on_accepted, order)
        elif isinstance(event, (OrderCanceled, OrderExpired)):
            self._tell("on_canceled", self.bot.on_canceled, order)
        self._desk.follow_up(order)

    def _hear_refusal(self, event: Union[OrderRejected, CancelRejected, ReplaceRejected]) -> None:
        refusal = self._desk.hear_refusal(event)
        if refusal is not None:
            self._tell_refusal(refusal)
            if refusal.order is not None:
                self._desk.follow_up(refusal.order)

    def _hear_orders(self, event: Orders) -> None:
        for order in self._desk.hear_orders(event):
            self._tell("on_canceled", self.bot.on_canceled, order)
            self._desk.follow_up(order)

    def _hear_book(self, event: Union[BookSnapshot, BookUpdate]) -> None:
        market = self._desk.hear_book(event)
        if market is not None:
            self._tell("on_book", self.bot.on_book, market.book)

    def _hear_trade(self, event: Trade) -> None:
        if self._desk.hear_trade(event) is not None:
            self._tell("on_trade", self.bot.on_trade, event)

    def _hear_trades(self, event: TradesSnapshot) -> None:
        market = self._desk.markets.get(event.symbol)
        if market is not None:
            market.hear_trades(event)

    def _hear_status(self, event: InstrumentStatus) -> None:
        # It comes once with the book and once with the trades.
        market = self._desk.markets.get(event.symbol)
        if market is not None and event != market.last_status:
            market.hear_status(event)
            self._tell("on_phase", self.bot.on_phase, event)

    def _hear_news(self, event: News) -> None:
        self._tell("on_news", self.bot.on_news, event)

    def _hear_gap(self, _event: Gap) -> None:
        self._desk.is_behind_gap = True

    def _hear_error(self, event: ErrorEvent) -> None:
        if event.code not in FAREWELL_CODES:
            self._tell_refusal(RefusedRequest("", event.code, event.text))

    # --- telling the bot ---------------------------------------------------------------------------------------

    def _tell_refused(self) -> None:
        """Tell what was refused here, and not from within the callback that asked for it."""
        while self._desk.refused:
            self._tell_refusal(self._desk.refused.popleft())

    def _tell_refusal(self, refusal: RefusedRequest) -> None:
        if type(self.bot).on_rejected is BotCallbacks.on_rejected:
            self._tell_person(f"{refusal.request or 'a request'} was refused: {refusal.code}: {refusal.text}")
        self._tell("on_rejected", self.bot.on_rejected, refusal)

    def _tell(self, name: str, callback: Callable[..., None], *told: object) -> None:
        """Call a callback, unless it has not begun or is over.  Raises BotFailed."""
        if not self._is_started or self._is_stopping:
            return
        try:
            callback(*told)
            if self._desk.is_stop_wanted and name != "on_stop":
                self.stop()
        except BotFailed:
            raise
        # The bot's author wrote it: whatever it is, it ends this bot, and so does `sys.exit`, in order.
        except (Exception, SystemExit) as error:  # noqa: BLE001
            self._end(cancels=True)
            raise BotFailed.of(name, told, error) from error

    def _send(self, kind: str, **fields: Union[str, int, None]) -> None:
        self._desk.line.send(request(kind, **fields))
