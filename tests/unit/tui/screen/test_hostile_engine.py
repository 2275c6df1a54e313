"""An engine that means harm: whatever its texts hold, the terminal gets the screen's own sequences only."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support import screen_scenes
from tests.support.screen_scenes import NOW, TICK, Scene
from tui.screen.messages import Connected, EngineSaid, Lost, Resized, Trouble
from tui.screen.model import Model
from tui.screen.painter import BEGIN_FRAME, END_FRAME, paint
from tui.screen.theme import ColorDepth, Styles, Theme
from tui.screen.update import update
from tui.screen.view import view

STYLES = Styles(Theme.DEFAULT, ColorDepth.TRUE_COLOR)
# What the painter writes by itself: moves, styles, and the marks around a frame.
OWN = re.compile(rf"\x1b\[\d+;\d+H|\x1b\[[0-9;]*m|{re.escape(BEGIN_FRAME)}|{re.escape(END_FRAME)}")
ATTACKS = (
    "\x1b]52;c;cm0gLXJmIH4=\x07", "\x1b[2J\x1b[1;1H", "\x9b2J", "\x9d52;c;eA==\x9c", "\u202e01 yub\u202c",
    "\u2066\u200f", "a\r\nb\x00", "\x1bP+q544e\x1b\\",
)  # fmt: skip


def painted(model: Model, width: int, height: int, now: float) -> str:
    return paint(None, view(model, width, height, now), STYLES)


def check(model: Model, now: float) -> None:
    """At every size, nothing but the screen's own sequences and printable characters in left-to-right order."""
    for width, height in ((80, 24), (120, 36), (30, 5)):
        rest = OWN.sub("", painted(model, width, height, now))
        assert rest.isprintable(), rest
        assert not re.search("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", rest)


def hostile_messages(text: str, symbol: str) -> list[dict[str, Any]]:
    """One of each message, the text in every field that is a text."""
    ids = {"order_id": 7, "client_order_id": text, "symbol": symbol, "timestamp": 1}
    price = TICK * 2000
    order = {
        **ids, "side": text, "order_type": text, "time_in_force": text, "price": price, "quantity": 9,
        "remaining_quantity": 9, "status": text,
    }  # fmt: skip
    return [
        {"type": "order_accepted", "seq": 1, **order},
        {"type": "orders", "orders": [order]},
        {"type": "order_rejected", "client_order_id": text, "code": text, "text": text},
        {"type": "cancel_rejected", "order_id": 7, "code": text, "text": text},
        {"type": "order_canceled", **ids, "status": text, "remaining_quantity": 9, "reason": text},
        {"type": "error", "code": text, "text": text},
        {"type": "news", "text": text},
        {"type": "instrument_status", "symbol": symbol, "phase": text, "reason": text},
        {"type": "auction_indication", "symbol": symbol, "price": price, "volume": 1, "surplus": 1,
         "surplus_side": text},
        {"type": "fills", "fills": [{**ids, "trade_id": 1, "side": text, "price": price, "quantity": 1}],
         "more": False},
        {"type": "positions", "positions": [{"symbol": symbol, "net_position": 1, "average_price": price,
                                             "realised_pnl": Decimal(0), "unrealised_pnl": Decimal(0)}]},
        {"type": text},
        {"type": "gap", "from": text, "to": 3},
        {"type": "cancel_all_done", "count": text},
    ]  # fmt: skip


def attacked(text: str) -> tuple[Scene, list[dict[str, Any]]]:
    """A screen whose engine lists an instrument of that name, and what it says next."""
    scene = screen_scenes.busy(120, 36, ("ACME", "BRICK"))
    symbol = text or "X"
    instrument = {"symbol": symbol, "tick_size": TICK, "lot_size": 1, "phase": text}
    update(scene.model, Connected(NOW, {"type": "logged_in", "instruments": [instrument], "engine_id": text}, ()))
    scene.model.symbol = symbol
    return scene, hostile_messages(text, symbol)


@pytest.mark.parametrize("text", ATTACKS)
def test_no_text_of_the_engine_reaches_the_terminal_but_escaped(text: str) -> None:
    scene, messages = attacked(text)
    for message in messages:
        update(scene.model, EngineSaid(NOW, message))
        check(scene.model, NOW)
    update(scene.model, Trouble(NOW, text))
    check(scene.model, NOW)
    update(scene.model, Lost(NOW, text))
    check(scene.model, NOW)


def test_what_was_escaped_can_be_read() -> None:
    scene = screen_scenes.calm()
    update(scene.model, EngineSaid(NOW, {"type": "error", "code": "X", "text": "\x1b]52;c;eA==\x07"}))
    assert r"ENGINE: \x1b]52;c;eA==\x07 [X]" in view(scene.model, 120, 36, NOW).row(34)


@settings(deadline=None, max_examples=50)
@given(st.text(max_size=40))
def test_whatever_the_text_is_the_terminal_gets_cells_only(text: str) -> None:
    scene, messages = attacked(text)
    for message in messages:
        update(scene.model, EngineSaid(NOW, message))
    update(scene.model, Resized(NOW, 120, 36))
    check(scene.model, NOW)
