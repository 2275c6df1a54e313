"""The checks a wish must pass before anything changes; each refusal names the value and the rule.

Pure functions that return None when all is well and otherwise a `Refusal`: the code for programs, the text for
people.  They look at books and orders and change neither.
"""

from __future__ import annotations

from typing import Final, NamedTuple, Optional

from exchange.engine import bands
from exchange.engine.desk import Desk
from exchange.engine.instrument import Instrument, nanos_text
from exchange.engine.limits import Limits
from exchange.engine.order import Order, PriceLevel
from exchange.engine.orderbook import OrderBook
from exchange.engine.stops import is_triggered
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Phase, RejectCode, SelfTradePrevention, Side, TimeInForce

_MARKET: Final = OrderType.MARKET
_FOK: Final = TimeInForce.FOK
_BUY: Final = Side.BUY


class Refusal(NamedTuple):
    """Why a wish is refused."""

    code: RejectCode
    text: str


def price_refusal(instrument: Instrument, price_nanos: Optional[int], name: str = "price") -> Optional[Refusal]:
    """RULES 16: a price, where one is named, is a positive multiple of the tick size."""
    if price_nanos is None or (price_nanos > 0 and price_nanos % instrument.tick_size_nanos == 0):
        return None
    return Refusal(
        RejectCode.PRICE_NOT_ON_TICK,
        f"{name} {nanos_text(price_nanos)}: must be a positive multiple of the tick size "
        f"{nanos_text(instrument.tick_size_nanos)} of {instrument.symbol}",
    )


def quantity_refusal(instrument: Instrument, quantity: int) -> Optional[Refusal]:
    """RULES 16: a quantity is a multiple of the lot size and within the instrument's range."""
    if not instrument.min_quantity <= quantity <= instrument.max_quantity:
        return Refusal(
            RejectCode.QUANTITY_OUT_OF_RANGE,
            f"quantity {quantity}: must be from {instrument.min_quantity} to {instrument.max_quantity} "
            f"for {instrument.symbol}",
        )
    if quantity % instrument.lot_size:
        return Refusal(
            RejectCode.QUANTITY_NOT_ON_LOT,
            f"quantity {quantity}: must be a multiple of the lot size {instrument.lot_size} "
            f"of {instrument.symbol}",
        )
    return None


def unknown_symbol(symbol: str) -> Refusal:
    """The exchange does not list `symbol`."""
    return Refusal(RejectCode.UNKNOWN_SYMBOL, f"symbol {symbol}: not listed here")


def symbol_needed(listed: list[str]) -> Refusal:
    """A symbol was left out where there is more than one to choose from, or none."""
    return Refusal(
        RejectCode.MISSING_FIELD,
        f"symbol: may be left out only where exactly one instrument is listed; listed are {', '.join(listed)}"
        if listed
        else "symbol: no instrument is listed",
    )


def duplicate_client_order_id(client_order_id: str, order: Order) -> Refusal:
    """RULES 14: a client order id names one order."""
    return Refusal(
        RejectCode.DUPLICATE_CLIENT_ORDER_ID,
        f"client_order_id {client_order_id}: already names order {order.order_id} ({order.status.value})",
    )


def not_live(order: Optional[Order], order_id: Optional[int], client_order_id: Optional[str]) -> Refusal:
    """RULES 13: only a live order of the user's own can be canceled or replaced; None is no order of theirs.

    Another user's order gets the same answer as one that never was, so ids can't be probed.
    """
    name = f"client_order_id {client_order_id}" if order_id is None else f"order_id {order_id}"
    if order is None:
        return Refusal(RejectCode.UNKNOWN_ORDER, f"{name}: you have no such order")
    return Refusal(RejectCode.TOO_LATE, f"{name}: the order is already {order.status.value}")


def tick_size_changed(listed: Instrument, wanted: Instrument) -> Refusal:
    """Books and positions count in ticks, so the tick size of a listed instrument is fixed."""
    return Refusal(
        RejectCode.BAD_VALUE,
        f"tick_size {nanos_text(wanted.tick_size_nanos)}: {listed.symbol} is listed with "
        f"{nanos_text(listed.tick_size_nanos)}, and a tick size never changes",
    )


def would_take(order: Order) -> Refusal:
    """RULES 6: a post-only order must not trade on arrival."""
    return Refusal(
        RejectCode.WOULD_TAKE, f"post_only: the order would trade on arrival ({order.side.value} {order.symbol})"
    )


def user_blocked(user: str) -> Refusal:
    """RULES 22: the operator lets this user enter nothing."""
    return Refusal(RejectCode.BLOCKED, f"user {user} is blocked by the operator")


def not_in_phase(code: RejectCode, symbol: str, phase: Phase, terms: Terms) -> Refusal:
    """RULES 19: what the phase does not take."""
    if code is RejectCode.HALTED:
        state = "halted" if phase is Phase.HALTED else "closed"
        return Refusal(code, f"symbol {symbol}: trading is {state}")
    named, kind = "post_only", "post-only"
    if not terms.post_only:
        kind = terms.time_in_force.value
        named = f"time_in_force {kind}"
    return Refusal(code, f"{named}: symbol {symbol} is in {phase.value}, which takes no {kind} order now")


def limits_refusal(desk: Desk, side: Side, quantity: int, limits: Limits) -> Optional[Refusal]:
    """RULES 23: what a new order of `quantity` may not exceed.  O(1)."""
    live_order_count = desk.account.live_order_count
    if live_order_count >= limits.open_orders_max:
        return Refusal(
            RejectCode.OPEN_ORDER_LIMIT,
            f"live orders {live_order_count}: each user may have at most {limits.open_orders_max}",
        )
    return _exceeds_quantity(quantity, limits) or _exceeds_position(desk, side, quantity, limits)


def increase_refusal(order: Order, quantity: int, limits: Limits) -> Optional[Refusal]:
    """RULES 23: what a live order may not exceed by growing to the total `quantity`; to shrink is always fine."""
    if quantity <= order.quantity:
        return None
    return _exceeds_quantity(quantity, limits) or _exceeds_position(
        order.desk, order.side, quantity - order.quantity, limits
    )


def _exceeds_quantity(quantity: int, limits: Limits) -> Optional[Refusal]:
    if limits.quantity_max is None or quantity <= limits.quantity_max:
        return None
    return Refusal(
        RejectCode.QUANTITY_OUT_OF_RANGE,
        f"quantity {quantity}: each user's orders may have at most {limits.quantity_max}",
    )


def _exceeds_position(desk: Desk, side: Side, added_quantity: int, limits: Limits) -> Optional[Refusal]:
    """The worst case: everything live on the side and what is added is filled, nothing on the other."""
    if limits.position_max is None:
        return None
    net_quantity = desk.net_quantity
    worst = added_quantity + (net_quantity if side is _BUY else -net_quantity) + desk.live_quantity(side)
    if worst <= limits.position_max:
        return None
    direction = "long" if side is _BUY else "short"
    return Refusal(
        RejectCode.POSITION_LIMIT,
        f"position in {desk.symbol}: could become {worst} {direction}; "
        f"each user may have at most {limits.position_max} either way",
    )


def unknown_user(user: str) -> Refusal:
    """The exchange has never heard of `user`."""
    return Refusal(RejectCode.BAD_VALUE, f"user {user}: nobody here has this name")


def name_clash(user: str, known_name: str) -> Refusal:
    """Two users whose names differ only in letter case would be taken for one another."""
    return Refusal(RejectCode.BAD_VALUE, f"user {user}: differs only in letter case from {known_name}")


def already_claimed(user: str) -> Refusal:
    """The name belongs to somebody, who can prove it."""
    return Refusal(RejectCode.BAD_TOKEN, f"user {user}: the name is claimed already")


def band_refusal(price: Optional[int], book: OrderBook) -> Optional[Refusal]:
    """RULES 17: a limit price within the band; exactly at the edge is inside."""
    allowed = bands.band(book, bands.reference_price(book))
    if allowed is None or price is None or allowed.low <= price <= allowed.high:
        return None
    text = book.instrument.price_text
    return Refusal(
        RejectCode.PRICE_OUT_OF_BAND,
        f"price {text(price)}: must be from {text(allowed.low)} to {text(allowed.high)} for "
        f"{book.instrument.symbol} now",
    )


def stop_refusal(side: Side, stop_price_nanos: int, book: OrderBook) -> Optional[Refusal]:
    """RULES 8: a stop that the last trade would trigger at once."""
    stop_price = stop_price_nanos // book.tick_size_nanos
    if not is_triggered(side, stop_price, book.last_trade_price):
        return None
    assert book.last_trade_price is not None
    last = book.instrument.price_text(book.last_trade_price)
    return Refusal(
        RejectCode.STOP_WOULD_TRIGGER,
        f"stop_price {nanos_text(stop_price_nanos)}: the last trade at {last} would trigger it at once",
    )


def opens_crossed(symbol: str) -> Refusal:
    """RULES 19: only a call uncrosses a closed book."""
    return Refusal(RejectCode.BAD_VALUE, f"phase CONTINUOUS: orders in {symbol} cross; open it by a call")


def negative_price(name: str, nanos: int) -> Refusal:
    """RULES 27: positions are worth something or nothing."""
    return Refusal(RejectCode.BAD_VALUE, f"{name} {nanos_text(nanos)}: must not be negative")


def book_refusal(order: Order, book: OrderBook) -> Optional[Refusal]:
    """RULES 2, 4, 6: the refusals that depend on what rests on the other side, in continuous trading."""
    if order.conditions.order_type is _MARKET and book.opposite(order.side).best() is None:
        nobody = "no seller" if order.side is Side.BUY else "no buyer"
        text = f"order_type MARKET, side {order.side.value}: {nobody} in {order.symbol} now"
        return Refusal(RejectCode.NO_LIQUIDITY, text)
    if order.conditions.post_only:
        assert order.price is not None
        return would_take(order) if would_trade(order.side, order.price, book) else None
    if order.conditions.time_in_force is _FOK and not can_fill(order, book):
        return Refusal(
            RejectCode.CANNOT_FILL, f"time_in_force FOK: quantity {order.quantity} can't be filled in full now"
        )
    return None


def would_trade(order_side: Side, price: int, book: OrderBook) -> bool:
    """Whether an order of `order_side` at `price` would trade on arrival (RULES 6)."""
    opposite = book.opposite(order_side)
    best = opposite.best()
    return best is not None and opposite.crosses(best.price, price)


def can_fill(order: Order, book: OrderBook) -> bool:
    """Whether all of `order` would trade on arrival (RULES 4), hidden parts of icebergs included.

    Own orders never count when self-trade prevention is on; where it would end or shrink the arriving order,
    nothing behind the first own order counts either.  Nothing counts beyond the band or what the breaker allows.
    O(1) where less rests on the whole other side, and no walk where less rests up to its price; where it might
    fill with prevention or a breaker, O(orders that it would take).
    """
    opposite = book.opposite(order.side)
    wanted = order.remaining_quantity
    if wanted > opposite.limit_quantity:
        return False
    limit_price = order.price
    if limit_price is None:
        allowed = bands.band(book, bands.reference_price(book))
        limit_price = None if allowed is None else allowed.edge(order.side)
    within = opposite.quantity_within(limit_price)
    is_enough = order.conditions.self_trade_prevention is None and book.instrument.halt_ppm is None
    if within < wanted or is_enough:
        return within >= wanted
    first_price: Optional[int] = None
    for level in opposite.levels():
        if not opposite.crosses(level.price, limit_price) or bands.would_halt(book, level.price, first_price):
            break
        available, goes_on = _available(level, order)
        if available and first_price is None:
            first_price = level.price
        wanted -= available
        if wanted <= 0:
            return True
        if not goes_on:
            break
    return False


def _available(level: PriceLevel, order: Order) -> tuple[int, bool]:
    """What an arriving order could take of a level, and whether it could go on to the next."""
    prevention = order.conditions.self_trade_prevention
    if prevention is None:
        return level.quantity + level.hidden_quantity, True
    ahead = others = 0
    meets_own = False
    for resting in level.orders():
        if resting.user == order.user:
            meets_own = True
        else:
            others += resting.remaining_quantity
            # What hides ahead of the first own order trades behind it (RULES 7).
            ahead += 0 if meets_own else resting.remaining_quantity - resting.hidden_quantity
    if not meets_own or prevention is SelfTradePrevention.CANCEL_OLDEST:
        return others, True
    return ahead, False
