"""Sessions of a real engine: who gets in, what nobody misses, what ends with a connection, who may do how much."""

from __future__ import annotations

import json
import queue
import random
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Optional

import pytest

from tests.support.processes import WAIT_S, Program, RunningEngine, operate
from tests.support.raw_client import Message, RawClient, kinds, limit, login_message

EVENTS_HELD_MAX = 10_000


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[RunningEngine]:
    with RunningEngine(tmp_path) as engine:
        yield engine


class Trader(RawClient):
    """A connection that is logged in as `user`; `answer` is what the login was answered, `token` the user's."""

    def __init__(self, engine: RunningEngine, user: str, token: Optional[str] = None, **options: Any) -> None:
        super().__init__(engine.port)
        self.user = user
        self.answer = self.login(user, token, **options)
        assert self.answer["type"] == "logged_in", self.answer
        self.token: str = token or self.answer["token"]

    def again(self, engine: RunningEngine, **options: Any) -> Trader:
        """Another connection of the same user."""
        return Trader(engine, self.user, self.token, **options)


def refused_login(engine: RunningEngine, user: str, token: Optional[str] = None, **options: Any) -> Message:
    """The answer to a login that must be refused, and the end of the connection with it."""
    with RawClient(engine.port) as stranger:
        stranger.send(login_message(user, token, **options), limit("1", "BUY", 1, 1))
        (answer,) = stranger.remainder()
    assert answer["type"] == "login_rejected"
    return answer


def seqs(messages: list[Message]) -> list[int]:
    return [message["seq"] for message in messages if "seq" in message]


def live_ids(client: RawClient) -> list[str]:
    """The client order ids of the user's live orders; nothing else may be waiting."""
    (listed,) = client.ask({"type": "get_orders"})
    return [order["client_order_id"] for order in listed["orders"]]


def stop(engine: RunningEngine, number: signal.Signals = signal.SIGTERM) -> None:
    engine.send_signal(number)
    engine.wait()


# --- who gets in -----------------------------------------------------------------------------------------------


def test_the_first_login_claims_the_name_and_every_later_one_needs_its_token(engine: RunningEngine) -> None:
    with Trader(engine, "alice") as alice, alice.again(engine) as again, Trader(engine, "bob") as bob:
        assert len(alice.token) >= 32
        assert "token" not in again.answer
        assert bob.token != alice.token
        for wrong in (None, "0" * 64, bob.token, alice.token[:-1], alice.token.upper()):
            answer = refused_login(engine, "alice", wrong)
            assert answer["code"] == "BAD_TOKEN"
            assert alice.token not in answer["text"]
        assert kinds(alice.ask(limit("1", "BUY", 1, 1))) == ["order_accepted"]


@pytest.mark.parametrize("name", ["ALICE", "Alice", "alicE"])
def test_a_name_that_differs_by_letter_case_alone_can_not_be_claimed(engine: RunningEngine, name: str) -> None:
    with Trader(engine, "alice"):
        answer = refused_login(engine, name)
        assert (answer["code"], name in answer["text"]) == ("BAD_VALUE", True)


@pytest.mark.parametrize("user", ["../../x", "a/b", "", "a" * 33])
def test_a_user_that_is_a_path_is_refused_and_makes_no_file(
    engine: RunningEngine, tmp_path: Path, user: str
) -> None:
    before = sorted(tmp_path.rglob("*"))
    with RawClient(engine.port) as stranger:
        (refused,) = stranger.ask(login_message(user))
        assert (refused["type"], refused["code"]) == ("error", "BAD_VALUE")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_token_survives_a_restart_and_only_a_hash_of_it_is_on_disk(tmp_path: Path) -> None:
    with RunningEngine(tmp_path) as engine, Trader(engine, "alice") as alice, Trader(engine, "bob"):
        alice.ask(limit("1", "BUY", 1, 1))
        stop(engine, signal.SIGKILL)
    for number in (signal.SIGTERM, signal.SIGKILL):
        with RunningEngine(tmp_path) as engine:
            with alice.again(engine) as again:
                assert live_ids(again) == ["1"]
            assert refused_login(engine, "alice")["code"] == "BAD_TOKEN"
            stop(engine, number)
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(alice.token.encode() in content for content in kept)
    assert any(b"scrypt-" in content for content in kept)


def test_of_many_who_claim_a_name_at_once_one_gets_it(engine: RunningEngine) -> None:
    clients = [RawClient(engine.port) for _ in range(6)]
    try:
        for client in clients:
            client.send(login_message("alice"))
        answers = [client.next() for client in clients]
        winners = [answer for answer in answers if answer["type"] == "logged_in"]
        assert len(winners) == 1
        assert {answer["code"] for answer in answers if answer["type"] == "login_rejected"} == {"BAD_TOKEN"}
        Trader(engine, "alice", winners[0]["token"]).close()
    finally:
        for client in clients:
            client.close()


def test_nothing_can_be_learned_of_another_users_orders(engine: RunningEngine) -> None:
    """Live, done or never there: the answer is the same."""
    with Trader(engine, "alice") as alice, Trader(engine, "mallory") as mallory:
        live, done, _ = alice.ask(
            limit("live", "BUY", 1, 1),
            limit("done", "BUY", 1, 1),
            {"type": "cancel_order", "client_order_id": "done"},
        )
        answers = []
        for order_id in (live["order_id"], done["order_id"], 1_000):
            for request in ({"type": "cancel_order"}, {"type": "replace_order", "quantity": 1}):
                (refused,) = mallory.ask({**request, "order_id": order_id})
                assert (refused["code"], refused["order_id"]) == ("UNKNOWN_ORDER", order_id)
                answers.append(refused["text"].replace(str(order_id), "N"))
            (refused,) = mallory.ask({"type": "cancel_order", "client_order_id": "live"})
            assert refused["code"] == "UNKNOWN_ORDER"
        assert len(set(answers)) == 1
        assert live_ids(mallory) == []
        assert live_ids(alice) == ["live"]


def test_every_connection_of_a_user_hears_all_events_and_its_own_answers(engine: RunningEngine) -> None:
    with Trader(engine, "alice") as first, first.again(engine) as second, first.again(engine) as third:
        with Trader(engine, "bob") as bob:
            second.ask(limit("1", "SELL", 10, 5), limit("1", "SELL", 10, 5))
            bob.ask(limit("1", "BUY", 4, 5))
            third.ask({"type": "cancel_all"})
        heard = [client.heard() for client in (first, second, third)]
        assert kinds(heard[0]) == ["order_accepted", "order_executed", "order_canceled"]
        assert seqs(heard[0]) == [1, 2, 3]
        assert heard[1] == heard[0][1:], "it took the acceptance as an answer already"
        assert heard[2] == [], "it took everything as what came before its answer"


# --- what nobody misses ----------------------------------------------------------------------------------------


class Load(threading.Thread):
    """Buys one unit after the other of what alice offers, never more than it is allowed to."""

    def __init__(self, engine: RunningEngine) -> None:
        super().__init__(name="load", daemon=True)
        self._bob = Trader(engine, "bob")
        # How many more to buy, 0 for an end.
        self._orders: queue.Queue[int] = queue.Queue(200)
        self.bought_count = 0

    def allow(self, count: int) -> None:
        """Let it buy so many more."""
        self._orders.put(count)

    def finish(self) -> None:
        """End it when it has bought all it was allowed."""
        self._orders.put(0)
        self.join(WAIT_S)
        assert not self.is_alive()

    def run(self) -> None:
        with self._bob:
            while count := self._orders.get():
                for _ in range(count):
                    self.bought_count += 1
                    self._bob.ask(limit(str(self.bought_count), "BUY", 1, 5))


def test_a_hundred_reconnects_under_load_lose_no_event_and_repeat_none(engine: RunningEngine) -> None:
    chance = random.Random(1)
    load = Load(engine)
    with Trader(engine, "alice") as alice:
        heard = alice.ask(limit("offer", "SELL", 1_000_000, 5))
        token = alice.token
    load.start()
    for _ in range(100):
        load.allow(chance.randrange(1, 30))
        with Trader(engine, "alice", token, last_seq=heard[-1]["seq"]) as alice:
            for _ in range(chance.randrange(3)):
                heard += [event for event in alice.heard() if "seq" in event]
    load.finish()
    with Trader(engine, "alice", token, last_seq=heard[-1]["seq"]) as alice:
        heard += alice.heard()
        assert alice.answer["next_seq"] == heard[-1]["seq"] + 1
    assert seqs(heard) == list(range(1, load.bought_count + 2))
    assert kinds(heard) == ["order_accepted"] + ["order_executed"] * load.bought_count


def test_what_happened_while_away_is_told_after_a_kill(tmp_path: Path) -> None:
    with RunningEngine(tmp_path) as engine:
        with Trader(engine, "alice") as alice:
            (accepted,) = alice.ask(limit("offer", "SELL", 100, 5))
        with Trader(engine, "bob") as bob:
            assert (
                kinds(bob.ask(*[limit(str(number), "BUY", 1, 5) for number in range(20)])).count("order_executed")
                == 20
            )
            stop(engine, signal.SIGKILL)
    with RunningEngine(tmp_path) as engine, alice.again(engine, last_seq=accepted["seq"]) as again:
        missed = again.heard()
        assert kinds(missed) == ["order_executed"] * 20
        assert seqs(missed) == list(range(2, 22))
        assert [fill["trade_id"] for fill in missed] == list(range(1, 21))


def away_for_long(engine: RunningEngine, count: int) -> tuple[Trader, int]:
    """Alice, who left after the event whose `seq` is returned, since when much has happened."""
    with Trader(engine, "alice") as alice:
        alice.ask(limit("first", "SELL", count, 5), limit("second", "SELL", 50, 6))
        alice.ask({"type": "replace_order", "client_order_id": "second", "quantity": 40})
    with Trader(engine, "bob") as bob:
        bought = bob.ask(*[limit(str(number), "BUY", 1, 5) for number in range(count)])
        assert kinds(bought).count("order_executed") == count
        assert kinds(bob.ask(limit("last", "BUY", 10, 6))) == ["order_accepted", "order_executed"]
    return alice, 3


def assert_state_and_every_fill_once(alice: Trader, count: int, last_seq: int) -> None:
    """What a client is told whose past is too old to be told event by event."""
    gap, orders, positions, *events = alice.heard()
    assert gap == {"type": "gap", "from": last_seq + 1, "to": alice.answer["next_seq"] - 1}
    (order,) = orders["orders"]
    assert (order["client_order_id"], order["remaining_quantity"]) == ("second", 30)
    assert [position["net_position"] for position in positions["positions"]] == [-(count + 10)]
    assert seqs(events) == list(range(last_seq + 1, alice.answer["next_seq"]))
    fills = [event for event in events if event["type"] == "order_executed"]
    assert [fill["trade_id"] for fill in fills] == list(range(1, count + 2))
    assert {(fill["client_order_id"], fill["liquidity"]) for fill in fills} == {
        ("first", "MAKER"),
        ("second", "MAKER"),
    }
    (next_event,) = alice.ask({"type": "cancel_order", "client_order_id": "second"})
    assert next_event["seq"] == alice.answer["next_seq"]


def test_after_a_graceful_restart_the_state_and_every_missed_fill_are_told(tmp_path: Path) -> None:
    with RunningEngine(tmp_path) as engine:
        alice, last_seq = away_for_long(engine, 20)
        stop(engine)
    with RunningEngine(tmp_path) as engine, alice.again(engine, last_seq=last_seq) as again:
        assert_state_and_every_fill_once(again, 20, last_seq)


def test_of_a_past_longer_than_what_is_held_the_state_and_every_missed_fill_are_told(
    engine: RunningEngine,
) -> None:
    alice, last_seq = away_for_long(engine, EVENTS_HELD_MAX + 50)
    with alice.again(engine, last_seq=last_seq) as again:
        assert_state_and_every_fill_once(again, EVENTS_HELD_MAX + 50, last_seq)


def test_a_login_from_the_future_is_refused_and_claims_nothing(engine: RunningEngine) -> None:
    assert refused_login(engine, "alice", last_seq=1)["code"] == "BAD_VALUE"
    with Trader(engine, "alice", last_seq=0) as alice:
        assert alice.heard() == []


@pytest.mark.parametrize("is_killed", [False, True], ids=["connection lost", "engine killed"])
def test_orders_sent_again_because_they_were_not_answered_exist_once(tmp_path: Path, is_killed: bool) -> None:
    orders = {str(number): limit(str(number), "BUY", 1, 1) for number in range(300)}
    with RunningEngine(tmp_path) as engine:
        with Trader(engine, "alice") as alice:
            alice.send(*orders.values())
            answered = {alice.next()["client_order_id"] for _ in range(20)}
            if is_killed:
                stop(engine, signal.SIGKILL)
        if not is_killed:
            resend(engine, alice, orders, answered)
    if is_killed:
        with RunningEngine(tmp_path) as engine:
            resend(engine, alice, orders, answered)


def resend(engine: RunningEngine, alice: Trader, orders: dict[str, Message], answered: set[str]) -> None:
    """Connect again, send what was not answered, and see each order once."""
    with alice.again(engine) as again:
        answers = again.ask(*[order for name, order in orders.items() if name not in answered])
        entered = {answer["client_order_id"] for answer in answers if answer["type"] == "order_accepted"}
        known = {answer["client_order_id"] for answer in answers if answer["type"] == "order_rejected"}
        assert {answer.get("code") for answer in answers} <= {None, "DUPLICATE_CLIENT_ORDER_ID"}
        # What the lost connection had sent may have its turn only now: then it is told here, and known already.
        assert entered | known | answered == set(orders)
        assert sorted(live_ids(again)) == sorted(orders)


# --- what ends with a connection -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "canceled"), [(None, []), (False, []), (True, ["day"]), ("ALL", ["day", "gtc"])], ids=str
)
@pytest.mark.parametrize("end", ["hangs up", "logs out", "falls silent"])
def test_the_orders_of_a_connection_end_with_it_as_it_asked(
    engine: RunningEngine, wish: Any, canceled: list[str], end: str
) -> None:
    options = {} if wish is None else {"cancel_on_disconnect": wish}
    with Trader(engine, "alice") as watcher, Trader(engine, "bob") as bob:
        with watcher.again(engine, heartbeat_s=0.2, **options) as leaving:
            watcher.ask(limit("another connection's", "BUY", 1, 1, time_in_force="DAY"))
            leaving.ask(
                limit("day", "BUY", 2, 1, time_in_force="DAY"),
                limit("gtc", "BUY", 2, 1),
                limit("filled", "SELL", 1, 9, time_in_force="DAY"),
                limit("canceled", "BUY", 1, 1, time_in_force="DAY"),
                {"type": "cancel_order", "client_order_id": "canceled"},
            )
            bob.ask(limit("1", "BUY", 1, 9))
            watcher.heard()
            if end == "falls silent":
                assert set(kinds(leaving.remainder())) == {"order_executed", "heartbeat"}
            elif end == "logs out":
                leaving.send({"type": "logout"})
                assert kinds(leaving.remainder())[-1] == "logged_out"
        heard = [watcher.next() for _ in canceled]
        assert [(event["client_order_id"], event["reason"]) for event in heard] == [
            (name, "DISCONNECTED") for name in canceled
        ]
        left = [name for name in ("another connection's", "day", "gtc") if name not in canceled]
        assert live_ids(watcher) == left


def test_a_half_open_connection_is_dropped_and_its_orders_with_it(engine: RunningEngine) -> None:
    """Nothing ends it: the client is there no more, and its system says nothing of it."""
    with Trader(engine, "alice") as watcher:
        lost = watcher.again(engine, heartbeat_s=0.3, cancel_on_disconnect="ALL")
        lost.send(limit("1", "BUY", 1, 1))
        assert kinds([watcher.next(), watcher.next()]) == ["order_accepted", "order_canceled"]
        heard = kinds(lost.remainder())
        assert heard[0] == "order_accepted"
        assert heard.count("heartbeat") <= 3
        lost.close()


def test_a_crash_of_the_exchange_ends_its_connections_and_the_orders_with_them_once(tmp_path: Path) -> None:
    names = [f"{wish} {time_in_force}" for wish in ("plain", True, "ALL") for time_in_force in ("GTC", "DAY")]
    with (
        RunningEngine(tmp_path) as engine,
        Trader(engine, "alice") as alice,
        alice.again(engine, cancel_on_disconnect=True) as careful,
        alice.again(engine, cancel_on_disconnect="ALL") as cautious,
        Trader(engine, "bob", cancel_on_disconnect=False) as bob,
    ):
        for name, client in zip(names, [alice, alice, careful, careful, cautious, cautious], strict=True):
            client.ask(limit(name, "BUY", 2, 1, time_in_force=name[-3:]))
        # A replaced order is still one of the connection it was entered on, and so is what a fill leaves of one.
        alice.ask({"type": "replace_order", "client_order_id": "ALL GTC", "price": 9, "quantity": 5})
        bob.ask(limit("1", "SELL", 3, 9), limit("bob's", "SELL", 1, 10, time_in_force="DAY"))
        assert live_ids(bob) == ["bob's"]
        stop(engine, signal.SIGKILL)
    # Three starts: after the crash, after one more, and from the snapshot of a graceful stop.
    heard: list[list[Message]] = []
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGTERM):
        with RunningEngine(tmp_path) as engine, bob.again(engine) as again:
            assert live_ids(again) == ["bob's"]
            with alice.again(engine, last_seq=8) as again:
                heard.append(again.heard())
                assert live_ids(again) == ["plain GTC", "plain DAY", "True GTC"]
            stop(engine, number)
    canceled = [(event["seq"], event["client_order_id"], event["remaining_quantity"]) for event in heard[0]]
    assert canceled == [(9, "True DAY", 2), (10, "ALL GTC", 2), (11, "ALL DAY", 2)]
    assert {(event["type"], event["reason"]) for event in heard[0]} == {("order_canceled", "DISCONNECTED")}
    assert heard[1] == heard[0]
    # It holds no events of before the snapshot: they come from the audit log, as after any other gap.
    assert kinds(heard[2]) == ["gap", "orders", "positions", *["order_canceled"] * 3]
    assert heard[2][3:] == heard[0]
    log = (tmp_path / "logs" / "logs_alice.txt").read_text()
    assert [line.split()[5] for line in log.splitlines() if "DISCONNECTED" in line] == ["(True", "(ALL", "(ALL"]
    with Program("verify.py", "--data-dir", str(tmp_path)) as program:
        assert program.end()[0] == 0


# --- who may do how much ---------------------------------------------------------------------------------------


def test_beyond_the_rate_orders_are_refused_and_nobody_else_is(tmp_path: Path) -> None:
    with RunningEngine(tmp_path, "--messages-per-s", "20") as engine:
        with Trader(engine, "alice") as alice, Trader(engine, "bob") as bob:
            replace: Message = {"type": "replace_order", "client_order_id": "0", "quantity": 2}
            answers = alice.ask(
                *[limit(str(number), "BUY", 1, 1) for number in range(2_000)],
                *[replace] * 10,
                {"type": "cancel_order", "client_order_id": "0"},
            )
            accepted = kinds(answers).count("order_accepted")
            assert 20 <= accepted < 2_000
            assert {answer["code"] for answer in answers if "code" in answer} == {"RATE_LIMITED"}
            # Meanwhile the bucket may have been refilled by one.
            assert kinds(answers).count("replace_rejected") >= 9
            assert kinds(answers)[-1] == "order_canceled"
            assert (
                kinds(bob.ask(*[limit(str(number), "BUY", 1, 1) for number in range(20)]))
                == ["order_accepted"] * 20
            )
            # What costs more to answer than to ask is refused as well, under a code that names no order.
            answers = alice.ask(*[{"type": "get_orders"}] * 50)
            assert kinds(answers).count("error") >= 40
            assert {answer["code"] for answer in answers if "code" in answer} == {"RATE_LIMITED"}


def test_beyond_the_rate_no_new_names_are_given_and_those_who_have_one_are_let_in(tmp_path: Path) -> None:
    with RunningEngine(tmp_path, "--new-users-per-s", "1") as engine:
        tokens: list[str] = []
        for number in range(1_000):
            with RawClient(engine.port) as client:
                answer = client.login(f"user{number}")
                if answer["type"] == "login_rejected":
                    assert client.remainder() == []
                    break
                tokens.append(answer["token"])
        assert (answer["type"], answer["code"]) == ("login_rejected", "RATE_LIMITED")
        assert len(tokens) >= 100
        assert "1 per second" in answer["text"]
        with RawClient(engine.port) as client:
            assert client.login("user0", tokens[0])["type"] == "logged_in"


def test_orders_beyond_the_limits_are_refused_by_name(tmp_path: Path) -> None:
    limits = ("--open-orders-max", "3", "--quantity-max", "10", "--position-max", "15")
    with RunningEngine(tmp_path, *limits) as engine:
        with Trader(engine, "alice") as alice, Trader(engine, "bob") as bob:
            answers = alice.ask(
                limit("too much", "BUY", 11, 1),
                limit("1", "BUY", 10, 1),
                limit("beyond the position", "BUY", 6, 1),
                limit("2", "BUY", 5, 1),
                limit("3", "SELL", 1, 9),
                limit("one too many", "SELL", 1, 9),
            )
            assert [answer.get("code") for answer in answers] == [
                "QUANTITY_OUT_OF_RANGE",
                None,
                "POSITION_LIMIT",
                None,
                None,
                "OPEN_ORDER_LIMIT",
            ]
            assert kinds(bob.ask(limit("1", "BUY", 10, 1))) == ["order_accepted"]


def test_a_connection_too_many_is_told_so_and_there_is_room_again_when_one_leaves(tmp_path: Path) -> None:
    with RunningEngine(tmp_path, "--connections-max", "2") as engine, RawClient(engine.port) as first:
        first.heard()
        with RawClient(engine.port) as second:
            second.heard()
            with RawClient(engine.port) as third:
                (answer,) = third.remainder()
                assert (answer["type"], answer["code"]) == ("error", "RATE_LIMITED")
                assert "2 are open" in answer["text"]
            assert (first.heard(), second.heard()) == ([], [])
            second.half_close()
            assert second.remainder() == []
        wait_until_let_in(engine)


def wait_until_let_in(engine: RunningEngine) -> None:
    """The engine frees a place a moment after the client has left."""
    for _ in range(10_000):
        # While there is no room it may be hung up on at every step.
        with RawClient(engine.port) as client, suppress(OSError):
            client.send({"type": "ping"})
            if client.next()["type"] == "pong":
                return
    raise AssertionError("nobody is let in any more")


# --- the operator ----------------------------------------------------------------------------------------------


def test_the_operator_watches_over_users_and_instruments(engine: RunningEngine, tmp_path: Path) -> None:
    with Trader(engine, "alice") as alice:
        alice.ask(limit("1", "BUY", 1, 1), limit("2", "BUY", 1, 1))
        status, output, _ = operate(tmp_path, "list")
        assert status == 0
        assert "\nACME        CONTINUOUS\n" in output
        assert "\nalice            2            1  0.00  ok\n" in output
        assert operate(tmp_path, "block", "alice") == (0, "alice is blocked; 2 live orders canceled\n", "")
        assert kinds(alice.heard()) == ["order_canceled"] * 2
        assert kinds(alice.ask(limit("3", "BUY", 1, 1))) == ["order_rejected"]
        assert "BLOCKED" in operate(tmp_path, "list")[1]
        assert operate(tmp_path, "unblock", "alice") == (0, "alice is unblocked\n", "")
        assert kinds(alice.ask(limit("3", "BUY", 1, 1))) == ["order_accepted"]
        assert operate(tmp_path, "halt", "ACME") == (0, "ACME is halted\n", "")
        assert operate(tmp_path, "halt", "all") == (0, "ACME is halted already\n", "")
        assert [answer.get("code") for answer in alice.ask(limit("4", "BUY", 1, 1))] == ["HALTED"]
        assert operate(tmp_path, "resume", "all") == (0, "ACME is trading\n", "")
        assert kinds(alice.ask(limit("4", "BUY", 1, 1))) == ["order_accepted"]
        assert operate(tmp_path, "reset", "alice")[:2] == (0, "alice is reset: the next login claims the name\n")
        (goodbye,) = alice.remainder()
        assert (goodbye["type"], goodbye["code"]) == ("error", "BAD_TOKEN")
    assert refused_login(engine, "alice", alice.token)["code"] == "BAD_TOKEN"
    with Trader(engine, "alice") as heir:
        assert heir.token != alice.token
        assert live_ids(heir) == ["3", "4"]


def test_what_changes_nothing_leaves_no_trace_in_the_journal(engine: RunningEngine, tmp_path: Path) -> None:
    with Trader(engine, "alice"):
        for wish in ("halt ACME", "halt all", "halt ACME", "resume all", "resume ACME", "unblock alice"):
            assert operate(tmp_path, *wish.split())[0] == 0
    (segment,) = (tmp_path / "journal").iterdir()
    records = [json.loads(line[9:]) for line in segment.read_text().splitlines()]
    # A batch is [sequence, hash, times, commands]; the other lines begin with a word.
    commands = [command for record in records if type(record[0]) is int for command in record[3]]
    assert [command[0] for command in commands[:2]] == ["list_instrument", "claim_user"]
    assert commands[2:] == [["halt_instrument", "ACME", None], ["resume_instrument", None]]


def test_an_operator_in_the_middle_of_a_line_does_not_keep_the_engine_from_its_end(
    engine: RunningEngine, tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as operator:
        operator.connect(str(tmp_path / "operator.sock"))
        operator.sendall(b'{"do":"list"}\n{"do":')
        with operator.makefile("rb") as answers:
            assert json.loads(answers.readline())["type"] == "everything"
            stop(engine)
            assert json.loads(answers.readline())["code"] == "ENGINE_STOPPING"


def test_what_the_operator_did_survives_a_kill(tmp_path: Path) -> None:
    with RunningEngine(tmp_path, "--symbols", "ACME,ZINC") as engine:
        with Trader(engine, "alice") as alice:
            operate(tmp_path, "block", "alice")
            operate(tmp_path, "halt", "all")
            operate(tmp_path, "resume", "ACME")
        stop(engine, signal.SIGKILL)
        status, _, complaint = operate(tmp_path, "list")
        assert (status, complaint.count("\n"), "was killed" in complaint) == (2, 1, True)
    with RunningEngine(tmp_path) as engine, alice.again(engine) as again:
        assert [each["phase"] for each in again.answer["instruments"]] == ["CONTINUOUS", "HALTED"]
        assert kinds(again.ask(limit("1", "BUY", 1, 1, symbol="ACME"))) == ["order_rejected"]


def test_an_operator_who_is_refused_or_finds_no_engine_is_told_in_one_line(
    engine: RunningEngine, tmp_path: Path
) -> None:
    status, output, complaint = operate(tmp_path, "block", "nobody")
    assert (status, output, complaint.count("\n")) == (1, "", 1)
    status, output, complaint = operate(tmp_path, "--json", "block", "nobody")
    assert (status, json.loads(output)["code"], complaint) == (1, "BAD_VALUE", "")
    stop(engine)
    for wish in (("list",), ("dance",), ("block",)):
        status, output, complaint = operate(tmp_path, *wish)
        assert (status, output, complaint.count("\n")) == (2, "", 1)
        assert "Traceback" not in complaint
