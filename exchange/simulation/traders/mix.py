"""Who takes part: `zi:40,mm:4,momentum:6` is forty of one kind, four of another, six of a third.

Each trader is called after its kind and its number in it, `zi-1`, `zi-2` …, so a mix with one more of a kind has
all the others under their names, with their numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from exchange.laboratory.participants import MixMember, Participants
from exchange.simulation.traders.execution import PovTrader, TwapTrader, VwapTrader
from exchange.simulation.traders.fat_finger import FatFinger
from exchange.simulation.traders.fundamental_value import ValueNews
from exchange.simulation.traders.informed import Informed
from exchange.simulation.traders.inventory_maker import QuotingTrader
from exchange.simulation.traders.mean_reversion import MeanReversion
from exchange.simulation.traders.momentum import TrendFollower
from exchange.simulation.traders.penny_jumper import PennyJumper
from exchange.simulation.traders.scenario import Scenario
from exchange.simulation.traders.simulated_trader import SimulatedTrader
from exchange.simulation.traders.stop_loss_herd import StopLossHerd
from exchange.simulation.traders.zero_intelligence import ZeroIntelligence

TRADER_KINDS: dict[str, type[SimulatedTrader]] = {
    "zi": ZeroIntelligence,
    "mm": QuotingTrader,
    "penny": PennyJumper,
    "momentum": TrendFollower,
    "reversion": MeanReversion,
    "informed": Informed,
    "twap": TwapTrader,
    "vwap": VwapTrader,
    "pov": PovTrader,
    "herd": StopLossHerd,
    "fat": FatFinger,
}
# By kind and the name of a number of its class: what it is instead of what the class says.
Settings = Mapping[str, Mapping[str, float]]
DEFAULT_MIX = "zi:12,mm:6,penny:4,momentum:3,reversion:3,informed:4,twap:3,vwap:2,pov:2,herd:3,fat:1"
COUNT_MAX = 1_000


def merged(settings: Settings, others: Settings) -> Settings:
    """All numbers of `settings`, those of `others` in place of the same ones."""
    kinds = [*settings, *(kind for kind in others if kind not in settings)]
    return {kind: {**settings.get(kind, {}), **others.get(kind, {})} for kind in kinds}


class MixPart(NamedTuple):
    """`number` traders of one kind."""

    kind: str
    number: int


class TraderPlace(NamedTuple):
    """A place in a market: for a trader of this kind, who is called so."""

    kind: str
    name: str


def parse_mix(text: str) -> list[MixPart]:
    """The parts of a mix as it is written.  Raises ValueError, which names what is wrong."""
    parts = [_part(item) for item in text.split(",")]
    kinds = [part.kind for part in parts]
    for kind in kinds:
        if kinds.count(kind) > 1:
            raise ValueError(f"mix {text!r}: {kind} is there twice")
    return parts


def _part(item: str) -> MixPart:
    kind, _, count = item.strip().partition(":")
    if kind not in TRADER_KINDS:
        raise ValueError(f"{kind!r} is no kind of trader; there are {', '.join(TRADER_KINDS)}")
    if not count.isascii() or not count.isdigit() or not 0 < int(count) <= COUNT_MAX:
        raise ValueError(f"{item.strip()!r}: must be a kind, a colon and a number from 1 to {COUNT_MAX:,}")
    return MixPart(kind, int(count))


def places_of(mix: Sequence[MixPart]) -> list[TraderPlace]:
    """The places of a mix, in its order."""
    return [
        TraderPlace(part.kind, f"{part.kind}-{number}") for part in mix for number in range(1, part.number + 1)
    ]


def traders_at(places: Sequence[TraderPlace], scenario: Scenario, settings: Settings) -> list[SimulatedTrader]:
    """One trader for each place.  Raises ValueError for a setting that there is not."""
    traders = [TRADER_KINDS[place.kind](place.name, scenario) for place in places]
    for place, trader in zip(places, traders, strict=True):
        trader.adjust(settings.get(place.kind, {}))
    return traders


def traders_of(mix: Sequence[MixPart], scenario: Scenario, settings: Settings) -> list[SimulatedTrader]:
    """One trader for each place of the mix.  Raises ValueError for a setting that there is not."""
    return traders_at(places_of(mix), scenario, settings)


def participants_of(mix: Sequence[MixPart], scenario: Scenario, settings: Settings) -> Participants:
    """The same for a market on a virtual clock: under their names, each as far off as its kind is.

    Everybody there hears how the value jumps.
    """
    traders = traders_of(mix, scenario, settings)
    members = [MixMember(trader.name, trader, trader.latency()) for trader in traders]
    return Participants(members, ValueNews(scenario.value()))
