"""An own order that the mouse takes up, holds over another row and lets go there: a move, which asks unless ARMED.

A press alone does nothing to the order, nor does letting it go where it was.  The row under the mouse is told by
the cursor, and while the order is held the ladder does not move.  Changes the model and nothing else.
"""

from __future__ import annotations

from typing import Optional

from tui.screen.messages import Outgoing
from tui.screen.model import Model, NoticeKind, refuse
from tui.screen.modes import Drag
from tui.screen.my_order import MyOrder
from tui.screen.proposals_from_keys import move_to, why_not_move_order


def take_up(model: Model, orders: list[MyOrder], row: int) -> None:
    """The left button went down on these orders, in the row of this price (ticks); the first is taken up."""
    order = orders[0]
    why_not = why_not_move_order(model, order)
    if why_not or order.order_id is None:
        model.say(NoticeKind.INFO, why_not, order.symbol)
        return
    model.drag = Drag(order.order_id, row, row)
    if len(orders) > 1:
        model.say(
            NoticeKind.INFO, f"{len(orders)} orders are here: you hold {order.order_id}, the oldest", order.symbol
        )


def hold_over(model: Model, row: Optional[int]) -> None:
    """It is over this row now; None: over none, where letting it go means nothing."""
    if model.drag is None:
        return
    over = model.drag.start if row is None else row
    if over != model.drag.over:
        model.drag = model.drag._replace(over=over)
        model.cursor = over


def let_go(model: Model) -> list[Outgoing]:
    """The button went up."""
    drag, model.drag = model.drag, None
    if drag is None or drag.over == drag.start:
        return []
    order = dragged_order(model, drag)
    if order is None:
        return refuse(model, f"order {drag.order_id} is over: nothing was moved")
    return move_to(model, order, drag.over)


def dragged_order(model: Model, drag: Drag) -> Optional[MyOrder]:
    """The order that the mouse holds; None if it is over."""
    return next((order for order in model.orders.open() if order.order_id == drag.order_id), None)
