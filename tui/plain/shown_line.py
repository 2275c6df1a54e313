"""What the plain client says, one line at a time.  Pure: the engine's messages in, text out.

Everything that came from outside is made printable ASCII, so that no text of another user can move the cursor.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Optional

from exchange.networking.tcp_client import BookFollower, BookLevel, Message
from tui.visible_text import visible_ascii

SIDE_PROMPT = "side (b/s, o orders, c ID cancel, x cancel all, k book, p positions, h help, q quit):"
PRICE_PROMPT = "price (empty = market):"
QUANTITY_PROMPT = "quantity:"
BOOK_DEPTH = 10

HELP = """\
b, s                                 buy, sell: asks for price and quantity
buy 10 101.25, sell 10 101.25        an order in one line: quantity, price
buy 10, sell 10                      the same at the market
c 12, cancel 12                      cancel the order with id 12
x                                    cancel all orders
replace 12 price 101.30 quantity 20  change order 12; the quantity is its new total
o, orders                            your live orders
p, positions                         your positions
k, book                              the best prices
symbol ACME                          trade this instrument from now on
h, help                              this text
q, quit                              leave; orders that rest go on resting"""


def event_line(message: Message) -> Optional[str]:
    """One line about a message of the engine, None for one that a person need not be told of."""
    describe = _DESCRIPTIONS.get(message["type"])
    return None if describe is None else visible_ascii(describe(message))


def price_text(price: Optional[Decimal]) -> str:
    """A price without an exponent; None is at the market."""
    return "market" if price is None else f"{price:f}"


def order_lines(orders: list[Message]) -> list[str]:
    """The user's live orders as a table."""
    if not orders:
        return ["no live orders"]
    head = f"{'id':>8} {'symbol':<8} {'side':<4} {'price':>12} {'remaining':>10} {'quantity':>10}  status"
    return [head] + [
        visible_ascii(
            f"{order['order_id']:>8} {order['symbol']:<8} {order['side']:<4} {price_text(order.get('price')):>12} "
            f"{order['remaining_quantity']:>10} {order['quantity']:>10}  {order['status']}"
        )
        for order in orders
    ]


def position_lines(positions: list[Message]) -> list[str]:
    """The user's positions as a table; the average price of a flat position is `-`."""
    if not positions:
        return ["no positions"]
    lines = [f"{'symbol':<8} {'position':>10} {'average':>14} {'realised':>14} {'unrealised':>14} {'volume':>10}"]
    for position in positions:
        average_price = position["average_price"]
        average = "-" if average_price is None else f"{average_price:f}"
        lines.append(
            visible_ascii(
                f"{position['symbol']:<8} {position['net_position']:>+10} {average:>14} "
                f"{position['realised_pnl']:>14f} {position['unrealised_pnl']:>14f} {position['volume']:>10}"
            )
        )
    return lines


def book_lines(book: BookFollower) -> list[str]:
    """The best prices of a followed book, offers above bids."""
    if not book.is_current:
        return ["the book is not known at the moment"]
    head = visible_ascii(f"book of {book.symbol}")
    asks = [_level_line("ask", level) for level in reversed(book.asks[:BOOK_DEPTH])]
    bids = [_level_line("bid", level) for level in book.bids[:BOOK_DEPTH]]
    return [head, *asks, *bids] if asks or bids else [f"{head}: empty"]


def _level_line(side: str, level: BookLevel) -> str:
    return f"{side} {level.price:>12f} {level.quantity:>10} in {level.orders}"


def _named(message: Message) -> str:
    """The order as a refusal names it: by the engine's id, else by the client's."""
    order_id = message.get("order_id")
    return f"order {order_id}" if order_id is not None else f"order {message.get('client_order_id', '?')}"


def _refusal(message: Message) -> str:
    return f"{message['text']} ({message['code']})"


def _accepted(message: Message) -> str:
    return (
        f"accepted: order {message['order_id']} {message['side']} {message['quantity']} {message['symbol']} "
        f"@ {price_text(message.get('price'))} {message['time_in_force']}"
    )


def _executed(message: Message) -> str:
    remaining = message["remaining_quantity"]
    rest = f"{remaining} remaining" if remaining else "filled"
    return (
        f"fill: order {message['order_id']} {message['side']} {message['quantity']} {message['symbol']} "
        f"@ {price_text(message['price'])}, {rest} (trade {message['trade_id']}, {message['liquidity']})"
    )


def _replaced(message: Message) -> str:
    return (
        f"replaced: order {message['order_id']} now {message['quantity']} @ {price_text(message['price'])}, "
        f"{message['remaining_quantity']} remaining"
    )


_DESCRIPTIONS: dict[str, Callable[[Message], str]] = {
    "order_accepted": _accepted,
    "order_rejected": lambda message: f"rejected: {_refusal(message)}",
    "order_executed": _executed,
    "order_canceled": lambda message: (
        f"canceled: {_named(message)}, {message['remaining_quantity']} canceled ({message['reason']})"
    ),
    "order_expired": lambda message: f"expired: {_named(message)}, {message['remaining_quantity']} expired",
    "order_replaced": _replaced,
    "order_triggered": lambda message: f"triggered: {_named(message)} at {price_text(message['stop_price'])}",
    "cancel_rejected": lambda message: f"not canceled: {_refusal(message)}",
    "replace_rejected": lambda message: f"not replaced: {_refusal(message)}",
    "cancel_all_done": lambda message: f"canceled all: {message['count']}",
    "instrument_status": lambda message: f"{message['symbol']} is now {message['phase']}",
    "gap": lambda message: (
        f"events {message['from']} to {message['to']} are too old to be told again: what was filled follows"
    ),
    "error": lambda message: f"error: {_refusal(message)}",
}
