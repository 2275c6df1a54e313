"""Tells the sessions what happened: each outcome to whom it concerns and nobody else, as over the wire.

    private event ──► every session of its user
    answer        ──► the session that asked
    trade, book   ──► the followers of the feed
    phase         ──► who follows the instrument in any way
    ping, subscribe, get_fills, logout ──► answered here: they concern the session, not the market
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Optional, Union

from exchange.engine.checks import Refusal
from exchange.engine.commands import CancelOrders, ClaimUser, Command, GetOrders, GetPositions, NewOrder
from exchange.engine.engine import Engine
from exchange.engine.events import (
    PRIVATE_EVENT_TYPES,
    AuctionIndication,
    Event,
    InstrumentListed,
    InstrumentStatusChanged,
    LimitsSet,
    NewsSaid,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrdersListed,
    PositionsListed,
    PrivateEvent,
    UserClaimed,
    UserReset,
)
from exchange.engine.trade import Trade
from exchange.engine.words import CancelReason, OrderStatus, RejectCode
from exchange.laboratory.venue.event_values import EventValues, event_of_line
from exchange.laboratory.venue.feeds import MarketFeeds
from exchange.laboratory.venue.kept_fills import KeptFills
from exchange.laboratory.venue.session import MarketSession
from exchange.networking.wire import session_lines
from exchange.networking.wire.requests import (
    REFUSED_TYPES,
    BadRequest,
    Channel,
    Disconnected,
    FillsFound,
    GetFills,
    Login,
    Logout,
    Ping,
    Request,
    Subscribe,
    Unsubscribe,
)
from exchange.storage.audit_log_reader import first_trades

Outcomes = Sequence[tuple[Optional[MarketSession], Request, Sequence[Event]]]
# What a login is told it talks to.
IDENTITY = session_lines.Identity("laboratory", "laboratory")
_TOLD_TO_NOBODY = (UserClaimed, LimitsSet, AuctionIndication)


class MarketAnnouncer:
    """What the core tells its outcomes to.

    `answers_to_exchange` are those to what was asked without a session, for whoever asked to take.
    """

    def __init__(self, engine: Engine) -> None:
        self.answers_to_exchange: list[Event] = []
        self.values = EventValues(engine.instruments())
        self.feeds = MarketFeeds(engine.books, self.values)
        self._engine = engine
        self._sessions: dict[str, list[MarketSession]] = {}
        self._fills = KeptFills()
        self._follow_ups: list[Command] = []
        # Everybody who was told something that is not on its way yet.
        self._waiting: list[MarketSession] = []
        self._answers: dict[type, Callable[[MarketSession, Any], None]] = {
            Login: self._log_in,
            Logout: self._log_out,
            Disconnected: self._disconnected,
            Ping: self._ping,
            GetFills: self._get_fills,
            Subscribe: self._subscribe,
            Unsubscribe: self._unsubscribe,
        }

    def join(self, session: MarketSession) -> None:
        """The session hears from now on what its user is told."""
        self._sessions.setdefault(session.user, []).append(session)
        session.on_first_told = self._waiting.append

    # --- what the core asks ------------------------------------------------------------------------------

    def publish(self, outcomes: Outcomes) -> None:
        """Tell each request's outcome; then it is on its way."""
        for asker, request, events in outcomes:
            if self._engine.understands(request):
                self._tell(asker, request, events)
                continue
            assert asker is not None, request
            if isinstance(request, REFUSED_TYPES):
                asker.tell(self.values.of(request))
            else:
                self._answers[type(request)](asker, request)
        self.feeds.flush()
        for session in self._waiting:
            session.flush()
        self._waiting.clear()

    def take_follow_ups(self) -> list[Command]:
        """The cancels of orders whose sessions have ended."""
        follow_ups, self._follow_ups = self._follow_ups, []
        return follow_ups

    def admits(self, origin: Optional[MarketSession]) -> bool:
        """Whether a command of `origin` may be carried out."""
        return origin is None or origin.is_open

    def shows_state(self, request: Union[Command, Request]) -> bool:
        """Whether serving `request` reads the engine, so that nothing behind it may have been processed."""
        return type(request) in (Subscribe, Ping, GetFills)

    def turned_away(self, request: Union[Command, Request]) -> Optional[Request]:
        """What takes the place of `request` when there is no time left: here time never runs out."""
        raise AssertionError(f"a market on a virtual clock turns nothing away: {request}")

    def wait_s(self) -> Optional[float]:
        """Nothing is ever left for later."""
        return None

    # --- what happened in the market ---------------------------------------------------------------------

    def _tell(self, asker: Optional[MarketSession], request: Command, events: Sequence[Event]) -> None:
        if type(request) is ClaimUser:
            return
        if type(request) is NewOrder and request.ends_with_connection and asker is not None:
            accepted = events[0]
            if type(accepted) is OrderAccepted:
                asker.entered_order_ids.add(accepted.order_id)
        for event in events:
            if isinstance(event, PRIVATE_EVENT_TYPES):
                self._tell_user(event)
            elif isinstance(event, Trade):
                self.feeds.tell_trade(event)
            elif isinstance(event, InstrumentStatusChanged):
                self.feeds.tell_status(event)
            elif isinstance(event, InstrumentListed):
                self.values.add_instrument(self._engine.book(event.symbol).instrument)
            elif not isinstance(event, _TOLD_TO_NOBODY):
                self._tell_other(asker, event)

    def _tell_other(self, asker: Optional[MarketSession], event: Any) -> None:
        if isinstance(event, NewsSaid):
            self.feeds.tell_news(event)
        if asker is None:
            self.answers_to_exchange.append(event)
        else:
            asker.tell(self.values.of(event))
        if isinstance(event, UserReset):
            text = f"user {event.user}: the token was reset"
            for session in list(self._sessions.get(event.user, ())):
                session.tell(self.values.of(BadRequest(RejectCode.BAD_TOKEN, text)))
                self._end(session)

    def _tell_user(self, event: PrivateEvent) -> None:
        sessions = self._sessions.get(event.user, ())
        if sessions:
            value = self.values.of(event)
            for session in sessions:
                session.tell(value)
        is_over = type(event) is OrderCanceled or type(event) is OrderExpired
        if type(event) is OrderExecuted:
            self._fills.keep(event)
            is_over = event.status is OrderStatus.FILLED
        if is_over:
            for session in sessions:
                session.entered_order_ids.discard(event.order_id)

    # --- what concerns a session -------------------------------------------------------------------------

    def _end(self, session: MarketSession) -> None:
        sessions = self._sessions[session.user]
        if session not in sessions:
            return
        if session.entered_order_ids:
            order_ids = tuple(sorted(session.entered_order_ids))
            self._follow_ups.append(CancelOrders(session.user, order_ids, CancelReason.DISCONNECTED))
        sessions.remove(session)
        self.feeds.forget(session)
        session.close()

    def _log_in(self, session: MarketSession, request: Login) -> None:
        """A session speaks for its user from the start; a login tells it the market, and what it has missed."""
        user, engine = session.user, self._engine
        if request.user != user:
            text = f"user {request.user}: this session is {user}'s"
            session.tell(event_of_line(session_lines.login_rejected(RejectCode.BAD_VALUE, text)))
            self._end(session)
            return
        session.cancel_on_disconnect = request.cancel_on_disconnect
        instruments = [(book.instrument, book.phase) for book in engine.books.values()]
        session.tell(
            event_of_line(session_lines.logged_in(user, engine.last_seq(user) + 1, instruments, IDENTITY))
        )
        if request.last_seq is not None and request.last_seq < engine.last_seq(user):
            self._tell_missed(session, request.last_seq)

    def _tell_missed(self, session: MarketSession, last_seq: int) -> None:
        """What there is now, and the fills of what was missed (PROTOCOL "Coming back")."""
        user = session.user
        session.tell(event_of_line(session_lines.gap(last_seq + 1, self._engine.last_seq(user))))
        for command in (GetOrders(user), GetPositions(user)):
            [answer] = self._engine.process(command, 0)
            assert isinstance(answer, (OrdersListed, PositionsListed))
            session.tell(self.values.of(answer))
        for fill in self._fills.after_seq(user, last_seq):
            session.tell(self.values.of(fill))

    def _log_out(self, session: MarketSession, _request: Logout) -> None:
        session.tell(event_of_line(session_lines.logged_out()))
        self._end(session)

    def _disconnected(self, session: MarketSession, _request: Disconnected) -> None:
        self._end(session)

    def _ping(self, session: MarketSession, request: Ping) -> None:
        self.feeds.flush()
        session.tell(event_of_line(session_lines.pong(request.id)))

    def _get_fills(self, session: MarketSession, request: GetFills) -> None:
        if request.symbol is not None and self._listed_symbol(session, request.symbol) is None:
            return
        after = self._fills.after_trade(session.user, request.after_trade_id)
        found = (fill for fill in after if request.symbol in (None, fill.symbol))
        session.tell(self.values.of(FillsFound(*first_trades(found, request.limit))))

    def _subscribe(self, session: MarketSession, request: Subscribe) -> None:
        symbol = None if request.channel is Channel.NEWS else self._listed_symbol(session, request.symbol)
        if symbol is None and request.channel is not Channel.NEWS:
            return
        session.tell(event_of_line(session_lines.subscribed(request.channel, symbol)))
        if symbol is None:
            self.feeds.follow_news(session)
        elif request.channel is Channel.BOOK:
            self.feeds.follow_book(session, symbol, request.depth)
        else:
            self.feeds.follow_trades(session, symbol, request.last)

    def _unsubscribe(self, session: MarketSession, request: Unsubscribe) -> None:
        symbol = None if request.channel is Channel.NEWS else self._listed_symbol(session, request.symbol)
        if symbol is None:
            if request.channel is not Channel.NEWS:
                return
            self.feeds.leave_news(session)
        elif request.channel is Channel.BOOK:
            self.feeds.leave_book(session, symbol)
        else:
            self.feeds.leave_trades(session, symbol)
        session.tell(event_of_line(session_lines.unsubscribed(request.channel, symbol)))

    def _listed_symbol(self, session: MarketSession, symbol: Optional[str]) -> Optional[str]:
        """The symbol a subscription means; None after the session was told that there is none."""
        found = self._engine.find_book(symbol)
        if isinstance(found, Refusal):
            session.tell(self.values.of(BadRequest(found.code, found.text)))
            return None
        return found.instrument.symbol
