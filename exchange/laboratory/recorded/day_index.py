"""What happened when in a day: the way from "the next trade", an order or a user to the number of a command.

One pass over the day writes it; after that it is only asked.  Everything is in arrays of machine numbers: 8 bytes
for a command, 25 for a trade and 16 for an event that a user was told, about 30 for each command of a usual day.
Commands are counted from the day's first state, so that 32 bits are enough.

A question looks from its place on: the trades and events of a place are found in O(log n), what has a property
from there on by a scan of 10 to 20 ns an entry.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Optional

from exchange.engine.events import PRIVATE_EVENT_TYPES, Event, InstrumentStatusChanged
from exchange.engine.trade import Trade
from exchange.engine.words import Phase, Side


class IndexedTrade(NamedTuple):
    """A trade that command `sequence` caused: `side` is 1 if a buyer took the price, -1 a seller, 0 in an auction.

    `price` is in ticks, `quantity` in units.
    """

    sequence: int
    price: int
    quantity: int
    side: int


_SIDES = {None: 0, Side.BUY: 1, Side.SELL: -1}


class DayIndex:
    """Sequences of commands by what they caused.  `first` is the sequence of the day's first state."""

    def __init__(self, first: int) -> None:
        self.first = first
        self._numbers: dict[str, int] = {}
        # One entry for each trade, and for each private event; `_at` counts from `first`.
        self._trade_at = array("I")
        self._trade_quantities = array("Q")
        self._trade_symbols = array("I")
        self._trade_prices = array("q")
        self._trade_sides = array("b")
        # By symbol: the commands with which it left CLOSED, which begins a trading day; and those that are CLOSED.
        self._day_begins: dict[str, list[int]] = {}
        self._closed: set[str] = set()
        self._event_at = array("I")
        self._event_orders = array("Q")
        self._event_users = array("I")
        # One entry for each command: its time, or a later one that came before.
        self._times = array("q")

    @property
    def trade_count(self) -> int:
        """How many trades the day had."""
        return len(self._trade_at)

    @property
    def size_bytes(self) -> int:
        """What the arrays take of memory."""
        arrays: tuple[array[Any], ...] = (
            self._trade_at,
            self._trade_quantities,
            self._trade_symbols,
            self._trade_prices,
            self._trade_sides,
            self._event_at,
            self._event_orders,
            self._event_users,
            self._times,
        )
        return sum(each.buffer_info()[1] * each.itemsize for each in arrays)

    def note(self, sequence: int, timestamp: int, events: Iterable[Event]) -> None:
        """The next command caused these events.  Names of users and symbols are numbered once."""
        at = sequence - self.first
        # A clock that was set back does not make the past later.
        self._times.append(timestamp if not self._times or timestamp > self._times[-1] else self._times[-1])
        for event in events:
            if type(event) is Trade:
                self._trade_at.append(at)
                self._trade_quantities.append(event.quantity)
                self._trade_symbols.append(self._number(event.symbol))
                self._trade_prices.append(event.price)
                self._trade_sides.append(_SIDES[event.aggressor_side])
            elif type(event) is InstrumentStatusChanged:
                self._note_phase(sequence, event)
            elif isinstance(event, PRIVATE_EVENT_TYPES):
                self._event_at.append(at)
                self._event_orders.append(event.order_id)
                self._event_users.append(self._number(event.user))

    def _note_phase(self, sequence: int, event: InstrumentStatusChanged) -> None:
        if event.phase is Phase.CLOSED:
            self._closed.add(event.symbol)
        elif event.symbol in self._closed:
            self._closed.discard(event.symbol)
            self._day_begins.setdefault(event.symbol, []).append(sequence)

    def day_begin(self, symbol: str, sequence: int) -> int:
        """The command with which the trading day that `sequence` is in began; the day's first if none is known."""
        begins = self._day_begins.get(symbol, [])
        index = bisect_right(begins, sequence)
        return begins[index - 1] if index else self.first

    def trades(self, after: int, until: int, symbol: str) -> Iterator[IndexedTrade]:
        """What the commands behind `after`, up to `until`, traded in the symbol, in order.  0.2 µs a trade."""
        start, end = (bisect_right(self._trade_at, sequence - self.first) for sequence in (after, until))
        wanted = self._numbers.get(symbol, -1)
        for at in range(start, end):
            if self._trade_symbols[at] == wanted:
                price, quantity = self._trade_prices[at], self._trade_quantities[at]
                yield IndexedTrade(self.first + self._trade_at[at], price, quantity, self._trade_sides[at])

    def timestamp(self, sequence: int) -> int:
        """When the command came, or a later one before it; 0 of the first state, whose time nobody knows."""
        return self._times[sequence - self.first - 1] if sequence > self.first else 0

    def quantity_above(self, part: float) -> int:
        """The quantity that `part` (0 … 1) of the day's trades do not exceed; 1 without trades.  O(n log n)."""
        ordered = sorted(self._trade_quantities)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 1

    def next_trade(self, after: int, quantity_min: int = 1, symbol: Optional[str] = None) -> Optional[int]:
        """The next command after `after` that caused a trade of so much in `symbol` (None: in any)."""
        start = bisect_right(self._trade_at, after - self.first)
        wanted = None if symbol is None else self._numbers.get(symbol, -1)
        columns = (self._trade_at, self._trade_quantities, self._trade_symbols)
        at_hand: list[memoryview] = [memoryview(column)[start:] for column in columns]
        at: int
        for at, quantity, number in zip(*at_hand, strict=True):
            if quantity >= quantity_min and (wanted is None or number == wanted):
                return self.first + at
        return None

    def next_of_order(self, order_id: int, after: int) -> Optional[int]:
        """The next command after `after` that caused an event of this order."""
        return self._next(self._event_orders, order_id, after)

    def next_of_user(self, user: str, after: int) -> Optional[int]:
        """The next command after `after` that caused an event of this user's."""
        return self._next(self._event_users, self._numbers.get(user, -1), after)

    def of_order(self, order_id: int) -> list[int]:
        """Every command that caused an event of this order, in order, each once."""
        found: list[int] = []
        sequence = self.next_of_order(order_id, self.first)
        while sequence is not None:
            found.append(sequence)
            sequence = self.next_of_order(order_id, sequence)
        return found

    def at_time(self, timestamp_ns: int) -> int:
        """The last command that came at `timestamp_ns` or before; the day's first state if none did."""
        return self.first + bisect_right(self._times, timestamp_ns)

    def _next(self, column: array[int], wanted: int, after: int) -> Optional[int]:
        start = bisect_left(self._event_at, after - self.first + 1)
        if wanted < 0:
            return None
        try:
            return self.first + self._event_at[column.index(wanted, start)]
        except ValueError:
            return None

    def _number(self, name: str) -> int:
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._numbers)
        return number
