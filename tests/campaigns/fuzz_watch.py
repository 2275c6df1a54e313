"""Somebody who follows the book while another trades: at each pong their copy must be the book.

    watcher   log in, subscribe … fall behind (at times)                ping ──► pong │ order and ping ──► pong │
    trader                                           trades … pong                    ▼                         ▼
    stranger                                              subscribes: the copy must be what is shown now

The trader's pong says that all was done before the watcher's first ping; its own order comes in one piece with the
second, so that the exchange finds both at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from exchange.networking.client.book_follower import BookFollower
from tests.campaigns.fuzz_conversation import Conversation, FuzzError, Message, Trader, Wire, check_answer
from tests.campaigns.fuzz_lines import SYMBOL, Case, Due

DEPTHS = (0, 1, 5, 20)
# What a watcher falls behind with.  The answers, of 86 bytes each, are more than what makes a reader lag (4 MiB)
# and what the system holds for a connection together, but less than what the exchange holds for a client (8 MiB).
LAG_LINES = 80_000
LAG_LINE = b"[\n"
LAG_ANSWER = ("error", "MALFORMED")
_SUBSCRIBE = f'{{"type":"subscribe","channel":"book","symbol":"{SYMBOL}","depth":%d}}\n'

BOOK_QUESTION = (_SUBSCRIBE % 0).encode()


class Watcher:
    """One connection of a trader who follows the book at one of the depths."""

    def __init__(self, wire: Wire, trader: Trader, chance: random.Random) -> None:
        self._wire = wire
        self._trader = trader
        self._chance = chance
        self._copy = BookFollower(SYMBOL, chance.choice(DEPTHS))
        self._unread_count = 0
        self._conversation = Conversation(wire, trader)
        self._conversation.log_in()
        self._conversation.copy = self._copy
        self._conversation.ask((_SUBSCRIBE % self._copy.depth).encode())

    @property
    def has_lagged(self) -> bool:
        """Whether the exchange has sent a snapshot in place of updates."""
        return self._conversation.snapshot_count > 1

    def fall_behind(self, last_lines: bytes) -> None:
        """Ask for a lot and read nothing of it; behind it `last_lines`, answered by private events."""
        self._wire.send(LAG_LINE * LAG_LINES + last_lines)
        self._unread_count = LAG_LINES

    def check(self, book_now: Callable[[], Message]) -> None:
        """Demand that pongs are barriers, while nobody else trades.

        `book_now` returns the snapshot of the whole book that somebody gets who subscribes only now.
        """
        self._check_copy(b"", book_now, [LAG_ANSWER] * self._unread_count)
        order = self._order()
        check_answer(order, self._check_copy(order.line + b"\n", book_now, []))
        self._wire.close()

    def _check_copy(
        self, lines: bytes, book_now: Callable[[], Message], due: list[tuple[str, str]]
    ) -> list[Message]:
        """Send lines and a ping; the private events ahead of the pong, beside which only `due` may be."""
        messages = self._conversation.ask(lines)
        private = [message for message in messages if "seq" in message]
        answers = [(message["type"], message.get("code")) for message in messages if "seq" not in message]
        if answers != due:
            raise FuzzError(f"a watcher is due {len(due)} answers, but got {len(answers)}: {answers[-3:]}")
        book = BookFollower(SYMBOL, self._copy.depth)
        book.apply(book_now())
        if (self._copy.bids, self._copy.asks) != (book.bids, book.asks):
            raise FuzzError(
                f"a pong is no barrier for the book at depth {book.depth}: a watcher has bids {self._copy.bids}, "
                f"asks {self._copy.asks} where there are {book.bids}, {book.asks}"
            )
        return private

    def _order(self) -> Case:
        """An order that changes the best level of either side."""
        terms = self._chance.choice(('"side":"SELL","price":99.5', '"side":"BUY","price":100.5'))
        order_id = self._trader.maker.order_id_text()
        line = (
            f'{{"type":"new_order","symbol":"{SYMBOL}","client_order_id":{order_id},"order_type":"LIMIT",'
            f'"quantity":1,{terms}}}'
        )
        return Case(line.encode(), "watcher", Due(frozenset({"order_accepted"})))
