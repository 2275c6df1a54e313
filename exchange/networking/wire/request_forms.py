"""Every request that a client may make, as tables.  The only place that spells them.

To offer another field, add its row; then say in the function that builds the request what it goes together with.

What is wrong with an order request is answered by its own rejection as soon as the line names a valid id that a
bot can correlate it by; everything else that is wrong is a `BadRequest`, which is told `error`.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Union

from exchange.engine.commands import CancelAll, CancelOrder, GetOrders, GetPositions, NewOrder, ReplaceOrder
from exchange.engine.events import CancelRejected, OrderRejected, ReplaceRejected
from exchange.engine.terms import Terms
from exchange.engine.words import OrderType, RejectCode, SelfTradePrevention, Side, TimeInForce
from exchange.networking.wire import fields as check
from exchange.networking.wire.fields import RefusedError, bad_value
from exchange.networking.wire.form import REQUIRED, Fields, Form, Values
from exchange.networking.wire.limits import BOOK_DEPTH_DEFAULT, FILLS_MAX
from exchange.networking.wire.requests import (
    BadRequest,
    CancelOnDisconnect,
    Channel,
    GetFills,
    Login,
    Logout,
    Ping,
    Subscribe,
    Unsubscribe,
)

# Members looked up once: on CPython 3.11 `OrderType.LIMIT` costs 75 ns, a module global 5 ns.
_MARKET = OrderType.MARKET
_GTC = TimeInForce.GTC
_IOC = TimeInForce.IOC
_MISSING_FIELD = RejectCode.MISSING_FIELD
_BAD_VALUE = RejectCode.BAD_VALUE

# --- fields taken together, and the requests built of them -----------------------------------------------------
# By keyword where the values are of any type, or mypy would not notice two that have changed places.


def _new_order(user: str, values: Values) -> NewOrder:
    """Which terms go together is the engine's to say, because it tells some other faults before that.

    By place, since keywords would make the request that comes most often 9 % slower to decode; the values are
    given their types instead, for mypy to tell most of them apart.
    """
    client_order_id: str = values["client_order_id"]
    symbol: Optional[str] = values["symbol"]
    side: Side = values["side"]
    order_type: OrderType = values["order_type"]
    time_in_force: Optional[TimeInForce] = values["time_in_force"]
    price_nanos: Optional[int] = values["price"]
    quantity: int = values["quantity"]
    post_only: bool = values["post_only"]
    prevention: Optional[SelfTradePrevention] = values["self_trade_prevention"]
    stop_price_nanos: Optional[int] = values["stop_price"]
    display_quantity: Optional[int] = values["display_quantity"]
    if time_in_force is None:
        time_in_force = _IOC if order_type is _MARKET else _GTC
    terms = Terms(
        side,
        order_type,
        time_in_force,
        price_nanos,
        quantity,
        post_only,
        prevention,
        stop_price_nanos,
        display_quantity,
    )
    return NewOrder(user, client_order_id, symbol, terms)


def _cancel_order(user: str, values: Values) -> CancelOrder:
    return CancelOrder(user, *_one_order(values))


def _replace_order(user: str, values: Values) -> ReplaceOrder:
    changes = values["price"], values["quantity"], values["new_client_order_id"], values["stop_price"]
    order_id, client_order_id = _one_order(values)
    if changes == (None, None, None, None):
        rule = "price, quantity, stop_price or new_client_order_id is missing: nothing to replace"
        raise RefusedError(_MISSING_FIELD, rule)
    return ReplaceOrder(
        user=user,
        order_id=order_id,
        client_order_id=client_order_id,
        price_nanos=values["price"],
        quantity=values["quantity"],
        new_client_order_id=values["new_client_order_id"],
        stop_price_nanos=values["stop_price"],
    )


def _one_order(values: Values) -> tuple[Optional[int], Optional[str]]:
    """The order that a request names, by exactly one of its two ids."""
    order_id, client_order_id = values["order_id"], values["client_order_id"]
    if order_id is None and client_order_id is None:
        raise RefusedError(_MISSING_FIELD, "order_id or client_order_id is missing")
    if order_id is not None and client_order_id is not None:
        raise bad_value("order_id", order_id, "does not go with client_order_id: name the order by one of them")
    return order_id, client_order_id


def _cancel_all(user: str, values: Values) -> CancelAll:
    return CancelAll(user=user, symbol=values["symbol"])


def _get_orders(user: str, _values: Values) -> GetOrders:
    return GetOrders(user)


def _get_positions(user: str, _values: Values) -> GetPositions:
    return GetPositions(user)


def _get_fills(_user: str, values: Values) -> GetFills:
    return GetFills(symbol=values["symbol"], after_trade_id=values["after_trade_id"], limit=values["limit"])


def _login(_user: str, values: Values) -> Login:
    return Login(
        user=values["user"],
        token=values["token"],
        last_seq=values["last_seq"],
        cancel_on_disconnect=values["cancel_on_disconnect"],
        heartbeat_s=values["heartbeat_s"],
    )


def _logout(_user: str, _values: Values) -> Logout:
    return Logout()


def _ping(_user: str, values: Values) -> Ping:
    return Ping(id=values["id"])


def _subscribe(_user: str, values: Values) -> Subscribe:
    channel, symbol = _feed(values)
    return Subscribe(channel=channel, symbol=symbol, depth=values["depth"], last=values["last"])


def _unsubscribe(_user: str, values: Values) -> Unsubscribe:
    return Unsubscribe(*_feed(values))


def _feed(values: Values) -> tuple[Channel, Optional[str]]:
    channel: Channel = values["channel"]
    if channel is Channel.NEWS and values["symbol"] is not None:
        raise bad_value("symbol", values["symbol"], "does not go with the channel news, which is of no instrument")
    if channel is not Channel.TRADES and values["last"] is not None:
        raise bad_value("last", values["last"], "goes only with the channel trades")
    return channel, values["symbol"]


# --- refusals --------------------------------------------------------------------------------------------------


class _Named(NamedTuple):
    """The order ids of a request that are valid by themselves, whatever else is wrong with it."""

    order_id: Optional[int]
    client_order_id: Optional[str]


def _named(fields: Fields) -> _Named:
    order_id, client_order_id = fields.get("order_id"), fields.get("client_order_id")
    return _Named(
        order_id if check.is_order_id(order_id) else None,
        client_order_id if check.is_client_order_id(client_order_id) else None,
    )


def _refuse(_fields: Fields, refused: RefusedError) -> BadRequest:
    return BadRequest(refused.code, refused.text)


def _refuse_new(fields: Fields, refused: RefusedError) -> Union[OrderRejected, BadRequest]:
    client_order_id = _named(fields).client_order_id
    if client_order_id is None:
        return BadRequest(refused.code, refused.text)
    return OrderRejected(client_order_id, refused.code, refused.text)


def _refuse_cancel(fields: Fields, refused: RefusedError) -> Union[CancelRejected, BadRequest]:
    named = _named(fields)
    if named == (None, None):
        return BadRequest(refused.code, refused.text)
    return CancelRejected(*named, refused.code, refused.text)


def _refuse_replace(fields: Fields, refused: RefusedError) -> Union[ReplaceRejected, BadRequest]:
    named = _named(fields)
    if named == (None, None):
        return BadRequest(refused.code, refused.text)
    return ReplaceRejected(*named, refused.code, refused.text)


# --- the tables ------------------------------------------------------------------------------------------------

_SYMBOL = (check.symbol, None)
_NAMED_ORDER = {"order_id": (check.order_id, None), "client_order_id": (check.client_order_id, None)}
_FEED = {
    "channel": (check.channel, REQUIRED),
    "symbol": _SYMBOL,
    "depth": (check.depth, BOOK_DEPTH_DEFAULT),
    "last": (check.last, None),
}

FORMS = {
    "login": Form(
        {
            "user": (check.user, REQUIRED),
            "token": (check.token, None),
            "last_seq": (check.last_seq, None),
            "cancel_on_disconnect": (check.cancel_on_disconnect, CancelOnDisconnect.NONE),
            "heartbeat_s": (check.heartbeat_s, 0.0),
        },
        _login,
        _refuse,
        needs_login=False,
    ),
    "new_order": Form(
        {
            "client_order_id": (check.client_order_id, REQUIRED),
            "symbol": _SYMBOL,
            "side": (check.one_of(Side), REQUIRED),
            "order_type": (check.one_of(OrderType), REQUIRED),
            "quantity": (check.quantity, REQUIRED),
            "price": (check.price, None),
            "stop_price": (check.price, None),
            "time_in_force": (check.one_of(TimeInForce), None),
            "post_only": (check.flag, False),
            "display_quantity": (check.quantity, None),
            "self_trade_prevention": (check.one_of(SelfTradePrevention), None),
        },
        _new_order,
        _refuse_new,
    ),
    "cancel_order": Form(_NAMED_ORDER, _cancel_order, _refuse_cancel),
    "replace_order": Form(
        {
            **_NAMED_ORDER,
            "price": (check.price, None),
            "quantity": (check.quantity, None),
            "stop_price": (check.price, None),
            "new_client_order_id": (check.client_order_id, None),
        },
        _replace_order,
        _refuse_replace,
    ),
    "cancel_all": Form({"symbol": _SYMBOL}, _cancel_all, _refuse),
    "get_orders": Form({}, _get_orders, _refuse),
    "get_positions": Form({}, _get_positions, _refuse),
    "get_fills": Form(
        {
            "symbol": _SYMBOL,
            "after_trade_id": (check.after_trade_id, 0),
            "limit": (check.fills_limit, FILLS_MAX),
        },
        _get_fills,
        _refuse,
    ),
    "subscribe": Form(_FEED, _subscribe, _refuse, needs_login=False),
    "unsubscribe": Form(_FEED, _unsubscribe, _refuse, needs_login=False),
    "ping": Form({"id": (check.ping_id, None)}, _ping, _refuse, needs_login=False),
    "logout": Form({}, _logout, _refuse),
}
