"""The half of the client that reads: waits for an answer, hands out everything else, keeps book copies current.

Whose answer is it?  An order's answers carry its id, but a bare `error` names nothing.  Requests of one connection
are answered in their order, and `pong` comes after everything before it.  So when something that was only sent may
still be unanswered, a method that waits sends a ping just ahead of its request, and what comes before that pong is
not its answer.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Optional

from exchange.networking.client.answer_matching import accepted
from exchange.networking.client.engine_connection import MessageConnection
from exchange.networking.client.errors import ConnectionLost, NoAnswer
from exchange.networking.client.followed_books import BOOK_MESSAGES, FollowedBooks
from exchange.networking.client.message_json import Message
from exchange.networking.client.questions import Question
from exchange.networking.client.request_messages import request
from exchange.networking.client.request_sender import RequestSender


class MessageReader(RequestSender):
    """Reads what comes over `connection`; every wait for an answer ends after `timeout_s`.

    Nobody makes one alone: `ExchangeClient` is made of it.  Belongs to one thread, but for what it inherits.
    `monotonic_s` is the clock that the connection's deadlines are of.
    """

    def __init__(
        self,
        connection: MessageConnection,
        id_prefix: str,
        timeout_s: float,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(connection, id_prefix)
        self._connection: MessageConnection = connection
        self._monotonic_s = monotonic_s
        self._timeout_s = timeout_s
        # Messages that came while somebody waited for another; `poll_message` takes them first.
        self._set_aside: deque[Message] = deque()
        self._followed = FollowedBooks()
        # Every message up to this count has been answered; see the head of this file.
        self._answered_count = 0

    def messages(self, timeout_s: Optional[float] = None) -> Iterator[Message]:
        """Yield every message not returned otherwise, in order; waits for each up to `timeout_s` (None: for ever).

        Ends when nothing came in that time or the connection is gone (`is_open` tells which).
        """
        try:
            while (message := self.poll_message(timeout_s)) is not None:
                yield message
        except ConnectionLost:
            return

    def poll_message(self, timeout_s: Optional[float] = 0.0) -> Optional[Message]:
        """The next message, or None when none came within `timeout_s` (None: wait for ever).

        Raises ConnectionLost when the connection is gone and everything it brought has been returned.
        """
        if self._set_aside:
            return self._set_aside.popleft()
        return self._receive(None if timeout_s is None else self._monotonic_s() + timeout_s)

    def _ask(self, question: Question) -> Message:
        """Send the request and wait for its answer, as the head of this file tells.  Raises Rejected.

        NoAnswer and ConnectionLost carry the ids of the order that it is about.
        """
        client_order_id, order_id = question.request.get("client_order_id"), question.request.get("order_id")
        try:
            return self._answer_to(question)
        except ConnectionLost as lost:
            lost.client_order_id, lost.order_id = client_order_id, order_id
            raise
        except NoAnswer:
            raise NoAnswer(self._timeout_s, client_order_id, order_id) from None

    def _answer_to(self, question: Question) -> Message:
        barrier = self._new_id() if self._connection.sent_count != self._answered_count else None
        wishes = [] if barrier is None else [request("ping", id=barrier)]
        count = self._connection.send([*wishes, question.request])
        self._connection.flush_batch()
        deadline = self._deadline()
        while True:
            message = self._receive_by(deadline)
            if barrier is not None and message["type"] == "pong" and message.get("id") == barrier:
                barrier = None
            elif barrier is None and (question.is_answer(message) or message["type"] == "error"):
                self._answered_count = count
                return accepted(message)
            else:
                self._set_aside.append(message)

    def _deadline(self) -> float:
        return self._monotonic_s() + self._timeout_s

    def _receive_by(self, deadline: float) -> Message:
        message = self._receive(deadline)
        if message is None:
            raise NoAnswer(self._timeout_s, None, None)
        return message

    def _receive(self, deadline: Optional[float]) -> Optional[Message]:
        """The next message from the wire, seen by the book followers first."""
        message = self._connection.receive(deadline)
        if message is not None and message["type"] in BOOK_MESSAGES:
            repair = self._followed.tell(message)
            if repair is not None:
                self.send_raw(repair)
        return message
