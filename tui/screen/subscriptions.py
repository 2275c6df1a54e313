"""The public feeds that the screen listens to: book and trades of the symbol it shows.  Pure but for the model."""

from __future__ import annotations

from tui.screen.messages import Outgoing, ToEngine
from tui.screen.model import LinkState, Model
from tui.screen.sending import disarm

# All of the book: the screen may scroll anywhere, and it is the cheapest for the engine to keep current.
BOOK_DEPTH = 0


def subscribe(model: Model) -> list[Outgoing]:
    """Start the feeds of the current symbol; nothing if there is none."""
    if not model.symbol:
        return []
    trades = ToEngine({"type": "subscribe", "channel": "trades", "symbol": model.symbol})
    return [subscribe_book(model.symbol), trades]


def subscribe_book(symbol: str) -> ToEngine:
    """Start the book's feed, or start it again: it begins with a snapshot."""
    return ToEngine({"type": "subscribe", "channel": "book", "symbol": symbol, "depth": BOOK_DEPTH})


def switch_symbol(model: Model, symbol: str) -> list[Outgoing]:
    """Show another of `model.markets`: its feeds start and the old ones end, now or on connecting."""
    requests: list[Outgoing] = [
        ToEngine({"type": "unsubscribe", "channel": channel, "symbol": model.symbol})
        for channel in ("book", "trades")
    ]
    if model.market is not None:
        model.market.forget_book()
    model.symbol, model.cursor, model.centre = symbol, None, None
    model.is_following = True
    model.ticket.quantity = max(model.ticket.quantity, model.markets[symbol].lot_size)
    disarm(model, "another symbol")
    model.is_changed = True
    return requests + subscribe(model) if model.link.state is LinkState.LIVE else []
