"""Tells the clients what happened: each outcome of a batch to whom it concerns, and nobody else.

    private event ──► every connection of its user, and held for those who come back
    answer        ──► the connection that asked
    trade, book   ──► the subscribers of the feed
    phase         ──► who follows the instrument in any way
    login, ping … ──► `session_answers`: they concern connections, not the market

Lines are queued per connection while the batch is gone through and sent in one go at its end.  Market data of the
batch is queued before the first `pong`, so that a pong is a barrier (PROTOCOL "Lines"), else at the end.

Called by the matching thread, once per batch, after its commands are durable.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Optional

from exchange.engine.commands import (
    CancelAll,
    CancelOrder,
    CancelOrders,
    ClaimUser,
    Command,
    GetOrders,
    GetPositions,
    NewOrder,
    ReplaceOrder,
    ResetUser,
)
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
    PrivateEvent,
    UserClaimed,
    UserReset,
)
from exchange.engine.trade import Trade
from exchange.engine.words import OrderStatus
from exchange.networking.outbound.connection import Connection
from exchange.networking.outbound.heartbeats import Heartbeats
from exchange.networking.outbound.long_answers import LongAnswers
from exchange.networking.publishing.connection_ends import ConnectionEnds
from exchange.networking.publishing.feeds import Feeds
from exchange.networking.publishing.indications import Indications
from exchange.networking.publishing.login_answers import LoginAnswers
from exchange.networking.publishing.missed_events import HeldEvents, MissedEvents, RecentEvents
from exchange.networking.publishing.session_answers import Asker, SessionAnswers
from exchange.networking.publishing.sessions import Sessions
from exchange.networking.wire.encode import ROWS_IN_A_PIECE, Encodable, Encoder
from exchange.networking.wire.refusals import turned_away
from exchange.networking.wire.requests import REFUSED_TYPES, CheckedLogin, Request, Subscribe
from exchange.networking.wire.session_lines import Identity
from exchange.utils.waits import sooner

# What these do to a book a private event tells of.  All else, what operators and time bring, may change more.
_TOLD_IN_FULL = frozenset({CancelOrder, ReplaceOrder, CancelAll, CancelOrders, GetOrders, GetPositions, ResetUser})
_FILLED = OrderStatus.FILLED
_ENDS = frozenset({OrderCanceled, OrderExpired})
# What asks for the first is answered by its login; the exchange itself asks for the second; the third, which is
# nothing that a command leads to, the feeds find out for themselves.
_TOLD_TO_NOBODY = (UserClaimed, LimitsSet, AuctionIndication)


class Publisher:
    """Sends outcomes.  Owns the sessions and the feeds; reads the engine, whose thread it runs in.

    `identity` is what `logged_in` tells clients they talk to; `recent` is what users were told lately, before this
    start, so that they can hear it again, and `past_trades` the last ones of then.
    """

    def __init__(
        self,
        engine: Engine,
        identity: Identity,
        heartbeats: Heartbeats,
        recent: RecentEvents,
        past_trades: Iterable[Trade] = (),
        long_answers: Optional[LongAnswers] = None,
        indications: Optional[Indications] = None,
    ) -> None:
        self._engine = engine
        self._long_answers = long_answers or LongAnswers()
        self._encoder = Encoder(engine.instruments())
        self._held = HeldEvents()
        self._sessions = Sessions(self._held)
        self._feeds = Feeds(engine.books, self._encoder, self._queue, past_trades, indications)
        self._ends = ConnectionEnds(self._sessions, self._feeds, heartbeats, self._queue)
        missed_events = MissedEvents(engine, self._held, self._encoder)
        logins = LoginAnswers(
            engine,
            identity,
            self._sessions,
            missed_events,
            heartbeats,
            self._long_answers,
            self._ends,
            self._queue,
        )
        self._session_answers = SessionAnswers(
            engine, self._sessions, self._feeds, logins, self._ends, self._encoder, self._queue
        )
        # Every user's last event before this start.
        self._seqs_at_start = {user: engine.last_seq(user) for user in engine.accounts}
        # Every connection that has something queued in this batch, in the order of its first line.
        self._waiting: list[Asker] = []
        # What `_tell` needs for every event, looked up once.
        self._at_hand = (
            self._sessions.of, self._feeds.touched, self._encoder.encode, self._held.add, self._waiting
        )  # fmt: skip
        for event in recent.take():
            self._held.add(self._sessions.of(event.user).held, event)

    def shows_state(self, request: object) -> bool:
        """Whether serving `request` reads the engine: it must be served before what came after it is processed."""
        return type(request) is Subscribe or type(request) is CheckedLogin

    def admits(self, origin: object) -> bool:
        """Whether commands of `origin` may still be carried out: not behind the end of its session by a reset."""
        return self._ends.admits(origin)

    def first_held_seq(self, user: str) -> int:
        """The oldest private event of `user` that is held in memory, or will be the first to be; any thread.

        The engine is not asked: it may have processed what nobody was told of yet, and that counts as missed by
        nobody.
        """
        oldest = self._held.oldest_seq(user)
        return self._seqs_at_start.get(user, 0) + 1 if oldest is None else oldest

    def publish(self, outcomes: Sequence[tuple[Optional[Asker], Request, Sequence[Event]]]) -> None:
        """Tell one batch: each request, who asked it (None: the exchange itself) and the events it led to.

        Never waits for a client.
        """
        for asker, request, events in outcomes:
            if type(request) is NewOrder:
                if request.ends_with_connection:
                    self._note_entered(asker, events[0])
                self._tell(asker, events)
            elif self._engine.understands(request):
                self._tell_unusual(asker, request, events)
            else:
                self._answer_session(asker, request)
        self._feeds.flush()
        for asker in self._waiting:
            asker.flush()
        self._waiting.clear()
        # Last, so that nobody who is told something short waits for it.
        self._long_answers.send_some()

    def wait_s(self) -> Optional[float]:
        """In how many seconds there is more to tell, though nothing happens: a long answer is gone on with, or the
        feeds have left something for later; None: there is nothing."""
        return sooner(self._long_answers.wait_s(), self._feeds.wait_s())

    def turned_away(self, request: Request) -> Optional[Request]:
        """What is told instead of `request` when the exchange stops and has no time left for it; None: nothing."""
        return turned_away(request)

    def take_follow_ups(self) -> list[Command]:
        """What must be done because of what was published: the orders of lost connections to be canceled."""
        return self._ends.take_follow_ups()

    def _queue(self, asker: Asker, line: bytes) -> None:
        if asker.queue(line):
            self._waiting.append(asker)

    def _answer_session(self, asker: Optional[Asker], request: Request) -> None:
        """Answer what is no command of the engine's."""
        assert asker is not None, request
        if isinstance(request, REFUSED_TYPES):
            # What was refused before it got here is its own answer.
            self._queue(asker, self._encoder.encode(request))
        else:
            self._session_answers.answer(asker, request)

    def _tell_unusual(self, asker: Optional[Asker], request: Command, events: Sequence[Event]) -> None:
        """Tell what any other command than a new order led to."""
        if type(request) is ClaimUser:
            return  # The login behind it tells how it went.
        if type(request) not in _TOLD_IN_FULL:
            self._feeds.touch(getattr(request, "symbol", None))
        self._tell(asker, events)

    def _tell(self, asker: Optional[Asker], events: Sequence[Event]) -> None:
        """Tell what a command led to.  All that every order needs is done here, in one loop."""
        session_of, touched, encode, hold, waiting = self._at_hand
        for event in events:
            if not isinstance(event, PRIVATE_EVENT_TYPES):
                self._tell_other(asker, event)
                continue
            # Held for those who come back, and sent to all who are here.
            session = session_of(event.user)
            touched[event.symbol] = None
            line = encode(event)
            hold(session.held, event)
            for connection in session.connections:
                if connection.queue(line):
                    waiting.append(connection)
                if connection.entered_order_ids and _is_last(event):
                    connection.entered_order_ids.discard(event.order_id)

    def _note_entered(self, asker: Optional[Asker], event: Event) -> None:
        """Remember an order that ends with the connection it came on, if it was accepted."""
        if isinstance(asker, Connection) and type(event) is OrderAccepted:
            self._ends.note_entered(asker, event)

    def _tell_other(self, asker: Optional[Asker], event: Event) -> None:
        """Tell what is no user's own."""
        if isinstance(event, Trade):
            self._feeds.tell_trade(event)
        elif isinstance(event, InstrumentStatusChanged):
            self._feeds.tell_status(event)
        elif isinstance(event, InstrumentListed):
            self._encoder.add_instrument(self._engine.book(event.symbol).instrument)
        elif not isinstance(event, _TOLD_TO_NOBODY):
            if isinstance(event, NewsSaid):
                self._feeds.tell_news(event)
            self._answer(asker, event)
            if isinstance(event, UserReset):
                self._ends.end_sessions(event.user)

    def _answer(self, asker: Optional[Asker], event: Encodable) -> None:
        """Send an answer to who asked, if it was not the exchange itself."""
        if isinstance(asker, Connection) and isinstance(event, OrdersListed) and _is_long(event):
            self._long_answers.queue(asker, self._encoder.orders_in_pieces(event))
        elif asker is not None:
            self._queue(asker, self._encoder.encode(event))


def _is_last(event: PrivateEvent) -> bool:
    """Whether the order is over with this."""
    return event.status is _FILLED if isinstance(event, OrderExecuted) else type(event) in _ENDS


def _is_long(answer: OrdersListed) -> bool:
    return len(answer.orders) > ROWS_IN_A_PIECE
