"""How much an order is for, as people and programs write it: mostly a hundred, often an odd lot, seldom a lot."""

from __future__ import annotations

from exchange.laboratory.venue.latency import Draw
from exchange.simulation.traders.chance import weighted

ROUND_LOT = 100
ODD_LOT_MAX = 30
# Round lots and their weights, as they are on real exchanges; 0 stands for an odd lot.
_KINDS = ((ROUND_LOT, 0.53), (0, 0.37), (2 * ROUND_LOT, 0.06), (5 * ROUND_LOT, 0.02), (10 * ROUND_LOT, 0.02))


def order_size(draw: Draw) -> int:
    """In units."""
    size = weighted(draw, _KINDS)
    return size or 1 + int(draw() * ODD_LOT_MAX)
