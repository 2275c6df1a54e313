"""Every fill of a market's day can be asked for, and only the newest are in memory."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.events import OrderExecuted
from exchange.engine.words import Liquidity, OrderStatus, Side
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.venue.kept_fills import KeptFills
from exchange.laboratory.venue.market_connection import connected_client
from exchange.networking.tcp_client import ExchangeClient
from tests.support.in_memory import count_in_memory

# Of each user so many are in memory at the most.
IN_MEMORY_MAX = 100


def fill(user: str, seq: int, trade_id: int, side: Side = Side.BUY) -> OrderExecuted:
    return OrderExecuted(
        user, seq, 10**18 + seq, 7 * seq, f"ü-{seq}", "ACME", side, trade_id, 10_000 + seq, 1 + seq % 9, 0,
        OrderStatus.FILLED, Liquidity.MAKER, displayed_quantity=None, fee_nanos=-seq,
    )  # fmt: skip


def joined(market: VirtualMarket, user: str) -> ExchangeClient:
    return connected_client(market, market.join(user))


def trade_ids(fills: Iterable[OrderExecuted]) -> list[int]:
    return [each.trade_id for each in fills]


@given(
    turns=st.lists(st.tuples(st.sampled_from(["ann", "bob"]), st.integers(1, 250), st.booleans()), max_size=6),
    after=st.integers(0, 700),
)
def test_what_is_asked_for_is_what_was_kept_in_its_order(turns: list[tuple[str, int, bool]], after: int) -> None:
    kept, told = KeptFills(), defaultdict[str, list[OrderExecuted]](list)
    trade_id = 0
    for user, count, with_oneself in turns:
        for _ in range(count):
            trade_id += 1
            for side in (Side.SELL, Side.BUY) if with_oneself else (Side.BUY,):
                told[user].append(fill(user, 3 * len(told[user]) + 1, trade_id, side))
                kept.keep(told[user][-1])
    for user in ("ann", "bob", "nobody"):
        assert list(kept.after_trade(user, after)) == [each for each in told[user] if each.trade_id > after]
        assert list(kept.after_seq(user, after)) == [each for each in told[user] if each.seq > after]


def test_of_ten_thousand_trades_the_newest_hundred_of_each_are_in_memory() -> None:
    gc.collect()
    others_before = count_in_memory(OrderExecuted)
    market = VirtualMarket()
    alice, bob = joined(market, "alice"), joined(market, "bob")
    for _ in range(100):
        with alice.batch(), bob.batch():
            for _ in range(100):
                alice.send_order("BUY", 1, "10.00")
                bob.send_order("SELL", 1, "10.00")
        market.settle()
        for client in (alice, bob):
            list(client.events(0))
    assert market.engine.matcher.last_trade_id == 10_000
    gc.collect()
    assert count_in_memory(OrderExecuted) - others_before <= 2 * IN_MEMORY_MAX
    fills = list(alice.fills())
    assert [each.trade_id for each in fills] == list(range(1, 10_001))
    assert {(each.side, each.quantity, str(each.price)) for each in fills} == {("BUY", 1, "10.00")}


def test_of_a_trade_with_oneself_the_buy_comes_first_and_the_two_are_never_split() -> None:
    """As the running exchange has it."""
    market = VirtualMarket()
    session = market.join("ann")
    ann = connected_client(market, session)
    for _ in range(2):
        ann.sell(1, "10.00")
        ann.buy(1, "10.00")
    assert [each.side for each in ann.fills()] == ["BUY", "SELL", "BUY", "SELL"]
    told: list[object] = []
    session.hear_all = told.extend
    session.send({"type": "get_fills", "limit": 3})
    market.settle()
    [answer] = told
    assert (len(getattr(answer, "fills", ())), getattr(answer, "more", None)) == (2, True)


def test_a_market_with_few_trades_has_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    kept = KeptFills()
    for number in range(1, IN_MEMORY_MAX):
        kept.keep(fill("ann", number, number))
    assert trade_ids(kept.after_trade("ann", 97)) == [98, 99]
    with pytest.raises(FileNotFoundError, match="gone"):
        kept.keep(fill("ann", 100, 100))


def test_the_file_is_closed_when_nobody_can_ask_any_more() -> None:
    kept = KeptFills()
    for number in range(1, IN_MEMORY_MAX + 1):
        kept.keep(fill("ann", number, number))
    file = kept._file
    del kept
    assert file is not None and file.closed
