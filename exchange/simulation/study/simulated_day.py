"""A day of simulated traders on the virtual clock, as the rows of order flow that a study measures.

Everything hangs on the seed: the same seed, mix and settings give the same rows on every machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from exchange.engine.instrument import Instrument
from exchange.laboratory.flow.flow_recorder import FlowRecorder
from exchange.laboratory.flow.lobster_file import Row
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.participants import admit
from exchange.laboratory.venue.clock import START_NS
from exchange.laboratory.venue.records import NothingKept
from exchange.simulation.study.recording import Recording, later_part, record
from exchange.simulation.traders.mix import MixPart, Settings, participants_of
from exchange.simulation.traders.scenario import Scenario

INSTRUMENT = Instrument("ACME")
# As dear as the recorded stock, so that its spread is as many ticks wide.
START_PRICE = 585.0
# What happens until a market has found its prices is not measured.
WARM_UP_S = 60.0


@dataclass(frozen=True)
class DayPlan:
    """Who trades, for how long after the warm-up, and by which settings."""

    mix: Sequence[MixPart]
    seconds: float
    settings: Settings
    instrument: Instrument = field(default=INSTRUMENT)
    start_price: float = START_PRICE


class SimulatedDay:
    """Run it once; then `rows` is all that happened, and `recording` what there is to measure of it."""

    def __init__(self, plan: DayPlan, seed: int) -> None:
        self.begin_ns = START_NS
        self.rows: list[Row] = []
        nothing = NothingKept()
        recorder = FlowRecorder(plan.instrument, self.rows.append, nothing, nothing, nothing)
        scenario = Scenario(seed, plan.start_price, START_NS)
        self.market = VirtualMarket([plan.instrument], seed, START_NS, recorder)
        self.traders = admit(self.market, participants_of(plan.mix, scenario, plan.settings))
        self._plan = plan

    def run(self) -> None:
        """Let the day happen.  Raises BotFailed if a trader fails: that is a bug of its."""
        self.market.advance(WARM_UP_S + self._plan.seconds)
        for trader in self.traders:
            if trader.failure is not None:
                raise trader.failure

    def recording(self) -> Recording:
        """The day after the warm-up, with the book as it was then."""
        return later_part(record(self.rows), WARM_UP_S)
