"""Tells in lines, or for programs, what would have differed had an order not come, or come otherwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Optional

from exchange.engine.events import PositionState
from exchange.engine.instrument import Instrument, nanos_text
from exchange.engine.trade import Trade
from exchange.laboratory.recorded.altered_day import OrderChange
from exchange.laboratory.telling.order_words import asked_text, time_text
from exchange.laboratory.what_if import MarketDifference, ResultDifference, TradeDifference, WhatIf

ROWS_MAX = 20
InstrumentOf = Callable[[str], Instrument]


def told(found: WhatIf, instrument_of: InstrumentOf, rows_max: int = ROWS_MAX) -> Iterator[str]:
    """The comparison as lines of text, at most `rows_max` of each kind."""
    accepted = found.accepted
    asked = asked_text(accepted.terms, instrument_of(accepted.symbol))
    yield f"order {accepted.order_id} ({accepted.client_order_id}) of {accepted.user}: {asked} {accepted.symbol}"
    yield f"what if {_change_text(found.change)}?"
    played = f"{found.command_count:,} commands, which made {found.trade_count:,} trades"
    yield f"  played again from there on: {played}; everybody else does what they did"
    yield from _commands(found)
    if not (found.trades or found.results or found.markets):
        yield "  no trade, no result and no price would have been different"
        return
    yield f"  {_counted(found.trades)}"
    rows = [_trade_row(each, instrument_of) for each in found.trades]
    yield from _first(rows, rows_max)
    if found.results:
        yield "  users at the end, P&L against the last trade:"
        yield from _first([_result_row(each) for each in found.results], rows_max)
    if found.markets:
        yield "  the market at the end:"
        yield from _first([_market_row(each, instrument_of(each.symbol)) for each in found.markets], rows_max)


def told_json(found: WhatIf, instrument_of: InstrumentOf) -> dict[str, Any]:
    """The same for programs, with every row: prices as decimal texts, amounts in 10⁻⁹ currency units."""
    return {
        "order_id": found.accepted.order_id,
        "change": found.change._asdict(),
        "command_count": found.command_count,
        "trade_count": found.trade_count,
        "first_difference": found.first_difference,
        "refusal": found.refusal,
        "dropped_count": found.dropped_count,
        "refused": found.refused,
        "trades": [
            {"recorded": _plain(each.recorded, instrument_of), "altered": _plain(each.altered, instrument_of)}
            for each in found.trades
        ],
        "results": [
            {"user": each.user, "recorded": each.recorded._asdict(), "altered": each.altered._asdict()}
            for each in found.results
        ],
        "markets": [
            {
                "symbol": each.symbol,
                "recorded_price": _price(each.recorded_price, instrument_of(each.symbol)),
                "altered_price": _price(each.altered_price, instrument_of(each.symbol)),
                "recorded_volume": each.recorded_volume,
                "altered_volume": each.altered_volume,
            }
            for each in found.markets
        ],
    }


def _change_text(change: OrderChange) -> str:
    if change.is_left_out:
        return "it had not come"
    changes = []
    if change.price_nanos is not None:
        changes.append(f"its price had been {nanos_text(change.price_nanos)}")
    if change.quantity is not None:
        changes.append(f"its quantity had been {change.quantity:,}")
    return " and ".join(changes) or "nothing had been different"


def _commands(found: WhatIf) -> Iterator[str]:
    """What could not be asked again as it was."""
    if found.refusal is not None:
        yield f"  it would have been refused: {found.refusal}"
    if found.dropped_count:
        yield f"  later commands left out, since they named an order that is not there: {found.dropped_count:,}"
    if found.refused:
        codes = ", ".join(f"{count:,} {code}" for code, count in sorted(found.refused.items()))
        yield f"  later commands that would have been refused: {codes}"


def _counted(trades: list[TradeDifference]) -> str:
    gone = sum(each.altered is None for each in trades)
    new = sum(each.recorded is None for each in trades)
    return f"trades: {gone:,} gone, {new:,} new, {len(trades) - gone - new:,} changed"


def _trade_row(difference: TradeDifference, instrument_of: InstrumentOf) -> str:
    recorded, altered = difference
    if recorded is None:
        assert altered is not None
        return f"new      {_trade(altered, instrument_of)}"
    if altered is None:
        return f"gone     {_trade(recorded, instrument_of)}"
    price_text = instrument_of(altered.symbol).price_text
    now = f"{altered.quantity:,} @ {price_text(altered.price)} at {time_text(altered.timestamp)}"
    return f"changed  {_trade(recorded, instrument_of)}; now {now}"


def _trade(trade: Trade, instrument_of: InstrumentOf) -> str:
    price = instrument_of(trade.symbol).price_text(trade.price)
    buyer, seller = f"{trade.buyer} ({trade.buy_order_id})", f"{trade.seller} ({trade.sell_order_id})"
    return f"{time_text(trade.timestamp)} {trade.symbol} {trade.quantity:,} @ {price}  {buyer} from {seller}"


def _result_row(result: ResultDifference) -> str:
    was, now = _pnl(result.recorded), _pnl(result.altered)
    recorded, altered = result.recorded, result.altered
    return (
        f"{result.user} in {recorded.symbol}: traded {recorded.volume:,} → {altered.volume:,}, "
        f"position {recorded.net_quantity:,} → {altered.net_quantity:,}, "
        f"P&L {nanos_text(was, 2)} → {nanos_text(now, 2)} ({'+' if now >= was else ''}{nanos_text(now - was, 2)})"
    )


def _pnl(position: PositionState) -> int:
    return position.realised_pnl_nanos + position.unrealised_pnl_nanos - (position.fees_nanos or 0)


def _market_row(market: MarketDifference, instrument: Instrument) -> str:
    was, now = _price(market.recorded_price, instrument), _price(market.altered_price, instrument)
    volumes = f"{market.recorded_volume:,} → {market.altered_volume:,}"
    return f"{market.symbol}: last price {was} → {now}, volume {volumes}"


def _price(price: Optional[int], instrument: Instrument) -> Optional[str]:
    return None if price is None else instrument.price_text(price)


def _first(rows: list[str], rows_max: int) -> Iterator[str]:
    yield from (f"    {row}" for row in rows[:rows_max])
    if len(rows) > rows_max:
        yield f"    … and {len(rows) - rows_max:,} more (--json tells all)"


def _plain(trade: Optional[Trade], instrument_of: InstrumentOf) -> Optional[dict[str, Any]]:
    if trade is None:
        return None
    return {
        "timestamp_ns": trade.timestamp,
        "symbol": trade.symbol,
        "price": instrument_of(trade.symbol).price_text(trade.price),
        "quantity": trade.quantity,
        "buyer": trade.buyer,
        "seller": trade.seller,
        "buy_order_id": trade.buy_order_id,
        "sell_order_id": trade.sell_order_id,
    }
