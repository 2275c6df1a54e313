"""A market's public feed → rows of order flow, as a file of recorded flow has them.  Pure.

The feed tells totals of levels and trades, a file tells orders.  So orders are made up that add up to this:

    a level has grown               ──►  a NEW order of the difference
    it has shrunk, by no trade      ──►  the newest orders are canceled, or reduced: an order leaves the back of a
                                         queue more often than its front
    a trade                         ──►  executions of the oldest orders of its level; what none shows was hidden
    a trade in an auction           ──►  a cross trade; what it took of the levels is then told as if canceled

Played again the rows give the same levels and the same trades, all but auctions.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from exchange.engine.words import Side
from exchange.laboratory.flow.lobster_file import PRICE_UNIT, FlowFileError, Row, RowType
from exchange.networking.client.message_to_event import TypedEvent
from exchange.networking.client.typed_events import BookSnapshot, BookUpdate, InstrumentStatus, Trade

# What a halt and its end look like in a file: no order, no side, and one of these prices.
HALTED, RESUMED = -1, 1

_Level = tuple[Side, int]
_Change = tuple[_Level, int, int]


def price_units(price: Decimal) -> int:
    """A price × 10,000.  Raises FlowFileError for one that is finer."""
    units = price / PRICE_UNIT
    if units != int(units):
        raise FlowFileError(f"price {price}: a file of order flow has four decimals")
    return int(units)


class FeedToRows:
    """Told of every event of one instrument's book (of whatever depth) and trades, in turn.

    Belongs to one recording: the orders' ids begin with 1.
    """

    def __init__(self) -> None:
        # What the rows so far leave of each level: by order id, oldest first, what remains.
        self._levels: dict[_Level, dict[int, int]] = {}
        self._last_order_id = 0
        self._is_halted = False

    def take(self, event: TypedEvent, time_ns: int) -> list[Row]:
        """The rows that tell the event, at `time_ns` after midnight; none for what a file can't tell."""
        if isinstance(event, Trade):
            return self._trade(event, time_ns)
        if isinstance(event, BookUpdate):
            changes = [
                ((_side(side), price_units(price)), quantity, orders)
                for side, price, quantity, orders in event.changes
            ]
            return self._change(changes, time_ns)
        if isinstance(event, BookSnapshot):
            return self._change(self._all_of(event), time_ns)
        if isinstance(event, InstrumentStatus):
            return self._status(event, time_ns)
        return []

    def _all_of(self, snapshot: BookSnapshot) -> list[_Change]:
        """What brings the levels to what the snapshot says, those included that it lacks."""
        told = {
            (side, price_units(level.price)): (level.quantity, level.orders)
            for side, levels in ((Side.BUY, snapshot.bids), (Side.SELL, snapshot.asks))
            for level in levels
        }
        gone = [(level, 0, 0) for level in self._levels if level not in told]
        return gone + [(level, *totals) for level, totals in told.items()]

    def _change(self, changes: Iterable[_Change], time_ns: int) -> list[Row]:
        """What leaves comes first: what is new must not meet what is gone."""
        left: list[Row] = []
        come: list[Row] = []
        for level, quantity, order_count in changes:
            shown = self._levels.setdefault(level, {})
            before = sum(shown.values())
            if quantity < before:
                left += self._shrink(level, before - quantity, time_ns)
            elif quantity > before:
                come += self._grow(level, quantity - before, max(1, order_count - len(shown)), time_ns)
            if not shown:
                del self._levels[level]
        return left + come

    def _grow(self, level: _Level, quantity: int, order_count: int, time_ns: int) -> list[Row]:
        """So many new orders that share the quantity, the first of them what does not divide."""
        order_count = min(order_count, quantity)
        each, rest = divmod(quantity, order_count)
        rows = []
        for number in range(order_count):
            self._last_order_id += 1
            part = each + (rest if number == 0 else 0)
            self._levels[level][self._last_order_id] = part
            rows.append(_row(RowType.NEW, self._last_order_id, part, level, time_ns))
        return rows

    def _shrink(self, level: _Level, quantity: int, time_ns: int) -> list[Row]:
        """Cancel an order of just this quantity, or else from the back of the level."""
        shown = self._levels[level]
        exact = next((order_id for order_id in reversed(shown) if shown[order_id] == quantity), None)
        rows = []
        for order_id in [exact] if exact is not None else list(reversed(shown)):
            part = min(quantity, shown[order_id])
            if not part:
                break
            kind = RowType.CANCELLATION if part == shown[order_id] else RowType.REDUCTION
            rows.append(_row(kind, order_id, part, level, time_ns))
            self._take_from(level, order_id, part)
            quantity -= part
        return rows

    def _trade(self, trade: Trade, time_ns: int) -> list[Row]:
        price = price_units(trade.price)
        if trade.aggressor_side is None:
            return [_row(RowType.CROSS_TRADE, 0, trade.quantity, (Side.BUY, price), time_ns)]
        level = (Side.SELL if trade.aggressor_side == "BUY" else Side.BUY, price)
        rows, left = [], trade.quantity
        shown = self._levels.get(level, {})
        for order_id in list(shown):
            part = min(left, shown[order_id])
            if not part:
                break
            rows.append(_row(RowType.EXECUTION, order_id, part, level, time_ns))
            self._take_from(level, order_id, part)
            left -= part
        if left:
            rows.append(_row(RowType.HIDDEN_EXECUTION, 0, left, level, time_ns))
        return rows

    def _take_from(self, level: _Level, order_id: int, quantity: int) -> None:
        shown = self._levels[level]
        shown[order_id] -= quantity
        if not shown[order_id]:
            del shown[order_id]

    def _status(self, status: InstrumentStatus, time_ns: int) -> list[Row]:
        """A halt and its end; that comes twice to who follows both feeds, and is told once."""
        is_halted = status.phase == "HALTED"
        if is_halted == self._is_halted:
            return []
        self._is_halted = is_halted
        return [Row(RowType.HALT, 0, 0, HALTED if is_halted else RESUMED, Side.SELL, time_ns)]


def _side(word: str) -> Side:
    return Side.BUY if word == "BID" else Side.SELL


def _row(kind: RowType, order_id: int, quantity: int, level: _Level, time_ns: int) -> Row:
    side, price = level
    return Row(kind, order_id, quantity, price, side, time_ns)
