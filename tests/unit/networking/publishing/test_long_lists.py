"""Lists that are long: they go out in pieces, and arrive as one line in their place."""

from __future__ import annotations

from exchange.networking.wire.encode import ROWS_IN_A_PIECE
from tests.support.in_process import InProcessExchange
from tests.support.raw_client import RawClient, kinds, limit

ORDERS = 20 * ROWS_IN_A_PIECE


def test_a_long_list_of_orders_comes_whole_between_the_answers_before_and_behind_it(
    exchange: InProcessExchange,
) -> None:
    with RawClient(exchange.port) as alice:
        alice.login("alice")
        alice.ask(*[limit(str(number), "BUY", 1, 1) for number in range(ORDERS)])
        before, listed, behind, again = alice.ask(
            {"type": "get_positions"},
            {"type": "get_orders"},
            {"type": "cancel_order", "client_order_id": "7"},
            {"type": "get_orders"},
        )
        assert kinds([before, listed, behind, again]) == ["positions", "orders", "order_canceled", "orders"]
        names = [order["client_order_id"] for order in listed["orders"]]
        assert names == [str(number) for number in range(ORDERS)]
        assert [order["quantity_ahead"] for order in listed["orders"]] == list(range(ORDERS))
        assert [order["client_order_id"] for order in again["orders"]] == [name for name in names if name != "7"]


def test_whoever_comes_back_to_a_long_past_hears_it_whole_and_then_what_is_new(
    exchange: InProcessExchange,
) -> None:
    with RawClient(exchange.port) as alice:
        token = alice.login("alice")["token"]
        alice.ask(*[limit(str(number), "BUY", 1, 1) for number in range(ORDERS)])
    with RawClient(exchange.port) as alice:
        alice.login("alice", token, last_seq=10)
        heard = alice.ask({"type": "cancel_order", "client_order_id": "0"})
        assert [event["seq"] for event in heard] == list(range(11, ORDERS + 2))
        assert heard[-1]["type"] == "order_canceled"
