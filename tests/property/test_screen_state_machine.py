"""Whatever is typed, clicked, pasted or happens: an order leaves only as the person saw and wanted it.

What leaves at every step is checked by `CheckedScreen`; besides:

* of what one read of the terminal brings at most one order comes;
* what waits for Enter is about an order that is still open;
* a press of the mouse moves and cancels nothing; an order that is dragged moves only where it is let go;
* the right button, a search, a completion and a paste send no order;
* a state is shown as accepted or filled only if the engine said so.
"""

from __future__ import annotations

from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.checked_screen import CLOSING_KEYS, COMMANDS, FOREIGN_LETTERS, SEARCHES, CheckedScreen
from tests.support.screen_scenes import LAST_TICKS
from tui.screen.burst_guard import BurstGuard
from tui.screen.key_decoder import Alt, Focus, Key, KeyDecoder, Mouse, MouseButton, Paste
from tui.screen.key_table import ACTIONS, Action
from tui.screen.messages import Connected, Lost, Resized, TimePassed
from tui.screen.model import LinkState
from tui.screen.my_order import ShownState
from tui.screen.palette import search
from tui.screen.proposals import MoveProposal, OrderProposal
from tui.screen.sending import net_under_way

QUIT_KEYS = {"q", "ctrl_c", "ctrl_z"}


class ScreenMachine(CheckedScreen, RuleBasedStateMachine):
    """Drives the screen as the program would."""

    def __init__(self) -> None:
        RuleBasedStateMachine.__init__(self)
        CheckedScreen.__init__(self)

    @rule(word=st.sampled_from(("tour", "next", "back")))
    def tour(self, word: str) -> None:
        """Begin the tour, or go on in it; what is typed there leaves for nowhere: see `step`."""
        self.type(Key("escape"))
        self.command(word)

    @precondition(lambda self: self.model.tour is not None)
    @rule()
    def leave_tour(self) -> None:
        self.type(Key("escape"))
        self.type(Key("q"))

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

    @rule(letter=st.sampled_from(FOREIGN_LETTERS))
    def press_on_another_layout(self, letter: str) -> None:
        self.type(Key(letter))

    @rule(text=st.sampled_from(SEARCHES), downs=st.integers(0, 3), is_armed=st.booleans())
    def search_the_help(self, text: str, downs: int, is_armed: bool) -> None:
        """Letters of a search are no keys; Enter does what was chosen as its key would."""
        self.type(Key("escape"))
        if self.model.command is not None or self.model.is_help_shown or self.model.is_log_shown:
            return
        if is_armed != self.model.is_armed:
            self.type(Key("a"))
        for key in ("?", *text.replace(" ", "\t"), *["down"] * downs):
            assert self.type(Key("space" if key == "\t" else key)) == 0
        found = search(self.model, text)
        left = self.type(Key("enter"))
        chosen = found[downs].action if downs < len(found) else None
        assert left == 0 or (self.model.is_armed and chosen not in (Action.FLATTEN, Action.REVERSE))

    @rule(text=st.sampled_from(["fl", "buy 1 b", "rev", "sell 2 as"]), is_sent=st.booleans())
    def complete(self, text: str, is_sent: bool) -> None:
        """Tab completes and sends nothing."""
        if self.model.command is None and self.model.confirm is None and not self.model.is_help_shown:
            for key in (":", *text.replace(" ", "\t"), "tab"):
                assert self.type(Key("space" if key == "\t" and len(key) == 1 else key)) == 0
            self.type(Key("enter" if is_sent else "escape"))

    @rule(
        index=st.integers(0, 9),
        rows=st.integers(-9, 9),
        is_armed=st.booleans(),
        between=st.sampled_from(["", "escape", "wait", "X", "fill"]),
    )
    def drag(self, index: int, rows: int, is_armed: bool, between: str) -> None:
        """Press on an own order, hold it over another row, let it go: only that may move it, and only there."""
        self.type(Key("escape"))
        self.type(Key("escape"))
        if is_armed != self.model.is_armed and self.model.command is None and not self.model.is_help_shown:
            self.type(Key("a"))
        places = [place for order in self.working() if (place := self.mine_cell(order)) is not None]
        if not places:
            return
        x, y = places[index % len(places)]
        assert self.type(Mouse(MouseButton.LEFT, x, y)) == 0
        held = self.model.drag
        assert self.type(Mouse(MouseButton.DRAG, x, y + rows)) == 0
        if between == "wait":
            self.wait(2.5)
        elif between:
            self.type(Key(between)) if between != "fill" else self.fill(index, 1)
        was_armed, count = self.model.is_armed, len(self.unanswered)
        left = self.type(Mouse(MouseButton.RELEASE, x, y + rows))
        assert left == 0 or (was_armed and rows and held is not None)
        if left:
            assert self.unanswered[count]["order_id"] == held.order_id if held is not None else False

    @rule(x=st.integers(0, 119), y=st.integers(0, 35))
    def right_click(self, x: int, y: int) -> None:
        assert self.type(Mouse(MouseButton.RIGHT, x, y)) == 0

    @rule(x=st.integers(0, 119), from_below=st.sampled_from([1, 2, 3]))
    def click_a_button(self, x: int, from_below: int) -> None:
        """The ticket, the messages and the keys: a click there sends only while armed."""
        was_armed = self.model.is_armed
        y = self.model.height - from_below
        assert self.type(Mouse(MouseButton.LEFT, x, y)) == 0 or was_armed

    @rule(text=st.sampled_from(["b", "\r", "a\rb\r", ":buy 10 100\r"]))
    def paste(self, text: str) -> None:
        self.type(Paste(text))

    @rule(data=st.text(alphabet="bsBSfr5jиы", min_size=2, max_size=3))
    def read_at_once(self, data: str) -> None:
        """Arm, and then what one read of the terminal brought."""
        self.type(Key("escape"))
        if not self.model.is_armed:
            self.type(Key("a"))
        self.type(Key("space"))
        now = self.scene.now
        inputs = BurstGuard().take(KeyDecoder().feed(data.encode(), now), now)
        assert sum(self.type(found) for found in inputs) <= 1

    @rule(name=st.sampled_from([*"bsBSfraxX:?qы", "enter", "escape", "space"]), is_waiting=st.booleans())
    def press_with_alt(self, name: str, is_waiting: bool) -> None:
        """Escape and a key that came together: nothing leaves, and the next Enter sends nothing, either."""
        if is_waiting:
            self.type(Key("b"))
        assert self.type(Alt(name)) == 0
        assert self.model.confirm is None or self.model.command is not None
        if self.model.command is None:
            assert self.type(Key("enter")) == 0

    @rule(
        opening=st.sampled_from(["\x1b:", "\x1bЖ", "\x1bs", "\x1b\r", "\x1b\x1bs"]),
        text=st.sampled_from(["asell 100\r", "sab\r", "ba", ":a\rs"]),
        gap_s=st.sampled_from([0.0, 0.04]),
    )
    def script(self, opening: str, text: str, gap_s: float) -> None:
        """What a program types, at once or letter by letter: its letters don't arm, and order only where armed.

        Who has armed the screen has said that a key orders; but not one that came with Escape or behind it.
        """
        self.type(Key("escape"))
        was_armed, decoder, guard = self.model.is_armed, KeyDecoder(), BurstGuard()
        pieces = [opening, *text] if gap_s else [opening + text]
        for piece in pieces:
            self.scene.now += gap_s
            now = self.scene.now
            for found in guard.take(decoder.feed(piece.encode(), now), now):
                left = self.type(found)
                is_behind_a_line = opening in ("\x1b:", "\x1bЖ") and found in (Key("enter"), Key("s"), Key("b"))
                assert left == 0 or (was_armed and self.model.command is None and is_behind_a_line)
        assert self.model.is_armed is was_armed or not self.model.is_armed

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

    @rule(keys=st.sampled_from(["f", "fb", "f\r", "r", "r\r", "rf\r"]))
    def flatten(self, keys: str) -> None:
        """However often, it never asks for more than closes the position."""
        net = net_under_way(self.model)
        for key in keys:
            self.type(Key("enter" if key == "\r" else key))
        waiting = self.model.confirm
        if isinstance(waiting, OrderProposal) and waiting.is_flatten:
            assert (waiting.is_buy, waiting.quantity) == (net < 0, abs(net))
        if isinstance(waiting, OrderProposal) and waiting.is_reverse:
            assert (waiting.is_buy, waiting.quantity) == (net < 0, 2 * abs(net))

    @precondition(CheckedScreen.is_idle)
    @rule(net=st.sampled_from([-3, 2]), key=st.sampled_from(CLOSING_KEYS))
    def close_armed(self, net: int, key: str) -> None:
        """Closing and reversing ask even of an armed screen."""
        self.tell_position(net)
        if not self.model.is_armed:
            self.type(Key("a"))
        assert self.type(Key(key)) == 0

    @precondition(CheckedScreen.is_idle)
    @rule(
        guard=st.sampled_from(["max 1", "notional 1"]), order=st.sampled_from(["b", "S", "buy 7 mid", "sell 7 99"])
    )
    def order_more_than_a_guard_lets_through(self, guard: str, order: str) -> None:
        self.command(guard)
        if not self.model.is_armed:
            self.type(Key("a"))
        self.type(Key("2"))
        if len(order) == 1:
            assert self.type(Key(order)) == 0
        else:
            self.command(order)
        assert self.model.confirm is None
        self.command("max off")
        self.command("notional off")

    @rule(net=st.integers(-3, 3))
    def tell_position(self, net: int) -> None:
        entry = {"symbol": "ACME", "net_position": net, "average_price": Decimal(100) if net else None,
                 "realised_pnl": Decimal(0), "unrealised_pnl": Decimal(0)}  # fmt: skip
        self.hear({"type": "positions", "positions": [entry]})

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
