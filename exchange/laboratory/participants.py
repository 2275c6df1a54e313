"""Who else trades in a market on a virtual clock, and the news that everybody in it hears.

    participants ──► admit ──► each member a driven bot
                          └──► what becomes known is said by the exchange, when it does

The one place where a market is filled with traders made of code, whoever wants one: a backtest, a study, a gym.
Who they are is said by whoever calls: they belong to another wing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from exchange.laboratory.market import FIRST_RANK, VirtualMarket
from exchange.laboratory.venue.bot_driver import DrivenBot
from exchange.laboratory.venue.latency import NO_LATENCY, Latency
from exchange.networking.client.bot.bot import Bot
from exchange.utils.helpers import NS_PER_S

# How far ahead it is asked for news.
AHEAD_NS = 60 * NS_PER_S


class MixMember(NamedTuple):
    """One of a mix: which bot, as whom, how far from the exchange."""

    user: str
    bot: Bot
    latency: Latency = NO_LATENCY


class NewsItem(NamedTuple):
    """`text` becomes known at `time_ns`."""

    time_ns: int
    text: str


# What becomes known up to this time and was not given before, in order; times must not go back.
NewsSource = Callable[[int], Sequence[NewsItem]]


def no_news(_time_ns: int) -> Sequence[NewsItem]:
    """Nothing ever becomes known."""
    return ()


class Participants(NamedTuple):
    """All traders of a mix, and what they and all others are told."""

    members: Sequence[MixMember]
    news_until: NewsSource = no_news


def admit(market: VirtualMarket, participants: Participants) -> list[DrivenBot]:
    """Have them trade from now on, and what becomes known said from now on."""
    if participants.news_until is not no_news:
        _say_ahead(market, participants.news_until)
    return [DrivenBot(market, member.bot, member.user, member.latency) for member in participants.members]


def _say_ahead(market: VirtualMarket, news_until: NewsSource) -> None:
    """Have the news of the next minute said, each at its time, and then those of the next one."""
    until_ns = market.clock.now_ns + AHEAD_NS
    for item in news_until(until_ns):
        market.say_at(item.time_ns, item.text)
    market.scheduler.put(until_ns, FIRST_RANK, lambda: _say_ahead(market, news_until))
