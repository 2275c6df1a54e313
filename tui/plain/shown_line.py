"""What the plain client says, one line at a time.  Pure: the engine's messages in, text out.

`line_streams` makes printable ASCII of it, so that no text of another user can move the cursor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Optional

from exchange.networking.tcp_client import BookFollower, BookLevel, Message
from exchange.utils.helpers import NS_PER_S
from tui.session_order import SessionOrder

SIDE_PROMPT = "side (b/s, o orders, c ID cancel, x cancel all, k book, p positions, h help, q quit):"
PRICE_PROMPT = "price (empty = market):"
QUANTITY_PROMPT = "quantity:"
BOOK_DEPTH = 10
# So many of the newest are shown of a list that only grows.
ROWS_MAX = 20

HELP = """\
b, s                                 buy, sell: asks for price and quantity
buy 10 101.25, sell 10 101.25        an order in one line: quantity, price
buy 10, sell 10                      the same at the market
buy 10 bid+1t, sell 5 last, buy 5 ask   a price by its name, and ticks above or below it
buy 10 stop 102                      a stop: at the market once 102 has traded
buy 10 102.50 stop 102               a stop-limit: limited to 102.50 from then on
buy 100 101.25 show 10               an iceberg, of which 10 are shown at a time
buy 10 101.25 day                    also: gtc, ioc, fok, post (only if it rests)
c 12, cancel 12                      cancel the order with id 12
x                                    cancel all orders
replace 12 price 101.30 quantity 20  change order 12; the quantity is its new total
replace 12 price +2t, replace 12 stop 99   two ticks up; another stop price
o, orders                            your live orders
p, positions                         your positions
f, fills                             what you have traded
history                              your orders of this and earlier sessions
k, book                              the best prices
symbol ACME                          trade this instrument from now on
h, help                              this text
q, quit                              leave; orders that rest go on resting"""


def event_line(message: Message) -> Optional[str]:
    """One line about a message of the engine, None for one that a person need not be told of."""
    describe = _DESCRIPTIONS.get(message["type"])
    return None if describe is None else describe(message)


def price_text(price: Optional[Decimal]) -> str:
    """A price without an exponent; None is at the market."""
    return "market" if price is None else f"{price:f}"


def utc_time_text(timestamp_ns: int) -> str:
    """`14:03:05`, UTC, of ns since the Unix epoch."""
    minutes, seconds = divmod(timestamp_ns // NS_PER_S, 60)
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}:{seconds:02}"


def order_lines(orders: list[Message]) -> list[str]:
    """The user's live orders as a table; `ahead` is what is shown before an order at its price."""
    if not orders:
        return ["no live orders"]
    head = f"{'id':>8} {'symbol':<8} {'side':<4} {'price':>12} {'remaining':>10} {'quantity':>10} {'ahead':>8}"
    return [f"{head}  status"] + [_order_line(order) for order in orders]


def _order_line(order: Message) -> str:
    ahead = order.get("quantity_ahead")
    return (
        f"{order['order_id']:>8} {order['symbol']:<8} {order['side']:<4} {price_text(order.get('price')):>12} "
        f"{order['remaining_quantity']:>10} {order['quantity']:>10} {'-' if ahead is None else ahead:>8}  "
        f"{order['status']}{_options(order)}{' waiting' if order.get('waiting') else ''}"
    )


def _options(order: Message) -> str:
    """What an order is beside price and time in force, each with a space before it."""
    stop_price, shown = order.get("stop_price"), order.get("display_quantity")
    stop = "" if stop_price is None else f" stop {price_text(stop_price)}"
    iceberg = "" if shown is None else f" shows {shown}"
    return stop + iceberg + (" post" if order.get("post_only") else "")


def position_lines(positions: list[Message], cash: Optional[Decimal] = None) -> list[str]:
    """The user's positions as a table; the average price of a flat position is `-`.

    `cash` is None for a user who was never endowed.
    """
    has_fees = any(position.get("fees") for position in positions)
    lines = [_position_head(has_fees), *[_position_line(each, has_fees) for each in positions]]
    return (lines if positions else ["no positions"]) + ([] if cash is None else [f"cash: {cash:f}"])


def _position_head(has_fees: bool) -> str:
    head = f"{'symbol':<8} {'position':>10} {'average':>14} {'realised':>14} {'unrealised':>14} {'volume':>10}"
    return head + (f" {'fees':>14}" if has_fees else "")


def _position_line(position: Message, has_fees: bool) -> str:
    average_price = position["average_price"]
    average = "-" if average_price is None else f"{average_price:f}"
    return (
        f"{position['symbol']:<8} {position['net_position']:>+10} {average:>14} "
        f"{position['realised_pnl']:>14f} {position['unrealised_pnl']:>14f} {position['volume']:>10}"
    ) + (f" {position.get('fees', Decimal(0)):>14f}" if has_fees else "")


def fill_lines(fills: Iterable[Message]) -> list[str]:
    """What the user has traded as a table, oldest first; times in UTC."""
    lines = [
        f"{utc_time_text(fill['timestamp'])} {fill['trade_id']:>8} {fill['order_id']:>8} {fill['symbol']:<8} "
        f"{fill['side']:<4} {fill['quantity']:>10} {fill['price']:>12f}  {fill['liquidity']}{_fee(fill)}"
        for fill in fills
    ]
    head = f"{'time':<8} {'trade':>8} {'order':>8} {'symbol':<8} {'side':<4} {'quantity':>10} {'price':>12}"
    return [f"{head}  liquidity", *lines] if lines else ["no fills"]


def history_lines(orders: Sequence[SessionOrder]) -> list[str]:
    """The orders of this and earlier sessions as a table, oldest first; times in UTC."""
    if not orders:
        return ["no orders yet"]
    head = (
        f"{'time':<8} {'id':>8} {'symbol':<8} {'side':<4} {'price':>12} {'quantity':>10} {'executed':>10}  status"
    )
    return [head, *[_history_line(order) for order in orders]]


def _history_line(order: SessionOrder) -> str:
    time = "-" if order.timestamp is None else utc_time_text(order.timestamp)
    return (
        f"{time:<8} {_known(order.order_id):>8} {_known(order.symbol):<8} {_known(order.side):<4} "
        f"{price_text(order.price):>12} {_known(order.quantity):>10} {order.executed_quantity:>10}  "
        f"{order.status.value}{_options(order.to_fields())}{' waiting' if order.is_waiting else ''}"
        f"{'' if order.reason is None else ' ' + order.reason}"
    )


def _known(value: object) -> str:
    return "-" if value is None else str(value)


def indication_line(indication: Message) -> str:
    """An `auction_indication`: at which price how much would trade if the call ended now."""
    symbol, price = indication["symbol"], indication.get("price")
    if price is None:
        return f"{symbol} auction: nothing would trade now"
    surplus, side = indication["surplus"], indication.get("surplus_side")
    rest = "" if side is None else f", {surplus} more {'bid' if side in ('BUY', 'BID') else 'offered'}"
    return f"{symbol} auction: {indication['volume']} @ {price:f} would trade now{rest}"


def listed_text(instrument: Message) -> str:
    """An instrument as it is listed: its name, and its phase where that is not the usual one."""
    phase = instrument.get("phase", "CONTINUOUS")
    return str(instrument["symbol"]) + ("" if phase == "CONTINUOUS" else f" ({phase})")


def book_lines(book: BookFollower) -> list[str]:
    """The best prices of a followed book, offers above bids."""
    if not book.is_current:
        return ["the book is not known at the moment"]
    head = f"book of {book.symbol}"
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
        f"@ {price_text(message.get('price'))} {message['time_in_force']}{_options(message)}"
    )


def _executed(message: Message) -> str:
    remaining = message["remaining_quantity"]
    rest = f"{remaining} remaining" if remaining else "filled"
    trade = f"trade {message['trade_id']}, {message['liquidity']}{_fee(message)}"
    return (
        f"fill: order {message['order_id']} {message['side']} {message['quantity']} {message['symbol']} "
        f"@ {price_text(message['price'])}, {rest} ({trade})"
    )


def _fee(fill: Message) -> str:
    fee = fill.get("fee")
    return f", fee {fee:f}" if fee else ""


def _status(message: Message) -> str:
    """Where nobody can overlook it; `until` is when the phase ends at the earliest, in ns since the epoch."""
    reason, until = message.get("reason"), message.get("until")
    why = "" if reason is None else f" ({reason})"
    return f"*** {message['symbol']} is now {message['phase']}{why}" + (
        "" if until is None else f", until {utc_time_text(until)} UTC at the earliest"
    )


def _replaced(message: Message) -> str:
    return (
        f"replaced: order {message['order_id']} now {message['quantity']} @ {price_text(message['price'])}, "
        f"{message['remaining_quantity']} remaining{_options(message)}"
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
    "instrument_status": _status,
    "news": lambda message: f"*** news: {message['text']}",
    "gap": lambda message: (
        f"events {message['from']} to {message['to']} are too old to be told again: what was filled follows"
    ),
    "error": lambda message: f"error: {_refusal(message)}",
}
