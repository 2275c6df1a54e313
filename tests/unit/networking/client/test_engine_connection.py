"""The client's end of the wire: exact prices, lines however they are cut, and every way a stream can end."""

from __future__ import annotations

import socket
from decimal import Decimal
from typing import Any, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.networking import tcp_client
from exchange.networking.client.engine_connection import EngineConnection
from exchange.networking.client.message_json import decode_message
from exchange.networking.tcp_client import (
    ConnectionLost,
    ExchangeClient,
    ExchangeError,
    ProtocolError,
    encode_message,
    exact_price,
)
from tests.support.canned_engine import CannedEngine, Request, echo, pong, talking_to

# Whatever a Decimal can look like: 12500E-2, 125, 1.25E+2.
PRICES = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(), st.integers(-9, 6)
).filter(lambda price: abs(price) < 10**15)


# --- prices ----------------------------------------------------------------------------------------------------


@given(PRICES)
def test_a_price_survives_the_wire_digit_by_digit(price: Decimal) -> None:
    line = encode_message({"type": "new_order", "price": price})
    assert decode_message(line.encode())["price"] == price
    assert "E" not in line.partition('"price":')[2]


@given(st.integers(min_value=-(10**9), max_value=10**9))
def test_an_integer_price_comes_in_as_a_decimal_like_any_other(price: int) -> None:
    received = decode_message(f'{{"type":"order_executed","price":{price},"quantity":5}}'.encode())
    assert type(received["price"]) is Decimal
    assert received["price"] == price
    assert type(received["quantity"]) is int


def test_money_in_lists_and_rows_is_decimal_too() -> None:
    listed = decode_message(b'{"type":"orders","orders":[{"price":7},{"price":null}]}')["orders"]
    assert [type(order["price"]) for order in listed] == [Decimal, type(None)]
    position = decode_message(b'{"type":"positions","positions":[{"average_price":7,"realised_pnl":-3}]}')
    assert {type(value) for value in position["positions"][0].values()} == {Decimal}
    book = decode_message(b'{"type":"book_snapshot","bids":[[7,10,1]],"asks":[[8.5,10,1]]}')
    assert [type(field) for field in book["bids"][0] + book["asks"][0]] == [Decimal, int, int] * 2
    assert type(decode_message(b'{"type":"book_update","changes":[["BID",7,1,1]]}')["changes"][0][1]) is Decimal


@pytest.mark.parametrize("price", [101.25, 101.0, float("nan"), True, None, [101], b"101"])
def test_a_price_of_an_inexact_or_foreign_type_is_a_type_error(price: Any) -> None:
    with pytest.raises(TypeError, match="pass "):
        exact_price(price)


@pytest.mark.parametrize("price", ["", "abc", "NaN", "Infinity", "1e999999", "1e-999999", Decimal("sNaN")])
def test_a_price_that_is_no_number_of_sane_size_is_a_value_error(price: Any) -> None:
    with pytest.raises(ValueError, match="price"):
        exact_price(price)


# --- the wire --------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(min_value=1, max_value=40), max_size=30))
def test_messages_arrive_whole_however_the_stream_is_cut(piece_sizes: list[int]) -> None:
    lines = [f'{{"type":"pong","id":"{"x" * size}"}}' for size in (0, 5, 50)]
    stream = "".join(line + "\n" for line in lines).encode()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        connection = EngineConnection.open("127.0.0.1", listener.getsockname()[1], 10.0)
        peer, _ = listener.accept()
        with peer:
            received = []
            for size in [*piece_sizes, len(stream)]:
                peer.sendall(stream[:size])
                stream = stream[size:]
                while (message := connection.receive(0.0)) is not None:
                    received.append(message)
        while len(received) < len(lines):
            message = connection.receive(None)
            assert message is not None
            received.append(message)
        connection.close()
    assert [len(message["id"]) for message in received] == [0, 5, 50]


def test_events_end_when_the_engine_closes_and_everything_it_sent_before_is_told_first() -> None:
    def answer(request: Request) -> Optional[list[str]]:
        return ['{"type":"order_canceled","order_id":1}'] if request["type"] == "cancel_all" else None

    with talking_to(answer) as (client, _):
        client.send_cancel_all()
        client.send_raw({"type": "logout"})
        assert [event["type"] for event in client.messages()] == ["order_canceled"]
        assert not client.is_open
        with pytest.raises(ConnectionLost, match="the engine closed the connection"):
            client.poll_message(None)


def test_a_wait_for_an_answer_ends_with_the_connection() -> None:
    with talking_to(lambda request: None) as (client, _), pytest.raises(ConnectionLost):
        client.buy(1, 1)


def test_a_wait_for_an_answer_that_never_comes_times_out_and_the_late_answer_confuses_nobody() -> None:
    late: list[str] = []

    def answer(request: Request) -> list[str]:
        if request["type"] == "get_orders" and not late:
            late.append('{"type":"orders","orders":[{"order_id":1}]}')
            return []
        if request["type"] == "ping":
            return late + pong(request)
        return ['{"type":"orders","orders":[]}']

    with talking_to(answer, timeout_s=0.2) as (client, _):
        with pytest.raises(TimeoutError, match=r"not answered within 0\.2 s"):
            client.orders()
        assert client.orders() == ()
        assert [event["orders"] for event in client.messages(0.1)] == [[{"order_id": 1}]]


def test_poll_returns_none_when_nothing_came() -> None:
    with talking_to(echo) as (client, _):
        assert client.poll_message(0) is None
        assert client.poll_message(0.01) is None


def test_nobody_listening_is_a_lost_connection_that_names_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ConnectionLost, match=f"127.0.0.1:{port}"):
        ExchangeClient.connect(port=port)


def test_an_engine_at_an_ipv6_address_is_reached_and_named_so_that_its_port_is_seen() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as listener:
        port = listener.getsockname()[1]
        with ExchangeClient.connect("::1", port) as client:
            peer, _ = listener.accept()
            with peer:
                peer.sendall(b'{"type":"heartbeat"}\n')
                assert client.poll_message(None) == {"type": "heartbeat"}
    with pytest.raises(ConnectionLost, match=rf"at \[::1\]:{port}: "):
        ExchangeClient.connect("::1", port)


def test_a_closed_client_says_so() -> None:
    with CannedEngine(echo) as engine:
        client = ExchangeClient.connect(port=engine.port)
        client.close()
        client.close()
        assert not client.is_open
        assert list(client.messages()) == []
        with pytest.raises(ExchangeError):
            client.send_cancel_all()


@pytest.mark.parametrize(
    "line",
    [
        "HTTP/1.1 400 Bad Request",
        "[]",
        '"type"',
        "7",
        "null",
        "{}",
        '{"type":7}',
        '{"type":"pong","id":NaN}',
        '{"type":"orders","orders":[7]}',
        '{"type":"book_update","changes":[7]}',
        '{"type":"book_snapshot","bids":[[]],"asks":[]}',
        '{"type":"book_snapshot","bids":[],"asks":[]}',
        '{"type":"pong","id":' + "9" * 5_000 + "}",
        "[" * 100_000,
        '{"type":"\udcff"}',
    ],
)
def test_a_line_that_is_no_message_is_a_protocol_error_and_the_next_one_is_read(line: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = ExchangeClient.connect(port=listener.getsockname()[1])
        peer, _ = listener.accept()
        with peer, client:
            client._followed.add(tcp_client.BookFollower(None, 20))
            peer.sendall(line.encode("utf-8", "surrogateescape") + b'\n{"type":"pong"}\n')
            with pytest.raises(ProtocolError, match="the engine sent a"):
                client.poll_message(None)
            assert client.poll_message(None) == {"type": "pong"}
