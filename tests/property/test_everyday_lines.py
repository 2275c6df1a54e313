"""The templates decide nothing that the strict decoder would decide otherwise, and take what most clients send."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.engine.commands import NewOrder
from exchange.networking.client import request_messages
from exchange.networking.client.message_json import encode_message
from exchange.networking.wire import everyday as module
from exchange.networking.wire.decode import decode, decode_strictly
from exchange.networking.wire.everyday import everyday
from tests.support.everyday_lines import USER, disagreement, everyday_line, mutated_lines

LINES = 200


@given(st.integers(0, 2**32))
def test_what_a_template_takes_the_strict_decoder_takes_the_same_way(seed: int) -> None:
    for line in mutated_lines(random.Random(seed), LINES):
        assert disagreement(line) == ""


@given(st.integers(0, 2**32))
def test_every_everyday_line_is_taken_by_a_template(seed: int) -> None:
    line = everyday_line(random.Random(seed)).encode()
    assert everyday(line, USER) == decode_strictly(line, USER) == decode(line, USER)


@pytest.mark.parametrize("end", ["", "\r", " ", "\n", "\x00", "}", '{"type":"ping"}'])
@pytest.mark.parametrize("start", ["", " ", "\ufeff", '{"type":"ping"}'])
def test_a_template_is_held_to_both_ends_of_the_line(start: str, end: str) -> None:
    line = f'{start}{{"type":"cancel_order","order_id":1}}{end}'.encode()
    assert (everyday(line, USER) is not None) == (start == end == "")


def test_nobody_is_served_by_a_template_before_a_login() -> None:
    line = everyday_line(random.Random(1)).encode()
    assert decode(line, None) == decode_strictly(line, None) != everyday(line, USER)


def test_orders_of_the_client_library_are_everyday_lines() -> None:
    order = request_messages.new_order(
        *("c-1", "BUY", 5, Decimal("100.25")), symbol="ACME", order_type=None, stop_price=None, time_in_force=None,
        post_only=None, display_quantity=None, self_trade_prevention=None,
    )  # fmt: skip
    assert isinstance(everyday(encode_message(order).encode(), USER), NewOrder)


def test_ever_new_prices_take_no_memory_without_end() -> None:
    for number in range(module.PRICES_MAX + 10):
        order = f'{{"type":"replace_order","order_id":1,"price":{number}.25}}'
        assert everyday(order.encode(), USER) is not None
    assert len(module._price_nanos) <= module.PRICES_MAX
