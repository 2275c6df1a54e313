"""The plain trading client: prompts line by line, on a terminal or through a pipe.

It shows what the engine said and sends what the person asked; it decides nothing.  One thread: it waits for the
person and the engine at once (`select.poll` on both), so a fill is shown when it happens, also in the middle of a
prompt.  After each request it waits for a pong, which comes after everything that the request led to; so the
answer is shown before the next prompt, and nothing is unanswered when the input ends.
"""

from __future__ import annotations

import select
from decimal import Decimal
from typing import NamedTuple, Optional, Union

from exchange.engine.words import Side
from exchange.networking.tcp_client import BookFollower, ExchangeClient, Rejected
from tui.plain import shown_line, typed_line
from tui.plain.line_streams import LineInput, LineOutput
from tui.plain.typed_line import (
    BadLine,
    PlainWord,
    TypedCancel,
    TypedLine,
    TypedOrder,
    TypedReplace,
    TypedSide,
    TypedSymbol,
)
from tui.session_manager import SessionManager
from tui.visible_text import visible_ascii


class PricedOrder(NamedTuple):
    """An order that still needs its quantity; `price` None is at the market."""

    side: Side
    price: Optional[Decimal]


class PlainClient:
    """One person who trades over a `client` that is logged in.

    `symbol` None means the only instrument listed.  `run` raises ConnectionLost or TimeoutError when the engine is
    gone, and OSError when the history can't be written.
    """

    def __init__(
        self,
        client: ExchangeClient,
        history: SessionManager,
        lines: LineInput,
        output: LineOutput,
        symbol: Optional[str],
    ) -> None:
        self._client = client
        self._history = history
        self._lines = lines
        self._output = output
        self._symbol = symbol
        self._book: Optional[BookFollower] = None
        self._draft: Union[TypedSide, PricedOrder, None] = None
        self._is_over = False

    def run(self) -> None:
        """Until the person quits or the input ends."""
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
        if self._draft is None:
            return shown_line.SIDE_PROMPT
        return shown_line.PRICE_PROMPT if isinstance(self._draft, TypedSide) else shown_line.QUANTITY_PROMPT

    def _wait(self) -> None:
        """Until the person or the engine said something, and take it in."""
        poller = select.poll()
        poller.register(self._lines.descriptor, select.POLLIN)
        poller.register(self._client.fileno(), select.POLLIN)
        ready = {descriptor for descriptor, _ in poller.poll()}
        if self._client.fileno() in ready:
            self._tell_events()
        if self._lines.descriptor in ready:
            self._lines.read()

    def _take(self, line: str) -> None:
        try:
            if self._draft is None:
                self._do(typed_line.parse_line(line))
            elif isinstance(self._draft, TypedSide):
                self._take_price(line, self._draft.side)
            else:
                self._take_quantity(line, self._draft)
        except Rejected as refusal:
            self._output.show(visible_ascii(f"refused: {refusal.text} ({refusal.code})"))

    def _take_price(self, line: str, side: Side) -> None:
        price = typed_line.parse_price(line) if line else None
        if isinstance(price, BadLine):
            self._output.show(price.text)
        else:
            self._draft = PricedOrder(side, price)

    def _take_quantity(self, line: str, order: PricedOrder) -> None:
        quantity = typed_line.parse_quantity(line)
        if isinstance(quantity, BadLine):
            self._output.show(quantity.text)
            return
        self._draft = None
        self._do(TypedOrder(order.side, quantity, order.price))

    def _do(self, typed: TypedLine) -> None:
        if isinstance(typed, BadLine):
            self._output.show(typed.text)
        elif isinstance(typed, TypedSymbol):
            self._choose(typed.symbol)
        elif isinstance(typed, TypedSide):
            self._draft = typed if self._can_trade() else None
        elif isinstance(typed, PlainWord):
            self._do_simple(typed)
        else:
            self._send(typed)

    def _send(self, typed: Union[TypedOrder, TypedCancel, TypedReplace]) -> None:
        if isinstance(typed, TypedCancel):
            self._client.send_cancel(order_id=typed.order_id)
        elif isinstance(typed, TypedReplace):
            self._client.send_replace(order_id=typed.order_id, price=typed.price, quantity=typed.quantity)
        elif self._can_trade():
            self._enter(typed)
        self._tell_answers()

    def _enter(self, order: TypedOrder) -> None:
        sent = self._client.send_order(order.side, order.quantity, order.price, symbol=self._symbol)
        order_type = "MARKET" if order.price is None else "LIMIT"
        self._history.note_sent(
            sent,
            symbol=self._symbol,
            side=order.side.value,
            order_type=order_type,
            price=order.price,
            quantity=order.quantity,
        )

    def _do_simple(self, typed: PlainWord) -> None:
        if typed is PlainWord.QUIT:
            self._is_over = True
        elif typed is PlainWord.SHOW_HELP:
            self._output.show(*shown_line.HELP.splitlines())
        elif typed is PlainWord.CANCEL_ALL:
            self._client.send_cancel_all()
            self._tell_answers()
        elif typed is PlainWord.SHOW_BOOK:
            self._show_book()
        elif typed is not PlainWord.NOTHING:
            self._show_list(typed)

    def _show_list(self, typed: PlainWord) -> None:
        """Show the orders or the positions, after whatever happened before."""
        if typed is PlainWord.SHOW_ORDERS:
            orders = self._client.orders()
            self._tell_events()
            self._output.show(*shown_line.order_lines(orders))
        else:
            positions = self._client.positions()
            self._tell_events()
            self._output.show(*shown_line.position_lines(positions))

    def _show_book(self) -> None:
        if not self._can_trade():
            return
        if self._book is None:
            self._book = self._client.follow_book(self._symbol, shown_line.BOOK_DEPTH)
        self._tell_answers()
        self._output.show(*shown_line.book_lines(self._book))

    def _choose(self, symbol: str) -> None:
        listed = self._listed()
        if listed and symbol not in listed:
            self._output.show(f"{typed_line.shown(symbol)} is not listed; listed: {', '.join(listed)}")
            return
        if symbol != self._symbol and self._book is not None:
            self._client.unsubscribe("book", self._book.symbol)
            self._book = None
        self._symbol = symbol
        self._output.show(f"trading {visible_ascii(symbol)}")

    def _can_trade(self) -> bool:
        """Whether it is clear which instrument is meant; says so if not."""
        listed = self._listed()
        if self._symbol is None and len(listed) > 1:
            self._output.show(
                f"several instruments are listed: choose one with `symbol NAME`: {', '.join(listed)}"
            )
            return False
        return True

    def _listed(self) -> list[str]:
        return [visible_ascii(str(instrument["symbol"])) for instrument in self._client.instruments]

    def _tell_answers(self) -> None:
        """Show what became of all that was sent."""
        self._client.ping()
        self._tell_events()

    def _tell_events(self) -> None:
        """Show and remember all that the engine has said by now.  Raises ConnectionLost after the last of it."""
        try:
            while (message := self._client.poll(0)) is not None:
                self._history.apply(message)
                line = shown_line.event_line(message)
                if line is not None:
                    self._output.show(line)
        finally:
            self._history.save_if_changed()
