"""`get_fills`: whatever a user ever traded, in whatever order it is asked, also after a restart."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.support.processes import RunningEngine
from tests.support.raw_client import Message, RawClient, kinds, limit


def trade_ids(answer: Message) -> list[int]:
    """Of the fills of an answer."""
    assert answer["type"] == "fills"
    return [fill["trade_id"] for fill in answer["fills"]]


def test_fills_are_told_in_turn_with_what_was_asked_before_and_nothing_is_forgotten(tmp_path: Path) -> None:
    with RunningEngine(tmp_path) as engine, RawClient(engine.port) as alice, RawClient(engine.port) as bob:
        token = alice.login("alice")["token"]
        bob.login("bob")
        bob.ask(*[limit(str(number), "SELL", 1, 10) for number in range(4)])
        # Each answer holds the fill of the order before it and not that of the order behind it.
        asked = {"type": "get_fills"}
        answers = alice.ask(limit("a", "BUY", 3, 10), asked, limit("b", "BUY", 1, 10), asked)
        assert kinds(answers) == [
            *("order_accepted", *["order_executed"] * 3, "fills"),
            *("order_accepted", "order_executed", "fills"),
        ]
        assert (trade_ids(answers[4]), trade_ids(answers[7])) == ([1, 2, 3], [1, 2, 3, 4])
        engine.send_signal(signal.SIGTERM)
        assert engine.end() == (0, "", "")
    with RunningEngine(tmp_path) as engine, RawClient(engine.port) as alice:
        alice.login("alice", token)
        first, last, none, wrong = alice.ask(
            {"type": "get_fills", "limit": 3},
            {"type": "get_fills", "after_trade_id": 3, "symbol": "ACME"},
            {"type": "get_fills", "after_trade_id": 4},
            {"type": "get_fills", "symbol": "NONE"},
        )
        assert (trade_ids(first), first["more"]) == ([1, 2, 3], True)
        assert (trade_ids(last), last["more"]) == ([4], False)
        assert (trade_ids(none), none["more"]) == ([], False)
        assert (wrong["type"], wrong["code"]) == ("error", "UNKNOWN_SYMBOL")


def test_of_a_trade_with_oneself_the_buy_comes_first_and_nobody_elses_fills_are_told(tmp_path: Path) -> None:
    with RunningEngine(tmp_path) as engine, RawClient(engine.port) as alice, RawClient(engine.port) as bob:
        alice.login("alice")
        bob.login("bob")
        bob.ask(limit("1", "SELL", 1, 10), limit("2", "BUY", 1, 10))
        assert alice.ask({"type": "get_fills"}) == [{"type": "fills", "fills": [], "more": False}]
        [answer] = bob.ask({"type": "get_fills", "limit": 1})
        assert [(fill["side"], fill["liquidity"]) for fill in answer["fills"]] == [
            ("BUY", "TAKER"),
            ("SELL", "MAKER"),
        ]
        assert answer["more"] is False
