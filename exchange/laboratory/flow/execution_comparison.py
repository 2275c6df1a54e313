"""Did the executions of a replay hit the orders that were hit in history?

A fill comes as two events with one trade id, the maker's first: it names the resting order, the taker's names the
IOC order that was sent for one recorded execution.
"""

from __future__ import annotations

from typing import Optional

from exchange.networking.client.message_json import Message


class ExecutionComparison:
    """Told of each execution that is sent (`expect`) and of every message that comes (`take`).

    `same_count`: filled in full by the expected order alone.  `other_count`: filled, but not only by it or not in
    full.  `unfilled_count`: met nobody, or was refused.

    `unexpected_trade_count`: trades that no recorded execution asked for, because a limit order that rested in
    history found a price to take here.
    """

    def __init__(self) -> None:
        self.same_count = 0
        self.other_count = 0
        self.unfilled_count = 0
        self.unexpected_trade_count = 0
        # By the id of the IOC order: the id of the resting order it should meet, and those it met so far.
        self._expected: dict[str, str] = {}
        self._met: dict[str, list[str]] = {}
        # By trade id, between the maker's event and the taker's.
        self._makers: dict[int, str] = {}

    @property
    def played_count(self) -> int:
        """Executions that are over."""
        return self.same_count + self.other_count + self.unfilled_count

    @property
    def same_percent(self) -> Optional[float]:
        """How many of the executions played hit the same order as in history; None if there were none."""
        return 100 * self.same_count / self.played_count if self.played_count else None

    def expect(self, taker_id: str, maker_id: str) -> None:
        """The order `taker_id`, just sent, is to meet the order `maker_id` (client order ids)."""
        self._expected[taker_id] = maker_id
        self._met[taker_id] = []

    def take(self, message: Message) -> Optional[str]:
        """Learn from one message of the engine.

        Returns the order that should have been met, alone and in full, where an execution is over that was not so.
        """
        kind = message["type"]
        if kind == "order_executed":
            if message["liquidity"] == "MAKER":
                self._makers[message["trade_id"]] = message["client_order_id"]
            else:
                return self._fill(message)
        elif kind in ("order_canceled", "order_rejected") and message["client_order_id"] in self._expected:
            return self._end(message["client_order_id"], is_filled=False)
        return None

    def _fill(self, message: Message) -> Optional[str]:
        taker_id = message["client_order_id"]
        # A maker that is not in `_makers` is another user's.
        maker_id = self._makers.pop(message["trade_id"], "")
        if taker_id not in self._expected:
            self.unexpected_trade_count += 1
            return None
        self._met[taker_id].append(maker_id)
        return self._end(taker_id, is_filled=True) if message["status"] == "FILLED" else None

    def _end(self, taker_id: str, *, is_filled: bool) -> Optional[str]:
        expected, met = self._expected.pop(taker_id), self._met.pop(taker_id)
        is_same = is_filled and set(met) == {expected}
        self.same_count += is_same
        self.unfilled_count += not met
        self.other_count += bool(met) and not is_same
        return None if is_same else expected
