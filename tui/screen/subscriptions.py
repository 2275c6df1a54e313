"""The public feeds that the screen listens to: the book it shows, trades and phases of all it may show next.

The phase of an instrument is told only to who follows it, and its trades value a position in it; so the trades of
every instrument are followed, up to a number that no market of this kind reaches.

Changes the model and nothing else.
"""

from __future__ import annotations

from tui.screen.messages import Outgoing, ToEngine
from tui.screen.model import LinkState, Model
from tui.screen.my_fills import FILLS_PER_ANSWER
from tui.screen.sending import disarm

# All of the book: the screen may scroll anywhere, and it is the cheapest for the engine to keep current.
BOOK_DEPTH = 0
# As many as the engine tells.
TRADES_OF_BEFORE = 1_000
SYMBOLS_FOLLOWED_MAX = 50


def subscribe(model: Model) -> list[Outgoing]:
    """Start all feeds of a new connection, those of the current symbol first; nothing if none is listed."""
    if not model.symbol:
        return []
    others = [symbol for symbol in followed(model) if symbol != model.symbol]
    return [subscribe_book(model.symbol), *(subscribe_trades(symbol) for symbol in (model.symbol, *others))]


def followed(model: Model) -> list[str]:
    """The symbols whose trades are heard whatever is shown."""
    return model.symbols[:SYMBOLS_FOLLOWED_MAX]


def subscribe_book(symbol: str) -> ToEngine:
    """Start the book's feed, or start it again: it begins with a snapshot."""
    return ToEngine({"type": "subscribe", "channel": "book", "symbol": symbol, "depth": BOOK_DEPTH})


def subscribe_trades(symbol: str) -> ToEngine:
    """Start the feed of trades, or start it again: it begins with the last ones of before."""
    return ToEngine({"type": "subscribe", "channel": "trades", "symbol": symbol, "last": TRADES_OF_BEFORE})


def subscribe_news() -> ToEngine:
    """Start to hear what the operator says, once for each connection."""
    return ToEngine({"type": "subscribe", "channel": "news"})


def ask_fills(after_trade_id: int) -> ToEngine:
    """Ask for the user's executions after a trade, in all symbols."""
    return ToEngine({"type": "get_fills", "after_trade_id": after_trade_id, "limit": FILLS_PER_ANSWER})


def switch_symbol(model: Model, symbol: str) -> list[Outgoing]:
    """Show another of `model.markets`: its book is followed and the old one is not, now or on connecting."""
    requests: list[Outgoing] = [ToEngine({"type": "unsubscribe", "channel": "book", "symbol": model.symbol})]
    if model.symbol not in followed(model):
        requests.append(ToEngine({"type": "unsubscribe", "channel": "trades", "symbol": model.symbol}))
    requests.append(subscribe_book(symbol))
    if symbol not in followed(model):
        requests.append(subscribe_trades(symbol))
    if model.market is not None:
        model.market.forget_book()
    model.symbol, model.cursor, model.centre = symbol, None, None
    model.is_following, model.automatic_group = True, 1
    model.ticket.quantity = max(model.ticket.quantity, model.markets[symbol].lot_size)
    disarm(model, "another symbol")
    model.is_changed = True
    return requests if model.link.state is LinkState.LIVE else []
