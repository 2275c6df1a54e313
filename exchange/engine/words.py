"""The market's words: every set of names that orders, events and refusals are told in.

Nothing here does anything.  What a member means for an order is told where its rule is; the rule's number stands
beside it.  On the wire, in the journal and in snapshots a member is written as its value.
"""

from __future__ import annotations

from enum import Enum


class Side(Enum):
    """BUY bids for the instrument, SELL offers it."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> Side:
        """The side this one trades against."""
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderType(Enum):
    """How an order says what it will pay: a LIMIT names its worst price, a MARKET order takes any.

    A STOP waits for a trade at its stop price and then acts as a MARKET order, a STOP_LIMIT as a LIMIT (RULES 8).
    """

    LIMIT = "LIMIT"
    MARKET = "MARKET"
    STOP = "STOP"
    STOP_LIMIT = "STOP_LIMIT"


class TimeInForce(Enum):
    """How long an order lives: GTC and DAY may rest, IOC and FOK never do (RULES 3, 4, 5)."""

    GTC = "GTC"
    DAY = "DAY"
    IOC = "IOC"
    FOK = "FOK"


class SelfTradePrevention(Enum):
    """What happens when an arriving order would trade with its own user; the arriving order decides (RULES 15)."""

    NONE = "NONE"
    CANCEL_OLDEST = "CANCEL_OLDEST"
    CANCEL_NEWEST = "CANCEL_NEWEST"
    CANCEL_BOTH = "CANCEL_BOTH"
    DECREMENT = "DECREMENT"


class OrderStatus(Enum):
    """Where an order is in its life; the first two are live."""

    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"


class Phase(Enum):
    """What may be done in an instrument now (RULES 19).

    PRE_OPEN, AUCTION and CLOSING_AUCTION are calls: orders are taken and nothing matches.  In HALTED and CLOSED
    nothing may be done but to cancel.
    """

    PRE_OPEN = "PRE_OPEN"
    AUCTION = "AUCTION"
    CLOSING_AUCTION = "CLOSING_AUCTION"
    CONTINUOUS = "CONTINUOUS"
    HALTED = "HALTED"
    CLOSED = "CLOSED"


class PhaseReason(Enum):
    """Why an instrument came into its phase; EXTENDED: the same call goes on for longer (RULES 18)."""

    SCHEDULE = "SCHEDULE"
    OPERATOR = "OPERATOR"
    CIRCUIT_BREAKER = "CIRCUIT_BREAKER"
    EXTENDED = "EXTENDED"


class Liquidity(Enum):
    """MAKER: the order rested; TAKER: it arrived, or was filled in an uncross."""

    MAKER = "MAKER"
    TAKER = "TAKER"


class CancelReason(Enum):
    """Why an order was canceled."""

    USER_REQUESTED = "USER_REQUESTED"
    IOC_REMAINDER = "IOC_REMAINDER"
    MARKET_REMAINDER = "MARKET_REMAINDER"
    SELF_TRADE = "SELF_TRADE"
    DISCONNECTED = "DISCONNECTED"
    HALTED = "HALTED"
    PRICE_OUT_OF_BAND = "PRICE_OUT_OF_BAND"
    ADMIN = "ADMIN"


class Code(Enum):
    """Why something was refused, for programs; a refusal also carries a text that names the value and the rule.

    It has no members of its own: the rules' codes are below, the wire has others for lines that no rule judges.
    """


class RejectCode(Code):
    """Which rule a wish breaks."""

    MISSING_FIELD = "MISSING_FIELD"
    BAD_VALUE = "BAD_VALUE"
    BAD_TOKEN = "BAD_TOKEN"
    UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"
    PRICE_NOT_ON_TICK = "PRICE_NOT_ON_TICK"
    PRICE_OUT_OF_BAND = "PRICE_OUT_OF_BAND"
    QUANTITY_NOT_ON_LOT = "QUANTITY_NOT_ON_LOT"
    QUANTITY_OUT_OF_RANGE = "QUANTITY_OUT_OF_RANGE"
    DUPLICATE_CLIENT_ORDER_ID = "DUPLICATE_CLIENT_ORDER_ID"
    UNKNOWN_ORDER = "UNKNOWN_ORDER"
    TOO_LATE = "TOO_LATE"
    WOULD_TAKE = "WOULD_TAKE"
    CANNOT_FILL = "CANNOT_FILL"
    NO_LIQUIDITY = "NO_LIQUIDITY"
    STOP_WOULD_TRIGGER = "STOP_WOULD_TRIGGER"
    HALTED = "HALTED"
    NOT_CONTINUOUS = "NOT_CONTINUOUS"
    BLOCKED = "BLOCKED"
    OPEN_ORDER_LIMIT = "OPEN_ORDER_LIMIT"
    POSITION_LIMIT = "POSITION_LIMIT"
