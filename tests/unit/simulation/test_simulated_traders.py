"""Simulated traders: their chances, their turns, the mix; one trader more changes nobody else."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from exchange.laboratory.backtest import Backtest
from exchange.laboratory.flow.lobster_file import Row
from exchange.laboratory.participants import Participants
from exchange.laboratory.venue.clock import START_NS
from exchange.laboratory.venue.latency import random_stream
from exchange.networking.tcp_client import Bot, BotFailed, News, OrderRejected
from exchange.simulation.study import numbers
from exchange.simulation.study.simulated_day import DayPlan, SimulatedDay
from exchange.simulation.traders import chance
from exchange.simulation.traders.arrivals import Arrivals, Hawkes, Poisson
from exchange.simulation.traders.fundamental_value import FundamentalValue, ValueModel
from exchange.simulation.traders.mix import (
    DEFAULT_MIX,
    TRADER_KINDS,
    MixPart,
    parse_mix,
    participants_of,
    traders_of,
)
from exchange.simulation.traders.scenario import Scenario
from exchange.utils.helpers import NS_PER_S

SCENARIO = Scenario(seed=3, start_price=100.0, begin_ns=START_NS)
DRAWS = 20_000


def test_what_is_drawn_has_the_mean_and_the_spread_that_it_should() -> None:
    draw = random_stream(1, "test")
    assert numbers.mean([chance.exponential(draw, 3.0) for _ in range(DRAWS)]) == pytest.approx(3.0, rel=0.03)
    normals = [chance.normal(draw) for _ in range(DRAWS)]
    assert numbers.mean(normals) == pytest.approx(0, abs=0.03)
    assert numbers.central_moment(normals, 2) == pytest.approx(1, rel=0.05)
    assert numbers.quantile([chance.lognormal(draw, 2.0, 1.5) for _ in range(DRAWS)], 0.5) == pytest.approx(
        2, rel=0.06
    )
    assert numbers.tail_index([chance.power_law(draw, 1.0, 2.5) for _ in range(DRAWS)]) == pytest.approx(
        2.5, rel=0.1
    )


def test_weights_are_kept() -> None:
    draw = random_stream(2, "test")
    found = [chance.weighted(draw, (("a", 3.0), ("b", 1.0))) for _ in range(DRAWS)]
    assert found.count("a") / DRAWS == pytest.approx(0.75, abs=0.02)


def turns(arrivals: Arrivals, seconds: float, *, excites_itself: bool) -> list[int]:
    """When the events of so many seconds come, in ns."""
    now_ns, found = 0, []
    while now_ns < seconds * NS_PER_S:
        now_ns += round(arrivals.next_gap_s(now_ns) * NS_PER_S)
        found.append(now_ns)
        if excites_itself:
            arrivals.excite(now_ns)
    return found


def burstiness(times_ns: Sequence[int]) -> float:
    """The gaps' standard deviation over their mean: 1 for Poisson's."""
    gaps = [float(later - earlier) for earlier, later in zip(times_ns, times_ns[1:], strict=False)]
    return math.sqrt(numbers.central_moment(gaps, 2)) / numbers.mean(gaps)


def test_poisson_events_come_evenly() -> None:
    found = turns(Poisson(5.0, random_stream(1, "p")), 2_000, excites_itself=True)
    assert len(found) == pytest.approx(10_000, rel=0.05)
    assert burstiness(found) == pytest.approx(1, abs=0.05)


def test_hawkes_events_come_in_bursts_and_as_many_as_theory_says() -> None:
    found = turns(Hawkes(2.0, 0.6, 10.0, random_stream(1, "h")), 2_000, excites_itself=True)
    assert len(found) == pytest.approx(2_000 * 2.0 / (1 - 0.6), rel=0.1)
    assert burstiness(found) > 1.3


def test_events_that_would_never_end_are_refused() -> None:
    with pytest.raises(ValueError, match="branching 1"):
        Hawkes(1.0, 1.0, 1.0, random_stream(1, "h"))


def test_the_value_is_one_path_for_all_who_have_the_seed() -> None:
    whole, step_by_step = SCENARIO.value(), SCENARIO.value()
    later_ns = START_NS + 600 * NS_PER_S
    for seconds in range(0, 600, 7):
        step_by_step.at(START_NS + seconds * NS_PER_S)
    assert whole.at(later_ns) == step_by_step.at(later_ns)
    assert whole.jumps == step_by_step.jumps
    assert FundamentalValue(4, 100.0, START_NS, SCENARIO.value_model).at(later_ns) != whole.at(later_ns)


def test_the_value_moves_by_its_volatility_and_its_jumps_are_news() -> None:
    calm = FundamentalValue(1, 100.0, 0, ValueModel(0.0001, 0.0, 0.0))
    values = [calm.at(second * NS_PER_S) for second in range(4_000)]
    moves = [math.log(later / earlier) for earlier, later in zip(values, values[1:], strict=False)]
    assert math.sqrt(numbers.central_moment(moves, 2)) == pytest.approx(0.0001, rel=0.05)
    wild = FundamentalValue(1, 100.0, 0, ValueModel(0.0, 60.0, 0.01))
    wild.at(3_600 * NS_PER_S)
    assert len(wild.jumps) == pytest.approx(60, abs=25)
    assert all("than thought" in jump.news for jump in wild.jumps)


def test_a_mix_is_read_and_written_out_as_traders_with_names() -> None:
    parts = parse_mix("zi:2, momentum:1")
    assert parts == [MixPart("zi", 2), MixPart("momentum", 1)]
    assert [trader.name for trader in traders_of(parts, SCENARIO, {})] == ["zi-1", "zi-2", "momentum-1"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("zi", "'zi'"),
        ("zi:0", "'zi:0'"),
        ("zi:x", "'zi:x'"),
        ("ape:3", "'ape'"),
        ("zi:1,zi:2", "twice"),
        ("", "''"),
    ],
)
def test_a_mix_that_is_none_is_refused_with_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_mix(text)


def test_a_setting_that_a_kind_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="COURAGE"):
        traders_of(parse_mix("zi:1"), SCENARIO, {"zi": {"COURAGE": 1.0}})


def day(mix: str, seed: int = 5, seconds: float = 30.0) -> list[Row]:
    """What happens in a short day of this mix."""
    simulated = SimulatedDay(DayPlan(parse_mix(mix), seconds, {}), seed)
    simulated.run()
    return simulated.rows


@pytest.mark.parametrize("kind", sorted(TRADER_KINDS))
def test_each_kind_trades_among_others_without_a_mistake(kind: str) -> None:
    keen = {"RATE_PER_S": 3.0, "THRESHOLD_PPM": 2.0}
    fast = {"zi": {"RATE_PER_S": 3.0}}
    fast[kind] = {name: value for name, value in keen.items() if hasattr(TRADER_KINDS[kind], name)}
    others = ",".join(f"{each}:2" for each in ("zi", "mm") if each != kind)
    simulated = SimulatedDay(DayPlan(parse_mix(f"{kind}:2,{others}"), 120.0, fast), 1)
    simulated.run()
    own = [trader for trader in simulated.traders if trader.user.startswith(f"{kind}-")]
    assert sum(sum(trader.counts.values()) for trader in own) > 0
    assert sum(trader.counts[OrderRejected] for trader in simulated.traders) == 0


def test_a_seed_gives_the_same_day_and_another_seed_another() -> None:
    assert day(DEFAULT_MIX) == day(DEFAULT_MIX)
    assert day(DEFAULT_MIX) != day(DEFAULT_MIX, seed=6)


def numbers_drawn(mix: str) -> dict[str, list[float]]:
    """The next numbers of each trader of a mix."""
    return {trader.name: [trader.draw() for _ in range(5)] for trader in traders_of(parse_mix(mix), SCENARIO, {})}


def test_one_trader_more_moves_nobody_elses_numbers() -> None:
    few, more = numbers_drawn("zi:3,mm:2"), numbers_drawn("fat:1,zi:4,mm:2")
    assert {name: more[name] for name in few} == few


def test_a_trader_who_never_acts_leaves_the_day_as_it_was() -> None:
    """One more participant, with latencies and numbers of its own, moves no row of the others."""
    idle = SimulatedDay(DayPlan(parse_mix("zi:6,mm:2,fat:1"), 60.0, {"fat": {"RATE_PER_S": 1e-9}}), 5)
    idle.run()
    assert idle.rows == day("zi:6,mm:2", seconds=60.0)


def test_what_the_value_jumps_by_is_said_as_news() -> None:
    simulated = SimulatedDay(DayPlan(parse_mix("zi:1"), 3_600.0, {"zi": {"RATE_PER_S": 0.01}}), 2)
    heard: list[str] = []
    listener = simulated.traders[0].bot
    listener.on_news = lambda news: heard.append(news.text)  # type: ignore[method-assign]
    simulated.run()
    value = Scenario(2, 585.0, START_NS).value()
    value.at(START_NS + 3_600 * NS_PER_S)
    assert heard == [jump.news for jump in value.jumps] and heard


class Listener(Bot):
    """Hears the news."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, str]] = []

    def on_news(self, news: News) -> None:
        self.heard.append((news.timestamp, news.text))


def test_a_bot_in_a_backtest_hears_every_jump_when_it_happens_but_none_from_before_it_came() -> None:
    def mix(seed: int) -> Participants:
        return participants_of(parse_mix("zi:1"), SCENARIO._replace(seed=seed), {"zi": {"RATE_PER_S": 0.01}})

    listener = Listener()
    Backtest(listener, mix, seed=2, warm_up_s=1_200.0).run(3_600.0)
    value = SCENARIO._replace(seed=2).value()
    value.at(START_NS + 4_800 * NS_PER_S)
    told = [(jump.time_ns, jump.news) for jump in value.jumps if jump.time_ns > START_NS + 1_200 * NS_PER_S]
    assert listener.heard == told
    assert 0 < len(told) < len(value.jumps)


def test_a_trader_that_fails_is_a_bug_that_is_told() -> None:
    simulated = SimulatedDay(DayPlan(parse_mix("zi:1"), 60.0, {}), 2)

    def mistake() -> None:
        raise KeyError("price")

    setattr(simulated.traders[0].bot, "act", mistake)  # noqa: B010  what no trader's own type allows
    with pytest.raises(BotFailed, match="KeyError: 'price'"):
        simulated.run()
