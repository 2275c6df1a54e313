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


def test_who_joins_after_a_restart_is_shown_the_tape_and_the_day_as_before(tmp_path: Path) -> None:
    """Also after a kill, where the journal is all that is left of the last trades."""
    asked = {"type": "subscribe", "channel": "trades", "last": 2}
    shown: list[Message] = []
    for end in (signal.SIGKILL, signal.SIGTERM, signal.SIGTERM):
        with RunningEngine(tmp_path) as engine, RawClient(engine.port) as guest:
            if not shown:
                with RawClient(engine.port) as alice:
                    alice.login("alice")
                    for number, price in enumerate((10, 12, 9, 11)):
                        alice.ask(limit(f"s{number}", "SELL", 5, price), limit(f"b{number}", "BUY", 5, price))
            shown.append(guest.ask(asked)[1])
            engine.send_signal(end)
            engine.wait()
    first = shown[0]
    assert shown == [first] * 3
    assert [trade["trade_id"] for trade in first["trades"]] == [3, 4]
    day = {"open": 10, "high": 12, "low": 9, "last": 11, "volume": 20, "sequence": 4}
    assert {name: first[name] for name in day} == day
