"""What is said of sessions as it is written: logins, feeds, pings, the operator's list."""

from __future__ import annotations

from typing import Any

import pytest

from exchange.engine.instrument import Instrument, Schedule
from exchange.engine.words import Phase, RejectCode
from exchange.networking.wire import session_lines
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.requests import Channel
from tests.support.wire_lines import message

BOND = Instrument("BOND", tick_size_nanos=250_000_000, lot_size=10, min_quantity=20, max_quantity=200)
IDENTITY = session_lines.Identity("0.1.0", "4a1f")


def test_logged_in_lists_the_instruments() -> None:
    listed = {"symbol": "BOND", "tick_size": "0.25", "lot_size": 10, "min_quantity": 20, "max_quantity": 200}
    assert message(session_lines.logged_in("alice", 5, [(BOND, Phase.HALTED)], IDENTITY)) == {
        "type": "logged_in",
        "user": "alice",
        "next_seq": 5,
        "instruments": [{**listed, "phase": "HALTED"}],
        "version": "0.1.0",
        "engine_id": "4a1f",
    }


def test_logged_in_tells_the_token_of_whoever_has_just_claimed_the_name() -> None:
    assert message(session_lines.logged_in("alice", 1, [], IDENTITY, "5ec4e7"))["token"] == "5ec4e7"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            session_lines.error(WireCode.LINE_TOO_LONG, "t"),
            {"type": "error", "code": "LINE_TOO_LONG", "text": "t"},
        ),
        (
            session_lines.login_rejected(RejectCode.BAD_VALUE, "t"),
            {"type": "login_rejected", "code": "BAD_VALUE", "text": "t"},
        ),
        (session_lines.logged_out(), {"type": "logged_out"}),
        (session_lines.subscribed(Channel.BOOK, "A"), {"type": "subscribed", "channel": "book", "symbol": "A"}),
        (
            session_lines.unsubscribed(Channel.TRADES, "A"),
            {"type": "unsubscribed", "channel": "trades", "symbol": "A"},
        ),
        (session_lines.pong(None), {"type": "pong"}),
        (session_lines.pong(0), {"type": "pong", "id": 0}),
        (session_lines.pong(""), {"type": "pong", "id": ""}),
        (session_lines.pong('"\\'), {"type": "pong", "id": '"\\'}),
        (session_lines.heartbeat(), {"type": "heartbeat"}),
        (session_lines.gap(3, 7), {"type": "gap", "from": 3, "to": 7}),
    ],
)
def test_session_message(line: bytes, expected: dict[str, Any]) -> None:
    assert message(line) == expected


def test_logged_in_tells_whatever_is_set_of_bands_fees_and_hours() -> None:
    instrument = BOND.__class__(
        "BOND",
        price_band_ppm=50_000,
        halt_ppm=12_500,
        reference_price_nanos=101_250_000_000,
        maker_fee_per_1e8=-2_500,
        taker_fee_per_1e8=15_000,
        schedule=Schedule(9 * 3_600, 17 * 3_600 + 30 * 60 + 5, random_end_s=30),
        call_every_ms=250,
    )
    [row] = message(session_lines.logged_in("alice", 1, [(instrument, Phase.CLOSED)], IDENTITY))["instruments"]
    assert {name: value for name, value in row.items() if name not in ("symbol", "lot_size", "phase")} == {
        "tick_size": "0.01",
        "min_quantity": 1,
        "max_quantity": 1_000_000_000,
        "price_band_percent": 5,
        "halt_percent": "1.25",
        "maker_fee_bps": "-0.25",
        "taker_fee_bps": "1.5",
        "reference_price": "101.25",
        "schedule": {
            "open": "09:00:00",
            "close": "17:30:05",
            "opening_call_s": 60,
            "closing_call_s": 60,
            "random_end_s": 30,
        },
        "call_every_ms": 250,
    }
