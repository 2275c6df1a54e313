"""Order flow by chance, whose orders live for as long as a test says."""

from __future__ import annotations

from random import Random

from exchange.engine.words import Side
from exchange.laboratory.flow.lobster_file import Row, RowType
from exchange.simulation.study.comparison import BLOCK_S
from exchange.utils.helpers import NS_PER_S


def random_rows(seed: int, cancel_after_s: float) -> list[Row]:
    """Two blocks of orders around 1,000, each canceled after a time, and a trade now and then."""
    draw = Random(seed)
    rows: list[Row] = []
    waiting: list[Row] = []
    time_ns, number = 0, 0
    while time_ns < 2 * BLOCK_S * NS_PER_S:
        time_ns += 1 + int(0.4 * NS_PER_S * draw.random())
        while waiting and waiting[0].time_ns < time_ns:
            rows.append(waiting.pop(0))
        number += 1
        side = Side.BUY if draw.random() < 0.5 else Side.SELL
        price = 1_000 + (1 + int(20 * draw.random())) * (-1 if side is Side.BUY else 1)
        rows.append(Row(RowType.NEW, number, 10, price, side, time_ns))
        done = RowType.EXECUTION if draw.random() < 0.1 else RowType.CANCELLATION
        waiting.append(Row(done, number, 10, price, side, time_ns + round(cancel_after_s * NS_PER_S)))
    return rows
