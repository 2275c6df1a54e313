"""Whatever is typed, clicked, pasted or happens: an order leaves only as the person saw and wanted it.

The rules, checked after every step:

* an order or a move leaves only if the screen was ARMED, or by Enter on a confirm row, and then it is exactly what
  that row showed; flattening, and what is further than 5 % from the market or would trade there, leaves only by
  Enter;
* of what one read of the terminal brings at most one order comes;
* a letter or a click orders only at a price that is in view, on a ladder that has the focus;
* what waits for Enter is about an order that is still open;
* nothing but a cancel leaves while the engine is silent, and nothing at all while it is gone;
* at most one order leaves per step;
* a state is shown as accepted or filled only if the engine said so;
* the price of the cursor changes only by the person's hand.
"""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.screen_scenes import LAST_TICKS, Scene, levels
from tui.screen.burst_guard import BurstGuard
from tui.screen.cells import Canvas
from tui.screen.crossing import is_far
from tui.screen.key_decoder import Focus, Input, Key, KeyDecoder, Mouse, MouseButton, Paste
from tui.screen.key_table import ACTIONS
from tui.screen.layout import Panel
from tui.screen.messages import Connected, EngineSaid, Incoming, Lost, Resized, TimePassed, ToEngine, Typed
from tui.screen.model import LinkState
from tui.screen.my_orders import MyOrder, ShownState
from tui.screen.panels.bottom import draw_ticket_row
from tui.screen.proposals import MoveProposal, OrderProposal
from tui.screen.scrolling import is_in_view
from tui.screen.sending import net_under_way
from tui.screen.update import update

RISKS = ("new_order", "replace_order")
# That of the cursor first.
PRICES = ("stop_price", "price")
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
)
QUIT_KEYS = {"q", "ctrl_c", "ctrl_z"}


class ScreenMachine(RuleBasedStateMachine):
    """Drives `update` as the program would, with an engine that answers when the rules say so."""

    def __init__(self) -> None:
        super().__init__()
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
        cursor, symbol = model.cursor, model.symbol
        leaving = [request.message for request in update(model, message) if isinstance(request, ToEngine)]
        risks = [request for request in leaving if request["type"] in RISKS]
        if risks:
            assert len(risks) == 1
            assert was_live and not model.is_stale(message.now)
            self.check_was_wanted(risks[0], message, was_armed=was_armed, row=row if proposal is not None else "")
            if was_letter and proposal is None:
                assert has_focus or model.focus is Panel.ORDERS
                assert risks[0]["type"] != "new_order" or has_focus
            if proposal is None:
                symbol = risks[0].get("symbol", symbol)
                prices = [int(risks[0][name] / self.scene.tick) for name in PRICES if name in risks[0]]
                assert not any(is_far_from[symbol](price) for price in prices + self.swept(risks[0], symbol))
                if was_letter and has_focus and symbol == model.symbol and prices:
                    assert is_in_view(model, prices[0])
        if not was_live and not isinstance(message, Connected):
            assert leaving == []
        if not isinstance(message, Typed) and symbol == model.symbol and cursor is not None:
            assert model.cursor == cursor
        self.unanswered += [request for request in leaving if request["type"] in (*RISKS, "cancel_order")]
        return len(risks)

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

    @rule(key=st.sampled_from(sorted(set(ACTIONS) - QUIT_KEYS)))
    def press(self, key: str) -> None:
        self.type(Key(key))

    @rule(side=st.sampled_from("bs"), last=st.sampled_from(["enter", "escape", "b"]))
    def trade(self, side: str, last: str) -> None:
        for key in (side, last):
            self.type(Key(key))

    @rule(x=st.integers(0, 119), y=st.integers(0, 35), button=st.sampled_from(MouseButton))
    def click(self, x: int, y: int, button: MouseButton) -> None:
        self.type(Mouse(button, x, y))

    @rule(text=st.sampled_from(COMMANDS))
    def command(self, text: str) -> None:
        if self.model.command is None and self.model.confirm is None and not self.model.is_help_shown:
            for key in (":", *text.replace(" ", "\t"), "enter"):
                self.type(Key("space" if key == "\t" else key))

    @rule(side=st.sampled_from("bs"), turns=st.integers(0, 12), text=st.sampled_from(("", *COMMANDS)))
    def trade_armed(self, side: str, turns: int, text: str) -> None:
        """Arm, scroll away, and then a letter or a command."""
        self.type(Key("escape"))
        if not self.model.is_armed:
            self.type(Key("a"))
        for _ in range(turns):
            self.type(Mouse(MouseButton.WHEEL_UP, 5, 10))
        if text:
            self.command(text)
        else:
            self.type(Key(side))

    @rule(text=st.sampled_from(["b", "\r", "a\rb\r", ":buy 10 100\r"]))
    def paste(self, text: str) -> None:
        self.type(Paste(text))

    @rule(data=st.text(alphabet="bsf5j", min_size=2, max_size=3))
    def read_at_once(self, data: str) -> None:
        """Arm, and then what one read of the terminal brought."""
        self.type(Key("escape"))
        if not self.model.is_armed:
            self.type(Key("a"))
        self.type(Key("space"))
        now = self.scene.now
        inputs = BurstGuard().take(KeyDecoder().feed(data.encode(), now), now)
        assert sum(self.type(found) for found in inputs) <= 1

    @rule(has_focus=st.booleans())
    def change_focus(self, has_focus: bool) -> None:
        self.type(Focus(has_focus))

    @rule(seconds=st.sampled_from([0.05, 0.5, 1.0, 2.5, 11.0, 61.0]))
    def wait(self, seconds: float) -> None:
        self.scene.now += seconds
        self.step(TimePassed(self.scene.now))

    @rule(width=st.integers(60, 140), height=st.integers(20, 50))
    def resize(self, width: int, height: int) -> None:
        self.step(Resized(self.scene.now, width, height))

    @rule(shift=st.integers(-60, 60))
    def move_market(self, shift: int) -> None:
        price = LAST_TICKS + shift
        self.sequence += 1
        message = {
            "type": "book_snapshot", "symbol": "ACME", "sequence": self.sequence,
            "bids": [[self.scene.tick * (price - 1), 5, 1]], "asks": [[self.scene.tick * (price + 1), 5, 1]],
        }  # fmt: skip
        self.hear(message)
        self.step(TimePassed(self.scene.now))

    @rule()
    def lose_connection(self) -> None:
        self.unanswered.clear()
        self.step(Lost(self.scene.now, "gone"))

    @precondition(lambda self: self.model.link.state is not LinkState.LIVE)
    @rule()
    def connect_again(self) -> None:
        self.step(Connected(self.scene.now, {"type": "logged_in", "instruments": []}, ()))
        self.hear({"type": "pong", "id": self.model.link.ping_number})
        self.hear({"type": "orders", "orders": []})

    @precondition(lambda self: self.unanswered and self.model.link.state is LinkState.LIVE)
    @rule(is_accepted=st.booleans())
    def answer(self, is_accepted: bool) -> None:
        request = self.unanswered.pop(0)
        if request["type"] != "new_order":
            self.hear({"type": "cancel_rejected", "code": "TOO_LATE", "text": "it is done"} | {
                name: request[name] for name in ("order_id", "client_order_id") if name in request
            })  # fmt: skip
        elif is_accepted:
            self.order_id += 1
            self.accepted.add(request["client_order_id"])
            state = {"price": request.get("price"), "remaining_quantity": request["quantity"], "status": "NEW"}
            self.hear(request | state | {"type": "order_accepted", "order_id": self.order_id})
        else:
            self.hear({"type": "order_rejected", "client_order_id": request["client_order_id"],
                       "code": "NO", "text": "no"})  # fmt: skip

    @precondition(lambda self: self.working() and self.model.link.state is LinkState.LIVE)
    @rule(index=st.integers(0, 9), part=st.integers(1, 3))
    def fill(self, index: int, part: int) -> None:
        """An order trades, in part or all of it."""
        order = self.working()[index % len(self.working())]
        quantity = min(order.remaining, max(1, order.remaining // part))
        remaining = order.remaining - quantity
        self.hear({
            "type": "order_executed", "order_id": order.order_id, "client_order_id": order.client_order_id,
            "symbol": order.symbol, "side": "BUY" if order.is_buy else "SELL", "liquidity": "MAKER",
            "timestamp": 1, "price": self.scene.tick * (order.price or LAST_TICKS), "quantity": quantity,
            "remaining_quantity": remaining, "status": "PARTIALLY_FILLED" if remaining else "FILLED",
        })  # fmt: skip

    def working(self) -> list[MyOrder]:
        """The orders that the engine has in its book."""
        return [order for order in self.model.orders.open() if order.order_id is not None]

    @precondition(lambda self: any(order.is_waiting for order in self.working()))
    @rule(index=st.integers(0, 9))
    def trigger(self, index: int) -> None:
        """A stop that waits becomes live."""
        waiting = [order for order in self.working() if order.is_waiting]
        order = waiting[index % len(waiting)]
        self.hear({
            "type": "order_triggered", "order_id": order.order_id, "client_order_id": order.client_order_id,
            "symbol": order.symbol, "status": "NEW", "timestamp": 1,
            "stop_price": self.scene.tick * (order.stop_price or 0),
        })  # fmt: skip

    @rule(phase=st.sampled_from(["CONTINUOUS", "HALTED", "AUCTION", "CLOSED"]), left_s=st.floats(-5.0, 90.0))
    def change_phase(self, phase: str, left_s: float) -> None:
        if self.model.link.state is LinkState.LIVE:
            self.scene.phase(phase, "OPERATOR", left_s)

    @rule(keys=st.sampled_from(["f", "fb", "f\r"]))
    def flatten(self, keys: str) -> None:
        """However often, it never asks for more than closes the position."""
        net = net_under_way(self.model)
        for key in keys:
            self.type(Key("enter" if key == "\r" else key))
        waiting = self.model.confirm
        if isinstance(waiting, OrderProposal) and waiting.is_flatten:
            assert (waiting.is_buy, waiting.quantity) == (net < 0, abs(net))

    @rule(net=st.integers(-3, 3))
    def tell_position(self, net: int) -> None:
        entry = {"symbol": "ACME", "net_position": net, "average_price": Decimal(100) if net else None,
                 "realised_pnl": Decimal(0), "unrealised_pnl": Decimal(0)}  # fmt: skip
        self.hear({"type": "positions", "positions": [entry]})

    def hear(self, message: dict[str, Any]) -> None:
        if self.model.link.state is LinkState.LIVE:
            self.scene.now += 0.001
            self.step(EngineSaid(self.scene.now, message))

    @invariant()
    def nothing_is_shown_as_accepted_that_was_not(self) -> None:
        for order in self.model.orders:
            if order.state not in (ShownState.SENT, ShownState.UNKNOWN):
                assert order.client_order_id in self.accepted

    @invariant()
    def what_waits_for_enter_is_not_over(self) -> None:
        waiting = self.model.confirm
        if isinstance(waiting, MoveProposal):
            assert waiting.order_id in [order.order_id for order in self.model.orders.open()]

    @invariant()
    def a_screen_that_is_not_connected_is_safe(self) -> None:
        if self.model.link.state is not LinkState.LIVE:
            assert not self.model.is_armed
            assert "SAFE" in self.ticket_row() or self.model.confirm is not None or self.model.command is not None


TestScreen = ScreenMachine.TestCase
TestScreen.settings = settings(stateful_step_count=40, deadline=None)
