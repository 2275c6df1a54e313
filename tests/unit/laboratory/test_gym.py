"""The environment keeps gymnasium's contract, is the same for the same seed, and earns what its market says."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("gymnasium", reason="gymnasium is not installed: pip install 'exchange-simulator[gym]'")

from gymnasium.utils.env_checker import check_env

from exchange.laboratory.gym import ExchangeEnv
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.venue.latency import random_below, random_stream
from exchange.laboratory.venue.request_check import plain_order

NOTHING = (0, 0, 0)


def with_somebody(market: VirtualMarket) -> None:
    """Two who trade at random, for an hour."""
    draw = random_stream(market.seed, "somebody")
    sessions = [market.join(name) for name in ("ann", "ben")]
    for number in range(3_600):
        side, price = ("BUY", 9_990) if number % 2 else ("SELL", 9_995)
        ticks = price + random_below(draw, 15)
        order = plain_order(f"s{number}", side, 1 + random_below(draw, 20), f"{ticks / 100:.2f}")
        at_ns = market.clock.now_ns + random_below(draw, 3_600) * 10**9
        market.scheduler.put(at_ns, 1, lambda who=sessions[number % 2], what=order: who.send(what))  # type: ignore[misc]


@pytest.mark.parametrize("populate", [lambda _market: None, with_somebody])
def test_gymnasium_finds_nothing_to_say(populate: Any) -> None:
    env = ExchangeEnv(populate, steps_max=50)
    check_env(env, skip_render_check=True)
    assert env.observation_space.shape == (26,)


def episode(seed: int, steps: int = 200) -> list[Any]:
    env = ExchangeEnv(with_somebody, steps_max=steps)
    observation, info = env.reset(seed=seed)
    env.action_space.seed(seed)
    seen: list[Any] = [(observation.tolist(), info)]
    is_over = False
    while not is_over:
        observation, reward, _, is_over, info = env.step(env.action_space.sample())
        seen.append((observation.tolist(), reward, info))
    return seen


def test_the_same_seed_gives_the_same_episode_and_another_another() -> None:
    assert episode(3) == episode(3)
    assert episode(3) != episode(4)


def test_what_is_earned_is_the_change_of_worth() -> None:
    seen = episode(5)
    assert sum(step[1] for step in seen[1:]) == pytest.approx(seen[-1][2]["worth"])
    assert any(step[2]["position"] for step in seen[1:])
    assert all(abs(step[2]["position"]) <= 100 for step in seen[1:])


def test_a_quote_rests_where_the_action_says_and_goes_when_it_says_so() -> None:
    env = ExchangeEnv()
    env.reset(seed=1)
    observation, _, _, _, _ = env.step((3, 5, 0))
    assert observation[3:5].tolist() == [1.0, 1.0]
    assert [round(float(each), 3) for each in observation[1:2]] == [0.08]
    observation, _, _, _, _ = env.step(NOTHING)
    assert observation[3:5].tolist() == [0.0, 0.0]


def test_an_episode_is_truncated_after_its_steps() -> None:
    env = ExchangeEnv(steps_max=3)
    env.reset(seed=1)
    ends = [env.step(NOTHING)[2:4] for _ in range(3)]
    assert ends == [(False, False), (False, False), (False, True)]


@pytest.mark.parametrize("action", [None, 5, [1], "abc", (11, 0, 0), (0, -1, 0), (0, 0, 3)])
def test_an_action_that_is_none_is_named(action: Any) -> None:
    env = ExchangeEnv()
    env.reset(seed=0)
    with pytest.raises(ValueError, match=r"must be three whole numbers \(0 to 10, 0 to 10, 0 to 2\)"):
        env.step(action)


def test_a_step_before_the_first_reset_is_named() -> None:
    with pytest.raises(RuntimeError, match="step before the first reset"):
        ExchangeEnv().step(NOTHING)
