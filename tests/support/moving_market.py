"""A market that has moved for a while, for pictures and tests of what is shown over time.

Made from a generator of its own, so that it is the same in every Python.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from tests.support import screen_scenes
from tests.support.screen_scenes import LAST_TICKS, NOW, Scene

SECONDS = 150
CHANGES_PER_SECOND = 8
DEPTH = 22


class _Chance:
    """A small generator (the constants are those of Numerical Recipes)."""

    def __init__(self, seed: int) -> None:
        self._state = seed

    def below(self, limit: int) -> int:
        """A number from 0 to `limit` - 1."""
        self._state = (self._state * 1_664_525 + 1_013_904_223) % 2**32
        return (self._state >> 8) % limit


def moving(
    width: int, height: int, symbols: Iterable[str] = ("ACME",), seconds: int = SECONDS, seed: int = 7
) -> Scene:
    """Walls that stand, a price that wanders between them, large trades at the turns; two orders of one's own."""
    scene = Scene(width, height, symbols)
    scene.now = NOW - seconds
    chance, middle, sequence = _Chance(seed), LAST_TICKS, 1
    book = {price: _rests(chance, price) for price in range(middle - DEPTH, middle + DEPTH + 1) if price != middle}
    bids = [[price, quantity] for price, quantity in book.items() if price < middle]
    asks = [[price, quantity] for price, quantity in book.items() if price > middle]
    scene.book(bids, asks)
    for turn in range(seconds * CHANGES_PER_SECOND):
        scene.now = NOW - seconds + (turn + 1) / CHANGES_PER_SECOND
        step = chance.below(3) - 1 if chance.below(14) == 0 else 0
        if step and abs(middle + step - LAST_TICKS) <= 9:
            sequence += 1
            scene.change(sequence, _step(book, chance, middle, step))
            scene.trade(middle + step, 20 + chance.below(300), "BUY" if step > 0 else "SELL")
            middle += step
        else:
            price = middle + (1 + chance.below(DEPTH - 4)) * (1 if chance.below(2) else -1)
            book[price] = _rests(chance, price)
            sequence += 1
            scene.change(sequence, [("BID" if price < middle else "ASK", price, book[price])])
        if chance.below(6) == 0:
            side = chance.below(2)
            scene.trade(middle + (1 if side else -1), 1 + chance.below(40), "BUY" if side else "SELL")
    scene.order(9123, "BUY", middle - 4, 25)
    scene.order(9130, "SELL", middle + 6, 100)
    scene.position(30, "100.12", "5.10")
    scene.until(NOW)
    scene.press("space")
    return scene


def _rests(chance: _Chance, price: int) -> int:
    """Usually little; a wall at some prices."""
    is_wall = price % 7 == 3
    return 20 + chance.below(120) + (400 + chance.below(500) if is_wall and chance.below(4) else 0)


def _step(book: dict[int, int], chance: _Chance, middle: int, step: int) -> list[tuple[str, int, int]]:
    """The market moves by a tick: what rested there is gone, and what was the middle is the other side's."""
    taken, left = middle + step, middle
    book.pop(taken, None)
    book[left] = _rests(chance, left)
    return [("ASK" if step > 0 else "BID", taken, 0), ("BID" if step > 0 else "ASK", left, book[left])]


def heat_map(width: int, height: int) -> Scene:
    """The heat map on all of the screen."""
    scene = moving(width, height)
    scene.press("h")
    return scene


def several(width: int, height: int) -> Scene:
    """Four symbols, each with a book of its own and some trades."""
    scene = moving(width, height, ("ACME", "BRICK", "CORN.X", "DELTA"))
    for number, symbol in enumerate(("BRICK", "CORN.X", "DELTA"), start=1):
        price = 800 * number + 37
        depth = 30 if scene.model.book_depths.get(symbol) == 0 else 1
        steps = range(1, depth + 1)
        bids, asks = ([[price + side * step, 40 + 13 * step % 90] for step in steps] for side in (-1, 1))
        scene.book(bids, asks, symbol=symbol)
        for step in range(5):
            scene.trade(price + step * (number - 2) - 1, 10 + step, symbol=symbol)
    held = (("ACME", 30, 2002, "5.10"), ("BRICK", -120, 840, "-31.40"), ("DELTA", 0, 0, "0"))
    entries = [
        {
            "symbol": symbol, "net_position": net, "average_price": scene.tick * price if net else None,
            "realised_pnl": Decimal(realised), "unrealised_pnl": Decimal(0),
        }
        for symbol, net, price, realised in held
    ]  # fmt: skip
    scene.say({"type": "positions", "positions": entries})
    return scene


def two_ladders(width: int, height: int) -> Scene:
    """Two ladders beside each other, the watchlist below the second."""
    scene = moving(width, height, ("ACME", "BRICK", "CORN.X", "DELTA"), seconds=60)
    scene.press(":", *"panel", "space", *"ladder2", "enter")
    price = 837
    bids, asks = ([[price + side * step, 40 + 37 * step % 190] for step in range(1, 40)] for side in (-1, 1))
    scene.book(bids, asks, symbol="BRICK")
    for step in range(9):
        scene.trade(price + (-1 if step % 2 else 1), 10 + step, symbol="BRICK")
    scene.until(NOW)
    return scene


def tour(width: int, height: int) -> Scene:
    """The third lesson of the tour, done."""
    scene = screen_scenes.calm(width, height)
    for text in ("tour", "next", "next", "buy space 1 0 space bid"):
        letters = [key for word in text.split() for key in ([word] if word == "space" else word)]
        scene.press(":", *letters, "enter")
    scene.press("enter")
    return scene
