"""Every protection left out: nothing is fair, nothing is bounded, nobody lingers; the exchange still trades."""

from __future__ import annotations

import sys

from tests.support.in_process import InProcessExchange, started
from tests.support.raw_client import RawClient, kinds, limit


def test_the_exchange_trades_with_every_protection_left_out() -> None:
    bare = InProcessExchange(throttle=None, is_fair=False)
    bare.server.linger_s = 0.0
    bare.server.all_backlogs.bytes_max = sys.maxsize
    assert bare.server.turns is None
    with started(bare) as exchange, RawClient(exchange.port) as alice, RawClient(exchange.port) as bob:
        alice.login("alice")
        bob.login("bob")
        bob.ask({"type": "subscribe", "channel": "book"})
        assert kinds(alice.ask(limit("1", "SELL", 5, 1))) == ["order_accepted"]
        told = kinds(bob.ask(limit("1", "BUY", 5, 1)))
        assert {"order_accepted", "order_executed", "book_update"} <= set(told)
        assert kinds(alice.ask({"type": "get_orders"})) == ["order_executed", "orders"]
