"""The trading screen under watch: whatever is put in, what leaves is checked against the rules of the screen.

* an order or a move leaves only if the screen was ARMED, or by Enter on a confirm row, and then it is exactly what
  that row showed; flattening, reversing, and what is further than 5 % from the market or would trade there, leaves
  only by Enter on that row;
* a letter or a click orders only at a price that is in view, on a ladder that has the focus;
* nothing larger than the user's guards leaves, but for what closes a position;
* nothing but a cancel leaves while the engine is silent, and nothing at all while it is gone;
* at most one order leaves per step;
* of what is typed in the tour nothing leaves;
* the price of the cursor changes only by the person's hand.
"""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import Any, Optional

from tests.support.screen_scenes import LAST_TICKS, Scene, levels
from tui.screen.cells import Canvas
from tui.screen.crossing import is_far
from tui.screen.key_decoder import Input, Key, Mouse
from tui.screen.layout import Panel
from tui.screen.messages import Connected, EngineSaid, Incoming, TimePassed, ToEngine, Typed
from tui.screen.model import LinkState, ladder_columns_of
from tui.screen.my_order import MyOrder
from tui.screen.panels.bottom import draw_ticket_row
from tui.screen.price_rows import row_price
from tui.screen.proposals import OrderProposal
from tui.screen.scrolling import is_in_view
from tui.screen.update import update

RISKS = ("new_order", "replace_order")
# That of the cursor first.
PRICES = ("stop_price", "price")
CLOSING_KEYS = ("f", "r", "а", "к", "φ", "ρ")


COMMANDS = (
    "buy 3 100",
    "buy 3 94",
    "sell 1 150",
    "sell 2",
    "buy 4000",
    "buy 1 99.95 ioc",
    "cancel all",
    "flatten",
    "symbol BRICK",
    "reverse",
    "cancel bids",
    "cancel asks",
    "buy 3 bid",
    "sell 2 ask+2t",
    "buy 1 mid",
    "sell 1 last-1t",
    "buy 2 +1t day",
    "sell 2 100 post",
    "buy 9 99 show 3",
    "group 5",
    "group auto",
    "max 3",
    "max off",
    "notional 250",
    "notional off",
    "qty 2",
    "panel ladder2",
    "panel heat",
    "second brick",
    "set confirm always",
    "set confirm unless-armed",
    "presets 1 2 3 4 5",
)
SEARCHES = (
    "flatten",
    "reverse",
    "best bid",
    "at the cursor",
    "arm",
    "cancel all",
    "move",
    "Size preset",
    "nothing",
)
# Letters of other layouts in the places of b, s, B, S, f, r, X.
FOREIGN_LETTERS = "иыИЫакЧβσΒΣφρ"


class CheckedScreen:
    """A model, an engine that answers when it is told to, and a hand; see the head of this file."""

    def __init__(self) -> None:
        self.scene = Scene(120, 36, ("ACME", "BRICK"))
        self.scene.book(levels(LAST_TICKS - 1, -1, 30), levels(LAST_TICKS + 1, 1, 30))
        self.model = self.scene.model
        self.unanswered: list[dict[str, Any]] = []
        self.accepted: set[str] = set()
        self.order_id = 100
        self.sequence = 1
        self.step(TimePassed(self.scene.now))

    def step(self, message: Incoming) -> int:
        """One message, and what must hold of what leaves; returns how many orders and moves left."""
        model = self.model
        was_armed, proposal, was_live = model.is_armed, model.confirm, model.link.state is LinkState.LIVE
        was_letter = isinstance(message, Typed) and isinstance(message.input, Key) and model.command is None
        has_focus = model.focus is Panel.LADDER and Panel.LADDER in model.layout.panels
        is_far_from = {symbol: functools.partial(is_far, market) for symbol, market in model.markets.items()}
        row = self.ticket_row()
        cursor, symbol, was_in_tour = model.cursor, model.symbol, model.tour is not None
        leaving = [request.message for request in update(model, message) if isinstance(request, ToEngine)]
        risks = [request for request in leaving if request["type"] in RISKS]
        if risks:
            assert len(risks) == 1
            assert was_live and not model.is_stale(message.now)
            self.check_was_wanted(risks[0], message, was_armed=was_armed, row=row if proposal is not None else "")
            if was_letter and proposal is None:
                assert has_focus or model.focus is Panel.ORDERS
                assert risks[0]["type"] != "new_order" or has_focus
            self.check_guards(risks[0], proposal)
            if proposal is None:
                assert not (isinstance(message, Typed) and message.input in [Key(name) for name in CLOSING_KEYS])
                symbol = risks[0].get("symbol", symbol)
                prices = [int(risks[0][name] / self.scene.tick) for name in PRICES if name in risks[0]]
                assert not any(is_far_from[symbol](price) for price in prices + self.swept(risks[0], symbol))
                if was_letter and has_focus and symbol == model.symbol and prices:
                    assert is_in_view(model, prices[0]) or is_in_view(model, prices[0], is_buy=False)
        if was_in_tour and isinstance(message, Typed):
            assert leaving == [] and not model.is_armed
        if not was_live and not isinstance(message, Connected):
            assert leaving == []
        if not isinstance(message, Typed) and symbol == model.symbol and cursor is not None:
            assert model.cursor == cursor
        self.unanswered += [request for request in leaving if request["type"] in (*RISKS, "cancel_order")]
        return len(risks)

    def check_guards(self, request: dict[str, Any], proposal: Any) -> None:
        """What leaves is no more than the guards let through, but for what closes a position."""
        guards = self.model.guards
        if request["type"] != "new_order" or (isinstance(proposal, OrderProposal) and proposal.is_flatten):
            return
        assert guards.quantity_max is None or request["quantity"] <= guards.quantity_max
        if guards.notional_max is not None:
            assert request["quantity"] * request.get("price", Decimal(0)) <= guards.notional_max

    def swept(self, request: dict[str, Any], symbol: str) -> list[int]:
        """The prices (ticks) at which a market order trades by the book that is shown."""
        if request.get("order_type") != "MARKET":
            return []
        market, left, prices = self.model.markets[symbol], request["quantity"], []
        buys = request["side"] == "BUY"
        for price, quantity in sorted((market.asks if buys else market.bids).items(), reverse=not buys):
            if left > 0:
                prices.append(price)
                left -= quantity
        return prices

    def check_was_wanted(self, request: dict[str, Any], message: Incoming, *, was_armed: bool, row: str) -> None:
        assert isinstance(message, Typed)
        if message.input != Key("enter"):
            assert was_armed
            assert isinstance(message.input, (Key, Mouse))
            return
        if was_armed and not row:
            return  # a command line of an armed screen
        price = request.get("price")
        if request["type"] == "new_order":
            assert f"{request['side']} {request['quantity']} {request['symbol']} " in row
            assert (f"@ {price:.2f} " in row) if price is not None else ("MARKET" in row or "STOP " in row)
            assert f"stop {request['stop_price']:.2f} " in row if "stop_price" in request else " stop " not in row
            assert f"shows {request['display_quantity']} " in f"{row} " if "display_quantity" in request else True
            assert ("ICEBERG" in row) <= ("display_quantity" in request)
            assert request["time_in_force"] in row
        else:
            assert f"MOVE {request['order_id']} " in row
            for name in PRICES:
                assert name not in request or f"to {request[name]:.2f}" in row

    def ticket_row(self) -> str:
        canvas = Canvas(120, 1)
        draw_ticket_row(canvas.area(), self.model)
        return canvas.row(0)

    def type(self, what: Input) -> int:
        self.scene.now += 0.01
        return self.step(Typed(self.scene.now, what))

    def mine_cell(self, order: MyOrder) -> Optional[tuple[int, int]]:
        """Where an order of the user's stands on the ladder; None: nowhere."""
        model = self.model
        rect, top = model.layout.panels.get(Panel.LADDER), model.top
        if rect is None or top is None or order.ladder_price is None or order.symbol != model.symbol:
            return None
        row = (top - row_price(order.ladder_price, model.group, is_buy=order.is_buy)) // model.group
        if not 0 <= row < model.layout.ladder_rows:
            return None
        columns = ladder_columns_of(model, model.layout)
        column = columns.mine_bid if order.is_buy else columns.mine_ask
        return rect.x + 1 + column.x + 1, rect.y + 2 + row

    def is_idle(self) -> bool:
        """Whether keys are keys, and the screen could be armed."""
        model = self.model
        is_open = model.command is not None or model.is_help_shown or model.is_log_shown
        return model.link.state is LinkState.LIVE and not is_open and model.confirm is None

    def working(self) -> list[MyOrder]:
        """The orders that the engine has in its book."""
        return [order for order in self.model.orders.open() if order.order_id is not None]

    def hear(self, message: dict[str, Any]) -> None:
        if self.model.link.state is LinkState.LIVE:
            self.scene.now += 0.001
            self.step(EngineSaid(self.scene.now, message))
