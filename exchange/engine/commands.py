"""What may be asked of the engine: imperative, already checked for type by whoever made it.

Prices come in as `price_nanos`, an integer count of 10⁻⁹ currency units (the PRICE9 of FIX's Simple Binary
Encoding): exact, the same for every instrument, and without knowledge of a tick size, which is the engine's to
check.  Quantities are integers in units of the instrument.  NamedTuples, because they are made by the million and
a handler unpacks one in a single step.
"""

from __future__ import annotations

from typing import NamedTuple, Optional, Union

from exchange.engine.instrument import Instrument
from exchange.engine.limits import Limits
from exchange.engine.terms import Terms
from exchange.engine.words import CancelReason, Phase, PhaseReason


class NewOrder(NamedTuple):
    """Enter an order.

    `symbol` None means the only instrument listed.  `terms` go together (`Terms`), or the engine refuses them with
    `BAD_VALUE`.  `ends_with_connection` asks that the order be canceled when the connection it came on ends; the
    engine knows no connections, it only remembers the wish.
    """

    user: str
    client_order_id: str
    symbol: Optional[str]
    terms: Terms
    ends_with_connection: bool = False


class CancelOrder(NamedTuple):
    """Cancel one live order, named by exactly one of the two ids; the other is None."""

    user: str
    order_id: Optional[int]
    client_order_id: Optional[str]


class ReplaceOrder(NamedTuple):
    """Change a live order, named by exactly one of the two ids.

    `quantity` is the new total, executed part included (RULES 11).  None leaves price, quantity, client order id
    or stop price as it is; at least one of them is given.
    """

    user: str
    order_id: Optional[int]
    client_order_id: Optional[str]
    price_nanos: Optional[int]
    quantity: Optional[int]
    new_client_order_id: Optional[str]
    stop_price_nanos: Optional[int] = None


class CancelAll(NamedTuple):
    """Cancel the user's live orders, of one symbol or (None) of all."""

    user: str
    symbol: Optional[str]


class CancelOrders(NamedTuple):
    """Cancel those of `order_ids` that are still live and the user's, for `reason`; the others are passed over.

    Asked by the exchange itself, for orders whose connection was lost.
    """

    user: str
    order_ids: tuple[int, ...]
    reason: CancelReason


class GetOrders(NamedTuple):
    """Ask for the user's live orders.  Changes nothing."""

    user: str


class GetPositions(NamedTuple):
    """Ask for the user's positions.  Changes nothing."""

    user: str


class ListInstrument(NamedTuple):
    """List a new instrument, or change the limits of one that is listed.

    Its tick size never changes and it never leaves the list, since orders and positions are counted in its ticks.
    """

    instrument: Instrument


class HaltInstrument(NamedTuple):
    """Take no order in `symbol` until it is resumed; what rests stays, and may be canceled.

    `symbol` None means every instrument that is listed now; one that is listed later trades.  With `seconds` the
    halt ends by itself, in an auction.
    """

    symbol: Optional[str]
    seconds: Optional[int] = None


class ResumeInstrument(NamedTuple):
    """Trade `symbol` again, or (None) every instrument that is listed."""

    symbol: Optional[str]


class SetPhase(NamedTuple):
    """The operator brings `symbol` into `phase`, until they or the schedule end it."""

    symbol: str
    phase: Phase


class ChangePhase(NamedTuple):
    """Time brings `symbol` into `phase`: asked by the timer, with what `phases.next_change` told it.

    `due` is when that was to be, in ns since the epoch, `random_ns` how much longer than its earliest end the new
    phase will last; it was drawn for this command, so that a replay gives the same day.
    """

    symbol: str
    phase: Phase
    reason: PhaseReason
    due: int
    random_ns: int = 0


class Say(NamedTuple):
    """Tell news to everybody who follows them, or (not None) to one user.  Changes nothing."""

    text: str
    user: Optional[str] = None


class Endow(NamedTuple):
    """Give a user cash and, with a `symbol`, a position at an average price (RULES 27)."""

    user: str
    cash_nanos: int
    symbol: Optional[str] = None
    quantity: int = 0
    average_price_nanos: int = 0


class Settle(NamedTuple):
    """Close every position in `symbol` at a price, without a trade, and close the instrument (RULES 27)."""

    symbol: str
    price_nanos: int


class ClaimUser(NamedTuple):
    """Make the name `user` belong to whoever can prove `credential`.

    To the engine `credential` is an opaque text: what it proves, and how, is known to whoever made it.
    """

    user: str
    credential: str


class BlockUser(NamedTuple):
    """Cancel all the user's live orders and take no new ones."""

    user: str


class UnblockUser(NamedTuple):
    """Take the user's orders again."""

    user: str


class ResetUser(NamedTuple):
    """Forget the user's credential, so that the name can be claimed anew; orders and positions stay."""

    user: str


class SetLimits(NamedTuple):
    """Hold every user to `limits` from now on; what is live already stays.

    A command, because the same orders under other limits would lead to another state.
    """

    limits: Limits


Command = Union[
    NewOrder,
    CancelOrder,
    ReplaceOrder,
    CancelAll,
    CancelOrders,
    GetOrders,
    GetPositions,
    ListInstrument,
    HaltInstrument,
    ResumeInstrument,
    SetPhase,
    ChangePhase,
    Say,
    Endow,
    Settle,
    ClaimUser,
    BlockUser,
    UnblockUser,
    ResetUser,
    SetLimits,
]
