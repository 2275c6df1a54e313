"""The plain trading client: prompts line by line, on a terminal or through a pipe.

It shows what the engine said and sends what the person asked; it decides nothing.  One thread: it waits for the
person and the engine at once (`select.poll` on both), so a fill is shown when it happens, also in the middle of a
prompt.  After each request it waits for a pong, which comes after everything that the request led to; so the
answer is shown before the next prompt, and nothing is unanswered when the input ends.
"""

from __future__ import annotations

import select
import time
from collections import deque
from decimal import Decimal
from typing import NamedTuple, Optional, Union

from exchange.engine.words import Side
from exchange.networking.tcp_client import (
    ConnectionLost,
    Message,
    MessageClient,
    ProtocolError,
    Rejected,
    order_type_for,
)
from tui.plain import shown_line, typed_line
from tui.plain.line_streams import LineInput, LineOutput
from tui.plain.market_watch import MarketWatch
from tui.plain.typed_line import (
    PlainWord,
    TypedCancel,
    TypedLine,
    TypedOrder,
    TypedReplace,
    TypedSide,
    TypedSymbol,
)
from tui.session_manager import SessionManager
from tui.token_reset import is_reset, reset_text
from tui.typed_price import BadLine, MarketPrices, PriceWord, TypedPrice, resolve, shown
from tui.typed_terms import TypedTerms, parse_quantity, parse_terms


class DraftOrder(NamedTuple):
    """An order that still needs its quantity."""

    side: Side
    terms: TypedTerms


class PlainClient:
    """One person who trades over a `client` that is logged in.

    `symbol` None means the only instrument listed.  `run` raises ConnectionLost or NoAnswer when the engine is
    gone, ProtocolError when it talks nonsense, OutputLost, and OSError when the history can't be written.
    """

    def __init__(
        self,
        client: MessageClient,
        history: SessionManager,
        lines: LineInput,
        output: LineOutput,
        symbol: Optional[str],
    ) -> None:
        self._client = client
        self._history = history
        self._lines = lines
        self._output = output
        self._listed = [str(instrument["symbol"]) for instrument in client.instrument_rows]
        self._symbol = self._listed[0] if symbol is None and len(self._listed) == 1 else symbol
        self._watch: Optional[MarketWatch] = None
        self._draft: Union[TypedSide, DraftOrder, None] = None
        self._is_over = False

    def run(self) -> None:
        """Until the person quits or the input ends."""
        self._tell_events()
        self._client.subscribe("news")
        self._watch_market()
        self._tell_events()
        while not self._is_over and not self._lines.is_over:
            self._output.prompt(self._prompt())
            line = self._lines.next()
            if line is None:
                self._wait()
            else:
                self._output.answered()
                self._take(line.strip())
        self._output.show()

    def _prompt(self) -> str:
        if self._draft is not None:
            is_priced = isinstance(self._draft, DraftOrder)
            return shown_line.QUANTITY_PROMPT if is_priced else shown_line.PRICE_PROMPT
        phase = "CONTINUOUS" if self._watch is None else self._watch.phase
        return ("" if phase == "CONTINUOUS" else f"[{self._symbol} {phase}] ") + shown_line.SIDE_PROMPT

    def _wait(self) -> None:
        """Until the person or the engine said something, or a line is due, and take it in."""
        poller = select.poll()
        poller.register(self._lines.descriptor, select.POLLIN)
        poller.register(self._client.fileno(), select.POLLIN)
        wait_s = None if self._watch is None else self._watch.wait_s(time.monotonic())
        ready = {descriptor for descriptor, _ in poller.poll(None if wait_s is None else wait_s * 1000)}
        if self._client.fileno() in ready:
            self._tell_events()
        else:
            self._tell_indication()
        if self._lines.descriptor in ready:
            self._lines.read()

    # --- what was typed ----------------------------------------------------------------------------------------

    def _take(self, line: str) -> None:
        try:
            if self._draft is None:
                self._do(typed_line.parse_line(line))
            elif isinstance(self._draft, TypedSide):
                self._take_terms(line, self._draft.side)
            else:
                self._take_quantity(line, self._draft)
        except Rejected as refusal:
            self._check_token(refusal.message)
            self._output.show(f"refused: {refusal.text} ({refusal.code})")

    def _take_terms(self, line: str, side: Side) -> None:
        terms = parse_terms(line)
        if isinstance(terms, BadLine):
            self._output.show(terms.text)
        else:
            self._draft = DraftOrder(side, terms)

    def _take_quantity(self, line: str, order: DraftOrder) -> None:
        quantity = parse_quantity(line)
        if isinstance(quantity, BadLine):
            self._output.show(quantity.text)
            return
        self._draft = None
        self._do(TypedOrder(order.side, quantity, order.terms))

    def _do(self, typed: TypedLine) -> None:
        if isinstance(typed, BadLine):
            self._output.show(typed.text)
        elif isinstance(typed, TypedSymbol):
            self._choose(typed.symbol)
        elif isinstance(typed, TypedSide):
            self._draft = typed if self._can_trade() else None
        elif isinstance(typed, PlainWord):
            self._do_word(typed)
        else:
            self._send(typed)

    def _send(self, typed: Union[TypedOrder, TypedCancel, TypedReplace]) -> None:
        if isinstance(typed, TypedCancel):
            self._client.send_cancel(order_id=typed.order_id)
        elif isinstance(typed, TypedReplace):
            self._replace(typed)
        elif self._can_trade():
            self._enter(typed)
        self._tell_answers()

    def _enter(self, order: TypedOrder) -> None:
        terms = order.terms
        prices = self._prices(terms.price, terms.stop_price, None, is_buy=order.side is Side.BUY)
        if isinstance(prices, BadLine):
            self._output.show(prices.text)
            return
        price, stop_price = prices
        client_order_id = self._client.send_order(
            order.side,
            order.quantity,
            price,
            symbol=self._symbol,
            stop_price=stop_price,
            time_in_force=terms.time_in_force,
            post_only=terms.post_only,
            display_quantity=terms.display_quantity,
        )
        self._history.note_sent(
            client_order_id,
            symbol=self._symbol,
            side=order.side.value,
            order_type=order_type_for(price, stop_price),
            time_in_force=terms.time_in_force,
            price=price,
            stop_price=stop_price,
            display_quantity=terms.display_quantity,
            quantity=order.quantity,
        )

    def _replace(self, change: TypedReplace) -> None:
        order = self._history.order(change.order_id)
        own = None if order is None else order.price if change.price is not None else order.stop_price
        prices = self._prices(change.price, change.stop_price, own)
        if isinstance(prices, BadLine):
            self._output.show(prices.text)
            return
        price, stop_price = prices
        self._client.send_replace(
            order_id=change.order_id, price=price, quantity=change.quantity, stop_price=stop_price
        )

    def _prices(
        self,
        price: Optional[TypedPrice],
        stop_price: Optional[TypedPrice],
        own: Optional[Decimal],
        *,
        is_buy: Optional[bool] = None,
    ) -> Union[tuple[Optional[Decimal], Optional[Decimal]], BadLine]:
        """The two prices that are meant; the book is asked for only where a word needs it."""
        has_word = isinstance(price, PriceWord) or isinstance(stop_price, PriceWord)
        market = MarketPrices(Decimal(0))
        if has_word and self._watch is not None:
            market = self._watch.prices(own, is_buy=is_buy)
        meant, meant_stop = resolve(price, market), resolve(stop_price, market)
        if isinstance(meant, BadLine):
            return meant
        return meant_stop if isinstance(meant_stop, BadLine) else (meant, meant_stop)

    def _do_word(self, word: PlainWord) -> None:
        if word is PlainWord.QUIT:
            self._is_over = True
        elif word is PlainWord.SHOW_HELP:
            self._output.show(*shown_line.HELP.splitlines())
        elif word is PlainWord.CANCEL_ALL:
            self._client.send_cancel_all()
            self._tell_answers()
        elif word is PlainWord.SHOW_BOOK:
            self._show_book()
        elif word is not PlainWord.NOTHING:
            lines = self._list(word)
            self._tell_events()  # What happened before the list was made comes first.
            self._output.show(*lines)

    def _list(self, word: PlainWord) -> list[str]:
        if word is PlainWord.SHOW_ORDERS:
            return shown_line.order_lines(self._client.order_rows())
        if word is PlainWord.SHOW_POSITIONS:
            return shown_line.position_lines(self._client.position_rows(), self._client.cash())
        if word is PlainWord.SHOW_FILLS:
            return shown_line.fill_lines(deque(self._client.fill_rows(), maxlen=shown_line.ROWS_MAX))
        return shown_line.history_lines(self._history.orders[-shown_line.ROWS_MAX :])

    # --- the instrument ----------------------------------------------------------------------------------------

    def _watch_market(self) -> None:
        """Hear of the instrument, once it is clear which."""
        if self._symbol is not None and self._watch is None:
            self._watch = MarketWatch(self._client, self._symbol)
            self._watch.start()

    def _show_book(self) -> None:
        if not self._can_trade() or self._watch is None:
            return
        book = self._watch.follow_book()
        self._tell_answers()
        indication = self._watch.indication_line
        self._output.show(*shown_line.book_lines(book), *([] if indication is None else [indication]))

    def _choose(self, symbol: str) -> None:
        if self._listed and symbol not in self._listed:
            self._output.show(f"{shown(symbol)} is not listed; listed: {', '.join(self._listed)}")
            return
        if symbol != self._symbol and self._watch is not None:
            self._watch.stop()
            self._watch = None
        self._symbol = symbol
        self._output.show(f"trading {symbol}")
        self._watch_market()

    def _can_trade(self) -> bool:
        """Whether it is clear which instrument is meant; says so if not."""
        if self._symbol is None and len(self._listed) > 1:
            names = ", ".join(self._listed)
            self._output.show(f"several instruments are listed: choose one with `symbol NAME`: {names}")
            return False
        return True

    # --- what the engine says ----------------------------------------------------------------------------------

    def _tell_answers(self) -> None:
        """Show what became of all that was sent."""
        self._client.ping()
        self._tell_events()

    def _tell_events(self) -> None:
        """Show and remember all that the engine has said by now.  Raises ConnectionLost after the last of it."""
        try:
            while (message := self._client.poll_message(0)) is not None:
                try:
                    self._tell(message)
                except (KeyError, TypeError, ValueError, ArithmeticError) as error:
                    raise ProtocolError(f"the engine sent a message that lacks its fields: {message}") from error
        finally:
            self._history.save_if_changed()
        self._tell_indication()
        if self._watch is not None and self._watch.is_call:
            self._watch.follow_book()

    def _check_token(self, message: Message) -> None:
        """Raises ConnectionLost if the engine says that the token is void: what follows is the end."""
        if is_reset(message):
            raise ConnectionLost(reset_text(self._history.user))

    def _tell(self, message: Message) -> None:
        self._check_token(message)
        self._history.apply(message)
        if self._watch is not None:
            self._watch.take(message)
        line = shown_line.event_line(message)
        if line is not None:
            self._output.show(line)

    def _tell_indication(self) -> None:
        line = None if self._watch is None else self._watch.line_to_tell(time.monotonic())
        if line is not None:
            self._output.show(line)
