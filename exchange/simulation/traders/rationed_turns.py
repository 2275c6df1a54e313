"""Turns that make a trader send so many requests a second, whatever kind it is: for `--users N --rate R`.

    a request is due ─► an order whose time is over is canceled, or else it acts, or else it does as when idle
                        ─► what was sent is counted ─► the next request is due when the rate says

The k-th request is due at some moment between k / rate and (k + 1) / rate, drawn each time, so that users with one
rate don't beat as one.  What an act has sent beyond one request lets the next turn come later, and a turn that
comes too late lets the next ones come sooner.  What is late by more than CATCH_UP_S_MAX is left out: the engine
was away, the market halted, or the rate is more than can be done.  Rate 0: a request is always due.  Nobody has
more than UNANSWERED_MAX requests without an answer.
"""

from __future__ import annotations

import heapq
from typing import Optional, Protocol

from exchange.networking.tcp_client import BotTimer, OwnOrder
from exchange.simulation.traders.simulated_trader import SimulatedTrader
from exchange.simulation.traders.turns import LEAST_WAIT_S
from exchange.utils.helpers import NS_PER_S

# How many orders it keeps in the book; of more, the one whose time is over first goes.
ORDERS_MAX = 20
# How far it runs ahead of the engine, and how many requests that are late it sends at once.
UNANSWERED_MAX = 64
BATCH = 16
CATCH_UP_S_MAX = 2.0
# How soon a trader that could send nothing tries again.
RETRY_S = 0.1


class RequestCount(Protocol):
    """Counts the requests of one trader: all, and those without an answer."""

    @property
    def sent_count(self) -> int:
        """All requests so far."""

    @property
    def pending_count(self) -> int:
        """Those without an answer."""


class RationedTurns:
    """See the head of this file; whoever counts `requests` calls `answered` when none waits any more."""

    is_rationed = True

    def __init__(self, trader: SimulatedTrader, requests: RequestCount, rate_per_s: float) -> None:
        self._trader = trader
        self._requests = requests
        self._rate_per_s = rate_per_s
        self._next: Optional[BotTimer] = None
        # The rate counts from here: from where trading began, or went on.
        self._from_ns, self._from_count = 0, 0
        self._chance = 0.0
        self._is_waiting = False
        # The orders whose end is known, the earliest first; the count tells those of one moment apart.
        self._ends: list[tuple[int, int, OwnOrder]] = []
        self._end_count = 0

    def begin(self) -> None:
        """See `Turns`; orders that an earlier run has left are the first to go."""
        for order in self._trader.orders:
            self.end_later(order, 0.0)
        self._from_ns = self._trader.now_ns
        self.resume()

    def resume(self) -> None:
        """See `Turns`."""
        self._chance = self._trader.draw()
        self._set_next()

    def excite(self, weight: float) -> None:
        """Changes nothing."""

    def end_later(self, order: OwnOrder, life_s: float) -> None:
        """See `Turns`; it is canceled in a turn.  O(log n)."""
        if len(self._ends) > 2 * ORDERS_MAX:
            self._ends = [each for each in self._ends if _is_there(each[2])]
            heapq.heapify(self._ends)
        self._end_count += 1
        end_ns = self._trader.now_ns + round(life_s * NS_PER_S)
        heapq.heappush(self._ends, (end_ns, self._end_count, order))

    def answered(self) -> None:
        """Nothing that was sent waits for an answer."""
        if self._is_waiting:
            self._set_next()

    def _set_next(self) -> None:
        """Set the next turn, in place of one that was set; where too much is unanswered, `answered` does it."""
        self._is_waiting = self._requests.pending_count >= UNANSWERED_MAX
        if not self._is_waiting:
            self._wait(self._wait_s())

    def _wait(self, seconds: float) -> None:
        if self._next is not None:
            self._next.cancel()
        self._next = self._trader.after(max(LEAST_WAIT_S, seconds), self._take_turn)

    def _wait_s(self) -> float:
        """How long until the next request is due, 0 if it is."""
        if not self._rate_per_s:
            return 0.0
        now_ns = self._trader.now_ns
        count = self._requests.sent_count - self._from_count
        wait_s = (count + self._chance) / self._rate_per_s - (now_ns - self._from_ns) / NS_PER_S
        if wait_s < -CATCH_UP_S_MAX:
            self._from_ns, self._from_count = now_ns, self._requests.sent_count
        return max(0.0, wait_s)

    def _take_turn(self) -> None:
        for _ in range(BATCH):
            if self._trader.market().phase != "CONTINUOUS":
                return  # `resume` begins anew.
            if self._wait_s():
                break  # More was sent than by turns.
            if not self._sends():
                self._wait(RETRY_S)
                return
            self._chance = self._trader.draw()
            if self._requests.pending_count >= UNANSWERED_MAX:
                break
        self._set_next()

    def _sends(self) -> bool:
        """Have the trader send something; whether it did."""
        trader, sent_count = self._trader, self._requests.sent_count
        over = self._next_over()
        if over is None:
            trader.act()
        else:
            trader.cancel(over)
        if self._requests.sent_count == sent_count:
            trader.idle()
        return self._requests.sent_count > sent_count

    def _next_over(self) -> Optional[OwnOrder]:
        """An order to be canceled, if there is one; it is not given again."""
        while self._ends and not _is_there(self._ends[0][2]):
            heapq.heappop(self._ends)
        if not self._ends:
            return None
        is_over = self._ends[0][0] <= self._trader.now_ns
        if is_over or sum(_is_there(order) for _, _, order in self._ends) >= ORDERS_MAX:
            return heapq.heappop(self._ends)[2]
        return None


def _is_there(order: OwnOrder) -> bool:
    """Whether nobody has ended it yet, as far as is known."""
    return not order.is_done and not order.is_canceling
