"""The ten lessons: what is to be done, how one sees that it was done, and what it means.

A lesson prepares its market, and then looks at each private message that the learner is told: it may let the
others act, say what was wrong, or say what has happened, which ends the lesson.  It sees what the learner sees.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple, Optional

from exchange.engine.words import Phase, SelfTradePrevention, Side
from exchange.networking.tcp_client import Message
from tui.screen.tour.practice import LEARNER, MARIA, TOM, Practice

BUY, SELL = Side.BUY, Side.SELL


class Reaction(NamedTuple):
    """What a lesson says to what has happened; `is_done`: that was it."""

    text: str
    is_done: bool = False


def done(text: str) -> Reaction:
    """The lesson is done, and this is what happened."""
    return Reaction(text, True)


class Lesson(NamedTuple):
    """`task` is what to do; `react` gets the market and a message, and says something or (None) nothing."""

    title: str
    task: str
    prepare: Callable[[Practice], None]
    react: Callable[[Practice, Message], Optional[Reaction]]
    self_trade_prevention: SelfTradePrevention = SelfTradePrevention.NONE


def _is(message: Message, kind: str, **fields: object) -> bool:
    return message["type"] == kind and all(message.get(name) == value for name, value in fields.items())


def _usual(market: Practice) -> None:
    market.usual_book()


# --- 1, 2: resting and crossing --------------------------------------------------------------------------------


def _resting(_market: Practice, message: Message) -> Optional[Reaction]:
    if _is(message, "order_executed"):
        return Reaction("That one traded at once: it reached the other side's best price. Try one further away.")
    if not _is(message, "order_accepted", order_type="LIMIT") or message["remaining_quantity"] == 0:
        return None
    price, is_buy = message["price"], message["side"] == "BUY"
    if (price >= Decimal("100.05")) if is_buy else (price <= Decimal("99.95")):
        return None  # It is about to trade.
    other = "sells at that price or lower" if is_buy else "buys at that price or higher"
    return done(
        f"Your order rests in the book at {price}: nobody has traded, and you wait until somebody {other}. The "
        "ladder marks it under MINE; MY ORDERS says WORK."
    )


def _crossing(_market: Practice, message: Message) -> Optional[Reaction]:
    if _is(message, "order_executed", liquidity="TAKER"):
        return done(
            f"Traded at once: {message['quantity']} at {message['price']}, the price of the order that rested. "
            "Who crosses is the taker and pays the distance between bid and offer, the spread."
        )
    if _is(message, "order_accepted", order_type="LIMIT") and message["price"] < Decimal("100.05"):
        return Reaction("That one rests: it does not reach the best offer, 100.05. Buy at 100.05 or higher.")
    return None


# --- 3, 4: the queue and partial fills -------------------------------------------------------------------------


def _queue(market: Practice, message: Message) -> Optional[Reaction]:
    if not _is(message, "order_accepted", side="BUY", price=Decimal("99.95")):
        wrong = _is(message, "order_accepted")
        return Reaction("Not there: the queue of this lesson is at the best bid, 99.95.") if wrong else None
    market.order(TOM, SELL, 20, "99.95")
    return done(
        "Tom has just sold 20 at 99.95, and Maria got all of it, who was there first. 30 were ahead of your "
        "order, now it is 10 (AHEAD in MY ORDERS): at one price orders trade in the order they came."
    )


def _partial(market: Practice, message: Message) -> Optional[Reaction]:
    if _is(message, "order_accepted", side="SELL") and message["quantity"] >= 20:
        if message["price"] != Decimal("100.00"):
            return Reaction("Offer it at 100.00, between bid and offer: there it is the best, and alone.")
        market.order(TOM, BUY, 10, "100.00")
        return None
    if _is(message, "order_accepted"):
        return Reaction("That is too few to see it: sell 25 (key 4) at 100.00.")
    if _is(message, "order_executed") and message["remaining_quantity"]:
        total = message["quantity"] + message["remaining_quantity"]
        return done(
            f"Tom wanted 10 only. Your order was filled in part, {message['quantity']}/{total}, and the other "
            f"{message['remaining_quantity']} keep their place and wait. A partial fill is the usual case."
        )
    return None


# --- 5, 6: cancel and replace ----------------------------------------------------------------------------------


def _with_own_bid(market: Practice) -> None:
    market.usual_book()
    market.order(LEARNER, BUY, 20, "99.95")
    market.order(MARIA, BUY, 15, "99.95")


def _cancel(_market: Practice, message: Message) -> Optional[Reaction]:
    if not _is(message, "order_canceled"):
        return None
    return done(
        f"The exchange has taken it out: {message['remaining_quantity']} that had not traded. Canceling never "
        "asks, and X cancels all your orders at once. What has traded can't be canceled."
    )


def _replace(_market: Practice, message: Message) -> Optional[Reaction]:
    if not _is(message, "order_replaced"):
        return None
    if message["priority_kept"]:
        return Reaction("It kept its place, because only less of it is wanted. Now change its price.")
    return done(
        f"It is the same order at {message['price']}, but at the back of the queue there: a new price, or more of "
        "it, loses the place. Only making it smaller keeps the place."
    )


# --- 7, 8: icebergs and stops ----------------------------------------------------------------------------------


def _iceberg(market: Practice, message: Message) -> Optional[Reaction]:
    if _is(message, "order_accepted"):
        if message.get("display_quantity") is None or message["price"] != Decimal("100.00"):
            return Reaction("That one shows all of itself, or is elsewhere. Type  :sell 50 100.00 show 10")
        market.displayed = message["display_quantity"]
        market.order(TOM, BUY, market.displayed * 3 // 2, "100.00")
        return None
    shown = message.get("displayed_quantity")
    # The first of the two fills takes all that was shown, and as much is shown again.
    if _is(message, "order_executed") and message["remaining_quantity"] and shown != market.displayed:
        return done(
            f"Tom saw {market.displayed} and bought half as many more: when the shown part was gone, the next "
            f"came out of the hidden one. {message['remaining_quantity']} are left and {shown} are shown; each "
            "new part queues at the back."
        )
    return None


def _with_position(market: Practice) -> None:
    market.usual_book()
    market.order(LEARNER, BUY, 10, "100.05")


def _stop(market: Practice, message: Message) -> Optional[Reaction]:
    if _is(message, "order_accepted"):
        stop = message.get("stop_price")
        if stop is None or message["side"] != "SELL" or not Decimal("99.85") <= stop <= Decimal("99.95"):
            return Reaction("No stop below the market. Type  :sell 10 stop 99.90")
        # It leaves 10 at 99.85, which is what the stop gets.
        market.order(TOM, SELL, 85)
        return None
    if _is(message, "order_executed", side="SELL"):
        return done(
            f"Tom sold down to your stop price; that trade set your stop off, and it sold "
            f"{message['quantity']} at {message['price']}, the best bid that was left. A stop names when, not at "
            "which price; a STOP LIMIT names both."
        )
    return None


# --- 9, 10: auction and self-trade -----------------------------------------------------------------------------


def _auction_call(market: Practice) -> None:
    market.change_phase(Phase.AUCTION)
    for user, side, quantity, price in (
        (MARIA, BUY, 40, "100.10"),
        (MARIA, BUY, 20, "100.00"),
        (TOM, SELL, 30, "99.90"),
        (TOM, SELL, 30, "100.00"),
        (TOM, SELL, 40, "100.05"),
    ):
        market.order(user, side, quantity, price)


def _auction(market: Practice, message: Message) -> Optional[Reaction]:
    if _is(message, "order_accepted"):
        if message["side"] != "BUY" or (message["price"] or 0) < Decimal("100.10"):
            return Reaction("That one may not trade in this auction: buy at 100.20 or higher.")
        market.change_phase(Phase.CONTINUOUS)
        return None
    if _is(message, "order_executed"):
        return done(
            f"The call is over: all who could trade did so at one price, {message['price']}, at which most was "
            "traded. You paid it though you bid more: in an auction it costs nothing to say what you would pay."
        )
    return None


def _with_own_offer(market: Practice) -> None:
    market.usual_book()
    market.order(LEARNER, SELL, 10, "100.00")


def _self_trade(_market: Practice, message: Message) -> Optional[Reaction]:
    price = message.get("price")
    if _is(message, "order_canceled", reason="SELF_TRADE"):
        return done(
            "No trade: you would have traded with yourself, which shows others a trade that is none. This market "
            "cancels the newer order; others cancel the older, or both. That was the tour: good luck!"
        )
    if _is(message, "order_canceled") and message["remaining_quantity"]:
        return Reaction("Canceled. If it was your offer: sell 10 at 100.00 once more; then buy there.")
    if _is(message, "order_replaced"):
        return Reaction(f"Your order is at {price} now. The lesson needs your offer at 100.00, and a buy there.")
    if _is(message, "order_accepted", side="SELL"):
        return Reaction(f"That is one more offer. Now buy at {price or 'any price'}, where it would meet you.")
    if _is(message, "order_accepted", side="BUY") and price is not None and price < Decimal("100.00"):
        return Reaction("That one does not reach your own offer: buy at 100.00.")
    return None


LESSONS: tuple[Lesson, ...] = (
    Lesson(
        "A resting order",
        "↑↓ move the cursor. Put it on a price below the offers, say 99.90, press b, look at the row below, and "
        "press Enter: an order that waits.",
        _usual,
        _resting,
    ),
    Lesson(
        "A crossing order",
        "The best offer is 100.05. Put the cursor there and buy (b, Enter): the order meets one that waits.",
        _usual,
        _crossing,
    ),
    Lesson(
        "The queue",
        "30 are bid at 99.95 already. Join them: cursor to 99.95, b, Enter. Then somebody sells there. "
        "Who gets it?",
        _usual,
        _queue,
    ),
    Lesson(
        "A partial fill",
        "Press 4 for a size of 25, put the cursor on 100.00, and sell: s, Enter. Somebody will want fewer.",
        _usual,
        _partial,
    ),
    Lesson(
        "Cancel",
        "You have an order: 20 bid at 99.95. Put the cursor on it and press x.",
        _with_own_bid,
        _cancel,
    ),
    Lesson(
        "Replace, and what it costs",
        "Your 20 at 99.95 have orders behind them. Cursor on the order; Shift+↓ moves it by a tick; Enter.",
        _with_own_bid,
        _replace,
    ),
    Lesson(
        "An iceberg",
        "Sell 50, and show only 10 of them: type  :sell 50 100.00 show 10  and Enter, Enter.",
        _usual,
        _iceberg,
    ),
    Lesson(
        "A stop",
        "You hold 10, bought at 100.05. Limit the loss: type  :sell 10 stop 99.90  and Enter, Enter.",
        _with_position,
        _stop,
    ),
    Lesson(
        "An auction",
        "Orders are being collected, and nothing trades. ◇ is what it would trade at. Buy 10 at 100.20 or higher: "
        "type  :buy 10 100.20  and Enter, Enter.",
        _auction_call,
        _auction,
    ),
    Lesson(
        "Trading with yourself",
        "You offer 10 at 100.00 yourself. Now buy 10 at 100.00 (cursor, b, Enter), and see what happens.",
        _with_own_offer,
        _self_trade,
        SelfTradePrevention.CANCEL_NEWEST,
    ),
)
