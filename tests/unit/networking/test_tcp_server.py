"""The server with real sockets: who is answered and who hears what, in which order.

An order is answered, an event is heard, a subscription is gone *before the pong* that follows: no test waits for
time to pass.
"""

from __future__ import annotations

from tests.support.in_process import InProcessExchange
from tests.support.raw_client import RawClient, kinds, limit, login_message

# --- answers ---------------------------------------------------------------------------------------------------


def test_requests_of_one_packet_are_answered_in_the_order_sent(client: RawClient) -> None:
    client.send(
        {"type": "ping", "id": "first"},
        b"nonsense",
        login_message("alice"),
        limit("1", "BUY", 10, 1.5),
        limit("1", "BUY", 10, 1.5),
        {"type": "get_orders"},
        b"{}",
        {"type": "cancel_order", "client_order_id": "1"},
        {"type": "cancel_all"},
        {"type": "get_positions"},
        {"type": "ping", "id": "last"},
    )
    assert [client.next()["type"] for _ in range(11)] == [
        "pong",
        "error",
        "logged_in",
        "order_accepted",
        "order_rejected",
        "orders",
        "error",
        "order_canceled",
        "cancel_all_done",
        "positions",
        "pong",
    ]


def test_a_thousand_pipelined_orders_are_answered_in_order(alice: RawClient) -> None:
    answers = alice.ask(*[limit(str(number), "BUY", 1, 1) for number in range(1_000)])
    assert [answer["client_order_id"] for answer in answers] == [str(number) for number in range(1_000)]
    assert [answer["seq"] for answer in answers] == list(range(1, 1_001))


def test_a_line_that_comes_byte_by_byte_is_answered_like_any(client: RawClient) -> None:
    for byte in b'{"type":"ping","id":"slow"}\r\n':
        client.socket.sendall(bytes([byte]))
    assert client.next() == {"type": "pong", "id": "slow"}


def test_lines_behind_a_login_wait_for_its_answer(client: RawClient) -> None:
    """Sent in one packet, the order belongs to the user who logs in before it."""
    client.send(login_message("carol"), limit("1", "SELL", 3, 2))
    assert client.next()["user"] == "carol"
    assert client.next()["type"] == "order_accepted"


def test_without_a_login_only_public_requests_are_served(client: RawClient) -> None:
    refused = client.ask(limit("1", "BUY", 1, 1), {"type": "get_orders"}, {"type": "logout"})
    assert [answer["code"] for answer in refused] == ["NOT_LOGGED_IN"] * 3
    served = client.ask({"type": "subscribe", "channel": "book"}, {"type": "unsubscribe", "channel": "book"})
    assert kinds(served) == ["subscribed", "book_snapshot", "unsubscribed"]


def test_requests_that_pile_up_while_the_disk_is_slow_are_all_answered_in_order(
    exchange: InProcessExchange, alice: RawClient, bob: RawClient
) -> None:
    exchange.disk.may_commit.clear()
    alice.send(limit("first", "BUY", 1, 1))
    for number in range(500):
        bob.send({"type": "ping", "id": number})
    exchange.disk.may_commit.set()
    assert [bob.next()["id"] for _ in range(500)] == list(range(500))
    assert alice.next()["client_order_id"] == "first"


# --- who hears what --------------------------------------------------------------------------------------------


def test_maker_and_taker_hear_of_their_own_side_and_nobody_else_does(
    alice: RawClient, bob: RawClient, client: RawClient
) -> None:
    alice.ask(limit("offer", "SELL", 10, 5))
    told = bob.ask(limit("bid", "BUY", 4, 5))
    assert kinds(told) == ["order_accepted", "order_executed"]
    assert (told[1]["liquidity"], told[1]["status"]) == ("TAKER", "FILLED")
    (fill,) = alice.heard()
    assert (fill["liquidity"], fill["status"], fill["remaining_quantity"]) == ("MAKER", "PARTIALLY_FILLED", 6)
    assert client.heard() == []


def test_every_connection_of_a_user_hears_all_of_the_users_events_and_only_the_asker_its_answers(
    exchange: InProcessExchange, client: RawClient
) -> None:
    token = client.login("alice").get("token")
    with RawClient(exchange.port) as second:
        assert second.login("alice", token)["type"] == "logged_in"
        sent = client.ask(limit("1", "BUY", 10, 1), limit("1", "BUY", 10, 1), {"type": "get_orders"})
        assert kinds(sent) == ["order_accepted", "order_rejected", "orders"]
        assert second.heard() == sent[:1]
        canceled = second.ask({"type": "cancel_all"})
        assert kinds(canceled) == ["order_canceled", "cancel_all_done"]
        assert client.heard() == canceled[:1]
        second.ask(limit("2", "BUY", 10, 1))
    assert kinds(client.heard()) == ["order_accepted"]


def test_a_pong_comes_after_all_market_data_of_what_was_handled_before(
    alice: RawClient, client: RawClient
) -> None:
    client.ask({"type": "subscribe", "channel": "book"}, {"type": "subscribe", "channel": "trades"})
    alice.ask(limit("1", "SELL", 5, 3), limit("2", "BUY", 2, 3))
    heard = client.heard()
    assert sorted(set(kinds(heard))) == ["book_update", "trade"]
    assert heard[-1]["changes"] == [["ASK", 3, 3, 1]]
    assert kinds(alice.ask({"type": "subscribe", "channel": "book"}, {"type": "cancel_all"})) == [
        "subscribed",
        "book_snapshot",
        "order_canceled",
        "cancel_all_done",
        "book_update",
    ]


def test_the_book_is_told_to_its_subscribers_until_they_unsubscribe(alice: RawClient, client: RawClient) -> None:
    client.ask({"type": "subscribe", "channel": "book"})
    alice.ask(limit("1", "BUY", 5, 3))
    assert kinds(client.ask({"type": "unsubscribe", "channel": "book"})) == ["book_update", "unsubscribed"]
    alice.ask(limit("2", "BUY", 5, 3))
    assert client.heard() == []


def test_a_subscription_to_what_is_not_listed_is_refused(client: RawClient) -> None:
    (refused,) = client.ask({"type": "subscribe", "channel": "book", "symbol": "NONE"})
    assert (refused["type"], refused["code"]) == ("error", "UNKNOWN_SYMBOL")
    assert "NONE" in refused["text"]


# --- logins ----------------------------------------------------------------------------------------------------


def test_a_user_who_differs_by_letter_case_alone_is_refused_and_hung_up_on(
    exchange: InProcessExchange, alice: RawClient
) -> None:
    alice.ask(limit("1", "BUY", 1, 1))
    for name in ("ALICE", "Alice", "alicE"):
        with RawClient(exchange.port) as impostor:
            refused = impostor.login(name)
            assert refused["type"] == "login_rejected"
            assert name in refused["text"]
            assert impostor.remainder() == []


def test_a_second_login_on_one_connection_is_refused_and_ends_it(alice: RawClient) -> None:
    alice.send(login_message("zoe"), limit("1", "BUY", 1, 1))
    assert kinds(alice.remainder()) == ["login_rejected"]
