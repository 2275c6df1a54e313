"""Fixed states of the trading screen, for its picture in the README and for the tests.

Each is built the way a real one is: from messages of the engine and keys, with a clock that stands still.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from exchange.networking.tcp_client import Message
from tui.screen.key_decoder import Key
from tui.screen.messages import Connected, EngineSaid, Resized, TimePassed, ToEngine, Typed
from tui.screen.model import Model
from tui.screen.update import update

# 2026-01-05 10:42:07 UTC, and where the program's own clock stands then.
WALL_S = 1_767_609_727
NOW = 1_000.0
TICK = Decimal("0.05")
LAST_TICKS = 2005

Levels = list[list[Any]]


class Scene:
    """A model and the hand that drives it."""

    def __init__(self, width: int, height: int, symbols: Iterable[str] = ("ACME",), tick: Decimal = TICK) -> None:
        self.model = Model("alice", "a-", clock_offset_s=WALL_S - NOW)
        self.now = NOW - 90.0
        self.tick = tick
        self.seq = 184_200
        update(self.model, Resized(self.now, width, height))
        instruments = [{"symbol": symbol, "tick_size": tick, "lot_size": 1} for symbol in symbols]
        update(self.model, Connected(self.now, {"type": "logged_in", "instruments": instruments}, ()))
        self.say({"type": "pong", "id": 1}, after_s=0.0008)
        self.say({"type": "orders", "orders": []})

    def say(self, message: Message, after_s: float = 0.0) -> list[Any]:
        """The engine says something; returns what that asked for."""
        self.now += after_s
        return update(self.model, EngineSaid(self.now, message))

    def press(self, *keys: str) -> list[Any]:
        """Keys, by their names; returns what they asked for."""
        return [request for key in keys for request in update(self.model, Typed(self.now, Key(key)))]

    def until(self, now: float) -> None:
        """Time passes; the engine answers its pings."""
        self.now = now
        self.say({"type": "heartbeat"})
        update(self.model, TimePassed(now))

    def book(self, bids: Levels, asks: Levels, sequence: int = 1, symbol: str = "") -> None:
        """A snapshot: levels as [ticks, quantity]; `symbol` "": the one that is traded."""
        self.say(
            {
                "type": "book_snapshot",
                "symbol": symbol or self.model.symbol,
                "sequence": sequence,
                "bids": [[self.tick * price, quantity, 1] for price, quantity in bids],
                "asks": [[self.tick * price, quantity, 1] for price, quantity in asks],
            }
        )

    def change(self, sequence: int, changes: list[tuple[str, int, int]]) -> None:
        """An update of the book: (side, ticks, new quantity)."""
        rows = [[side, self.tick * price, quantity, 1] for side, price, quantity in changes]
        self.say({"type": "book_update", "symbol": self.model.symbol, "sequence": sequence, "changes": rows})

    def trade(self, price: int, quantity: int, side: str = "BUY", symbol: str = "") -> None:
        """A public trade at `price` ticks."""
        self.say(
            {
                "type": "trade",
                "symbol": symbol or self.model.symbol,
                "price": self.tick * price,
                "quantity": quantity,
                "aggressor_side": side,
                "timestamp": self.timestamp,
            }
        )

    @property
    def timestamp(self) -> int:
        """The wall clock in ns."""
        return int((self.now + WALL_S - NOW) * 1_000_000_000)

    def order(self, order_id: int, side: str, price: int, quantity: int, client_order_id: str = "") -> None:
        """An order of the user is accepted; `client_order_id` "" means that another program of theirs sent it."""
        self.say(self._private("order_accepted", order_id, client_order_id or f"x-{order_id}") | {
            "side": side,
            "order_type": "LIMIT",
            "time_in_force": "GTC",
            "price": self.tick * price,
            "quantity": quantity,
            "remaining_quantity": quantity,
            "status": "NEW",
        })  # fmt: skip

    def fill(self, order_id: int, side: str, price: int, quantity: int, remaining: int) -> list[Any]:
        """An order of the user trades; returns what that asked for."""
        return self.say(self._private("order_executed", order_id, f"x-{order_id}") | {
            "side": side,
            "price": self.tick * price,
            "quantity": quantity,
            "remaining_quantity": remaining,
            "status": "PARTIALLY_FILLED" if remaining else "FILLED",
            "liquidity": "MAKER",
        })  # fmt: skip

    def advanced_order(self, order_id: int, side: str, order_type: str, quantity: int, **fields: Any) -> None:
        """An order of the user with more than a price is accepted; prices in `fields` are in ticks."""
        prices = {name: self.tick * fields.pop(name) for name in ("price", "stop_price") if name in fields}
        self.say(self._private("order_accepted", order_id, f"x-{order_id}") | {
            "side": side,
            "order_type": order_type,
            "time_in_force": "GTC",
            "price": None,
            "quantity": quantity,
            "remaining_quantity": quantity,
            "status": "NEW",
        } | prices | fields)  # fmt: skip

    def trigger(self, order_id: int, stop_price: int) -> None:
        """A stop of the user becomes live."""
        self.say(self._private("order_triggered", order_id, f"x-{order_id}") | {
            "stop_price": self.tick * stop_price, "status": "NEW",
        })  # fmt: skip

    def phase(self, phase: str, reason: str = "", left_s: float | None = None) -> None:
        """The instrument changes its phase; it ends in `left_s` at the earliest (None: nobody knows)."""
        message: Message = {
            "type": "instrument_status",
            "symbol": self.model.symbol,
            "phase": phase,
            "reason": reason,
        }
        if left_s is not None:
            message["until"] = self.timestamp + int(left_s * 1_000_000_000)
        self.say(message)

    def indicate(self, price: int | None, volume: int, surplus: int, side: str | None) -> None:
        """What the call would trade at, in ticks."""
        self.say({
            "type": "auction_indication", "symbol": self.model.symbol, "volume": volume, "surplus": surplus,
            "price": None if price is None else self.tick * price, "surplus_side": side,
        })  # fmt: skip

    def position(self, net: int, average_price: str, realised: str) -> None:
        """What the engine says about the position."""
        entry = {
            "symbol": self.model.symbol,
            "net_position": net,
            "average_price": Decimal(average_price),
            "realised_pnl": Decimal(realised),
            "unrealised_pnl": Decimal(0),
        }
        self.say({"type": "positions", "positions": [entry]})

    def _private(self, kind: str, order_id: int, client_order_id: str) -> Message:
        self.seq += 1
        return {
            "type": kind,
            "seq": self.seq,
            "order_id": order_id,
            "client_order_id": client_order_id,
            "symbol": self.model.symbol,
            "timestamp": self.timestamp,
        }


def _some(index: int, limit: int) -> int:
    """A number below `limit` that looks random and is always the same."""
    return (index * 7919 + index * index * 104_729 + 12_345) % 1_000_003 % limit


def levels(best: int, step: int, count: int, gap_every: int = 0) -> Levels:
    """`count` levels from `best` outward; each `gap_every`-th is missing (0: none is)."""
    prices = [best + step * index for index in range(count)]
    return [
        [price, 20 + _some(price, 160) + _some(price + 7, 7) ** 3 * 2]
        for index, price in enumerate(prices)
        if not gap_every or index % gap_every != gap_every - 1
    ]


def trade_for_a_while(scene: Scene, seconds: float, price: int) -> None:
    """Trades that wander about `price` up to `seconds` from now, two or so a second."""
    index, end = 0, scene.now + seconds
    while scene.now < end:
        index += 1
        scene.now += 0.12 + _some(index, 90) / 100
        wave = round(5 * ((index % 61) / 30.5 - 1) ** 2 - 2) + _some(index * 3, 4) - 2
        drift = index // 28
        side = "BUY" if _some(index * 5, 10) > 3 else "SELL"
        scene.trade(price + wave + drift - 4, 1 + _some(index * 11, 140) * (1 + _some(index, 2)), side)


def busy(width: int, height: int, symbols: Iterable[str] = ("ACME",)) -> Scene:
    """A market in full swing, with a position and some orders of the user's own."""
    scene = Scene(width, height, symbols)
    scene.book(levels(LAST_TICKS - 1, -1, 60, 9), levels(LAST_TICKS + 1, 1, 60, 11))
    trade_for_a_while(scene, 84.0, LAST_TICKS)
    _own_orders(scene)
    scene.trade(LAST_TICKS + 1, 57, "BUY")
    scene.trade(LAST_TICKS - 1, 8, "SELL")
    scene.trade(LAST_TICKS, 40, "BUY")
    scene.position(30, "100.12", "5.10")
    scene.until(NOW - 0.1)
    scene.press("space", "down", "down")
    scene.press("up", "b", "enter")
    changes = [("BID", LAST_TICKS - 3, 424), ("ASK", LAST_TICKS + 4, 318), ("BID", LAST_TICKS - 1, 131)]
    scene.change(2, changes)
    return scene


def _own_orders(scene: Scene) -> None:
    scene.order(9111, "BUY", LAST_TICKS + 1, 10)
    scene.fill(9111, "BUY", LAST_TICKS + 1, 10, 0)
    scene.order(9123, "BUY", LAST_TICKS - 3, 25)
    scene.order(9127, "BUY", LAST_TICKS - 5, 100)
    scene.now += 1.3
    scene.fill(9127, "BUY", LAST_TICKS - 5, 40, 60)
    scene.order(9130, "SELL", LAST_TICKS + 4, 10)
    scene.order(9131, "SELL", LAST_TICKS + 7, 250)
    scene.now += 0.7
    scene.fill(9131, "SELL", LAST_TICKS + 7, 20, 230)


def calm(width: int = 120, height: int = 36) -> Scene:
    """A book, no orders, and the cursor at the best bid."""
    scene = Scene(width, height)
    scene.book(levels(LAST_TICKS - 1, -1, 30), levels(LAST_TICKS + 1, 1, 30))
    scene.until(NOW)
    return scene


def call(width: int, height: int) -> Scene:
    """An auction after a halt: crossed orders, an indicative price, a countdown."""
    scene = busy(width, height)
    scene.phase("AUCTION", "CIRCUIT_BREAKER", 42.0)
    scene.book(levels(LAST_TICKS + 2, -1, 40, 9), levels(LAST_TICKS - 2, 1, 40, 11), sequence=5)
    scene.indicate(LAST_TICKS + 1, 1_240, 310, "BUY")
    return scene


def halt(width: int, height: int) -> Scene:
    """The circuit breaker has stopped the instrument."""
    scene = busy(width, height)
    scene.phase("HALTED", "CIRCUIT_BREAKER", 58.0)
    return scene


def iceberg(width: int, height: int) -> Scene:
    """An iceberg of the user's in the book, and the next one in the ticket."""
    scene = busy(width, height)
    scene.advanced_order(9150, "SELL", "LIMIT", 500, price=LAST_TICKS + 2, display_quantity=50)
    scene.press("o", "o", "5")
    return scene


def waiting_stop(width: int, height: int) -> Scene:
    """Stops of the user's that wait, one with a limit, and the next one in the ticket."""
    scene = busy(width, height)
    scene.advanced_order(9160, "SELL", "STOP", 30, stop_price=LAST_TICKS - 6)
    scene.advanced_order(9161, "BUY", "STOP_LIMIT", 10, stop_price=LAST_TICKS + 6, price=LAST_TICKS + 8)
    scene.press("o", "o", "o", "o", "o", "d")
    return scene


def empty(width: int, height: int) -> Scene:
    """A market in which nothing has happened yet."""
    scene = Scene(width, height)
    scene.book([], [])
    scene.until(NOW)
    return scene


def wide(width: int, height: int) -> Scene:
    """Best prices that are further apart than the screen is high."""
    scene = Scene(width, height)
    scene.book(levels(1800, -3, 30), levels(2200, 3, 30))
    scene.trade(1990, 5)
    scene.until(NOW)
    return scene


def long_numbers(width: int, height: int) -> Scene:
    """Prices of ten digits, quantities beyond a milliard."""
    scene = Scene(width, height, tick=Decimal("0.00005"))
    top = 2_469_135_780
    scene.book(
        [[top - index, 987_654_321 * (1 + index % 3)] for index in range(1, 40)],
        [[top + index, 1_234_567_890_123 // index] for index in range(1, 40)],
    )
    for index in range(40):
        scene.now += 2.0
        scene.trade(top + index % 5 - 2, 123_456_789 + index, "SELL")
    scene.order(123_456_789, "SELL", top + 2, 999_999_999)
    scene.order(123_456_790, "BUY", top - 2, 1_000_000_000)
    scene.fill(123_456_789, "SELL", top + 2, 500_000_000, 499_999_999)
    scene.position(-500_000_000, "123456.78912345", "-98765432.10")
    scene.until(NOW)
    scene.press("]", "]", "space")
    return scene


def many_orders(width: int, height: int) -> Scene:
    """More orders than any panel shows, several at one price, in several symbols."""
    scene = busy(width, height, ("ACME", "BRICK", "CORN.X"))
    for index in range(60):
        is_buy = index % 2 == 0
        price = LAST_TICKS + (-2 - index % 9 if is_buy else 2 + index % 9)
        scene.order(10_000 + index, "BUY" if is_buy else "SELL", price, 5 + index)
    scene.press("tab", "tab", *["down"] * 30)
    return scene


def sent(requests: list[Any]) -> list[dict[str, Any]]:
    """The messages among what an update asks for."""
    return [request.message for request in requests if isinstance(request, ToEngine)]


def said(scene: Scene) -> str:
    """The last thing the screen told its user."""
    return scene.model.notices[-1].text
