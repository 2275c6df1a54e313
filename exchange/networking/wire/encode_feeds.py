"""Market data → lines: books, trades, auctions, phases.  What everybody may hear; it names no user and no order.

See `encode` for how lines are made and why.
"""

from __future__ import annotations

from collections.abc import Iterable
from json.encoder import encode_basestring_ascii as _string
from typing import Optional

from exchange.engine.day_statistics import TradingDay
from exchange.engine.events import AuctionIndication, InstrumentStatusChanged, NewsSaid
from exchange.engine.instrument import Instrument, PriceTexts
from exchange.engine.trade import Trade
from exchange.engine.words import Side

# Members looked up once: on CPython 3.11 `Side.BUY` costs 75 ns, a module global 5 ns.
_BUY = Side.BUY

Level = tuple[int, int, int]  # price in ticks, quantity in units, number of orders
LevelChange = tuple[Side, int, int, int]  # side, then as in Level; quantity 0 means the level is gone


class FeedEncoder:
    """Writes prices in the ticks of the instruments it knows.

    An instrument must be added before the first line that names it; a KeyError is a bug of the caller.  Owned by
    the thread that publishes.
    """

    def __init__(self, instruments: Iterable[Instrument] = ()) -> None:
        self._price_texts: dict[str, PriceTexts] = {}
        for instrument in instruments:
            self.add_instrument(instrument)

    def add_instrument(self, instrument: Instrument) -> None:
        """Know `instrument` from now on, or its new definition."""
        self._price_texts[instrument.symbol] = PriceTexts(instrument)

    def level(self, symbol: str, price: int, quantity: int, order_count: int) -> str:
        """One level of a book, as a snapshot has it."""
        return f"[{self._price_texts[symbol][price]},{quantity},{order_count}]"

    def book_snapshot(self, symbol: str, sequence: int, bids: Iterable[Level], asks: Iterable[Level]) -> bytes:
        """The book as it stands after `sequence`, each side best first."""
        text = self._price_texts[symbol]
        bid_levels = [f"[{text[price]},{quantity},{orders}]" for price, quantity, orders in bids]
        ask_levels = [f"[{text[price]},{quantity},{orders}]" for price, quantity, orders in asks]
        return self.snapshot_of_levels(symbol, sequence, bid_levels, ask_levels)

    def snapshot_of_levels(
        self, symbol: str, sequence: int, bid_levels: Iterable[str], ask_levels: Iterable[str]
    ) -> bytes:
        """The same of levels that were written by `level` before."""
        return (
            f'{{"type":"book_snapshot","symbol":"{symbol}","sequence":{sequence},'
            f'"bids":[{",".join(bid_levels)}],"asks":[{",".join(ask_levels)}]}}\n'
        ).encode()

    def book_update(self, symbol: str, sequence: int, changes: Iterable[LevelChange]) -> bytes:
        """The new totals of the levels that changed."""
        text = self._price_texts[symbol]
        levels = ",".join(
            [
                f'["{"BID" if side is _BUY else "ASK"}",{text[price]},{quantity},{orders}]'
                for side, price, quantity, orders in changes
            ]
        )
        return (
            f'{{"type":"book_update","symbol":"{symbol}","sequence":{sequence},"changes":[{levels}]}}\n'
        ).encode()

    def trade(self, sequence: int, trade: Trade) -> bytes:
        """The public message of one execution."""
        side = trade.aggressor_side
        if side is None:
            return f'{{"type":"trade",{self._trade_fields(sequence, trade)}}}\n'.encode()
        # The same fields, written in one go: of all lines this is the one that most are sent.
        return (
            f'{{"type":"trade","symbol":"{trade.symbol}","sequence":{sequence},"trade_id":{trade.trade_id},'
            f'"price":{self._price_texts[trade.symbol][trade.price]},"quantity":{trade.quantity},'
            f'"aggressor_side":"{side._value_}","timestamp":{trade.timestamp}}}\n'
        ).encode()

    def trades_snapshot(
        self, symbol: str, sequence: int, trades: Iterable[Trade], last_price: Optional[int], day: TradingDay
    ) -> bytes:
        """The last trades, oldest first, the newest of which is number `sequence` of the feed, and the day's."""
        last_trades = list(trades)
        first = sequence + 1 - len(last_trades)
        rows = [f"{{{self._trade_fields(first + index, trade)}}}" for index, trade in enumerate(last_trades)]
        text = self._price_texts[symbol]
        return (
            f'{{"type":"trades_snapshot","symbol":"{symbol}","sequence":{sequence},"trades":[{",".join(rows)}],'
            f'"open":{text[day.open]},"high":{text[day.high]},"low":{text[day.low]},"last":{text[last_price]},'
            f'"volume":{day.volume}}}\n'
        ).encode()

    def auction_indication(self, indication: AuctionIndication) -> bytes:
        """What an uncross would give now."""
        symbol, price, volume, surplus, surplus_side = indication
        return (
            f'{{"type":"auction_indication","symbol":"{symbol}","price":{self._price_texts[symbol][price]},'
            f'"volume":{volume},"surplus":{surplus},"surplus_side":{_side(surplus_side)}}}\n'
        ).encode()

    def _trade_fields(self, sequence: int, trade: Trade) -> str:
        auction = ',"auction":true' if trade.is_auction else ""
        return (
            f'"symbol":"{trade.symbol}","sequence":{sequence},"trade_id":{trade.trade_id},'
            f'"price":{self._price_texts[trade.symbol][trade.price]},"quantity":{trade.quantity},'
            f'"aggressor_side":{_side(trade.aggressor_side)},"timestamp":{trade.timestamp}{auction}'
        )


def _side(side: Optional[Side]) -> str:
    return "null" if side is None else f'"{side._value_}"'


def instrument_status(event: InstrumentStatusChanged) -> bytes:
    """The instrument's phase, why it has come, and when at the earliest it ends, where that is known."""
    until = "" if event.until is None else f',"until":{event.until}'
    return (
        f'{{"type":"instrument_status","symbol":"{event.symbol}","phase":"{event.phase._value_}",'
        f'"reason":"{event.reason._value_}"{until}}}\n'
    ).encode()


def news(said: NewsSaid) -> bytes:
    """What the operator says."""
    return f'{{"type":"news","text":{_string(said.text)},"timestamp":{said.timestamp}}}\n'.encode()
