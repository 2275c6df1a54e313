"""All that the screen knows.  State only: `update` changes it, `view` draws it, nothing here acts.

Prices are in ticks, money in Decimal, times in seconds of the program's steady clock unless they end in `_ns`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from typing import NamedTuple, Optional

from exchange.utils.helpers import NS_PER_S
from tui.cancel_on_disconnect import DisconnectWish
from tui.screen.command_editor import CommandEditor
from tui.screen.guards import Guards
from tui.screen.heat_view import HeatView
from tui.screen.layout import (
    CHOSEN_AT_START,
    MOMENT_ROWS,
    STRIP_ROWS,
    LadderColumns,
    Layout,
    Panel,
    is_small,
    ladder_columns,
    layout,
)
from tui.screen.market_data import Market
from tui.screen.messages import Incoming, Outgoing
from tui.screen.modes import Drag, LessonShown, Rewind, SecondLadder
from tui.screen.my_fills import MyFills
from tui.screen.my_orders import MyOrders
from tui.screen.proposals import Proposal
from tui.screen.theme import Theme
from tui.screen.ticket import Ticket
from tui.screen.tour.practice import Practice

STALE_AFTER_S = 2.0
DISARM_AFTER_IDLE_S = 60.0
NOTICES_KEPT_MAX = 200
WIDTH_AT_START, HEIGHT_AT_START = 80, 24


class LinkState(Enum):
    """Whether there is a connection; whether it is silent is another matter (`Model.is_stale`)."""

    CONNECTING = "CONNECTING"
    LIVE = "LIVE"
    DOWN = "DOWN"


@dataclass(slots=True)
class Link:
    """The connection.  `retry_at` None: no try is planned; `round_trip_s` None: not measured yet.

    `failed_count` is how many connections in a row were lost, or not made, before they answered a ping.
    """

    state: LinkState = LinkState.CONNECTING
    heard_at: float = 0.0
    retry_at: Optional[float] = None
    failed_count: int = 0
    reason: str = ""
    round_trip_s: Optional[float] = None
    ping_number: int = 0
    pinged_at: float = 0.0
    pings: dict[int, float] = field(default_factory=dict)
    # The `seq` of the last private event, 0 before the first: where a resuming login goes on.
    last_seq: int = 0
    # After a gap: up to which `seq` the engine is telling fills only; everything has been told by the next pong.
    gap_to: int = 0
    # When the engine was last asked for the list of orders.
    orders_asked_at: float = 0.0


class HeldPosition(NamedTuple):
    """What the engine said about the position in one symbol; `average_price` is None for a flat one."""

    net: int
    average_price: Optional[Decimal]
    realised_pnl: Decimal
    unrealised_pnl: Decimal
    fees: Decimal = Decimal(0)


FLAT = HeldPosition(0, None, Decimal(0), Decimal(0))


class NoticeKind(Enum):
    """How a message is shown."""

    INFO = "INFO"
    ACK = "ACK"
    FILL = "FILL"
    REJECT = "REJECT"
    WARN = "WARN"


class Notice(NamedTuple):
    """One thing that happened, when on the wall's clock, and of which symbol ("": of none or of all)."""

    kind: NoticeKind
    text: str
    timestamp_ns: int
    symbol: str = ""


class PositionsRequest(Enum):
    """Whether the engine has been asked for the positions."""

    NONE = 0
    ASKED = 1
    # Something was filled since it was asked: ask again when the answer is here.
    ASK_AGAIN = 2


@dataclass(slots=True)
class Model:
    """The state of the screen.  Made with what is fixed for the run; belongs to one thread.

    `id_prefix` makes this run's client order ids unlike any other's; `clock_offset_s` added to `now` gives local
    wall time in seconds since the epoch, for showing only.
    """

    user: str
    id_prefix: str
    clock_offset_s: float = 0.0
    zone_offset_s: float = 0.0
    theme: Theme = Theme.DEFAULT
    # The time that came with the last message, on the program's steady clock.
    now: float = 0.0

    width: int = WIDTH_AT_START
    height: int = HEIGHT_AT_START
    link: Link = field(default_factory=Link)
    cancel_on_disconnect: DisconnectWish = DisconnectWish.NONE
    # The random name of the exchange that was last connected to; None: it told none.
    engine_id: Optional[str] = None
    # How many orders were open at the exchange before; None: no banner says that this is another one.
    left_behind: Optional[int] = None
    symbols: list[str] = field(default_factory=list)
    symbol: str = ""
    markets: dict[str, Market] = field(default_factory=dict)
    orders: MyOrders = field(default_factory=MyOrders)
    positions: dict[str, HeldPosition] = field(default_factory=dict)
    # Bought less sold since the engine told the positions, by symbol.
    filled_since: dict[str, int] = field(default_factory=dict)
    # What an endowed user has in money; None: nobody endowed them.
    cash: Optional[Decimal] = None
    positions_request: PositionsRequest = PositionsRequest.NONE
    fills: MyFills = field(default_factory=MyFills)
    notices: deque[Notice] = field(default_factory=lambda: deque(maxlen=NOTICES_KEPT_MAX))
    order_number: int = 0
    # Whether the operator has blocked the user, by the last sign of it: the user is not told.
    is_blocked: bool = False

    ticket: Ticket = field(default_factory=Ticket)
    guards: Guards = Guards()
    is_armed: bool = False
    # Settings: whether each order asks, so that nothing can be armed; whether the bell rings when one trades.
    asks_always: bool = False
    rings_on_fills: bool = False
    confirm: Optional[Proposal] = None
    # The order that the mouse holds.
    drag: Optional[Drag] = None
    command: Optional[CommandEditor] = None
    command_history: list[str] = field(default_factory=list)
    is_help_shown: bool = False
    # What is searched for there, which of what was found is chosen, and how far the list of keys is scrolled.
    help_query: str = ""
    help_chosen: int = 0
    help_scrolled: int = 0
    is_log_shown: bool = False
    log_scrolled: int = 0
    last_input_at: float = 0.0

    # The tour that is shown in place of all this; whether there is nothing else, and whether it was asked for; in
    # the tour's own model, the lesson.
    tour: Optional[Tour] = None
    is_tour_only: bool = False
    is_tour_wanted: bool = False
    lesson: Optional[LessonShown] = None
    # The recorded day that is shown, read-only; None: an engine is.
    rewind: Optional[Rewind] = None

    focus: Panel = Panel.LADDER
    is_zoomed: bool = False
    # The panels that the person wants beside the ladder.
    chosen: frozenset[Panel] = CHOSEN_AT_START
    second: SecondLadder = field(default_factory=SecondLadder)
    # The depth (0: all) at which books are followed now, by symbol.
    book_depths: dict[str, int] = field(default_factory=dict)
    heat: HeatView = field(default_factory=HeatView)
    # Whether the terminal has the colours and characters for it; else it is drawn with shades.
    is_heat_fine: bool = True
    # The price the cursor is at and the price in the middle of the ladder; None until a price is known.
    cursor: Optional[int] = None
    centre: Optional[int] = None
    # How many ticks a row of the ladder is, by symbol, where the person has chosen it; else `automatic_group` is.
    chosen_groups: dict[str, int] = field(default_factory=dict)
    automatic_group: int = 1
    # Of how many levels that was chosen: while a day begins, the first few say little.
    grouped_levels: int = 0
    # False while the person looks at prices away from the market; see `scrolling`.
    is_following: bool = True
    # Rows scrolled down in each list.
    scrolled: dict[Panel, int] = field(default_factory=dict)
    # The countdown of the phase as last shown, in seconds; None: there is none.
    countdown_s: Optional[int] = None
    # Whether something to be seen has changed since the last frame.
    is_changed: bool = True

    @property
    def market(self) -> Optional[Market]:
        """The market of the current symbol; None before the first login."""
        return self.markets.get(self.symbol)

    @property
    def lot_size(self) -> int:
        """The lot of the current symbol."""
        return self.market.lot_size if self.market is not None else 1

    @property
    def position(self) -> HeldPosition:
        """The position in the current symbol."""
        return self.positions.get(self.symbol, FLAT)

    @property
    def layout(self) -> Layout:
        """Where everything is."""
        return self.layout_for(self.width, self.height)

    def layout_for(self, width: int, height: int, *, is_whole: bool = False) -> Layout:
        """The layout at another size; `is_whole`: as if no panel had all the room."""
        is_one = (self.is_zoomed or is_small(width)) and not is_whole
        zoomed = self.focus if is_one else None
        strip_rows = STRIP_ROWS if self.lesson is not None else MOMENT_ROWS if self.rewind is not None else 0
        return layout(width, height, zoomed, self.panels_wanted, len(self.symbols), strip_rows)

    @property
    def panels_wanted(self) -> frozenset[Panel]:
        """What was chosen, but for what needs a second symbol where there is none; of a day what it can show."""
        if self.rewind is not None:
            return self.chosen - {Panel.LADDER_2, Panel.WATCH, Panel.FILLS} | {Panel.ORDERS, Panel.TAPE}
        return self.chosen if len(self.symbols) > 1 else self.chosen - {Panel.LADDER_2, Panel.WATCH}

    @property
    def second_symbol(self) -> Optional[str]:
        """The symbol of the second ladder; None if there is only one."""
        if self.second.symbol in self.markets and self.second.symbol != self.symbol:
            return self.second.symbol
        if len(self.symbols) < 2 or self.symbol not in self.symbols:
            return None
        return self.symbols[(self.symbols.index(self.symbol) + 1) % len(self.symbols)]

    @property
    def group(self) -> int:
        """How many ticks a row of the ladder is."""
        return self.chosen_groups.get(self.symbol, self.automatic_group)

    @property
    def top(self) -> Optional[int]:
        """The price of the ladder's first row; None until a price is known."""
        if self.centre is None:
            return None
        return (self.centre // self.group + self.layout.ladder_rows // 2) * self.group

    def is_stale(self, now: float) -> bool:
        """Whether the engine has been silent for too long."""
        is_live = self.rewind is None and self.link.state is LinkState.LIVE
        return is_live and now - self.link.heard_at >= STALE_AFTER_S

    def say(self, kind: NoticeKind, text: str, symbol: str = "") -> None:
        """Show this on the messages line, with its time."""
        timestamp_ns = int((self.now + self.clock_offset_s) * NS_PER_S)
        self.notices.append(Notice(kind, text, timestamp_ns, symbol))
        self.is_changed = True


@dataclass(slots=True)
class Tour:
    """Where a learner is: the `model` that is shown, and the market behind it, which began at `began_at`."""

    model: Model
    practice: Practice
    began_at: float
    number: int = 0


# `update` of one model by itself, for those who stand before it.
Update = Callable[[Model, Incoming], list[Outgoing]]


def refuse(model: Model, text: str) -> list[Outgoing]:
    """Say why something is not done; returns the nothing that is sent."""
    model.say(NoticeKind.REJECT, text)
    return []


def retry_in_s(model: Model, now: float) -> Optional[int]:
    """Whole seconds to the next try to connect; None: none is planned."""
    return None if model.link.retry_at is None else max(0, math.ceil(model.link.retry_at - now))


def profit(model: Model, symbol: str) -> tuple[Decimal, Decimal]:
    """(realised less fees, unrealised) of a symbol: the engine's, marked to the last trade that was seen here."""
    position, market = model.positions.get(symbol, FLAT), model.markets.get(symbol)
    realised = position.realised_pnl - position.fees
    if market is None or market.last is None or position.average_price is None:
        return realised, position.unrealised_pnl
    return realised, (market.scale.price(market.last.price) - position.average_price) * position.net


def account_profit(model: Model) -> Decimal:
    """What was earned and lost in all symbols together."""
    return sum((sum(profit(model, symbol), Decimal(0)) for symbol in model.positions), Decimal(0))


def ladder_columns_of(model: Model, shown: Layout) -> LadderColumns:
    """The columns of the ladder on a layout that shows it."""
    width = shown.panels[Panel.LADDER].width - 2
    market = model.market
    if market is None or model.centre is None:
        return ladder_columns(width, 0)
    reach = shown.ladder_rows * model.group
    prices = (model.centre + reach, max(0, model.centre - reach))
    return ladder_columns(width, max(len(market.scale.text(price)) for price in prices))
