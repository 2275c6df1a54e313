"""The recorded day behind the screen, where else an engine is: wishes in, moments out.

    main thread:   `send` ──► wishes ──┐
    reader thread: `run`: take a wish, or play on, or look into the past ──► `put`

A jump tells its moment at once; only then, while nothing else is wished, the time before it is gone through
once more for the heat map and the tape.  Playing tells at most `TELLS_PER_S` moments a second, however many
commands lie between two of them.  Memory: the day's own (`exchange.laboratory.history`) and one depth history.
"""

from __future__ import annotations

import queue
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Optional

from exchange.engine.trade import Trade
from exchange.laboratory.history import History, Moment
from exchange.laboratory.recorded.day_volume import VolumeCounter
from exchange.laboratory.telling.moment_view import concerned, levels, moment_text, queue_at, trades_of
from exchange.utils.helpers import NS_PER_S
from tui.screen.link_reader import HandOver
from tui.screen.market_data import TAPE_LENGTH_MAX
from tui.screen.messages import Incoming
from tui.screen.rewind.day_messages import (
    DayPlace,
    DayTold,
    DayWish,
    GoTo,
    GoToTime,
    Moved,
    NextOfOrder,
    NextOfUser,
    NextTrade,
    PlayOrPause,
    SetSpeed,
    ShowQueue,
    ShowSymbol,
    Step,
)
from tui.screen.rewind.day_past import PAST_COMMANDS, on_tape, past_before
from tui.screen.rewind.day_refusals import none_of_order, none_of_user, outside, outside_time

TELLS_PER_S = 20
# How soon the thread notices that it shall stop.
POLL_S = 0.25
# Of the time between two moments told, the day is played for so much at most, so that keys get their turn.
PLAY_MAX_S = 0.02
WISHES_WAITING_MAX = 256
# An engine that was left behind waits for the collector of cycles; so many may wait.
JUMPS_UNTIDIED_MAX = 20
# Of a day's trades so many are not large.
LARGE_PART = 0.99
NANOS = Decimal(10) ** -9


def _leave_it() -> None:
    """Whoever has no garbage of this kind."""


class DayLink:
    """A `ScreenLink`.  All but `send`, `stop` and `is_stopped` belongs to the reader thread."""

    was_reset = False

    def __init__(
        self,
        day: History,
        put: HandOver,
        clock: Callable[[], float],
        symbol: str = "",
        tidy: Callable[[], object] = _leave_it,
    ) -> None:
        """`clock` is steady, in seconds; `symbol` "": the first that is listed.

        `tidy` is called where there is time to free what jumps have left behind, or after some of them.
        """
        self._day = day
        self._put = put
        self._clock = clock
        self._symbol = symbol
        self._tidy = tidy
        self._jumps_since_tidy = 0
        # Filled by the main thread; a person is never so far ahead that it is full.
        self._wishes: queue.Queue[DayWish] = queue.Queue(WISHES_WAITING_MAX)
        self._is_stopped = False
        self._sequence = day.first
        self._asked_queue = ShowQueue(None)
        self._is_playing = False
        self._speed = 1.0
        # When on the clock, and where in the day, playing began.
        self._played_from: tuple[float, int] = (0.0, 0)
        # (command, trade id) of the last trades that were told: which of them there have not been, going back.
        self._trade_places: deque[tuple[int, int]] = deque(maxlen=TAPE_LENGTH_MAX)
        self._is_past_due = False
        # From which command on the tape and the heat map know what came.
        self._past_from = day.first
        self._counter = VolumeCounter(day.index, symbol)
        # The order (its id) or user (the name) that is being followed, until one moves by anything else.
        self._followed: int | str | None = None
        self._large_quantity: Optional[int] = None

    # --- main thread -------------------------------------------------------------------------------------------

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._is_stopped

    def stop(self) -> None:
        """Make `run` return soon."""
        self._is_stopped = True

    def send(self, message: Any) -> None:
        """Wish something.  What does not fit any more is dropped: the person sees that nothing moves."""
        try:
            self._wishes.put_nowait(message)
        except queue.Full:
            return

    # --- reader thread -----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Tell the first trade, and then whatever is wished."""
        self.begin()
        while not self._is_stopped:
            self.turn()

    def begin(self) -> None:
        """Tell the first trade, or the day's end if there is none."""
        first_trade = self._day.index.next_trade(self._day.first)
        self._jump(self._day.last if first_trade is None else first_trade)

    @property
    def is_busy(self) -> bool:
        """Whether there is something to do at once."""
        return self._is_past_due or not self._wishes.empty()

    def turn(self) -> None:
        """Carry out a wish, or play on, or tell the past; waits a moment if there is nothing to do."""
        wait_s = 0.0 if self._is_past_due else 1 / TELLS_PER_S if self._is_playing else POLL_S
        try:
            wish = self._wishes.get(timeout=wait_s) if wait_s else self._wishes.get_nowait()
        except queue.Empty:
            if self._is_past_due:
                self._tell_past()
            elif self._is_playing:
                self._play()
            elif self._jumps_since_tidy:
                self._tidy_up()
            return
        self._carry_out(wish)

    def _carry_out(self, wish: DayWish) -> None:
        if isinstance(wish, Step):
            self._step(wish.commands)
        elif isinstance(wish, (PlayOrPause, SetSpeed)):
            self._set_playing(wish)
        elif isinstance(wish, ShowQueue):
            self._asked_queue = wish
            self._tell(self._moment(), Moved.ON)
        elif isinstance(wish, ShowSymbol):
            self._symbol = wish.symbol
            self._jump(self._sequence)
        else:
            self._is_playing = False
            self._look_for(wish)

    def _look_for(self, wish: GoTo | GoToTime | NextTrade | NextOfOrder | NextOfUser) -> None:
        """Jump to where the wish leads; say so if there is no such place."""
        index, here = self._day.index, self._sequence
        user, order_id, _ = concerned(self._moment())
        followed, self._followed = self._followed, None
        found: Optional[int]
        if isinstance(wish, GoTo):
            self._jump(max(self._day.first, min(self._day.last, wish.sequence)), outside(self._day, wish.sequence))
            return
        if isinstance(wish, GoToTime):
            self._jump(index.at_time(wish.timestamp_ns), outside_time(self._day, wish.timestamp_ns))
            return
        if isinstance(wish, NextTrade):
            least = self._large() if wish.quantity_min is None else wish.quantity_min
            found = index.next_trade(here, least, self._symbol or None)
            notice = "" if found is not None else f"after this there is no trade of {least} or more"
        elif isinstance(wish, NextOfOrder):
            wanted = wish.order_id or (followed if isinstance(followed, int) else order_id)
            self._followed = wanted
            found = None if wanted is None else index.next_of_order(wanted, here)
            notice = "" if found is not None else none_of_order(index, wanted)
        else:
            name = self._followed = wish.user or (followed if isinstance(followed, str) else user)
            found = None if name is None else index.next_of_user(name, here)
            notice = "" if found is not None else none_of_user(index, name)
        if found is None:
            self._tell(self._moment(), Moved.ON, notice=notice)
        else:
            self._jump(found)

    def _large(self) -> int:
        if self._large_quantity is None:
            self._large_quantity = self._day.index.quantity_above(LARGE_PART)
        return self._large_quantity

    # --- moving ------------------------------------------------------------------------------------------------

    def _moment(self) -> Moment:
        """The moment that was told last; the day may have been elsewhere since, in its past."""
        return self._day.at(self._sequence)

    def _tidy_up(self) -> None:
        self._jumps_since_tidy = 0
        self._tidy()

    def _note_jump(self) -> None:
        self._jumps_since_tidy += 1
        if self._jumps_since_tidy > JUMPS_UNTIDIED_MAX:
            self._tidy_up()

    def _jump(self, sequence: int, notice: str = "") -> None:
        self._sequence = sequence
        self._tell(self._moment(), Moved.JUMPED, notice=notice)
        self._is_past_due = True
        self._played_from = (self._clock(), self._time_ns(self._day.moment))
        self._note_jump()

    def _step(self, commands: int) -> None:
        self._is_playing, self._followed = False, None
        goal = max(self._day.first, min(self._day.last, self._sequence + commands))
        if commands < 0:
            self._sequence = goal
            self._tell(self._moment(), Moved.BACK)
            # Long before the tape would run out.
            is_known = self._past_from == self._day.first or goal - self._past_from > PAST_COMMANDS // 2
            self._is_past_due = self._is_past_due or not is_known
            self._note_jump()
            return
        trades: list[Trade] = []
        self._moment()
        while self._sequence < goal:
            trades += self._next()
        self._tell(self._moment(), Moved.ON, trades)

    def _next(self) -> list[Trade]:
        """One command on; returns what it traded in the symbol that is shown."""
        self._sequence += 1
        trades = trades_of(self._day.at(self._sequence), self._symbol)
        self._trade_places += [(self._sequence, trade.trade_id) for trade in trades]
        return trades

    def _set_playing(self, wish: PlayOrPause | SetSpeed) -> None:
        if isinstance(wish, PlayOrPause):
            self._is_playing = not self._is_playing and self._sequence < self._day.last
        else:
            self._speed = wish.factor
        moment = self._moment()
        self._played_from = (self._clock(), self._time_ns(moment))
        self._tell(moment, Moved.ON)

    def _play(self) -> None:
        """As far as the day has come by now, or as far as there is time for."""
        began, began_ns = self._played_from
        until_ns = began_ns + int((self._clock() - began) * self._speed * NS_PER_S)
        goal = max(self._sequence, self._day.index.at_time(until_ns))
        give_up = self._clock() + PLAY_MAX_S
        trades: list[Trade] = []
        self._moment()
        before = self._sequence
        while self._sequence < goal and self._clock() < give_up:
            trades += self._next()
        moment = self._moment()
        if self._sequence < goal:
            # The day is faster than this machine: go on from here.
            self._played_from = (self._clock(), self._time_ns(moment))
        if self._sequence == self._day.last:
            self._is_playing = False
        if self._sequence != before:
            self._tell(moment, Moved.ON, trades)

    # --- telling -----------------------------------------------------------------------------------------------

    def _tell(self, moment: Moment, moved: Moved, trades: list[Trade] | None = None, notice: str = "") -> None:
        books = moment.engine.books
        if self._symbol not in books and books:
            _, _, concerned_symbol = concerned(moment)
            self._symbol = concerned_symbol if concerned_symbol in books else next(iter(books))
        if self._counter.symbol != self._symbol:
            self._counter = VolumeCounter(self._day.index, self._symbol)
        book = books.get(self._symbol)
        price, ticks = self._asked_queue
        told = DayTold(
            self._time_ns(moment) / NS_PER_S,
            self._place(moment),
            moved,
            tuple((symbol, book.instrument.tick_size_nanos * NANOS) for symbol, book in books.items()),
            self._symbol,
            {} if book is None else levels(book.bids),
            {} if book is None else levels(book.asks),
            "" if book is None else book.phase.value,
            tuple(map(on_tape, (trades or [])[-TAPE_LENGTH_MAX:])),
            max((trade_id for at, trade_id in self._trade_places if at <= moment.sequence), default=0),
            price,
            () if book is None or price is None else tuple(queue_at(book, price, ticks)),
            notice,
            None if book is None else self._counter.at(moment.sequence, book),
        )
        self._hand_over([told])

    def _place(self, moment: Moment) -> DayPlace:
        day = self._day
        user, order_id, _ = concerned(moment)
        shown = self._followed if isinstance(self._followed, int) else order_id
        text = moment_text(moment)
        time_ns = self._time_ns(moment)
        place = DayPlace(moment.sequence, day.first, day.last, time_ns, text, user, shown, False, 1.0)
        return place._replace(is_playing=self._is_playing, speed=self._speed)

    def _time_ns(self, moment: Moment) -> int:
        """When it was; the first state holds until the first command."""
        return moment.timestamp or self._day.index.timestamp(min(self._day.first + 1, self._day.last))

    def _hand_over(self, batch: list[Incoming]) -> None:
        self._put(self, batch)

    def _tell_past(self) -> None:
        """Go through what came before the moment; a wish that comes meanwhile breaks it off."""
        end = self._sequence
        self._trade_places.clear()
        past = past_before(
            self._day, end, self._counter, self._trade_places, lambda: not self._wishes.empty() or self._is_stopped
        )
        if past is not None:
            self._is_past_due = False
            self._past_from = max(self._day.first, end - PAST_COMMANDS)
            self._hand_over([past])
