"""One private event as one line of an audit log, for people to read, and back, whole.

    2026-01-02T03:04:05.123456789Z seq=17 EXECUTED order 42 (my-1) BUY ACME 40 @ 101.25 remaining 60 …

A line holds all that the event does, so that a user who was away for long can be told everything once more.  What
an order asks for beyond the usual stands before the words with which every line ends, so that a line cut anywhere
is not taken for a whole one: `seq_of` knows these words.

`AuditFormat` is what `utils.logger.LineLogger` calls on its thread to make lines of what happened; `AuditParser`
makes events of lines, those that older versions wrote included.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import chain
from time import strptime
from typing import Any, Optional

from exchange.engine.events import (
    OrderAccepted,
    OrderCanceled,
    OrderExecuted,
    OrderExpired,
    OrderReplaced,
    OrderTriggered,
    PrivateEvent,
)
from exchange.engine.instrument import NANOS_DIGITS, Instrument, PriceTextsBySymbol, nanos_text
from exchange.engine.terms import Terms
from exchange.engine.words import (
    CancelReason,
    Liquidity,
    OrderStatus,
    OrderType,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from exchange.utils.helpers import NS_PER_S, utc_text
from exchange.utils.numbered_lines import LineNumber

# The words with which lines end.  Where a loss of power has left rubbish in a line, there may be a newline in it;
# that the line then ends in one of these as well is next to impossible.
_LAST_WORDS = (
    *(member.value for kind in (TimeInForce, SelfTradePrevention, Liquidity, CancelReason) for member in kind),
    *("POST_ONLY", "kept", "lost", "triggered", "expired"),
)
seq_of = LineNumber(
    rb"[0-9T:.-]{29}Z seq=([1-9][0-9]*) [A-Z_]+ [ -~]+ (?:%b)" % "|".join(_LAST_WORDS).encode("ascii"),
    begins_like=b"0000-00-00T00:00:00",
)
_NO_PREVENTION = SelfTradePrevention.NONE
_FILE_PREFIX = "logs_"


def file_stem(user: str) -> str:
    """The name, without `.txt`, of the user's log."""
    return f"{_FILE_PREFIX}{user}"


class AuditFormat:
    """Called with batches of events it gives the lines of each log, by file stem.  One thread calls it.

    About 0.7 µs a line: it shares the interpreter with the matching thread, so what it costs orders have to wait.
    """

    def __init__(self, instrument_of: Callable[[str], Instrument]) -> None:
        """`instrument_of`: see PriceTextsBySymbol."""
        self._price_texts = PriceTextsBySymbol(instrument_of)
        self._tail_by_type: dict[type, Callable[[Any], str]] = {
            OrderCanceled: self._canceled,
            OrderReplaced: self._replaced,
            OrderTriggered: self._triggered,
            OrderExpired: self._expired,
        }

    def __call__(self, batches: Iterable[Sequence[PrivateEvent]]) -> dict[str, list[str]]:
        """Lines for the logs, in order, without newlines.

        The two kinds of events that come by the million are written here, since a function for each would cost a
        quarter of the line.
        """
        lines_of: defaultdict[str, list[str]] = defaultdict(list)
        price_texts = self._price_texts
        since_ns = until_ns = second_ns = 0
        time_text = ""
        for event in chain.from_iterable(batches):
            timestamp = event[2]
            if not since_ns <= timestamp < until_ns:
                since_ns, until_ns, second_ns, time_text = _common_beginning(timestamp)
            if type(event) is OrderAccepted:
                user, seq, _, order_id, client_order_id, symbol, terms = event
                (side, order_type, time_in_force, price_nanos, quantity,
                 post_only, prevention, stop_price_nanos, display_quantity,
                 ) = terms  # fmt: skip
                before = behind = ""
                if post_only or not (prevention is None and stop_price_nanos is None and display_quantity is None):
                    before, behind = self._accepted_options(symbol, terms)
                price_text = "" if price_nanos is None else f" @ {price_texts[symbol].by_nanos[price_nanos]}"
                quantity_text = f"{quantity}"
                lines_of[user].append(
                    f"{time_text}{timestamp - second_ns}Z seq={seq} ACCEPTED order {order_id} ({client_order_id}) "
                    f"{side._value_} {symbol} {quantity_text}{price_text} "
                    f"remaining {quantity_text} NEW {before}{order_type._value_} {time_in_force._value_}{behind}"
                )
            elif type(event) is OrderExecuted:
                (user, seq, _, order_id, client_order_id, symbol, side, trade_id, price, quantity,
                 remaining, status, liquidity, displayed_quantity, fee_nanos) = event  # fmt: skip
                options = _shows(displayed_quantity) if displayed_quantity is not None else ""
                if fee_nanos is not None:
                    options += f"fee {nanos_text(fee_nanos)} "
                lines_of[user].append(
                    f"{time_text}{timestamp - second_ns}Z seq={seq} EXECUTED order {order_id} ({client_order_id}) "
                    f"{side._value_} {symbol} {quantity} @ {price_texts[symbol][price]} "
                    f"remaining {remaining} {status._value_} {options}trade {trade_id} {liquidity._value_}"
                )
            else:
                tail = self._tail_by_type[type(event)](event)
                lines_of[event.user].append(f"{time_text}{timestamp - second_ns}Z seq={event.seq} {tail}")
        return {file_stem(user): lines for user, lines in lines_of.items()}

    def _accepted_options(self, symbol: str, terms: Terms) -> tuple[str, str]:
        """What was asked for beyond the usual: what stands before the order's type and what behind its time."""
        before = _shows(terms.display_quantity) if terms.display_quantity is not None else ""
        if terms.stop_price_nanos is not None:
            before = f"stop {self._price_texts[symbol].of_nanos(terms.stop_price_nanos)} {before}"
        prevention = terms.self_trade_prevention
        behind = " POST_ONLY" if terms.post_only else ""
        if prevention is not None and prevention is not _NO_PREVENTION:
            behind += f" {prevention.value}"
        return before, behind

    # --- what stands behind the seq in lines of the other kinds ------------------------------------------

    def _canceled(self, event: OrderCanceled) -> str:
        _, _, _, order_id, client_order_id, symbol, remaining, reason = event
        return f"CANCELED order {order_id} ({client_order_id}) {symbol} canceled {remaining} {reason._value_}"

    def _replaced(self, event: OrderReplaced) -> str:
        options = _shows(event.displayed_quantity) if event.displayed_quantity is not None else ""
        if event.stop_price is not None:
            options = f"stop {self._price_texts[event.symbol][event.stop_price]} {options}"
        price_text = "" if event.price is None else f" @ {self._price_texts[event.symbol][event.price]}"
        return (
            f"REPLACED {_order_named(event)} {event.quantity}{price_text} "
            f"remaining {event.remaining_quantity} {event.status.value} "
            f"{options}priority {'kept' if event.priority_kept else 'lost'}"
        )

    def _triggered(self, event: OrderTriggered) -> str:
        stop_price = self._price_texts[event.symbol][event.stop_price]
        return f"TRIGGERED {_order_named(event)} stop {stop_price} triggered"

    def _expired(self, event: OrderExpired) -> str:
        return f"EXPIRED {_order_named(event)} {event.remaining_quantity} expired"


def _order_named(event: PrivateEvent) -> str:
    return f"order {event.order_id} ({event.client_order_id}) {event.symbol}"


def _common_beginning(timestamp: int) -> tuple[int, int, int, str]:
    """Times from the first to before the second (ns since the epoch) are written as the text and their distance
    from the third.

    Times come in order, and in nine tenths of a second there are no zeros before the digits that differ.
    """
    nanos = timestamp % NS_PER_S
    second_ns, digit_count = timestamp - nanos, len(f"{nanos}")
    return timestamp, second_ns + 10**digit_count, second_ns, utc_text(timestamp)[: -digit_count - len("Z")]


def _shows(displayed_quantity: int) -> str:
    return f"shows {displayed_quantity} "


# ------------------------------------------------------------------------------------------------------- and back


_HEAD = (
    r"(?P<second>[0-9T:-]{19})\.(?P<nanos>[0-9]{9})Z seq=(?P<seq>[0-9]+) (?P<word>%s) order (?P<order_id>[0-9]+) "
    r"\((?P<client_order_id>.*)\) "
)
_SYMBOL = r"(?P<symbol>[A-Z0-9._-]+)"
_PRICE = r"(?: @ (?P<price>[0-9.]+))?"
_OPTIONS = r"(?:stop (?P<stop>[0-9.]+) )?(?:shows (?P<shows>[0-9]+) )?"
_TAILS = {
    "EXECUTED": rf"(?P<side>BUY|SELL) {_SYMBOL} (?P<quantity>[0-9]+) @ (?P<price>[0-9.]+) "
    rf"remaining (?P<remaining>[0-9]+) (?P<status>[A-Z_]+) {_OPTIONS}(?:fee (?P<fee>-?[0-9.]+) )?"
    r"trade (?P<trade_id>[0-9]+) (?P<liquidity>MAKER|TAKER)",
    "ACCEPTED": rf"(?P<side>BUY|SELL) {_SYMBOL} (?P<quantity>[0-9]+){_PRICE} remaining [0-9]+ NEW {_OPTIONS}"
    r"(?P<order_type>[A-Z_]+) (?P<time_in_force>GTC|DAY|IOC|FOK)(?P<post_only> POST_ONLY)?"
    r"(?: (?P<prevention>[A-Z_]+))?",
    "CANCELED": rf"{_SYMBOL} canceled (?P<remaining>[0-9]+) (?P<reason>[A-Z_]+)",
    "REPLACED": rf"{_SYMBOL} (?P<quantity>[0-9]+){_PRICE} remaining (?P<remaining>[0-9]+) (?P<status>[A-Z_]+) "
    rf"{_OPTIONS}priority (?P<priority>kept|lost)",
    "TRIGGERED": rf"{_SYMBOL} stop (?P<stop>[0-9.]+) triggered",
    "EXPIRED": rf"{_SYMBOL} (?P<remaining>[0-9]+) expired",
}
_LINES = {word: re.compile(_HEAD % word + tail) for word, tail in _TAILS.items()}
_WORD = re.compile(r"[^ ]{30} seq=[0-9]+ ([A-Z]+) ")


class AuditParser:
    """Makes events of lines again.  Any thread.  About 6 µs a line."""

    def __init__(self, instrument_of: Callable[[str], Instrument]) -> None:
        """`instrument_of` gives the definition of a symbol, which some line names."""
        self._instrument_of = instrument_of
        self._event_by_word: dict[str, Callable[[str, re.Match[str]], PrivateEvent]] = {
            "EXECUTED": self._executed,
            "ACCEPTED": self._accepted,
            "CANCELED": self._canceled,
            "REPLACED": self._replaced,
            "TRIGGERED": self._triggered,
            "EXPIRED": self._expired,
        }

    def event(self, user: str, line: str) -> Optional[PrivateEvent]:
        """The event that a line, without its newline, of the user's log tells of; None if it is no such line."""
        word = _WORD.match(line)
        match = _LINES[word[1]].fullmatch(line) if word is not None and word[1] in _LINES else None
        return None if match is None else self._event_by_word[match["word"]](user, match)

    def _executed(self, user: str, match: re.Match[str]) -> PrivateEvent:
        return OrderExecuted(
            *_head(user, match),
            Side(match["side"]),
            int(match["trade_id"]),
            self._ticks(match, "price"),
            int(match["quantity"]),
            int(match["remaining"]),
            OrderStatus(match["status"]),
            Liquidity(match["liquidity"]),
            _optional(match["shows"]),
            None if match["fee"] is None else nanos_of(match["fee"]),
        )

    def _accepted(self, user: str, match: re.Match[str]) -> PrivateEvent:
        price, stop, prevention = match["price"], match["stop"], match["prevention"]
        terms = Terms(
            Side(match["side"]),
            OrderType(match["order_type"]),
            TimeInForce(match["time_in_force"]),
            None if price is None else nanos_of(price),
            int(match["quantity"]),
            match["post_only"] is not None,
            None if prevention is None else SelfTradePrevention(prevention),
            None if stop is None else nanos_of(stop),
            _optional(match["shows"]),
        )
        return OrderAccepted(*_head(user, match), terms)

    def _canceled(self, user: str, match: re.Match[str]) -> PrivateEvent:
        return OrderCanceled(*_head(user, match), int(match["remaining"]), CancelReason(match["reason"]))

    def _replaced(self, user: str, match: re.Match[str]) -> PrivateEvent:
        return OrderReplaced(
            *_head(user, match),
            None if match["price"] is None else self._ticks(match, "price"),
            int(match["quantity"]),
            int(match["remaining"]),
            OrderStatus(match["status"]),
            match["priority"] == "kept",
            None if match["stop"] is None else self._ticks(match, "stop"),
            _optional(match["shows"]),
        )

    def _triggered(self, user: str, match: re.Match[str]) -> PrivateEvent:
        return OrderTriggered(*_head(user, match), self._ticks(match, "stop"))

    def _expired(self, user: str, match: re.Match[str]) -> PrivateEvent:
        return OrderExpired(*_head(user, match), int(match["remaining"]))

    def _ticks(self, match: re.Match[str], name: str) -> int:
        return nanos_of(match[name]) // self._instrument_of(match["symbol"]).tick_size_nanos


def _head(user: str, match: re.Match[str]) -> tuple[str, int, int, int, str, str]:
    """What all private events begin with: user, seq, timestamp, order id, client order id, symbol."""
    timestamp = _second_ns(match["second"]) + int(match["nanos"])
    return (user, int(match["seq"]), timestamp, int(match["order_id"]), match["client_order_id"], match["symbol"])


@lru_cache(maxsize=64)
def _second_ns(text: str) -> int:
    return timegm(strptime(text, "%Y-%m-%dT%H:%M:%S")) * NS_PER_S


def _optional(digits: Optional[str]) -> Optional[int]:
    return None if digits is None else int(digits)


def nanos_of(text: str) -> int:
    """An amount of currency, as `nanos_text` writes it, in 10⁻⁹ units."""
    sign = -1 if text.startswith("-") else 1
    whole, _, fraction = text.lstrip("-").partition(".")
    return sign * int(whole + fraction.ljust(NANOS_DIGITS, "0"))
