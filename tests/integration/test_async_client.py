"""The client for asyncio against a real engine: the same names, the same answers, several questions at once."""

from __future__ import annotations

import asyncio
import inspect
import signal
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path

import pytest

from exchange.networking.tcp_client import (
    AsyncExchangeClient,
    ConnectionLost,
    ExchangeClient,
    LoginRejected,
    NoAnswer,
    OrderExecuted,
    OrderReplaced,
    Rejected,
    TokenStore,
    TypedEvent,
)
from tests.support.processes import RunningEngine

Visit = Callable[[AsyncExchangeClient, AsyncExchangeClient], Awaitable[None]]


def with_two(engine: RunningEngine, visit: Visit) -> None:
    """Let alice and bob do something."""

    async def run() -> None:
        async with (
            await AsyncExchangeClient.connect(port=engine.port) as alice,
            await AsyncExchangeClient.connect(port=engine.port) as bob,
        ):
            await alice.login("alice")
            await bob.login("bob")
            await visit(alice, bob)

    asyncio.run(run())


async def told(client: AsyncExchangeClient) -> list[TypedEvent]:
    """What has come and was not returned otherwise."""
    await client.ping()
    return [event async for event in client.events(0.0)]


def test_orders_are_placed_changed_traded_and_canceled(engine: RunningEngine) -> None:
    async def visit(alice: AsyncExchangeClient, bob: AsyncExchangeClient) -> None:
        assert alice.instruments[0].tick_size == Decimal("0.01")
        offer = await alice.sell(10, "101.25", client_order_id="mine")
        assert (offer.order_id, offer.price) == (1, Decimal("101.25"))
        changed = await alice.replace(client_order_id="mine", price=101)
        assert isinstance(changed, OrderReplaced)
        await bob.buy(4)
        fills = [event for event in await told(alice) if isinstance(event, OrderExecuted)]
        assert [(fill.quantity, fill.price) for fill in fills] == [(4, Decimal(101))]
        assert [order.remaining_quantity for order in await alice.orders()] == [6]
        assert [row.net_position for row in await bob.positions()] == [4]
        assert [fill.trade_id async for fill in bob.fills()] == [1]
        assert (await alice.cancel(order_id=1)).remaining_quantity == 6
        assert (await alice.cancel_all(), await alice.cash()) == (0, None)

    with_two(engine, visit)


def test_many_questions_at_once_each_get_their_own_answer(engine: RunningEngine) -> None:
    async def visit(alice: AsyncExchangeClient, bob: AsyncExchangeClient) -> None:
        alice.send_raw({"type": "nonsense"})
        prices = range(1, 101)
        placed = await asyncio.gather(*[alice.buy(price, price) for price in prices], alice.ping())
        assert [order.quantity for order in placed[:-1] if order is not None] == list(prices)
        results = await asyncio.gather(
            alice.buy(1, "1.005"), alice.orders(), alice.cancel(order_id=999), return_exceptions=True
        )
        assert [isinstance(result, Rejected) for result in results] == [True, False, True]
        assert [type(event).__name__ for event in await told(alice)] == ["ErrorEvent"]

    with_two(engine, visit)


def test_a_followed_book_is_the_engines_after_every_barrier(engine: RunningEngine) -> None:
    async def visit(alice: AsyncExchangeClient, bob: AsyncExchangeClient) -> None:
        book = await bob.follow_book()
        assert (book.is_current, book.bids) == (True, [])
        with alice.batch():
            for price in (1, 2, 3):
                alice.send_order("BUY", 10, price)
        await alice.ping()
        await bob.ping()
        assert [level.price for level in book.bids] == [3, 2, 1]
        assert (await bob.unsubscribe("book")).symbol == "ACME"
        with pytest.raises(Rejected, match="UNKNOWN_SYMBOL"):
            await bob.follow_book("NONE")

    with_two(engine, visit)


def test_what_goes_wrong_names_the_order_it_is_about(engine: RunningEngine, tmp_path: Path) -> None:
    async def visit(alice: AsyncExchangeClient, bob: AsyncExchangeClient) -> None:
        with pytest.raises(LoginRejected, match="BAD_VALUE"):
            await alice.login("alice", last_seq=7)
        async with await AsyncExchangeClient.connect(port=engine.port, timeout_s=0.5) as hasty:
            await hasty.login("hasty", TokenStore(tmp_path / "tokens"))
            engine.send_signal(signal.SIGSTOP)
            with pytest.raises(NoAnswer) as late:
                await hasty.buy(10, 5, client_order_id="late")
            engine.send_signal(signal.SIGCONT)
            assert late.value.client_order_id == "late"
            await bob.ping()
            with pytest.raises(Rejected, match="DUPLICATE_CLIENT_ORDER_ID"):
                await hasty.buy(10, 5, client_order_id="late")
            engine.send_signal(signal.SIGSTOP)
            # Sent at once; the engine is killed when the loop comes round, while the answer is waited for.
            asyncio.get_running_loop().call_soon(engine.send_signal, signal.SIGKILL)
            with pytest.raises(ConnectionLost) as lost:
                await hasty.cancel(client_order_id="late")
            assert lost.value.client_order_id == "late"
            assert [type(event).__name__ async for event in hasty.events()] == ["OrderAccepted"]
            assert not hasty.is_open

    with_two(engine, visit)


def test_nobody_there_is_said_with_the_address() -> None:
    async def visit() -> None:
        with pytest.raises(ConnectionLost, match="cannot reach an engine at 127.0.0.1:1"):
            await AsyncExchangeClient.connect(port=1)

    asyncio.run(visit())


def public(client: type) -> dict[str, list[str]]:
    """The names of a client's methods, each with its parameters."""
    functions = inspect.getmembers(client, inspect.isfunction)
    return {name: list(inspect.signature(each).parameters) for name, each in functions if name[0] != "_"}


def test_it_has_the_names_and_parameters_of_the_one_that_blocks() -> None:
    without = {"messages", "poll_message", "fileno", "order_rows", "position_rows", "fill_rows", "quantity_ahead"}
    blocking = {name: parameters for name, parameters in public(ExchangeClient).items() if name not in without}
    assert public(AsyncExchangeClient) == blocking
