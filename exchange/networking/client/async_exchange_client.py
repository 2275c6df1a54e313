"""`ExchangeClient` for asyncio: the same names, each call that waits with `await`; over streams, without a thread.

    async with await AsyncExchangeClient.connect() as client:
        await client.login("robot", TokenStore("data/tokens"))
        book = await client.follow_book("ACME")
        async for event in client.events():
            ...

One task reads: it gives an answer to whoever waits for it, and keeps everything else for `events` and `poll`,
however much that becomes, so take it now and then.  Several tasks may ask at once: requests of a connection are
answered in their order, so each answer goes to the oldest question that it can be an answer to.  A bare `error`
names nothing: it goes to the oldest question behind whose ping it came (see `message_reader`).
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from decimal import Decimal
from types import TracebackType
from typing import Any, Optional, Union

from exchange.networking.client import questions
from exchange.networking.client.answer_matching import accepted
from exchange.networking.client.book_follower import BookFollower
from exchange.networking.client.engine_addresses import address_text
from exchange.networking.client.engine_connection import RECEIVE_BYTES
from exchange.networking.client.errors import (
    ConnectionLost,
    ExchangeError,
    LoginRejected,
    NoAnswer,
    Rejected,
)
from exchange.networking.client.feed_subscriptions import DEFAULT_DEPTH
from exchange.networking.client.followed_books import BOOK_MESSAGES, FollowedBooks
from exchange.networking.client.login_proof import keep_proof, kept_proof
from exchange.networking.client.message_client import DEFAULT_HOST, DEFAULT_PORT, DEFAULT_TIMEOUT_S
from exchange.networking.client.message_json import Message, decode_message
from exchange.networking.client.message_lines import ReceivedLines
from exchange.networking.client.message_to_event import TypedEvent, past_fill, typed_event
from exchange.networking.client.order_entry import OrderEntry
from exchange.networking.client.questions import ChangedOrder, Question, typed_answer
from exchange.networking.client.request_messages import request
from exchange.networking.client.stream_line import StreamLine
from exchange.networking.client.token_store import TokenStore
from exchange.networking.client.typed_answers import (
    ListedInstrument,
    LiveOrder,
    LoggedIn,
    Orders,
    PastFill,
    PositionRow,
    Positions,
    Subscribed,
    Unsubscribed,
)
from exchange.networking.client.typed_events import OrderAccepted, OrderCanceled


class _Waiting:
    """A question that was sent; until the pong of `barrier` has come nothing can be its answer."""

    def __init__(self, question: Question, barrier: Optional[str], answer: asyncio.Future[Message]) -> None:
        self.question = question
        self.barrier = barrier
        self.answer = answer


class AsyncExchangeClient(
    OrderEntry[
        Coroutine[Any, Any, OrderAccepted], Coroutine[Any, Any, OrderCanceled], Coroutine[Any, Any, ChangedOrder]
    ]
):
    """One connection to the engine.  Made by `connect`; an async context manager that closes it.

    What each method does, and raises, is told in `ExchangeClient`.  Belongs to one event loop; `send_…` does not
    wait.
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, id_prefix: str, timeout_s: float
    ) -> None:
        self._line = StreamLine(writer)
        super().__init__(self._line, id_prefix)
        self._timeout_s = timeout_s
        self._writer = writer
        self._waiting: deque[_Waiting] = deque()
        self._events: deque[Message] = deque()
        self._has_news = asyncio.Event()
        self._followed = FollowedBooks()
        self._answered_count = 0
        self.user: Optional[str] = None
        self.instruments: list[ListedInstrument] = []
        self.engine_id: Optional[str] = None
        self.resumed_after = 0
        # Host and port as `connect` was given them.
        self.address = ""
        self._reading = asyncio.create_task(self._read(reader), name="exchange-client")

    @classmethod
    async def connect(
        cls,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        *,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        id_prefix: Optional[str] = None,
        tls: Optional[ssl.SSLContext] = None,
    ) -> AsyncExchangeClient:
        """Connect, over TLS if `tls` is given.  Raises ConnectionLost, with a text that names the address."""
        try:
            opening = asyncio.open_connection(host, port, ssl=tls)
            reader, writer = await asyncio.wait_for(opening, timeout_s)
        except (OSError, asyncio.TimeoutError, OverflowError, UnicodeError) as error:
            raise ConnectionLost(f"cannot reach an engine at {address_text(host, port)}: {error}") from error
        local_port = writer.get_extra_info("sockname")[1]
        client = cls(reader, writer, id_prefix or f"{time.time_ns():x}.{local_port:x}-", timeout_s)
        client.address = address_text(host, port)
        return client

    async def __aenter__(self) -> AsyncExchangeClient:
        return self

    async def __aexit__(
        self,
        kind: Optional[type[BaseException]],
        error: Optional[BaseException],
        traceback: Optional[TracebackType],
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connection; resting orders stay in the book.  Twice is fine."""
        self._lose("the connection was closed by this side")
        self._writer.close()
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)

    @property
    def is_open(self) -> bool:
        """False once the engine closed the connection, or `close` was called."""
        return self._line.lost_because is None

    # --- what comes --------------------------------------------------------------------------------------------

    async def events(self, timeout_s: Optional[float] = None) -> AsyncIterator[TypedEvent]:
        """Yield everything not returned otherwise, in order; waits for each up to `timeout_s` (None: for ever).

        Ends when nothing came in that time or the connection is gone (`is_open` tells which).
        """
        try:
            while (event := await self.poll(timeout_s)) is not None:
                yield event
        except ConnectionLost:
            return

    async def poll(self, timeout_s: Optional[float] = 0.0) -> Optional[TypedEvent]:
        """The next event, or None when none came within `timeout_s` (None: wait for ever).  Raises
        ConnectionLost.
        """
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._events:
            if self._line.lost_because is not None:
                raise ConnectionLost(self._line.lost_because)
            left_s = None if deadline_s is None else deadline_s - time.monotonic()
            self._has_news.clear()
            try:
                await asyncio.wait_for(self._has_news.wait(), left_s)
            except asyncio.TimeoutError:
                return None
        return typed_event(self._events.popleft())

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """The reading task: ends with the connection."""
        lines = ReceivedLines()
        try:
            while data := await reader.read(RECEIVE_BYTES):
                lines.add(data)
                while lines.whole:
                    self._hear(decode_message(lines.whole.popleft()))
            self._lose("the engine closed the connection")
        except (OSError, ExchangeError) as error:
            self._lose(f"the connection to the engine broke: {error}")

    def _hear(self, message: Message) -> None:
        if message["type"] in BOOK_MESSAGES:
            repair = self._followed.tell(message)
            if repair is not None:
                self.send_raw(repair)
        if not self._is_for_whoever_waits(message):
            self._events.append(message)
            self._has_news.set()

    def _is_for_whoever_waits(self, message: Message) -> bool:
        """Give the message to the oldest question that it answers; whether there was one."""
        for waiting in self._waiting:
            if waiting.barrier is not None:
                if message["type"] == "pong" and message.get("id") == waiting.barrier:
                    waiting.barrier = None
                    return True
                # Nothing asked behind an unanswered ping has been handled yet.
                return False
            if waiting.question.is_answer(message) or message["type"] == "error":
                self._waiting.remove(waiting)
                if not waiting.answer.done():
                    waiting.answer.set_result(message)
                return True
        return False

    def _lose(self, reason: str) -> None:
        """Nothing more comes: whoever waits is told so."""
        if self._line.lost_because is None:
            self._line.lost_because = reason
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.answer.done():
                lost = ConnectionLost(reason)
                lost.client_order_id = waiting.question.request.get("client_order_id")
                lost.order_id = waiting.question.request.get("order_id")
                waiting.answer.set_exception(lost)
        self._has_news.set()

    # --- asking ------------------------------------------------------------------------------------------------

    async def _ask(self, question: Question) -> Message:
        """Send the request and wait for its answer.  Raises Rejected, NoAnswer, ConnectionLost."""
        barrier = self._new_id() if self._line.sent_count != self._answered_count else None
        wishes = [] if barrier is None else [request("ping", id=barrier)]
        self._answered_count = self._line.send([*wishes, question.request])
        self._line.flush_batch()
        waiting = _Waiting(question, barrier, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        try:
            return accepted(await asyncio.wait_for(waiting.answer, self._timeout_s))
        except asyncio.TimeoutError:
            wish = question.request
            raise NoAnswer(self._timeout_s, wish.get("client_order_id"), wish.get("order_id")) from None
        finally:
            if waiting in self._waiting:
                # Its answer may still come, and is an event then; what comes next must not be taken for it.
                self._waiting.remove(waiting)
                self._answered_count = -1

    async def _ask_placed(self, question: Question) -> OrderAccepted:
        return typed_answer(await self._ask(question), OrderAccepted)

    async def _ask_canceled(self, question: Question) -> OrderCanceled:
        return typed_answer(await self._ask(question), OrderCanceled)

    async def _ask_changed(self, question: Question) -> ChangedOrder:
        return questions.changed_order(await self._ask(question))

    async def login(
        self,
        user: str,
        token_store: Optional[TokenStore] = None,
        *,
        token: Optional[str] = None,
        last_seq: Optional[int] = None,
        cancel_on_disconnect: Union[bool, str, None] = None,
        heartbeat_s: Optional[float] = None,
    ) -> LoggedIn:
        """Speak for `user` from now on, as `ExchangeClient.login` tells."""
        if token is None:
            token = kept_proof(token_store, user, self.address)
        question = questions.login(user, token, last_seq, cancel_on_disconnect, heartbeat_s)
        try:
            logged_in = typed_answer(await self._ask(question), LoggedIn)
        except Rejected as refusal:
            raise LoginRejected(refusal.code, refusal.text, refusal.message) from None
        keep_proof(token_store, user, token, logged_in, self.address)
        self.user, self.engine_id = user, logged_in.engine_id
        self.instruments = list(logged_in.instruments)
        self.resumed_after = logged_in.next_seq - 1 if last_seq is None else last_seq
        return logged_in

    async def cancel_all(self, symbol: Optional[str] = None) -> int:
        """Cancel every live order, of one symbol or (None) of all; returns how many there were."""
        return int((await self._ask(questions.cancel_all(symbol)))["count"])

    async def orders(self) -> tuple[LiveOrder, ...]:
        """The user's live orders, in arrival order."""
        return typed_answer(await self._ask(questions.orders()), Orders).orders

    async def positions(self) -> tuple[PositionRow, ...]:
        """The user's position in each symbol."""
        return typed_answer(await self._ask(questions.positions()), Positions).positions

    async def cash(self) -> Optional[Decimal]:
        """What the user has in currency; None for one whom the operator never endowed."""
        return typed_answer(await self._ask(questions.positions()), Positions).cash

    async def fills(self, symbol: Optional[str] = None, *, after_trade_id: int = 0) -> AsyncIterator[PastFill]:
        """All that the user has traded after this trade, oldest first, as `ExchangeClient.fills`."""
        while True:
            answer = await self._ask(questions.fills(symbol, after_trade_id))
            for row in answer["fills"]:
                yield past_fill(row)
            if not answer["more"] or not answer["fills"]:
                return
            after_trade_id = answer["fills"][-1]["trade_id"]

    async def ping(self) -> None:
        """Wait until everything sent before is done with: all that came of it can be polled by then."""
        await self._ask(questions.ping(self._new_id()))

    async def subscribe(
        self,
        channel: str,
        symbol: Optional[str] = None,
        depth: Optional[int] = None,
        last: Optional[int] = None,
    ) -> Subscribed:
        """Start a public feed, as `ExchangeClient.subscribe`."""
        if channel == "book":
            depth = self._followed.deepest(symbol, DEFAULT_DEPTH if depth is None else depth)
        return typed_answer(await self._ask(questions.subscribe(channel, symbol, depth, last)), Subscribed)

    async def unsubscribe(self, channel: str, symbol: Optional[str] = None) -> Unsubscribed:
        """End a public feed; all copies of a book that lived on it stand still."""
        ended = typed_answer(await self._ask(questions.unsubscribe(channel, symbol)), Unsubscribed)
        if channel == "book":
            self._followed.end(ended.symbol)
        return ended

    async def follow_book(self, symbol: Optional[str] = None, depth: int = DEFAULT_DEPTH) -> BookFollower:
        """Subscribe to a book and keep a copy of it current; returns the copy once the first snapshot is in it."""
        follower = BookFollower(symbol, depth)
        self._followed.add(follower)
        try:
            await self.subscribe("book", symbol, depth)
            # A snapshot comes right behind the answer, so a ping behind that has it before it.
            await self.ping()
        except ExchangeError:
            self._followed.remove(follower)
            raise
        return follower
