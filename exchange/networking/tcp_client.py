"""The client library: what a bot, the trading screen and the simulator speak to the exchange with.

A complete bot, which buys until it has ten (`client/README.md` tells the rest):

    from exchange.networking.tcp_client import BookFollower, Bot

    class First(Bot):
        def on_book(self, book: BookFollower) -> None:
            if book.best_ask and self.position < 10 and not self.orders:
                self.buy(1, book.best_ask.price, time_in_force="IOC")

A program that asks and waits, and buys 10 whenever they are offered at 99.50 or less:

    from decimal import Decimal
    from exchange.networking.tcp_client import ExchangeClient, OrderExecuted, Rejected, TokenStore

    with ExchangeClient.connect() as client:
        client.login("robot", TokenStore("data/tokens"))
        book = client.follow_book("ACME")
        for event in client.events():
            if isinstance(event, OrderExecuted):
                print("bought", event.quantity, "at", event.price)
            elif book.best_ask and book.best_ask.price <= Decimal("99.50"):
                try:
                    client.buy(10, book.best_ask.price, "ACME", time_in_force="IOC")
                except Rejected as refusal:
                    print("refused:", refusal)

Two ways to ask, which mix freely:

* `send_…` returns at once, thousands of times a second; the answers come out of `events()` or `poll()`;
* every other method waits for its own answer and sets all other messages aside for `events()`, in their order.

What goes wrong is an exception of `client/errors.py`.  One that is about an order names it, so that an order whose
answer never came (NoAnswer, ConnectionLost) can be asked for, or sent again under the same id: it stays one order.

Events and answers are small values with the field names of PROTOCOL.md, in which an editor and mypy find what is
misspelt; `MessageClient` is the lower door, where they are dicts, for programs that pass them on.  Prices are
`decimal.Decimal`, coming in always, going out also as int or text; a float raises TypeError.  No hidden thread:
nothing is read while no method is called, so call one often.  One thread at a time, except that `send_…`
may be called by another thread than the one that reads.  Standard library only.
"""

from __future__ import annotations

from exchange.networking.client.async_exchange_client import AsyncExchangeClient
from exchange.networking.client.book_follower import BookFollower
from exchange.networking.client.bot.bot import Bot
from exchange.networking.client.bot.bot_failure import BotFailed
from exchange.networking.client.bot.bot_runner import BotRunner, run_bot
from exchange.networking.client.bot.bot_timers import BotTimer
from exchange.networking.client.bot.followed_market import FollowedMarket
from exchange.networking.client.bot.own_order import OwnOrder, RefusedRequest
from exchange.networking.client.errors import (
    ConnectionLost,
    ExchangeError,
    LoginRejected,
    NoAnswer,
    ProtocolError,
    Rejected,
    TokenFileError,
)
from exchange.networking.client.exchange_client import ExchangeClient
from exchange.networking.client.feed_subscriptions import DEFAULT_DEPTH
from exchange.networking.client.kept_login import KeptLogin, log_in
from exchange.networking.client.message_client import (
    DEFAULT_HOST,
    DEFAULT_PORT,
    DEFAULT_TIMEOUT_S,
    MessageClient,
)
from exchange.networking.client.message_json import Message, Price, encode_message, exact_price
from exchange.networking.client.message_to_event import TypedEvent, typed_event
from exchange.networking.client.request_messages import EnumOrName, order_type_for
from exchange.networking.client.token_store import TokenStore
from exchange.networking.client.typed_answers import (
    Fills,
    ListedInstrument,
    LiveOrder,
    LoggedIn,
    LoggedOut,
    Orders,
    PastFill,
    PositionRow,
    Positions,
    Subscribed,
    TradingHours,
    Unsubscribed,
    utc_datetime,
)
from exchange.networking.client.typed_events import (
    AuctionIndication,
    BookChange,
    BookLevel,
    BookSnapshot,
    BookUpdate,
    CancelAllDone,
    CancelRejected,
    ErrorEvent,
    Gap,
    Heartbeat,
    InstrumentStatus,
    News,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderRejected,
    OrderReplaced,
    OrderTriggered,
    OtherEvent,
    Pong,
    ReplaceRejected,
    Trade,
    TradesSnapshot,
)

__all__ = [
    "DEFAULT_DEPTH",
    "DEFAULT_HOST",
    "DEFAULT_PORT",
    "DEFAULT_TIMEOUT_S",
    "AsyncExchangeClient",
    "AuctionIndication",
    "BookChange",
    "BookFollower",
    "BookLevel",
    "BookSnapshot",
    "BookUpdate",
    "Bot",
    "BotFailed",
    "BotRunner",
    "BotTimer",
    "CancelAllDone",
    "CancelRejected",
    "ConnectionLost",
    "EnumOrName",
    "ErrorEvent",
    "ExchangeClient",
    "ExchangeError",
    "Fills",
    "FollowedMarket",
    "Gap",
    "Heartbeat",
    "InstrumentStatus",
    "KeptLogin",
    "ListedInstrument",
    "LiveOrder",
    "LoggedIn",
    "LoggedOut",
    "LoginRejected",
    "Message",
    "MessageClient",
    "News",
    "NoAnswer",
    "OrderAccepted",
    "OrderCanceled",
    "OrderExecuted",
    "OrderExpired",
    "OrderRejected",
    "OrderReplaced",
    "OrderTriggered",
    "Orders",
    "OtherEvent",
    "OwnOrder",
    "PastFill",
    "Pong",
    "PositionRow",
    "Positions",
    "Price",
    "ProtocolError",
    "RefusedRequest",
    "Rejected",
    "ReplaceRejected",
    "Subscribed",
    "TokenFileError",
    "TokenStore",
    "Trade",
    "TradesSnapshot",
    "TradingHours",
    "TypedEvent",
    "Unsubscribed",
    "encode_message",
    "exact_price",
    "log_in",
    "order_type_for",
    "run_bot",
    "typed_event",
    "utc_datetime",
]
