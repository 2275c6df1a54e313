"""The estimate of an order's place in its queue, between answers of the engine, is never too low."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.venue.bot_driver import DrivenBot
from exchange.laboratory.venue.latency import Latency
from exchange.networking.client.bot.bot import Bot
from exchange.networking.client.request_messages import cancel_order, new_order, replace_order

PRICES = ("99.98", "99.99", "100.00", "100.01", "100.02")
SIDES = st.sampled_from(["BUY", "SELL"])
# Who acts, on what side, at which price, how much, and on which of their orders.
STEP = st.tuples(
    st.sampled_from(["other", "other cancels", "other changes", "bot", "bot changes", "time"]),
    SIDES,
    st.sampled_from(PRICES),
    st.integers(1, 9),
    st.integers(0, 30),
)


def act(market: VirtualMarket, bot: Bot, count: int, step: tuple[str, str, str, int, int]) -> None:
    """Carry out one step; the second user is the one that is not the bot."""
    who, side, price, quantity, which = step
    other = market.sessions[0]
    if who == "other":
        other.send(new_order(f"o{count}", side, quantity, price, symbol="ACME"))
    elif who == "other cancels":
        other.send(cancel_order(None, f"o{which}"))
    elif who == "other changes":
        other.send(
            replace_order(
                None, f"o{which}", price=None, quantity=quantity, stop_price=None, new_client_order_id=None
            )
        )
    elif who == "bot":
        (bot.buy if side == "BUY" else bot.sell)(quantity, price)
    elif who == "bot changes" and bot.orders:
        bot.replace(bot.orders[which % len(bot.orders)], price=price, quantity=quantity)
    else:
        market.advance(0.001)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEP, max_size=60), st.sampled_from([0, 300_000]))
def test_the_estimate_is_never_below_what_the_engine_says(
    steps: list[tuple[str, str, str, int, int]], latency_ns: int
) -> None:
    market = VirtualMarket()
    market.join("other")
    bot = Bot()
    DrivenBot(market, bot, "bot", Latency(to_exchange_ns=latency_ns, to_participant_ns=latency_ns))
    market.advance(0.01)
    for count, step in enumerate(steps):
        act(market, bot, count, step)
        market.settle()
    market.advance(0.1)
    estimated = {order.order_id: order.quantity_ahead for order in bot.orders}
    bot.refresh_orders()
    market.advance(0.1)
    for order in bot.orders:
        known, exact = estimated[order.order_id], order.quantity_ahead
        assert exact is not None and known is not None and known >= exact, (order, known, exact)
        assert isinstance(order.price, Decimal)
