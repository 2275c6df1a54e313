"""The plain trading client: prompts line by line, on a terminal or through a pipe.

It shows what the engine said and sends what the person asked; it decides nothing.  One thread: it waits for the
person and the engine at once (`select.poll` on both), so a fill is shown when it happens, also in the middle of a
prompt.  After each wish it waits for a pong, which comes after everything that the wish led to; so the answer is
on the screen before the next prompt, and nothing is unanswered when the input ends.

On a terminal a prompt ends where one types and is repeated after a line that interrupts it.  Otherwise every
prompt is a line of its own, so that the other end of a pipe can read lines.
"""

from __future__ import annotations

import os
import select
from collections import deque
from decimal import Decimal
from typing import NamedTuple, Optional, TextIO, Union

from exchange.engine.order import Side
from exchange.networking.tcp_client import BookFollower, ExchangeClient, Rejected
from tui.plain import plain_input, plain_output
from tui.plain.plain_input import (
    AskForOrder,
    CancelOrder,
    ChooseSymbol,
    EnterOrder,
    Refused,
    ReplaceOrder,
    Simple,
    Wish,
)
from tui.session_manager import SessionManager

READ_BYTES = 65_536


class PricedOrder(NamedTuple):
    """An order that still needs its quantity; `price` None is at the market."""

    side: Side
    price: Optional[Decimal]


class InputLines:
    """The lines of a file descriptor, as they come: a terminal, a pipe or a file."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._lines: deque[str] = deque()
        self._unfinished = b""
        self._has_ended = False

    def read(self) -> None:
        """Take what is there; blocks when nothing is.  A last line without a newline counts at the end."""
        data = os.read(self.descriptor, READ_BYTES)
        *whole, self._unfinished = (self._unfinished + data).split(b"\n")
        if not data:
            self._has_ended = True
            whole, self._unfinished = [self._unfinished] if self._unfinished else [], b""
        self._lines.extend(line.decode("utf-8", "replace") for line in whole)

    def next(self) -> Optional[str]:
        """The next line without its newline, None if there is none at the moment."""
        return self._lines.popleft() if self._lines else None

    @property
    def is_over(self) -> bool:
        """Whether the end was reached and every line taken."""
        return self._has_ended and not self._lines


class Screen:
    """Where lines and prompts go.  Knows whether a prompt stands unanswered on the last line."""

    def __init__(self, output: TextIO, is_terminal: bool) -> None:
        self._output = output
        self._is_terminal = is_terminal
        self._prompt: Optional[str] = None

    def show(self, *lines: str) -> None:
        """Print the lines, off the line of a prompt that stands there."""
        if self._prompt is not None and self._is_terminal:
            self._output.write("\n")
            self._prompt = None
        self._output.write("".join(line + "\n" for line in lines))
        self._output.flush()

    def prompt(self, text: str) -> None:
        """Print the prompt, unless it stands there."""
        if self._prompt != text:
            self._output.write(text + (" " if self._is_terminal else "\n"))
            self._output.flush()
            self._prompt = text

    def answered(self) -> None:
        """The person ended the prompt's line: the next prompt is a new one."""
        self._prompt = None


class PlainSession:
    """One person's session over a `client` that is logged in.

    `symbol` None means the only instrument listed.  `run` raises ConnectionLost or TimeoutError when the engine is
    gone, and OSError when the history can't be written.
    """

    def __init__(
        self,
        client: ExchangeClient,
        history: SessionManager,
        lines: InputLines,
        screen: Screen,
        symbol: Optional[str],
    ) -> None:
        self._client = client
        self._history = history
        self._lines = lines
        self._screen = screen
        self._symbol = symbol
        self._book: Optional[BookFollower] = None
        self._draft: Union[AskForOrder, PricedOrder, None] = None
        self._is_over = False

    def run(self) -> None:
        """Until the person quits or the input ends."""
        self._tell_events()
        while not self._is_over and not self._lines.is_over:
            self._screen.prompt(self._prompt())
            line = self._lines.next()
            if line is None:
                self._wait()
            else:
                self._screen.answered()
                self._take(line.strip())
        self._screen.show()

    def _prompt(self) -> str:
        if self._draft is None:
            return plain_output.SIDE_PROMPT
        return plain_output.PRICE_PROMPT if isinstance(self._draft, AskForOrder) else plain_output.QUANTITY_PROMPT

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
                self._do(plain_input.parse_wish(line))
            elif isinstance(self._draft, AskForOrder):
                self._take_price(line, self._draft.side)
            else:
                self._take_quantity(line, self._draft)
        except Rejected as refusal:
            self._screen.show(plain_output.printable(f"refused: {refusal.text} ({refusal.code})"))

    def _take_price(self, line: str, side: Side) -> None:
        price = plain_input.parse_price(line) if line else None
        if isinstance(price, Refused):
            self._screen.show(price.text)
        else:
            self._draft = PricedOrder(side, price)

    def _take_quantity(self, line: str, order: PricedOrder) -> None:
        quantity = plain_input.parse_quantity(line)
        if isinstance(quantity, Refused):
            self._screen.show(quantity.text)
            return
        self._draft = None
        self._do(EnterOrder(order.side, quantity, order.price))

    def _do(self, wish: Wish) -> None:
        if isinstance(wish, Refused):
            self._screen.show(wish.text)
        elif isinstance(wish, ChooseSymbol):
            self._choose(wish.symbol)
        elif isinstance(wish, AskForOrder):
            self._draft = wish if self._can_trade() else None
        elif isinstance(wish, Simple):
            self._do_simple(wish)
        else:
            self._send(wish)

    def _send(self, wish: Union[EnterOrder, CancelOrder, ReplaceOrder]) -> None:
        if isinstance(wish, CancelOrder):
            self._client.send_cancel(order_id=wish.order_id)
        elif isinstance(wish, ReplaceOrder):
            self._client.send_replace(order_id=wish.order_id, price=wish.price, quantity=wish.quantity)
        elif self._can_trade():
            self._enter(wish)
        self._tell_answers()

    def _enter(self, order: EnterOrder) -> None:
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

    def _do_simple(self, wish: Simple) -> None:
        if wish is Simple.QUIT:
            self._is_over = True
        elif wish is Simple.SHOW_HELP:
            self._screen.show(*plain_output.HELP.splitlines())
        elif wish is Simple.CANCEL_ALL:
            self._client.send_cancel_all()
            self._tell_answers()
        elif wish is Simple.SHOW_BOOK:
            self._show_book()
        elif wish is not Simple.NOTHING:
            self._show_list(wish)

    def _show_list(self, wish: Simple) -> None:
        """Show the orders or the positions, after whatever happened before."""
        if wish is Simple.SHOW_ORDERS:
            orders = self._client.orders()
            self._tell_events()
            self._screen.show(*plain_output.order_lines(orders))
        else:
            positions = self._client.positions()
            self._tell_events()
            self._screen.show(*plain_output.position_lines(positions))

    def _show_book(self) -> None:
        if not self._can_trade():
            return
        if self._book is None:
            self._book = self._client.follow_book(self._symbol, plain_output.BOOK_DEPTH)
        self._tell_answers()
        self._screen.show(*plain_output.book_lines(self._book))

    def _choose(self, symbol: str) -> None:
        listed = self._listed()
        if listed and symbol not in listed:
            self._screen.show(f"{plain_input.shown(symbol)} is not listed; listed: {', '.join(listed)}")
            return
        if symbol != self._symbol and self._book is not None:
            self._client.unsubscribe("book", self._book.symbol)
            self._book = None
        self._symbol = symbol
        self._screen.show(f"trading {plain_output.printable(symbol)}")

    def _can_trade(self) -> bool:
        """Whether it is clear which instrument is meant; says so if not."""
        listed = self._listed()
        if self._symbol is None and len(listed) > 1:
            self._screen.show(
                f"several instruments are listed: choose one with `symbol NAME`: {', '.join(listed)}"
            )
            return False
        return True

    def _listed(self) -> list[str]:
        return [plain_output.printable(str(instrument["symbol"])) for instrument in self._client.instruments]

    def _tell_answers(self) -> None:
        """Show what became of all that was sent."""
        self._client.ping()
        self._tell_events()

    def _tell_events(self) -> None:
        """Show and remember all that the engine has said by now.  Raises ConnectionLost after the last of it."""
        try:
            while (message := self._client.poll(0)) is not None:
                self._history.apply(message)
                line = plain_output.event_line(message)
                if line is not None:
                    self._screen.show(line)
        finally:
            self._history.save_if_changed()
