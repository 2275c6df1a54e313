"""Random sequences of commands that make interesting books.

Few prices, few users and small quantities, so that orders meet; cancels and replaces of live, done and unknown
orders, which the oracle tells apart while a sequence is drawn; every time in force and self-trade prevention; now
and then a price, a quantity or a symbol that must be refused.  Users are claimed, reset and blocked, instruments
halted, connections lost, limits set low enough to bite; most of it is undone soon, so that trading goes on.  Two
instruments with different ticks, lots and limits.  Timestamps jump back and forth: priority never depends on them.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import NamedTuple

from hypothesis import strategies as st

from exchange.engine.commands import (
    BlockUser,
    CancelAll,
    CancelOrder,
    CancelOrders,
    ClaimUser,
    Command,
    GetOrders,
    GetPositions,
    HaltInstrument,
    ListInstrument,
    NewOrder,
    ReplaceOrder,
    ResetUser,
    ResumeInstrument,
    SetLimits,
    UnblockUser,
)
from exchange.engine.instrument import Instrument
from exchange.engine.limits import Limits
from exchange.engine.terms import Terms
from exchange.engine.words import CancelReason, OrderType, Phase, SelfTradePrevention, Side, TimeInForce
from tests.support.oracle.oracle import Oracle

USERS = ("alice", "bob", "carol")
# Some trade, some only claim their name, two are spelled like others, and nobody ever is nobody.
NAMES = (*USERS, "dave", "Alice", "DAVE")
ACME = Instrument("ACME", max_quantity=60)
BOND = Instrument(
    "BOND",
    tick_size_nanos=250_000_000,
    lot_size=10,
    min_quantity=20,
    max_quantity=200,
    self_trade_prevention=SelfTradePrevention.CANCEL_OLDEST,
)
MARKET_TIMES_IN_FORCE = (TimeInForce.IOC, TimeInForce.FOK)
LIMIT_TIMES_IN_FORCE = (*[TimeInForce.GTC] * 6, TimeInForce.DAY, TimeInForce.IOC, TimeInForce.FOK)

# A command and its timestamp in ns.
Stamped = tuple[Command, int]


class Target(NamedTuple):
    """An order as a command may name it: by its id, or by one of the client order ids it had."""

    user: str
    order_id: int
    client_order_id: str
    symbol: str


def instruments() -> st.SearchStrategy[Instrument]:
    """Mostly the plain one."""
    return st.sampled_from([ACME, ACME, ACME, BOND])


def prices(instrument: Instrument) -> st.SearchStrategy[int]:
    """In nanos: five neighbouring ticks, seldom one that is off the tick or not positive."""
    tick = instrument.tick_size_nanos
    return st.sampled_from([*[ticks * tick for ticks in (98, 99, 100, 101, 102)] * 6, 0, -tick, 100 * tick + 1])


def quantities(instrument: Instrument) -> st.SearchStrategy[int]:
    """In units: small multiples of the lot, seldom one off the lot or out of the range."""
    lot, least = instrument.lot_size, instrument.min_quantity
    bad = [0, -1, least + lot // 2, instrument.max_quantity + lot]
    return st.sampled_from([*[least + n * lot for n in range(8)] * 4, *bad])


@st.composite
def new_orders(draw: st.DrawFn, oracle: Oracle, position: int) -> NewOrder:
    """Any order; its client order id is fresh, seldom one that was used before."""
    instrument = draw(instruments())
    user, client_order_id = draw(st.sampled_from(USERS)), f"c{position}"
    if draw(st.integers(0, 19)) == 7:
        user, _order_id, client_order_id, _symbol = draw(targets(oracle))
    order_type = draw(st.sampled_from([OrderType.LIMIT] * 8 + [OrderType.MARKET]))
    is_market = order_type is OrderType.MARKET
    time_in_force = draw(st.sampled_from(MARKET_TIMES_IN_FORCE if is_market else LIMIT_TIMES_IN_FORCE))
    may_rest = time_in_force in (TimeInForce.GTC, TimeInForce.DAY)
    return NewOrder(
        user,
        client_order_id,
        draw(st.sampled_from([*[instrument.symbol] * 30, None, "NONE"])),
        Terms(
            draw(st.sampled_from(Side)),
            order_type,
            time_in_force,
            None if is_market else draw(prices(instrument)),
            draw(quantities(instrument)),
            may_rest and draw(st.integers(0, 5)) == 4,
            draw(st.sampled_from([None, None, *SelfTradePrevention])),
        ),
        draw(st.booleans()),
    )


@st.composite
def targets(draw: st.DrawFn, oracle: Oracle) -> Target:
    """Mostly a live order, sometimes a done one, now and then another user's or nobody's."""
    live = [Target(order.user, order.order_id, order.client_order_id, order.symbol) for order in oracle.live]
    known = [
        Target(user, order.order_id, name, order.symbol)
        for user, reserved in oracle.reserved.items()
        for name, order in reserved
    ]
    kind = draw(st.integers(0, 11))
    if kind < 8 and live:
        return draw(st.sampled_from(live))
    if kind < 10 and known:
        return draw(st.sampled_from(known))
    stranger = draw(st.sampled_from([*live, *known, Target("", 1_000, "nothing", "ACME")]))
    return stranger._replace(user=draw(st.sampled_from(USERS)))


@st.composite
def cancel_orders(draw: st.DrawFn, oracle: Oracle) -> CancelOrder:
    """Cancel something, by either of its names."""
    user, order_id, client_order_id, _symbol = draw(targets(oracle))
    return CancelOrder(user, order_id, None) if draw(st.booleans()) else CancelOrder(user, None, client_order_id)


@st.composite
def replace_orders(draw: st.DrawFn, oracle: Oracle, position: int) -> ReplaceOrder:
    """Replace something: price, total quantity and client order id, at least one of them."""
    user, order_id, client_order_id, symbol = draw(targets(oracle))
    instrument = ACME if symbol == "ACME" else BOND
    price_nanos = draw(st.none() | prices(instrument))
    quantity = draw(st.none() | quantities(instrument))
    new_client_order_id = draw(st.sampled_from([None, None, None, f"r{position}", client_order_id]))
    if draw(st.integers(0, 9)) == 7:
        new_client_order_id = draw(targets(oracle)).client_order_id
    if price_nanos is None and quantity is None and new_client_order_id is None:
        quantity = draw(quantities(instrument))
    if draw(st.booleans()):
        return ReplaceOrder(user, order_id, None, price_nanos, quantity, new_client_order_id)
    return ReplaceOrder(user, None, client_order_id, price_nanos, quantity, new_client_order_id)


@st.composite
def administration(draw: st.DrawFn) -> Command:
    """What is asked seldom: questions, cancel all, changed limits."""
    user = draw(st.sampled_from(USERS))
    instrument = draw(instruments())
    lower = replace(instrument, max_quantity=instrument.min_quantity + 4 * instrument.lot_size)
    choices: list[Command] = [
        GetOrders(user),
        GetPositions(user),
        CancelAll(user, None),
        CancelAll(user, instrument.symbol),
        CancelAll(user, "NONE"),
        ListInstrument(instrument),
        ListInstrument(lower),
        ListInstrument(replace(instrument, tick_size_nanos=500_000_000)),
    ]
    return draw(st.sampled_from(choices))


@st.composite
def operations(draw: st.DrawFn, oracle: Oracle, position: int) -> Command:
    """What the operator, the login and a lost connection ask."""
    kind, credential = draw(st.integers(0, 6)), f"credential {position}"
    halted = sorted(symbol for symbol, market in oracle.markets.items() if market.phase is Phase.HALTED)
    releases: list[Command] = [
        *map(UnblockUser, sorted(oracle.blocked)),
        *map(ResumeInstrument, [*halted, None] if halted else []),
        *([SetLimits(Limits())] if oracle.limits != Limits() else []),
    ]
    repetitions: list[Command] = [
        *[BlockUser(user) for user in sorted(oracle.blocked)] * 4,
        *[HaltInstrument(symbol) for symbol in halted] * 4,
        SetLimits(oracle.limits),
        *(ClaimUser(name, credential) for name in oracle.credentials),
        *(ClaimUser(name.swapcase(), credential) for name in oracle.credentials),
    ]
    if kind < 2:
        return draw(lost_connections(oracle))
    if kind < 4 and releases:
        return draw(st.sampled_from(releases))
    if kind == 4:
        return draw(st.sampled_from(repetitions))
    name = draw(st.sampled_from([*oracle.credentials, *oracle.credentials, *NAMES]))
    symbol, some_limits = draw(instruments()).symbol, draw(limits())
    choices: list[Command] = [
        *[ClaimUser(name, credential)] * 3,
        *[ResetUser(name)] * 3,
        *[BlockUser(name)] * 2,
        UnblockUser(name),
        *[HaltInstrument(symbol)] * 2,
        HaltInstrument(None),
        *map(ResumeInstrument, [symbol, None]),
        HaltInstrument("NONE"),
        *[SetLimits(some_limits)] * 3,
    ]
    return draw(st.sampled_from(choices))


def limits() -> st.SearchStrategy[Limits]:
    """Low ones."""
    return st.builds(
        Limits,
        open_orders_max=st.sampled_from([1, 3, 5, 100_000]),
        quantity_max=st.sampled_from([None, None, 5, 50]),
        position_max=st.sampled_from([None, 6, 15, 60]),
    )


@st.composite
def lost_connections(draw: st.DrawFn, oracle: Oracle) -> CancelOrders:
    """Some orders of one user, among them done ones and others' that must be left alone, some named twice."""
    named = draw(st.lists(targets(oracle), min_size=1, max_size=6))
    user = named[0].user or draw(st.sampled_from(USERS))
    return CancelOrders(user, tuple(target.order_id for target in named), CancelReason.DISCONNECTED)


@st.composite
def command_sequences(draw: st.DrawFn, count_max: int = 80) -> list[Stamped]:
    """The listing of both instruments, mostly the claims of who trades, then commands until the draw says stop."""
    sequence: list[Stamped] = [(ListInstrument(instrument), 0) for instrument in (ACME, BOND)]
    if draw(st.integers(0, 2)):
        sequence += [(ClaimUser(user, f"credential of {user}"), 0) for user in USERS]
    oracle = Oracle()
    for command, timestamp_ns in sequence:
        oracle.process(command, timestamp_ns)
    # Each command is preceded by the draw whether it comes at all, so that shrinking can take any of them out.
    while len(sequence) < count_max and draw(st.integers(0, 99)) > 0:
        kind, position = draw(st.integers(0, 21)), len(sequence)
        if kind < 12:
            command = draw(new_orders(oracle, position))
        elif kind < 14:
            command = draw(cancel_orders(oracle))
        elif kind < 19:
            command = draw(replace_orders(oracle, position))
        elif kind < 20:
            command = draw(administration())
        else:
            command = draw(operations(oracle, position))
        sequence.append((command, draw(st.integers(0, 1_000))))
        oracle.process(*sequence[-1])
    return sequence


def long_session(seed: int, count: int) -> list[Stamped]:
    """A seeded session over 400 prices, long and wide enough for heaps to go stale and ids to be forgotten."""
    random = Random(seed)
    sequence: list[Stamped] = [(ListInstrument(Instrument("WIDE")), 0)]
    for position in range(count):
        user, side = random.choice(USERS), random.choice(list(Side))
        below_middle = random.randint(-20, 200)
        price = 10_000 - below_middle if side is Side.BUY else 10_000 + below_middle
        wish = Wish(user, f"{user}{position}", side, price * 10_000_000, random.randint(1, 50))
        entered_before = max(0, position - random.randint(1, 100))
        sequence.append((_wished(random, wish, f"{user}{entered_before}"), position))
    return sequence


class Wish(NamedTuple):
    """What a long session's user may want next."""

    user: str
    client_order_id: str
    side: Side
    price_nanos: int
    quantity: int


def _wished(random: Random, wish: Wish, earlier: str) -> Command:
    """Enter an order, or change the one that `earlier` names if there is one."""
    user, client_order_id, side, price_nanos, quantity = wish
    kind = random.random()
    if kind < 0.6:
        time_in_force = random.choice(LIMIT_TIMES_IN_FORCE)
        prevention, ends_with_connection = random.choice(list(SelfTradePrevention)), random.random() < 0.3
        return NewOrder(
            user,
            client_order_id,
            None,
            Terms(side, OrderType.LIMIT, time_in_force, price_nanos, quantity, False, prevention),
            ends_with_connection,
        )
    if kind < 0.8:
        return CancelOrder(user, None, earlier)
    if kind < 0.998:
        return ReplaceOrder(user, None, earlier, price_nanos, quantity, None)
    return CancelAll(user, None)
