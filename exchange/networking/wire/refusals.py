"""The refusal of a request that was read well and is still not carried out, each in its own words.

Pure: a request → what takes its place on the way to the matching thread.
"""

from __future__ import annotations

from typing import Optional

from exchange.engine.commands import CancelOrder, ClaimUser, NewOrder, ReplaceOrder
from exchange.engine.events import CancelRejected, OrderRejected, ReplaceRejected
from exchange.engine.words import Code
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.requests import (
    REFUSED_TYPES,
    BadRequest,
    CaughtUp,
    CheckedLogin,
    Disconnected,
    FillsFound,
    GetFills,
    Logout,
    Refused,
    Request,
)


def refused(request: Request, code: Code, text: str) -> Refused:
    """What the asker is told instead: the rejection that names the order, else an error."""
    if isinstance(request, NewOrder):
        return OrderRejected(request.client_order_id, code, text)
    if isinstance(request, ReplaceOrder):
        return ReplaceRejected(request.order_id, request.client_order_id, code, text)
    if isinstance(request, CancelOrder):
        return CancelRejected(request.order_id, request.client_order_id, code, text)
    return BadRequest(code, text)


def turned_away(request: Request) -> Optional[Request]:
    """What takes the place of `request` in an exchange that stops and has no time left for it; None: nothing.

    Whoever leaves, leaves.  A login is refused as a login, since its connection waits for that, as it does for the
    turn of a GetFills; the claim of a name goes unanswered, because the login behind it is.
    """
    if isinstance(request, (*REFUSED_TYPES, Logout, Disconnected, CaughtUp, GetFills, FillsFound)):
        return request
    if isinstance(request, ClaimUser):
        return None
    refusal = BadRequest(WireCode.ENGINE_STOPPING, "the exchange is stopping and has no time left for this")
    if isinstance(request, CheckedLogin):
        return request._replace(refusal=refusal)
    return refused(request, refusal.code, refusal.text)
