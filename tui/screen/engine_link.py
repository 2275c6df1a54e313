"""One connection to the engine, as the screen uses it.

    reader thread: `run` ──► batches of messages, each with the time it was read ──► `put`
    main thread:   `send`, `stop`

It starts no thread and reads no clock by itself; both are the caller's.  The history of the session is kept here,
because it must see every message, and saving it may take a while, which only the reader thread can afford.
A link is used for one connection and then thrown away.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Optional

from exchange.networking.tcp_client import ConnectionLost, ExchangeError, KeptLogin, Message, MessageClient
from tui.screen.link_reader import HandOver
from tui.screen.messages import Connected, EngineSaid, Incoming, Lost, Trouble
from tui.session_manager import SessionManager
from tui.token_reset import is_reset

# How soon the reader notices that it shall stop; messages wake it at once.
POLL_S = 0.25
BATCH_LENGTH_MAX = 200
SAVE_EVERY_S = 1.0
HISTORY_SHOWN_MAX = 50

# Connects and logs in, to hear the private events after this `seq`.  Raises ExchangeError or OSError.
ConnectAgain = Callable[[int], KeptLogin]


class EngineLink:
    """See the head of this file.  `client` None: connect first, to go on after the private event `last_seq`.

    `notice` is what the person should know of how the client was let in, None if there is nothing to tell.
    """

    def __init__(
        self,
        connect: ConnectAgain,
        history: SessionManager,
        put: HandOver,
        clock: Callable[[], float],
        client: Optional[MessageClient] = None,
        last_seq: int = 0,
        notice: Optional[str] = None,
    ) -> None:
        self._connect = connect
        self._history = history
        self._put = put
        self._clock = clock
        self._client = client
        self._last_seq = last_seq
        self._notice = notice
        self._is_stopped = False
        # The operator has voided the token: connecting again would claim the name without asking the person.
        self.was_reset = False
        self._saved_at = clock()
        self._can_save = True
        # Filled by the main thread before it sends, emptied by the reader before it takes an answer.
        self._sent_orders: deque[Message] = deque()

    def send(self, message: Message) -> None:
        """Send a request; it may wait as long as the client's timeout.  Raises ConnectionLost."""
        if self._client is None:
            raise ConnectionLost("not connected")
        if message["type"] == "new_order":
            self._sent_orders.append(message)
        self._client.send_raw(message)

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._is_stopped

    def stop(self) -> None:
        """Make `run` return soon; nothing is handed over any more."""
        self._is_stopped = True

    def run(self) -> None:
        """Connect, hand over all that is said until the connection is gone or `stop` is called, and save."""
        try:
            if self._client is None:
                self._client, logged_in, self._notice = self._connect(self._last_seq)
                self._history.apply(logged_in)
        except (ExchangeError, OSError) as error:
            self._put(self, [Lost(self._clock(), str(error))])
            return
        client = self._client
        with client:
            try:
                self._put(self, [self._connected(client)])
                if self._notice is not None:
                    self._put(self, [Trouble(self._clock(), self._notice)])
                self._listen(client)
            except ExchangeError as error:
                self._put(self, [Lost(self._clock(), str(error), self.was_reset)])
        self._save(is_due=True)

    def _connected(self, client: MessageClient) -> Connected:
        history = tuple(order.to_fields() for order in self._history.orders[-HISTORY_SHOWN_MAX:])
        logged_in = {"type": "logged_in", "instruments": client.instrument_rows, "engine_id": client.engine_id}
        return Connected(self._clock(), logged_in, history, client.resumed_after)

    def _listen(self, client: MessageClient) -> None:
        """Raises ExchangeError at the end of the connection."""
        while not self._is_stopped:
            batch: list[Incoming] = []
            message = client.poll_message(POLL_S)
            while message is not None:
                self._remember(message)
                batch.append(EngineSaid(self._clock(), message))
                message = client.poll_message(0.0) if len(batch) < BATCH_LENGTH_MAX else None
            if batch and not self._put(self, batch):
                return
            self._save(is_due=self._clock() - self._saved_at >= SAVE_EVERY_S)

    def _remember(self, message: Message) -> None:
        while self._sent_orders:
            order = dict(self._sent_orders.popleft())
            del order["type"]
            self._history.note_sent(**order)
        self.was_reset = self.was_reset or is_reset(message)
        if message["type"] == "orders":
            self._history.reconcile(message["orders"])
        else:
            self._history.apply(message)

    def _save(self, *, is_due: bool) -> None:
        """Save what changed; a disk that can't be written is told once, and trading goes on."""
        if not is_due or not self._can_save:
            return
        self._saved_at = self._clock()
        try:
            self._history.save_if_changed()
        except OSError as error:
            self._can_save = False
            self._put(self, [Trouble(self._saved_at, f"the order history can't be written: {error}")])
