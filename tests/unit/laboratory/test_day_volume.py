"""A day's volume at any command, by what the engine keeps and by counting, over more than one trading day."""

from __future__ import annotations

from exchange.engine.commands import Command, ListInstrument, NewOrder, SetPhase
from exchange.engine.instrument import Instrument
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, Phase, Side, TimeInForce
from exchange.laboratory.history import History
from exchange.laboratory.recorded.day_volume import DayVolume, VolumeCounter

TICK_NANOS = 10**9


def order(name: str, side: Side, price: int, quantity: int, symbol: str = "ACME") -> NewOrder:
    terms = Terms(side, OrderType.LIMIT, TimeInForce.GTC, price * TICK_NANOS, quantity)
    return NewOrder("alice" if side is Side.BUY else "bob", name, symbol, terms)


def test_each_trading_day_has_its_own_volume_forwards_backwards_and_beside_other_symbols() -> None:
    commands: list[Command] = [
        ListInstrument(Instrument("ACME", tick_size_nanos=TICK_NANOS)),
        ListInstrument(Instrument("OTHER", tick_size_nanos=TICK_NANOS)),
        order("1", Side.SELL, 10, 5),
        order("2", Side.BUY, 10, 3),
        order("3", Side.BUY, 7, 4, "OTHER"),
        order("4", Side.SELL, 7, 4, "OTHER"),
        SetPhase("ACME", Phase.CLOSED),
        SetPhase("ACME", Phase.CONTINUOUS),
        order("5", Side.BUY, 12, 9),
        order("6", Side.SELL, 12, 1),
        order("7", Side.SELL, 11, 2),
    ]
    expected = {
        3: DayVolume(None, None, None, 0, 0, 0, 0, {}),
        4: DayVolume(10, 10, 10, 3, 3, 30, 3, {10: 3}),
        7: DayVolume(10, 10, 10, 3, 3, 30, 3, {10: 3}),
        8: DayVolume(None, None, None, 0, 0, 0, 0, {}),
        9: DayVolume(10, 10, 10, 2, 2, 20, 2, {10: 2}),
        11: DayVolume(10, 12, 10, 5, 5, 56, -1, {10: 2, 12: 3}),
    }
    with History.of((command, 1_000 + number) for number, command in enumerate(commands)) as day:
        assert day.last == len(commands)
        counter = VolumeCounter(day.index, "ACME")
        for sequence in (3, 4, 7, 8, 9, 11, 9, 4, 11, 3, 8, 7):
            assert counter.at(sequence, day.at(sequence).engine.books["ACME"]) == expected[sequence], sequence
        other = VolumeCounter(day.index, "OTHER")
        assert other.at(11, day.at(11).engine.books["OTHER"]).by_price == {7: 4}
