"""The public feeds that the screen listens to: the book it shows, trades and phases of all it may show next.

The phase of an instrument is told only to who follows it, and its trades value a position in it; so the trades of
every instrument are followed, up to a number that no market of this kind reaches.

Changes the model and nothing else.
"""

from __future__ import annotations

from tui.screen.layout import Panel
from tui.screen.messages import Outgoing, ToEngine
from tui.screen.model import LinkState, Model
from tui.screen.my_fills import FILLS_PER_ANSWER
from tui.screen.sending import disarm

# All of the book: the screen may scroll anywhere, and it is the cheapest for the engine to keep current.
BOOK_DEPTH = 0
# As many as the engine tells.
TRADES_OF_BEFORE = 1_000
SYMBOLS_FOLLOWED_MAX = 50
# Of what the watchlist shows.
WATCH_DEPTH = 1


def subscribe(model: Model) -> list[Outgoing]:
    """Start all feeds of a new connection, those of the current symbol first; nothing if none is listed."""
    if not model.symbol:
        return []
    others = [symbol for symbol in followed(model) if symbol != model.symbol]
    model.book_depths.clear()
    return [*sync_books(model), *(subscribe_trades(symbol) for symbol in (model.symbol, *others))]


def followed(model: Model) -> list[str]:
    """The symbols whose trades are heard whatever is shown."""
    return model.symbols[:SYMBOLS_FOLLOWED_MAX]


def sync_books(model: Model) -> list[Outgoing]:
    """Follow the books that are shown, as deep as they are shown, and no others; nothing while not connected."""
    if model.link.state is not LinkState.LIVE or not model.symbol:
        return []
    wanted, requests = _books_shown(model), list[Outgoing]()
    for symbol in [symbol for symbol in model.book_depths if symbol not in wanted]:
        requests.append(ToEngine({"type": "unsubscribe", "channel": "book", "symbol": symbol}))
        del model.book_depths[symbol]
        model.markets[symbol].forget_book()
    for symbol, depth in wanted.items():
        if model.book_depths.get(symbol) != depth:
            # What is known of it is of another depth, and so is what is on its way: the snapshot starts it anew.
            model.markets[symbol].forget_book()
            model.book_depths[symbol] = depth
            requests.append(subscribe_book(symbol, depth))
    return requests


def _books_shown(model: Model) -> dict[str, int]:
    shown = model.layout_for(model.width, model.height, is_whole=True).panels
    wanted = {model.symbol: BOOK_DEPTH}
    if Panel.LADDER_2 in shown and model.second_symbol is not None:
        wanted[model.second_symbol] = BOOK_DEPTH
    if Panel.WATCH in shown:
        for symbol in followed(model):
            wanted.setdefault(symbol, WATCH_DEPTH)
    return wanted


def subscribe_book(symbol: str, depth: int = BOOK_DEPTH) -> ToEngine:
    """Start the book's feed, or start it again: it begins with a snapshot."""
    return ToEngine({"type": "subscribe", "channel": "book", "symbol": symbol, "depth": depth})


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
    trades: list[Outgoing] = []
    if model.symbol not in followed(model):
        trades.append(ToEngine({"type": "unsubscribe", "channel": "trades", "symbol": model.symbol}))
    if symbol not in followed(model):
        trades.append(subscribe_trades(symbol))
    model.symbol, model.cursor, model.centre, model.drag = symbol, None, None, None
    model.is_following, model.automatic_group = True, 1
    model.ticket.quantity = max(model.ticket.quantity, model.markets[symbol].lot_size)
    disarm(model, "another symbol")
    model.is_changed = True
    return [*sync_books(model), *trades] if model.link.state is LinkState.LIVE else []
