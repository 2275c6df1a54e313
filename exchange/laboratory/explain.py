"""Tells the life of an order in sentences: what happened, who stood before it, why it did or did not trade.

`order_life` has the facts; a paragraph is one command that did something to the order, with the book before it.
What the journal can't tell is said to be unknown, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Optional

from exchange.engine.commands import CancelOrder
from exchange.engine.events import (
    CancelRejected,
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderReplaced,
    OrderTriggered,
    PrivateEvent,
    ReplaceRejected,
)
from exchange.engine.trade import Trade
from exchange.engine.words import Liquidity, Phase, Side
from exchange.laboratory.history import RefusedCommand
from exchange.laboratory.telling.book_picture import BookPicture, LevelPicture, Standing, drawn_levels
from exchange.laboratory.telling.order_life import LifeEvent, OrderLife, Stretch
from exchange.laboratory.telling.order_words import (
    asked_text,
    cancel_text,
    duration_text,
    limit_ticks,
    names_text,
    time_text,
)


class Paragraph(NamedTuple):
    """One command in the order's life: a headline, the sentences below it, and the book before it."""

    sequence: int
    timestamp: int
    headline: str
    sentences: tuple[str, ...]
    book: BookPicture
    standing: Optional[Standing]


def paragraphs(life: OrderLife) -> list[Paragraph]:
    """The whole life, in order."""
    teller = _Teller(life)
    return [teller.paragraph(event) for event in life.events]


def explained(life: OrderLife) -> Iterator[str]:
    """The life as lines of text."""
    accepted = life.accepted
    asked = asked_text(accepted.terms, life.instrument)
    yield f"order {accepted.order_id} ({accepted.client_order_id}) of {accepted.user}: {asked} {accepted.symbol}"
    for each in paragraphs(life):
        yield ""
        yield f"{time_text(each.timestamp)}  command {each.sequence:,}: {each.headline}"
        yield "    the book before it:"
        yield from (f"    {line}" for line in drawn_levels(each.book, accepted.order_id))
        yield from (f"  {sentence}" for sentence in each.sentences)
    yield from _refused_lines(life)
    yield ""
    yield _Teller(life).end()


def explained_json(life: OrderLife) -> dict[str, Any]:
    """The same for programs: prices as decimal texts, times in ns since the epoch."""
    accepted, price_text = life.accepted, life.instrument.price_text

    def side(levels: Sequence[LevelPicture]) -> list[dict[str, Any]]:
        return [
            {
                "price": None if level.price is None else price_text(level.price),
                "quantity": level.shown_quantity,
                "orders": [[order.order_id, order.user, order.shown_quantity] for order in level.orders],
            }
            for level in levels
        ]

    return {
        "order_id": accepted.order_id,
        "client_order_id": accepted.client_order_id,
        "user": accepted.user,
        "symbol": accepted.symbol,
        "terms": accepted.terms.plain(),
        "is_live": life.is_live,
        "summary": _Teller(life).end(),
        "refused": None if life.refused is None else [_refusal_text(each) for each in life.refused],
        "events": [
            {
                "sequence": each.sequence,
                "timestamp_ns": each.timestamp,
                "headline": each.headline,
                "sentences": list(each.sentences),
                "book_before": {"bids": side(each.book.bids), "asks": side(each.book.asks)},
                "orders_ahead": _ahead(each.standing),
            }
            for each in paragraphs(life)
        ],
    }


def _refused_lines(life: OrderLife) -> Iterator[str]:
    """What its user asked for in vain, as far as it is known."""
    if life.refused is None:
        yield ""
        yield "Wishes about it that were refused, such as a cancel that came too late, are in no record."
    for refused in life.refused or ():
        yield ""
        yield f"{time_text(refused.timestamp)}  behind command {refused.after:,}: {_refusal_text(refused)}"


def _refusal_text(refused: RefusedCommand) -> str:
    kind = "a cancel" if isinstance(refused.command, CancelOrder) else "a change"
    answers = [event for event in refused.events if isinstance(event, (CancelRejected, ReplaceRejected))]
    reasons = "; ".join(f"{answer.code.value}: {answer.text}" for answer in answers)
    return f"{kind} of it is refused: {reasons}"


def _ahead(standing: Optional[Standing]) -> Optional[list[list[Any]]]:
    if standing is None:
        return None
    return [[order.order_id, order.user, order.shown_quantity] for order in standing.ahead]


class _Teller:
    """Makes the sentences of one order; all prices are its instrument's."""

    def __init__(self, life: OrderLife) -> None:
        self._life = life
        self._order_id = life.accepted.order_id
        self._price_text = life.instrument.price_text
        self._is_buy = life.accepted.terms.side is Side.BUY
        # The limit as the last event left it, None for any price.
        self._limit = limit_ticks(life.accepted.terms, life.instrument)

    def paragraph(self, event: LifeEvent) -> Paragraph:
        """What one command did to the order."""
        sentences: list[str] = []
        for own in event.events:
            if isinstance(own, OrderAccepted):
                sentences += self._on_arrival(event)
            elif isinstance(own, OrderReplaced):
                self._limit = own.price
                sentences.append(self._replaced(own))
            elif isinstance(own, OrderExecuted):
                sentences.append(self._executed(own, event.trades))
            elif isinstance(own, OrderTriggered):
                stop_price = self._price_text(own.stop_price)
                sentences.append(f"a trade at or through {stop_price} triggered it: it enters now (RULES 8)")
            elif isinstance(own, (OrderCanceled, OrderExpired)):
                sentences.append(self._ended(own))
        if event.stretch is not None:
            sentences += self._rested(event.stretch, _comes_to_rest(event.events))
        headline = _headline(event.events, self._life.accepted.user)
        return Paragraph(
            event.sequence, event.timestamp, headline, tuple(sentences), event.before, event.standing
        )

    def end(self) -> str:
        """The life in one sentence."""
        fills = [own for event in self._life.events for own in event.events if isinstance(own, OrderExecuted)]
        executed = sum(fill.quantity for fill in fills)
        state = "is live at the end of what was recorded" if self._life.is_live else "is over"
        if not executed:
            return f"In all: nothing of it traded; it {state}."
        worth = sum(fill.price * fill.quantity for fill in fills)
        average = self._life.instrument.amount_text(worth * self._life.instrument.tick_size_nanos // executed)
        return f"In all: {executed:,} traded in {_count(len(fills), 'fill')}, at {average} on average; it {state}."

    # --- arrival -----------------------------------------------------------------------------------------

    def _on_arrival(self, event: LifeEvent) -> Iterator[str]:
        """Why it did or did not trade at once."""
        phase, terms = event.before.phase, self._life.accepted.terms
        if terms.stop_price_nanos is not None:
            yield "it is a stop: it waits outside the book, unseen, until a trade reaches its stop price (RULES 8)"
            return
        if phase is not Phase.CONTINUOUS:
            yield f"the instrument was in {phase.value}: orders are taken, and nothing trades until the call ends"
            return
        other_name = "ask" if self._is_buy else "bid"
        opposite = event.before.asks if self._is_buy else event.before.bids
        if not opposite:
            yield f"there was no {other_name} to trade with"
        elif not self._reaches(opposite[0].price):
            yield (
                f"it could not trade at once: the best {other_name} was {self._price(opposite[0].price)}, "
                f"{'above' if self._is_buy else 'below'} its limit {self._price(self._limit)}"
            )
        elif not event.trades:
            yield f"the best {other_name} {self._price(opposite[0].price)} was within its limit, but did not trade"
        else:
            yield f"it met the best {other_name} {self._price(opposite[0].price)} and traded at once, as the taker"

    def _reaches(self, price: Optional[int]) -> bool:
        if price is None or self._limit is None:
            return True
        return price <= self._limit if self._is_buy else price >= self._limit

    # --- what happened to it -----------------------------------------------------------------------------

    def _executed(self, own: OrderExecuted, trades: Sequence[Trade]) -> str:
        trade = next(each for each in trades if each.trade_id == own.trade_id)
        other_id = trade.sell_order_id if self._is_buy else trade.buy_order_id
        other = trade.seller if self._is_buy else trade.buyer
        how = f"with order {other_id} of {other}"
        if trade.is_auction:
            how += ", at the one price of the auction"
        elif own.liquidity is Liquidity.MAKER:
            how += ", which arrived; this one stood first in the queue"
        left = f"{own.remaining_quantity:,} left" if own.remaining_quantity else "that was the last of it"
        return f"{own.quantity:,} traded at {self._price(own.price)} {how} (trade {own.trade_id}); {left}"

    def _replaced(self, own: OrderReplaced) -> str:
        place = "it keeps its place" if own.priority_kept else "it goes to the back of the queue (RULES 10)"
        total = f"{own.quantity:,} in all at {self._price(own.price)}"
        return f"it now is {total}, {own.remaining_quantity:,} left: {place}"

    def _ended(self, own: PrivateEvent) -> str:
        assert isinstance(own, (OrderCanceled, OrderExpired))
        if isinstance(own, OrderExpired):
            return f"its time was over: the {own.remaining_quantity:,} left expired (RULES 5)"
        return cancel_text(own.reason, own.remaining_quantity)

    # --- at rest -----------------------------------------------------------------------------------------

    def _rested(self, stretch: Stretch, is_new_there: bool) -> Iterator[str]:
        count = stretch.last - stretch.first
        duration = duration_text(stretch.end_ns - stretch.start_ns)
        lasted = f"for {duration} ({_count(count, 'command')} of everybody)"
        if stretch.start is None:
            yield f"it waited outside the book {lasted}; {self._traded(stretch)}"
            return
        yield self._stands(stretch.start, "came to rest" if is_new_there else "still stood")
        if count == 0:
            return
        yield f"nothing happened to it {lasted}"
        halted = [phase.value for phase in Phase if phase in stretch.phases and phase is not Phase.CONTINUOUS]
        if halted:
            yield f"part of that time was {' and '.join(halted)}, in which nothing trades"
        yield from self._queue_moved(stretch)
        yield self._other_side(stretch)

    def _stands(self, standing: Standing, verb: str) -> str:
        better = f", and {standing.better_quantity:,} at better prices" if standing.better_quantity else ""
        if not standing.ahead:
            return f"it {verb} at {self._price(self._limit)}, first in its queue{better}"
        return (
            f"it {verb} at {self._price(self._limit)} behind {standing.ahead_quantity:,} in "
            f"{_count(len(standing.ahead), 'order')} ({names_text(standing.ahead)}){better}"
        )

    def _queue_moved(self, stretch: Stretch) -> Iterator[str]:
        if stretch.start is None or stretch.end is None or not stretch.start.ahead:
            return
        left = stretch.end.ahead_quantity
        yield (
            f"of what stood ahead of it {stretch.traded_ahead:,} traded and {stretch.canceled_ahead:,} was "
            f"canceled; {left:,} was still ahead at the end"
        )

    def _other_side(self, stretch: Stretch) -> str:
        name = "ask" if self._is_buy else "bid"
        if stretch.traded_at_price:
            reason = "the queue ahead took them" if stretch.traded_ahead else "others at that price traded"
            traded = f"{stretch.traded_at_price:,} traded at {self._price(self._limit)}"
            return f"its price was reached: {traded}; {reason}"
        if stretch.nearest is None:
            return f"there was no {name} in that time"
        return (
            f"its price was not reached: the {'lowest' if self._is_buy else 'highest'} {name} that rested was "
            f"{self._price(stretch.nearest)}; {self._traded(stretch)}"
        )

    def _traded(self, stretch: Stretch) -> str:
        if stretch.low is None or stretch.high is None:
            return "nothing traded"
        return f"others traded from {self._price(stretch.low)} to {self._price(stretch.high)}"

    def _price(self, price: Optional[int]) -> str:
        return "any price" if price is None else self._price_text(price)


def _comes_to_rest(events: Sequence[PrivateEvent]) -> bool:
    """Whether its place in the queue is a new one."""
    is_entry = any(isinstance(own, (OrderAccepted, OrderTriggered)) for own in events)
    return is_entry or any(isinstance(own, OrderReplaced) and not own.priority_kept for own in events)


def _headline(events: Sequence[PrivateEvent], user: str) -> str:
    """What kind of command it was, by what it did to the order first."""
    first = events[0]
    if isinstance(first, OrderAccepted):
        return f"{user} enters it"
    if isinstance(first, OrderReplaced):
        return "it is changed"
    if isinstance(first, OrderTriggered):
        return "it is triggered"
    if isinstance(first, OrderExecuted):
        return "it trades"
    return "it ends"


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
