"""Orders entered, canceled and changed by one that waits for the answer, in whatever way it waits.

`ExchangeClient` returns an answer, `AsyncExchangeClient` a coroutine that does; the requests are the same.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Generic, Optional, TypeVar

from exchange.networking.client import questions
from exchange.networking.client.message_json import Price
from exchange.networking.client.questions import Question
from exchange.networking.client.request_messages import EnumOrName, new_order
from exchange.networking.client.request_sender import RequestSender

PlacedAnswer = TypeVar("PlacedAnswer")
CanceledAnswer = TypeVar("CanceledAnswer")
ChangedAnswer = TypeVar("ChangedAnswer")


class OrderEntry(RequestSender, Generic[PlacedAnswer, CanceledAnswer, ChangedAnswer]):
    """The three questions about an order; nobody makes one alone."""

    @abstractmethod
    def _ask_placed(self, question: Question) -> PlacedAnswer:
        """Ask, and take `order_accepted` for an answer."""

    @abstractmethod
    def _ask_canceled(self, question: Question) -> CanceledAnswer:
        """Ask, and take `order_canceled` for an answer."""

    @abstractmethod
    def _ask_changed(self, question: Question) -> ChangedAnswer:
        """Ask, and take `order_replaced` for an answer, or `order_canceled`."""

    def place(
        self,
        side: EnumOrName,
        quantity: int,
        price: Optional[Price] = None,
        *,
        symbol: Optional[str] = None,
        order_type: Optional[EnumOrName] = None,
        stop_price: Optional[Price] = None,
        time_in_force: Optional[EnumOrName] = None,
        post_only: Optional[bool] = None,
        display_quantity: Optional[int] = None,
        self_trade_prevention: Optional[EnumOrName] = None,
        client_order_id: Optional[str] = None,
    ) -> PlacedAnswer:
        """Enter an order, options as for `send_order`.

        Its fills and the change of the book come after that, as events; `ping` waits for them.
        """
        order = new_order(
            client_order_id or self._new_id(),
            side,
            quantity,
            price,
            symbol=symbol,
            order_type=order_type,
            stop_price=stop_price,
            time_in_force=time_in_force,
            post_only=post_only,
            display_quantity=display_quantity,
            self_trade_prevention=self_trade_prevention,
        )
        return self._ask_placed(questions.place(order))

    def buy(
        self,
        quantity: int,
        price: Optional[Price] = None,
        symbol: Optional[str] = None,
        *,
        order_type: Optional[EnumOrName] = None,
        stop_price: Optional[Price] = None,
        time_in_force: Optional[EnumOrName] = None,
        post_only: Optional[bool] = None,
        display_quantity: Optional[int] = None,
        self_trade_prevention: Optional[EnumOrName] = None,
        client_order_id: Optional[str] = None,
    ) -> PlacedAnswer:
        """`place` a BUY order: limited to `price`, or (None) at the market."""
        return self.place(
            "BUY",
            quantity,
            price,
            symbol=symbol,
            order_type=order_type,
            stop_price=stop_price,
            time_in_force=time_in_force,
            post_only=post_only,
            display_quantity=display_quantity,
            self_trade_prevention=self_trade_prevention,
            client_order_id=client_order_id,
        )

    def sell(
        self,
        quantity: int,
        price: Optional[Price] = None,
        symbol: Optional[str] = None,
        *,
        order_type: Optional[EnumOrName] = None,
        stop_price: Optional[Price] = None,
        time_in_force: Optional[EnumOrName] = None,
        post_only: Optional[bool] = None,
        display_quantity: Optional[int] = None,
        self_trade_prevention: Optional[EnumOrName] = None,
        client_order_id: Optional[str] = None,
    ) -> PlacedAnswer:
        """`place` a SELL order: limited to `price`, or (None) at the market."""
        return self.place(
            "SELL",
            quantity,
            price,
            symbol=symbol,
            order_type=order_type,
            stop_price=stop_price,
            time_in_force=time_in_force,
            post_only=post_only,
            display_quantity=display_quantity,
            self_trade_prevention=self_trade_prevention,
            client_order_id=client_order_id,
        )

    def cancel(self, *, order_id: Optional[int] = None, client_order_id: Optional[str] = None) -> CanceledAnswer:
        """Cancel the order with this id; returns what canceled it, whatever that was."""
        return self._ask_canceled(questions.cancel(order_id, client_order_id))

    def replace(
        self,
        *,
        order_id: Optional[int] = None,
        client_order_id: Optional[str] = None,
        price: Optional[Price] = None,
        quantity: Optional[int] = None,
        stop_price: Optional[Price] = None,
        new_client_order_id: Optional[str] = None,
    ) -> ChangedAnswer:
        """Change the order with this id, changes as for `send_replace`.

        It is canceled where the new total quantity leaves nothing to be done.
        """
        question = questions.replace(
            order_id,
            client_order_id,
            price=price,
            quantity=quantity,
            stop_price=stop_price,
            new_client_order_id=new_client_order_id,
        )
        return self._ask_changed(question)
