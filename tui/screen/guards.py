"""The largest order that a user lets their own hands send: by quantity and by what it is worth.  Pure.

A guard is no rule of the exchange: it stops the slip of a hand here, before anything is asked or sent.  What only
closes a position passes always.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple, Optional

from tui.screen.crossing import crossing
from tui.screen.market_data import Market
from tui.screen.proposals import MoveProposal, OrderProposal, Proposal, QuitProposal


class Guards(NamedTuple):
    """None: as much as the exchange takes.  `notional_max` is in currency."""

    quantity_max: Optional[int] = None
    notional_max: Optional[Decimal] = None


def guards_text(guards: Guards) -> str:
    """`largest order: 500, worth 50,000`"""
    parts = [] if guards.quantity_max is None else [str(guards.quantity_max)]
    parts += [] if guards.notional_max is None else [f"worth {guards.notional_max:,f}"]
    return f"largest order: {', '.join(parts) if parts else 'as the exchange takes'}"


def beyond_guards(guards: Guards, markets: Mapping[str, Market], proposal: Proposal) -> str:
    """Why the proposal is more than the guards let through; "" if it is not."""
    if isinstance(proposal, QuitProposal) or (isinstance(proposal, OrderProposal) and proposal.is_flatten):
        return ""
    quantity = proposal.remaining if isinstance(proposal, MoveProposal) else proposal.quantity
    if guards.quantity_max is not None and quantity > guards.quantity_max and isinstance(proposal, OrderProposal):
        return f"{quantity} is more than your largest order, {guards.quantity_max} (:max changes it)"
    if guards.notional_max is None:
        return ""
    price = _worth_per_unit(markets[proposal.symbol], proposal, quantity)
    if price is None:
        return f"nobody knows what {quantity} are worth, and your largest order is {guards.notional_max:,f}"
    notional = proposal.scale.price(price) * quantity
    if notional <= guards.notional_max:
        return ""
    return f"{notional:,f} is more than your largest order, {guards.notional_max:,f} (:notional changes it)"


def _worth_per_unit(market: Market, proposal: OrderProposal | MoveProposal, quantity: int) -> Optional[int]:
    """The price in ticks it is valued at: its limit, its stop, or the worst that the book has for it."""
    if proposal.price is not None or proposal.stop_price is not None:
        return max(price for price in (proposal.price, proposal.stop_price) if price is not None)
    found = crossing(market, is_buy=proposal.is_buy, quantity=quantity, price=None)
    return market.middle if found is None else max(found.best, found.worst)
