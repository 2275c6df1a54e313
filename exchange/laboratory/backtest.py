"""A bot's day in a market of others: traders made of code, or history as recorded.  Then how it went.

    market of others (a mix of traders, or recorded order flow) + the bot ──► so many hours ──► how it went

Everything runs in this process on a virtual clock, so the same seed gives the same day to the byte.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Optional, Union

from exchange.engine.commands import GetPositions
from exchange.engine.events import PositionsListed
from exchange.engine.instrument import Instrument
from exchange.laboratory.flow.lobster_file import Row
from exchange.laboratory.market import VirtualMarket
from exchange.laboratory.participants import Participants, admit
from exchange.laboratory.recorded.recorded_market import RecordedMarket, first_ns
from exchange.laboratory.venue.bot_driver import DrivenBot
from exchange.laboratory.venue.latency import NO_LATENCY, Latency
from exchange.laboratory.venue.records import KeptDay
from exchange.listing import DEFAULT_INSTRUMENT
from exchange.networking.client.bot.answer_times import AnswerTimes
from exchange.networking.client.bot.bot import Bot
from exchange.networking.client.typed_events import OrderAccepted, OrderExecuted, OrderRejected
from exchange.utils.helpers import NS_PER_S

# A bot that was told to stop has so long, in the market's time, until its cancels are answered.
ENDING_S = 60.0
NS_PER_MS = 1_000_000
REPORTS_PER_RUN = 100


# Who trades in a market of this seed.
TraderMix = Callable[[int], Participants]


class Backtest:
    """One run, to be built, run and asked how it went.

    `others` is a mix of traders or the rows of recorded order flow, which begin the day at their own time; in
    those, `mix` may trade as well.  `keep` has the day written down.
    """

    def __init__(
        self,
        bot: Bot,
        others: Union[TraderMix, Sequence[Row]],
        *,
        seed: int = 0,
        user: Optional[str] = None,
        latency: Latency = NO_LATENCY,
        instrument: Instrument = DEFAULT_INSTRUMENT,
        keep: Optional[KeptDay] = None,
        warm_up_s: float = 0.0,
        mix: Optional[TraderMix] = None,
    ) -> None:
        """The others trade for `warm_up_s` before the bot comes.  Raises MarketError for a user that can't be."""
        rows = None if callable(others) else others
        traders = others if callable(others) else mix
        begins = {} if rows is None else {"start_ns": first_ns(rows)}
        engine = None if keep is None else keep.engine
        self.market = VirtualMarket([instrument], seed, records=keep, engine=engine, **begins)
        self.recorded = None if rows is None else RecordedMarket(self.market, instrument, rows)
        self.traders = [] if traders is None else admit(self.market, traders(seed))
        self.market.advance(warm_up_s)
        # Last, so that the others are the same with it and without.
        self.driven = DrivenBot(self.market, bot, user, latency)

    def run(self, seconds: float, report: Callable[[float], None] = lambda _done: None) -> None:
        """Let so much time pass, or until recorded flow is over or the bot has ended; then have the bot stop.

        `report` hears now and then which part of it is done, 0 to 1.
        """
        market, start_ns = self.market, self.market.clock.now_ns
        end_ns = start_ns + round(seconds * NS_PER_S)
        if self.recorded is not None:
            end_ns = min(end_ns, self.recorded.end_ns)
        for part in range(1, REPORTS_PER_RUN + 1):
            market.run_until(start_ns + (end_ns - start_ns) * part // REPORTS_PER_RUN)
            report(part / REPORTS_PER_RUN)
            if self.driven.is_done:
                break
        self.driven.stop()
        give_up_ns = market.clock.now_ns + round(ENDING_S * NS_PER_S)
        while not self.driven.is_done and (next_ns := market.scheduler.next_ns) is not None:
            if next_ns > give_up_ns:
                break
            market.scheduler.step()

    def report_lines(self) -> list[tuple[str, str]]:
        """How it went; names and texts."""
        driven, bot = self.driven, self.driven.bot
        lines = [
            ("bot", f"{type(bot).__name__} as {driven.user}"),
            ("P&L", f"{bot.pnl:.2f}"),
        ]
        [held] = self.market.engine.process(GetPositions(driven.user), 0)
        assert isinstance(held, PositionsListed)
        lines += [(f"position {each.symbol}", f"{each.net_quantity:,}") for each in held.positions]
        lines += [
            ("orders", f"{driven.counts[OrderAccepted]:,} accepted, {driven.counts[OrderRejected]:,} rejected"),
            ("fills", f"{driven.counts[OrderExecuted]:,}"),
            ("sent to accepted", _times(bot.times.acknowledgement)),
            ("sent to first fill", _times(bot.times.fill)),
            ("trades of all", f"{self.market.engine.matcher.last_trade_id:,}"),
        ]
        if self.recorded is not None:
            comparison = self.recorded.comparison
            lines.append(
                ("as in history", f"{comparison.same_count:,} of {comparison.played_count:,} executions")
            )
        lines += [
            (f"{trader.user} failed", str(trader.failure))
            for trader in [driven, *self.traders]
            if trader.failure is not None
        ]
        return lines


def _times(times: AnswerTimes) -> str:
    """Median and tail in milliseconds of the market's time."""
    median, tail = times.median_ns, times.quantile_ns(0.99)
    if median is None or tail is None:
        return "none"
    return f"{_ms(median)} ms, for 99 % at most {_ms(tail)} ms ({times.total_count:,})"


def _ms(duration_ns: int) -> str:
    return f"{Decimal(duration_ns) / NS_PER_MS:.3f}"
