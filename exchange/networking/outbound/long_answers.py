"""Answers too long to be made in one go: a list of 50,000 orders, a whole book, all that a user has missed.

Such an answer is an iterator of pieces, bytes of one line or of several.  Making all of them at once would hold
the market up, so they are made a few at a time, between batches:

    queue ──► the connection keeps the iterator; what it is told later waits behind it
    send_some, at the end of each batch ──► the next pieces of each in turn, until the time for this is up

Pieces are made only as fast as their client takes them, so an answer costs memory for what is under way, whatever
its length.  Nothing here knows what a line says.  Owned by the matching thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Optional

from exchange.networking.outbound.connection import Connection

# What one round of pieces may take, in seconds, before requests have their turn again.
ROUND_S = 0.001

# Whether somebody may take time now, and the note of what they took, in seconds; both by the share they belong to.
MayTake = Callable[[str], bool]
Charge = Callable[[str, float], None]


class LongAnswers:
    """The connections whose long answers are under way, in the order in which they have their turns.

    `may_take` and `charge` ask and tell those who watch over fair shares; without them nobody does.
    """

    def __init__(
        self,
        may_take: MayTake = lambda _share: True,
        charge: Charge = lambda _share, _seconds: None,
        monotonic_s: Callable[[], float] = time.monotonic,
        round_s: float = ROUND_S,
    ) -> None:
        self._may_take = may_take
        self._charge = charge
        self._monotonic_s = monotonic_s
        self._round_s = round_s
        self._under_way: dict[Connection, None] = {}

    def queue(self, connection: Connection, pieces: Iterator[bytes]) -> None:
        """Send `pieces`, which together are whole lines, behind all that `connection` is told already."""
        connection.queue_long(pieces)
        self._under_way[connection] = None

    def send_some(self) -> None:
        """Make and send the next pieces of each in turn, for about `round_s` in all; never waits for a client."""
        if not self._under_way:
            return
        end_s = self._monotonic_s() + self._round_s
        for connection in list(self._under_way):
            start_s = self._monotonic_s()
            if start_s >= end_s:
                return
            if not self._may_take(connection.share):
                continue
            # To the back of the line, or out of it.
            del self._under_way[connection]
            if connection.send_pieces(lambda: self._monotonic_s() >= end_s):
                self._under_way[connection] = None
            self._charge(connection.share, self._monotonic_s() - start_s)

    def wait_s(self) -> Optional[float]:
        """How long `send_some` may wait for something else to do, in seconds; None: for ever.

        Who waits for their client to read is woken by the client, not by the clock.
        """
        if not self._under_way:
            return None
        waits_s = [connection.pieces_wait_s() for connection in self._under_way]
        known = [wait_s for wait_s in waits_s if wait_s is not None]
        if not known:
            return None
        if min(known) == 0.0 and not any(self._may_take(connection.share) for connection in self._under_way):
            return self._round_s
        return min(known)
