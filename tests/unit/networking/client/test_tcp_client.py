"""The client library against canned answers: what it sends, and whose answer is whose."""

from __future__ import annotations

import json
import textwrap
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any, Optional

import pytest

from exchange.engine.words import SelfTradePrevention, Side
from exchange.networking import tcp_client
from exchange.networking.tcp_client import (
    ConnectionLost,
    ExchangeClient,
    ListedInstrument,
    LoginRejected,
    NoAnswer,
    Rejected,
    TokenStore,
)
from tests.support.canned_engine import (
    CannedEngine,
    Request,
    accepted,
    echo,
    event,
    live_order,
    pong,
    rejected,
    talking_to,
)

LEVELS = '"bids":[[99,10,1],[98.5,5,2]],"asks":[[100,7,1]]'
SNAPSHOT = '{"type":"book_snapshot","symbol":"ACME","sequence":%d,' + LEVELS + "}"
UPDATE = '{"type":"book_update","symbol":"%s","sequence":%d,"changes":%s}'
SUBSCRIBED = '{"type":"subscribed","channel":"book","symbol":"ACME"}'


def test_a_float_price_is_refused_before_anything_is_sent() -> None:
    with talking_to(echo) as (client, engine):
        with pytest.raises(TypeError, match=r'pass Decimal\("101.25"\)'):
            client.send_order("BUY", 10, 101.25)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="float"):
            client.send_raw({"type": "new_order", "stop_price": 1.5})
        client.ping()
        assert engine.next_request()["type"] == "ping"


# --- what is sent ----------------------------------------------------------------------------------------------


def test_an_order_is_sent_with_the_protocols_fields_and_an_exact_price() -> None:
    with talking_to(echo) as (client, engine):
        client.send_order(
            Side.BUY,
            10,
            "101.250",
            symbol="ACME",
            time_in_force="GTC",
            post_only=True,
            self_trade_prevention=SelfTradePrevention.CANCEL_BOTH,
            client_order_id="c1",
        )
        assert engine.next_request() == {
            "type": "new_order",
            "client_order_id": "c1",
            "side": "BUY",
            "order_type": "LIMIT",
            "quantity": 10,
            "price": 101.25,
            "symbol": "ACME",
            "time_in_force": "GTC",
            "post_only": True,
            "self_trade_prevention": "CANCEL_BOTH",
        }
        assert b'"price":101.250' in engine.lines.get_nowait()


def test_an_order_without_a_price_is_a_market_order_and_leaves_out_what_was_not_given() -> None:
    with talking_to(echo) as (client, engine):
        client_order_id = client.send_order("sell", 5)
        order = {"type": "new_order", "client_order_id": client_order_id, "side": "SELL"}
        assert engine.next_request() == {**order, "order_type": "MARKET", "quantity": 5}


def test_generated_client_order_ids_differ_within_a_client_and_between_clients() -> None:
    def ids_of_one_client() -> set[str]:
        with talking_to(echo) as (client, _):
            return {client.send_order("BUY", 1, 1) for _ in range(100)}

    first, second = ids_of_one_client(), ids_of_one_client()
    assert len(first | second) == 200
    assert all(len(client_order_id) <= 64 and client_order_id.isascii() for client_order_id in first)


def test_the_other_requests_are_spelled_as_the_protocol_says() -> None:
    with talking_to(lambda request: []) as (client, engine):
        client.send_cancel(order_id=7)
        client.send_cancel(client_order_id="c1")
        client.send_replace(order_id=7, price="1.5", quantity=20, new_client_order_id="c2")
        client.send_cancel_all()
        client.send_cancel_all("ACME")
        client.send_ping(3)
        assert [engine.next_request() for _ in range(6)] == [
            {"type": "cancel_order", "order_id": 7},
            {"type": "cancel_order", "client_order_id": "c1"},
            {"type": "replace_order", "order_id": 7, "price": 1.5, "quantity": 20, "new_client_order_id": "c2"},
            {"type": "cancel_all"},
            {"type": "cancel_all", "symbol": "ACME"},
            {"type": "ping", "id": 3},
        ]


@pytest.mark.parametrize("ids", [{}, {"order_id": 1, "client_order_id": "c1"}])
def test_an_order_named_by_no_id_or_by_two_is_the_programs_mistake(ids: dict[str, Any]) -> None:
    with talking_to(echo) as (client, _):
        with pytest.raises(TypeError, match="either order_id or client_order_id"):
            client.send_cancel(**ids)
        with pytest.raises(TypeError, match="either order_id or client_order_id"):
            client.replace(quantity=5, **ids)


def send_a_good_order_and_a_bad_one(client: ExchangeClient) -> None:
    client.send_order("BUY", 1, 1)
    client.send_order("BUY", 1, 1.5)  # type: ignore[arg-type]


def test_a_batch_is_sent_at_its_end_and_one_that_raised_is_not_sent() -> None:
    with talking_to(echo) as (client, engine):
        with client.batch():
            sent = [client.send_order("BUY", 1, 1) for _ in range(3)]
            assert engine.requests.empty()
        assert [engine.next_request()["client_order_id"] for _ in sent] == sent
        with pytest.raises(TypeError, match="float"), client.batch():
            send_a_good_order_and_a_bad_one(client)
        client.ping()
        assert engine.next_request()["type"] == "ping"


def test_a_wait_within_a_batch_sends_what_was_collected_first() -> None:
    with talking_to(echo) as (client, engine):
        with client.batch():
            first = client.send_order("BUY", 1, 1)
            second = client.buy(2, 1).client_order_id
            third = client.send_order("BUY", 3, 1)
        orders = [request for request in (engine.next_request() for _ in range(4)) if request["type"] != "ping"]
        assert [order["client_order_id"] for order in orders] == [first, second, third]


def test_two_threads_that_send_at_once_never_tear_a_line() -> None:
    with talking_to(lambda request: pong(request) if request["type"] == "ping" else []) as (client, engine):

        def send_many() -> None:
            for _ in range(500):
                client.send_order("BUY", 1, "1.01")

        threads = [threading.Thread(target=send_many, name=f"sender-{number}") for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        client.ping()
        orders = [engine.next_request() for _ in range(1_000)]
        assert len({order["client_order_id"] for order in orders}) == 1_000


# --- whose answer is it ----------------------------------------------------------------------------------------


def test_place_returns_its_own_acceptance_and_keeps_everything_else_in_order_for_events() -> None:
    other = '{"type":"order_executed","order_id":9,"client_order_id":"other","price":1.5}'
    fill = '{"type":"order_executed","order_id":1,"client_order_id":"mine","price":1.5}'

    def answer(request: Request) -> list[str]:
        return [other, accepted({**request, "client_order_id": "of another connection"}), accepted(request), fill]

    with talking_to(answer) as (client, _):
        assert client.buy(10, "1.5", client_order_id="mine").client_order_id == "mine"
        assert [event["client_order_id"] for event in client.messages(timeout_s=0.2)] == [
            "other",
            "of another connection",
            "mine",
        ]


def test_a_refused_order_raises_with_the_engines_code_and_text() -> None:
    with talking_to(lambda request: [rejected(request, "NO_LIQUIDITY", "nobody offers")]) as (client, _):
        with pytest.raises(Rejected, match="NO_LIQUIDITY: nobody offers") as caught:
            client.sell(5)
        assert (caught.value.code, caught.value.text) == ("NO_LIQUIDITY", "nobody offers")
        assert caught.value.message["type"] == "order_rejected"


def test_an_order_whose_answer_never_came_is_named_and_can_be_sent_again_without_being_doubled() -> None:
    orders: dict[str, Request] = {}

    def answer(request: Request) -> list[str]:
        if request["type"] != "new_order":
            return pong(request)
        if request["client_order_id"] in orders:
            return [rejected(request, "DUPLICATE_CLIENT_ORDER_ID", "it is order 1")]
        orders[request["client_order_id"]] = request
        return []  # It was taken, but nobody says so.

    with talking_to(answer, timeout_s=0.1) as (client, _):
        with pytest.raises(NoAnswer, match="which it may have taken") as caught:
            client.buy(10, "1.5")
        assert isinstance(caught.value, TimeoutError)
        assert list(orders) == [caught.value.client_order_id]
        with pytest.raises(Rejected, match="DUPLICATE") as refused:
            client.buy(10, "1.5", client_order_id=caught.value.client_order_id)
        assert refused.value.client_order_id == caught.value.client_order_id
        assert len(orders) == 1


@pytest.mark.parametrize("ask", ["place", "buy", "sell"])
def test_a_connection_that_is_lost_while_an_order_waits_names_the_order_too(ask: str) -> None:
    with talking_to(lambda request: None) as (client, engine):
        with pytest.raises(ConnectionLost) as caught:
            client.place("BUY", 1, 1) if ask == "place" else getattr(client, ask)(1, 1)
        assert caught.value.client_order_id == engine.next_request()["client_order_id"]
        with pytest.raises(ConnectionLost) as unasked:
            client.poll_message(None)
        assert unasked.value.client_order_id is None


def test_a_cancel_and_a_replace_without_an_answer_name_their_order() -> None:
    with talking_to(lambda request: [], timeout_s=0.05) as (client, _):
        with pytest.raises(NoAnswer, match="about order 7") as caught:
            client.cancel(order_id=7)
        assert (caught.value.order_id, caught.value.client_order_id) == (7, None)
        with pytest.raises(NoAnswer) as caught:
            client.replace(client_order_id="c1", quantity=3)
        assert (caught.value.order_id, caught.value.client_order_id) == (None, "c1")
        with pytest.raises(NoAnswer, match=r"within 0\.05 s$"):
            client.orders()


def test_an_error_to_something_only_sent_is_not_taken_for_the_answer_of_a_later_order() -> None:
    def answer(request: Request) -> list[str]:
        if request["type"] == "nonsense":
            return ['{"type":"error","code":"UNKNOWN_TYPE","text":"type nonsense"}']
        return echo(request)

    with talking_to(answer) as (client, _):
        client.send_raw({"type": "nonsense"})
        assert client.buy(1, 1).order_id == 1
        assert [event["type"] for event in client.messages(0.2)] == ["error"]


def test_an_error_to_the_request_itself_raises_and_the_client_goes_on() -> None:
    def answer(request: Request) -> list[str]:
        if request["type"] == "get_orders":
            return ['{"type":"error","code":"NOT_LOGGED_IN","text":"log in first"}']
        return echo(request)

    with talking_to(answer) as (client, engine):
        with pytest.raises(Rejected, match="NOT_LOGGED_IN"):
            client.orders()
        client.buy(1, 1)
        # Nothing was unanswered, so no barrier was needed.
        assert [engine.next_request()["type"] for _ in range(2)] == ["get_orders", "new_order"]


def test_cancel_and_replace_know_their_answers_by_the_id_they_gave() -> None:
    def answer(request: Request) -> list[str]:
        if request.get("order_id") == 8:
            return ['{"type":"cancel_rejected","order_id":8,"code":"TOO_LATE","text":"order 8 is done"}']
        if request["type"] == "cancel_order":
            return [
                event("order_canceled", order_id=6, client_order_id="b", reason="USER_REQUESTED"),
                event("order_canceled", order_id=7, client_order_id="a", reason="USER_REQUESTED"),
            ]
        return [event("order_replaced", order_id=7, client_order_id="new", price=2, priority_kept=False)]

    with talking_to(answer) as (client, _):
        assert client.cancel(order_id=7).order_id == 7
        assert client.cancel(client_order_id="a").order_id == 7
        assert client.replace(client_order_id="a", price=2, new_client_order_id="new").client_order_id == "new"
        with pytest.raises(Rejected, match="TOO_LATE"):
            client.cancel(order_id=8)
        assert [event["order_id"] for event in client.messages(0.2)] == [6, 6]


def test_lists_and_counts_are_returned_as_such() -> None:
    answers = {
        "cancel_all": '{"type":"cancel_all_done","count":3}',
        "get_orders": '{"type":"orders","orders":[{"order_id":1,"price":2}]}',
        "get_positions": '{"type":"positions","positions":[]}',
        "unsubscribe": '{"type":"unsubscribed","channel":"trades","symbol":"ACME"}',
    }
    with talking_to(lambda request: [answers[request["type"]]]) as (client, _):
        assert client.cancel_all() == 3
        assert client.order_rows() == [{"order_id": 1, "price": Decimal(2)}]
        assert client.position_rows() == []
        assert client.positions() == ()
        assert client.unsubscribe("trades").symbol == "ACME"


def test_fills_are_asked_for_page_by_page_as_they_are_read() -> None:
    def answer(request: Request) -> list[str]:
        first = request["after_trade_id"] + 1
        fills = [{"trade_id": first + place, "price": 7, "fee": 1} for place in range(2)]
        return [json.dumps({"type": "fills", "fills": fills, "more": first < 5})]

    with talking_to(answer) as (client, engine):
        fills = client.fill_rows("ACME")
        assert next(fills) == {"trade_id": 1, "price": Decimal(7), "fee": Decimal(1)}
        assert engine.next_request() == {
            "type": "get_fills",
            "symbol": "ACME",
            "after_trade_id": 0,
            "limit": 1_000,
        }
        assert engine.requests.empty()
        assert [fill["trade_id"] for fill in fills] == [2, 3, 4, 5, 6]
        assert [fill["trade_id"] for fill in client.fill_rows(after_trade_id=8)] == [9, 10]


def test_stops_icebergs_and_their_changes_are_spelled_as_the_protocol_says() -> None:
    with talking_to(lambda request: []) as (client, engine):
        client.send_order("BUY", 10, stop_price="101.5")
        client.send_order("SELL", 10, "99.0", stop_price="99.5", time_in_force="DAY")
        client.send_order("BUY", 100, 99, display_quantity=10)
        client.send_replace(order_id=1, stop_price=102)
        sent = [engine.next_request() for _ in range(4)]
        assert [order.get("order_type") for order in sent] == ["STOP", "STOP_LIMIT", "LIMIT", None]
        assert (sent[0]["stop_price"], "price" in sent[0], sent[1]["price"]) == (101.5, False, 99.0)
        assert (sent[2]["display_quantity"], sent[3]["stop_price"]) == (10, 102)


def test_the_trades_before_this_moment_and_news_can_be_subscribed_to() -> None:
    snapshot = '{"type":"trades_snapshot","symbol":"ACME","trades":[{"price":7}],"open":7,"low":6.5,"last":null}'
    answer = ['{"type":"subscribed","channel":"trades","symbol":"ACME"}', snapshot]
    with talking_to(lambda request: answer) as (client, engine):
        client.subscribe("trades", "ACME", last=50)
        assert engine.next_request() == {"type": "subscribe", "channel": "trades", "symbol": "ACME", "last": 50}
        told = client.poll_message(1.0)
        assert told is not None
        assert (told["trades"], told["open"], told["last"]) == ([{"price": Decimal(7)}], Decimal(7), None)
        client.subscribe("news")
        assert engine.next_request() == {"type": "subscribe", "channel": "news"}


def test_an_order_tells_how_much_is_shown_before_it() -> None:
    rows = ",".join([live_order(1, "a", quantity_ahead=7), live_order(2, "b", quantity_ahead=None)])
    with talking_to(lambda request: ['{"type":"orders","orders":[' + rows + "]}"]) as (client, _):
        assert client.quantity_ahead(order_id=1) == 7
        assert client.quantity_ahead(client_order_id="a") == 7
        assert client.quantity_ahead(client_order_id="b") is None
        assert client.quantity_ahead(order_id=9) is None


def test_cash_is_told_where_the_user_was_endowed() -> None:
    with talking_to(lambda request: ['{"type":"positions","positions":[],"cash":1000}']) as (client, _):
        cash = client.cash()
        assert (cash, type(cash)) == (Decimal(1000), Decimal)
    with talking_to(lambda request: ['{"type":"positions","positions":[]}']) as (client, _):
        assert client.cash() is None


def test_login_keeps_user_and_instruments_and_passes_further_fields_through() -> None:
    limits = '"lot_size":1,"min_quantity":1,"max_quantity":9,"phase":"CONTINUOUS"'
    acme = '{"symbol":"ACME","tick_size":1,' + limits + "}"
    answer = '{"type":"logged_in","user":"alice","next_seq":1,"instruments":[' + acme + "]}"
    with talking_to(lambda request: [answer]) as (client, engine):
        assert client.login("alice", last_seq=4).next_seq == 1
        listed = ListedInstrument("ACME", Decimal(1), 1, 1, 9, "CONTINUOUS")
        assert (client.user, client.instruments) == ("alice", [listed])
        assert client.resumed_after == 4
        assert engine.next_request() == {"type": "login", "user": "alice", "last_seq": 4}


def test_a_login_sends_the_token_that_an_earlier_one_was_told(tmp_path: Path) -> None:
    tokens = TokenStore(tmp_path / "tokens")
    answer = '{"type":"logged_in","user":"alice","next_seq":8,"instruments":[],"token":"5ec4e7"}'
    for sent in ({}, {"token": "5ec4e7"}):
        with talking_to(lambda request: [answer]) as (client, engine):
            client.login("alice", tokens)
            assert client.resumed_after == 7
            assert engine.next_request() == {"type": "login", "user": "alice", **sent}


def test_nothing_is_claimed_when_its_token_could_not_be_kept(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("a file where the directory should be")
    with talking_to(echo) as (client, engine):
        with pytest.raises(OSError, match="tokens"):
            client.login("alice", TokenStore(tmp_path / "tokens"))
        assert engine.requests.empty()


@pytest.mark.parametrize("answer_type", ["login_rejected", "error"])
def test_a_refused_login_is_told_apart_from_other_refusals(answer_type: str) -> None:
    refusal = json.dumps({"type": answer_type, "code": "BAD_VALUE", "text": "user ''"})
    with talking_to(lambda request: [refusal]) as (client, _), pytest.raises(LoginRejected, match="BAD_VALUE"):
        client.login("")


# --- the example -----------------------------------------------------------------------------------------------


def test_the_bot_in_the_docstring_runs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    _, _, rest = (tcp_client.__doc__ or "").partition("or less:\n\n")
    example, _, _ = rest.partition("\n\nTwo ways")
    bot = textwrap.dedent(example)
    assert len([line for line in bot.splitlines() if line.strip()]) <= 15
    orders = []

    def answer(request: Request) -> Optional[list[str]]:
        if request["type"] == "login":
            return ['{"type":"logged_in","user":"alice","instruments":[]}']
        if request["type"] == "subscribe":
            return [SUBSCRIBED, SNAPSHOT % 1, UPDATE % ("ACME", 2, '[["ASK",99.5,7,1]]')]
        orders.append(request)
        if len(orders) == 2:
            return None
        ids = {"order_id": 1, "client_order_id": "c", "trade_id": 1, "side": "BUY", "liquidity": "TAKER"}
        fill = event("order_executed", **{**ids, "quantity": 7, "price": 99.25})
        return [accepted(request), fill, UPDATE % ("ACME", 3, '[["ASK",99.5,0,0],["ASK",99.25,1,1]]')]

    # The stand-in ends the bot by closing at its second order.
    with CannedEngine(answer) as engine, pytest.raises(ConnectionLost):
        exec(bot.replace("connect()", f"connect(port={engine.port})"), {})
    assert [(order["side"], order["price"], order["time_in_force"]) for order in orders] == [
        ("BUY", 99.5, "IOC"),
        ("BUY", 99.25, "IOC"),
    ]
    assert capsys.readouterr().out == "bought 7 at 99.25\n"
