"""Prices as whole ticks and back: where Decimal ends and the screen's integers begin.  Pure."""

from __future__ import annotations

from decimal import Decimal

# Below this an amount is shown with as many places as a price.
SMALL_AMOUNT = 1_000


class PriceScale:
    """The tick of one instrument.  On the screen's side a price is an int count of ticks, always."""

    __slots__ = ("tick_size", "decimals")

    def __init__(self, tick_size: Decimal) -> None:
        """`tick_size` is in currency, above 0.  Raises ValueError otherwise."""
        if not tick_size.is_finite() or tick_size <= 0:
            raise ValueError(f"tick size {tick_size} is not a price step")
        self.tick_size = tick_size
        exponent = tick_size.normalize().as_tuple().exponent
        assert isinstance(exponent, int)
        self.decimals = max(0, -exponent)

    def ticks(self, price: Decimal) -> int:
        """The ticks of a price that is on the grid.  About 0.8 µs."""
        return int(price / self.tick_size)

    def nearest_ticks(self, price: Decimal) -> int:
        """The tick nearest to any price, such as an average."""
        return int((price / self.tick_size).to_integral_value())

    def is_on_tick(self, price: Decimal) -> bool:
        """Whether the price is a whole number of ticks."""
        return price % self.tick_size == 0

    def price(self, ticks: int) -> Decimal:
        """The exact price, as the wire wants it."""
        return self.tick_size * ticks

    def text(self, ticks: int) -> str:
        """`100.25`"""
        return f"{self.tick_size * ticks:.{self.decimals}f}"

    def average_text(self, price: Decimal) -> str:
        """A price between ticks, with one more place if it needs it: `100.12`, `100.125`."""
        text = f"{price:.{self.decimals + 1}f}"
        return text[:-1].removesuffix(".") if text.endswith("0") else text

    def amount_text(self, amount: Decimal, *, is_signed: bool = False) -> str:
        """An amount of money: `1,234.50`, or signed `+1,234.50`; small ones with the places of a price."""
        places = max(2, self.decimals) if abs(amount) < SMALL_AMOUNT else 2
        return f"{amount:+,.{places}f}" if is_signed else f"{amount:,.{places}f}"


def short_quantity(quantity: int, width: int) -> str:
    """`quantity` in at most `width` (at least 4) characters: `12345`, `123k`, `1.2M`."""
    text = str(quantity)
    if len(text) <= width:
        return text
    for unit, size in (("k", 10**3), ("M", 10**6), ("G", 10**9), ("T", 10**12)):
        if quantity < 1000 * size:
            whole = f"{quantity / size:.1f}{unit}"
            return whole if len(whole) <= width else f"{quantity // size}{unit}"
    return f"{quantity:.0e}"
