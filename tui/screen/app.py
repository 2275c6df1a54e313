"""The trading screen as a program: terminal, threads and clock.  No other file of the screen touches any of them.

    keyboard ───────────────┐
    reader thread ─ inbox ──┼─► update(model, message) ─► requests ─► engine
    clock, signals ─────────┘          │
                                       └─► view ─► painter ─► one write

The main thread does all of it but reading from the engine.  It sleeps in one `select` on the keyboard, on pipes
that the reader thread and the signals write to, and on the terminal while it has not taken all of the last frame.
It takes keys before what waits in the inbox, so that no burst of messages delays a key.  Nothing changed: nothing
is painted, not a byte is written.
"""

from __future__ import annotations

import os
import select
import signal
import time
from typing import Any, Optional

from exchange.networking.tcp_client import ConnectionLost, MessageClient
from tui.cancel_on_disconnect import DisconnectWish
from tui.screen.burst_guard import BurstGuard
from tui.screen.cells import Canvas
from tui.screen.engine_link import ConnectAgain, EngineLink
from tui.screen.frame_pacer import FramePacer
from tui.screen.key_decoder import Input, KeyDecoder
from tui.screen.link_reader import HandOver, LinkMaker, LinkReader
from tui.screen.messages import (
    ClockSet,
    Effect,
    Incoming,
    Lost,
    Resized,
    Resumed,
    TimePassed,
    ToDay,
    ToEngine,
    Trouble,
    Typed,
)
from tui.screen.model import Model
from tui.screen.noted_signals import LEAVING, NotedSignals
from tui.screen.painter import Glyphs, glyphs_of, paint
from tui.screen.saved_settings import SavedSettings
from tui.screen.terminal import ScreenTerminal
from tui.screen.theme import ColorDepth, Styles
from tui.screen.update import next_wake, update
from tui.screen.view import view
from tui.session_manager import SessionManager
from tui.settings_file import SettingsFile

BELL = "\a"
READ_BYTES = 65_536
# Messages are taken for at most this long before the keyboard is looked at again.
TAKE_MAX_S = 0.01
# Wall clock and steady clock may drift apart by this much before the screen's clock is set again.
CLOCK_DRIFT_MAX_S = 0.25


class TradingScreen:
    """One run of the screen.  All of it belongs to the main thread."""

    def __init__(
        self,
        model: Model,
        make_link: LinkMaker,
        settings: Optional[SavedSettings] = None,
    ) -> None:
        """`make_link` makes what the screen shows, the first time and whenever it is lost."""
        self._model = model
        self._settings = settings
        self._terminal = ScreenTerminal()
        self._output = self._terminal.output
        self._styles = Styles(model.theme, self._terminal.depth)
        self._glyphs = glyphs_of(os.environ)
        is_fine = self._glyphs is Glyphs.ALL and self._terminal.depth.value >= ColorDepth.ANSI_256.value
        model.is_heat_fine = is_fine
        self._keyboard = self._terminal.keyboard
        self._decoder = KeyDecoder()
        self._burst_guard = BurstGuard()
        self._was_pasting = False
        self._pacer = FramePacer(time.monotonic())
        self._shown: Optional[Canvas] = None
        self._was_typed = False
        self._is_leaving = False
        self._signals = NotedSignals()
        self._reader = LinkReader(make_link, model.link.last_seq)

    def run(self) -> None:
        """Show the screen until the person leaves or the process is asked to end; restores the terminal always."""
        with self._signals.handled():
            try:
                self._enter()
                self._resize()
                self._reader.start()
                while not self._is_leaving:
                    self._turn()
            finally:
                self._terminal.drop_typed()
                self._terminal.leave()
                self._output.close()
                self._reader.close()

    def _turn(self) -> None:
        """Once around the loop: wait, take what there is, paint."""
        self._wait()
        self._take_signals()
        self._take_keys()
        self._take_messages()
        self._set_clock()
        self._update(TimePassed(time.monotonic()))
        self._paint_if_due()

    # --- in ----------------------------------------------------------------------------------------------------

    def _wait(self) -> None:
        """Sleep until there is something to take or something is due.

        While a frame is waiting for its time, the inbox may as well fill: what is in it will be in that frame.
        """
        if self._reader.is_behind:
            return
        now = time.monotonic()
        waits = [next_wake(self._model, now) - now]
        if self._model.is_changed and not self._output.is_waiting:
            waits.append(self._pacer.wait_s(now, is_urgent=self._was_typed))
        if self._decoder.deadline is not None:
            waits.append(self._decoder.deadline - now)
        sources: list[Any] = [self._keyboard, self._signals]
        if not self._model.is_changed or self._output.is_waiting:
            sources.append(self._reader.has_mail)
        sinks = [self._output] if self._output.is_waiting else []
        select.select(sources, sinks, [], max(0.0, min(waits)))

    def _take_keys(self) -> None:
        ready, _, _ = select.select([self._keyboard], [], [], 0)
        now = time.monotonic()
        if not ready:
            self._type(self._decoder.expire(now))
            return
        try:
            data = os.read(self._keyboard, READ_BYTES)
        except BlockingIOError:
            return
        except OSError:
            # The terminal is gone; a read that finds its end says the same.
            data = b""
        if not data:
            self._is_leaving = True
        self._type(self._burst_guard.take(self._decoder.feed(data, now), now))
        if self._decoder.is_pasting and not self._was_pasting:
            self._update(Trouble(now, "a paste has begun: until it ends nothing is taken as a key"))
        self._was_pasting = self._decoder.is_pasting

    def _type(self, inputs: list[Input]) -> None:
        for typed in inputs:
            self._was_typed = True
            self._update(Typed(time.monotonic(), typed))

    def _take_messages(self) -> None:
        for message in self._reader.take(TAKE_MAX_S):
            self._update(message)

    def _take_signals(self) -> None:
        signals = self._signals.take()
        if signals & LEAVING:
            self._is_leaving = True
        if signal.SIGTSTP in signals:
            self._suspend()
        elif signal.SIGCONT in signals:
            # Someone stopped the process and the shell has set the terminal to its own liking since.
            self._terminal.leave()
            self._resume()
        if signal.SIGWINCH in signals:
            self._resize()

    def _resize(self) -> None:
        width, height = self._terminal.size()
        self._update(Resized(time.monotonic(), width, height))

    def _set_clock(self) -> None:
        """Tell the model what the wall clock says, if it has moved against the steady one."""
        now, wall_s = time.monotonic(), time.time()
        zone_offset_s = float(time.localtime(wall_s).tm_gmtoff)
        is_off = abs(wall_s - now - self._model.clock_offset_s) > CLOCK_DRIFT_MAX_S
        if is_off or zone_offset_s != self._model.zone_offset_s:
            self._update(ClockSet(now, wall_s - now, zone_offset_s))

    # --- out ---------------------------------------------------------------------------------------------------

    def _update(self, message: Incoming) -> None:
        for request in update(self._model, message):
            if isinstance(request, ToEngine):
                if not self._send(request):
                    return  # What else was to be sent belongs to the connection that is gone.
            elif isinstance(request, ToDay):
                self._reader.send(request.wish)
            elif request is Effect.CONNECT:
                self._reader.start_anew(self._model.link.last_seq)
            elif request is Effect.REPAINT:
                self._styles = Styles(self._model.theme, self._terminal.depth)
                self._shown = None
            elif request is Effect.SUSPEND:
                self._suspend()
            elif request is Effect.RING:
                self._output.write(BELL)
            elif request is Effect.SAVE_SETTINGS:
                self._save_settings()
            else:
                self._is_leaving = True

    def _save_settings(self) -> None:
        failure = None if self._settings is None else self._settings.save(self._model)
        if failure is not None:
            self._update(Trouble(time.monotonic(), failure))

    def _send(self, request: ToEngine) -> bool:
        """Whether it could be sent; if not, the connection is given up."""
        try:
            self._reader.send(request.message)
        except ConnectionLost as error:
            was_reset = self._reader.give_up(self._model.link.last_seq)
            self._update(Lost(time.monotonic(), str(error), was_reset))
            return False
        return True

    def _paint_if_due(self) -> None:
        """Paint, but never onto a terminal that has not taken the frame before: what it misses is in the next."""
        try:
            self._output.go_on()
            if self._output.is_waiting or not self._model.is_changed:
                return
            now = time.monotonic()
            if self._pacer.wait_s(now, is_urgent=self._was_typed) > 0:
                return
            self._pacer.paint(now)
            self._model.is_changed = self._was_typed = False
            canvas = view(self._model, self._model.width, self._model.height, now)
            text = paint(self._shown, canvas, self._styles, glyphs=self._glyphs)
            self._shown = canvas
            self._output.write(text)
        except OSError:
            self._is_leaving = True  # the terminal is gone

    # --- the terminal ------------------------------------------------------------------------------------------

    def _enter(self) -> None:
        self._terminal.enter()
        self._shown = None
        self._model.is_changed = True

    def _suspend(self) -> None:
        """Give the terminal back and stop, with the whole job, as Ctrl-Z does; returns when it goes on."""
        self._terminal.leave()
        self._signals.stop_as_asked(signal.SIGTSTP)
        self._resume()

    def _resume(self) -> None:
        self._enter()
        self._resize()
        self._update(Resumed(time.monotonic()))


def run_screen(
    client: MessageClient,
    history: SessionManager,
    connect: ConnectAgain,
    symbol: Optional[str] = None,
    notice: Optional[str] = None,
    settings_file: Optional[SettingsFile] = None,
    cancel_on_disconnect: DisconnectWish = DisconnectWish.NONE,
) -> None:
    """Show the trading screen for `history.user` on `client`, which is logged in; `symbol` None: the first listed.

    `notice` is a line that the person should see first, None if there is none; without a `settings_file` nothing
    is remembered; `cancel_on_disconnect` is what each login asks for.  Standard input and output must be a
    terminal.  Returns when the person has left.
    """
    now = time.monotonic()
    model = Model(
        history.user,
        id_prefix=f"{time.time_ns():x}.{os.getpid():x}-",
        clock_offset_s=time.time() - now,
        zone_offset_s=float(time.localtime().tm_gmtoff),
        symbol=symbol or "",
        last_input_at=now,
        cancel_on_disconnect=cancel_on_disconnect,
    )

    def make_link(put: HandOver, last_seq: int, is_first: bool) -> EngineLink:
        if is_first:
            return EngineLink(connect, history, put, time.monotonic, client, last_seq, notice)
        return EngineLink(connect, history, put, time.monotonic, None, last_seq)

    settings = None if settings_file is None else SavedSettings(settings_file)
    if settings is not None:
        settings.restore(model)
    TradingScreen(model, make_link, settings).run()
