"""The worked examples of RULES.md, played: what a trader reads there is what the engine does.

An example is a fenced block.  Its lines, in the order in which they happen:

    instrument: tick_size 0.05, lot_size 10     what is traded, if it is not ACME with tick 1 and lot 1
    limits: open_orders_max 2                   what the operator allows one user
    BUY           | SELL                        the book: the first one is entered order by order, each later one
    alice 10 @ 50 | bob 5 @ 52                  is what the engine's book must be then, in the sequence of trading
    carol sells 15 @ 49 IOC                     what somebody does; see `_ORDER` and `Play` for what can be said
      → alice buys 10 @ 50 from carol           what comes of it, in this order and nothing else
      → order 3: 5 canceled, IOC_REMAINDER

That an order was accepted is told only where the example tells it.  Orders are numbered as they are entered, drawn
ones row by row from the left.  Everything is said in the wire's own lines, decoded and encoded as for a client.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any, Optional

from exchange.engine.auction import indication
from exchange.engine.commands import Command, Endow, HaltInstrument, ListInstrument, SetLimits, SetPhase, Settle
from exchange.engine.engine import Engine
from exchange.engine.events import (
    CancelRejected,
    InstrumentListed,
    InstrumentStatusChanged,
    LimitsSet,
    OrderRejected,
    ReplaceRejected,
    UserClaimed,
)
from exchange.engine.instrument import Instrument
from exchange.engine.limits import Limits
from exchange.engine.order import Order
from exchange.engine.phases import next_due
from exchange.engine.trade import Trade
from exchange.engine.words import Phase
from exchange.networking.operator.operator_wish import wish_of
from exchange.networking.wire.decode import decode
from exchange.networking.wire.encode import Encoder
from exchange.networking.wire.encode_feeds import instrument_status
from exchange.networking.wire.requests import BadRequest
from exchange.storage.instruments_file import read_instruments
from exchange.utils.helpers import NS_PER_S
from tests.support.rule_outcomes import outcomes, plain

_ORDER = re.compile(
    r"(?P<user>\w+) (?P<verb>buys|sells) (?P<quantity>\d+) (?:@ (?P<price>[\d.]+)|at the market)"
    r"(?: as (?P<name>[\w-]+))?(?P<options>.*)"
)
_CHANGES = re.compile(r"(?:(\d+) in all)?(?:,? ?@ ([\d.]+))?(?:,? ?stop ([\d.]+))?(?:,? ?as ([\w-]+))?")
_REFUSED = (OrderRejected, CancelRejected, ReplaceRejected, BadRequest)
_OPERATOR_COMMANDS: dict[str, Callable[..., Command]] = {
    "phase": lambda symbol, phase: SetPhase(symbol, Phase(phase)),
    "endow": lambda user, cash, symbol=None, quantity=0, average=0: Endow(
        user, nanos(cash), symbol, int(quantity), nanos(average)
    ),
    "settle": lambda symbol, price: Settle(symbol, nanos(price)),
}
# The fields of an instrument that make its trading day.
_DAY = ("open", "close", "opening_call_s", "closing_call_s", "random_end_s")
_UNTOLD = (InstrumentListed, LimitsSet, UserClaimed)
_OPTIONS: dict[str, dict[str, Any]] = {
    "IOC": {"time_in_force": "IOC"},
    "FOK": {"time_in_force": "FOK"},
    "DAY": {"time_in_force": "DAY"},
    "GTC": {"time_in_force": "GTC"},
    "post-only": {"post_only": True},
    "CANCEL_OLDEST": {"self_trade_prevention": "CANCEL_OLDEST"},
    "CANCEL_NEWEST": {"self_trade_prevention": "CANCEL_NEWEST"},
    "CANCEL_BOTH": {"self_trade_prevention": "CANCEL_BOTH"},
    "DECREMENT": {"self_trade_prevention": "DECREMENT"},
}



def nanos(amount: Any) -> int:
    """Currency units in 10⁻⁹."""
    return int(Decimal(amount) * 1_000_000_000)


class Play:
    """One example: an engine, what was said to it, what came of it."""

    def __init__(self, example: str, directory: Path) -> None:
        self._lines = _grouped(example)
        self._directory = directory
        self._engine = Engine()
        self._encoder = Encoder()
        self._instrument: Optional[Instrument] = None
        self._now_ns = 0
        self._order_count = 0
        # The engine's id of each order that was accepted, by its number or name in the example, and the reverse.
        self._order_ids: dict[str, int] = {}
        self._names: dict[int, str] = {}
        self._actions: list[tuple[str, Callable[..., list[str]]]] = [
            (_ORDER.pattern, self._enter),
            (r"(?P<user>\w+) cancels order (?P<name>[\w-]+)", self._cancel),
            (r"(?P<user>\w+) cancels all", self._cancel_all),
            (r"(?P<user>\w+) replaces order (?P<name>[\w-]+): (?P<changes>.+)", self._replace),
            (r"(?P<user>\w+)'s position", self._position),
            (r"(?P<user>\w+)'s orders", self._orders),
            (r"the operator: (?P<wish>.+)", self._operate),
            (r"the engine restarts", self._restart),
            (r"the indication", self._indication),
            (r"(?P<seconds>[\d.]+) s later", self._later),
            (r"at (?P<hours>\d\d):(?P<minutes>\d\d):(?P<seconds>\d\d)", self._at),
        ]

    def run(self) -> None:
        """Play it from the first line to the last; an AssertionError says where the engine does otherwise."""
        for line, expected in self._lines:
            if line.startswith("BUY"):
                self._draw(line)
            elif line.startswith(("instrument:", "limits:")):
                self._set_up(line)
            else:
                found = self._act(line)
                tells_accepted = any("accepted" in outcome for outcome in expected)
                told = [each for each in found if tells_accepted or "accepted" not in each]
                assert told == expected, f"{line}\n  the page says {expected}\n  the engine says {told}"

    # --- what can be said --------------------------------------------------------------------------------

    def _act(self, line: str) -> list[str]:
        self._list_instrument({})
        for pattern, action in self._actions:
            match = re.fullmatch(pattern, line)
            if match is not None:
                return action(**match.groupdict())
        raise AssertionError(f"the page says what the player doesn't know: {line}")

    def _set_up(self, line: str) -> None:
        kind, _, values = line.partition(":")
        fields = dict(each.strip().split(" ", 1) for each in values.split(","))
        if kind == "instrument":
            day = {name: _value(fields.pop(name)) for name in _DAY if name in fields}
            schedule = {"schedule": day} if day else {}
            self._list_instrument({**{name: _value(text) for name, text in fields.items()}, **schedule})
        else:
            self._process(SetLimits(Limits(**{name: int(text) for name, text in fields.items()})))

    def _list_instrument(self, fields: dict[str, Any]) -> None:
        if self._instrument is None:
            entry = json.dumps({"symbol": "ACME", "tick_size": 1, **fields}, default=float)
            path = self._directory / "instruments.json"
            path.write_text(f"[{entry}]", "utf-8")
            (self._instrument,) = read_instruments(path)
            self._encoder.add_instrument(self._instrument)
            self._process(ListInstrument(self._instrument))

    def _enter(
        self, user: str, verb: str, quantity: str, price: Optional[str], name: Optional[str], options: str
    ) -> list[str]:
        self._order_count += 1
        name = name or str(self._order_count)
        fields = {"client_order_id": name, "side": verb[:-1].upper(), "quantity": int(quantity)}
        fields.update(self._options(options))
        kinds = ("STOP", "STOP_LIMIT") if "stop_price" in fields else ("MARKET", "LIMIT")
        fields["order_type"] = kinds[price is not None]
        if price is not None:
            fields["price"] = Decimal(price)
        return self._say(user, {"type": "new_order", **fields})

    def _options(self, words: str) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        left = iter(words.replace(",", " ").split())
        for word in left:
            if word == "stop":
                fields["stop_price"] = Decimal(next(left))
            elif word == "showing":
                fields["display_quantity"] = int(next(left))
            else:
                fields.update(_OPTIONS[word])
        return fields

    def _cancel(self, user: str, name: str) -> list[str]:
        return self._say(user, {"type": "cancel_order", **self._named(name)})

    def _cancel_all(self, user: str) -> list[str]:
        return self._say(user, {"type": "cancel_all"})

    def _replace(self, user: str, name: str, changes: str) -> list[str]:
        words = _CHANGES.fullmatch(changes)
        assert words is not None, changes
        quantity, price, stop_price, new_name = words.groups()
        fields = self._named(name)
        fields.update({"quantity": int(quantity)} if quantity else {})
        fields.update({"price": Decimal(price)} if price else {})
        fields.update({"stop_price": Decimal(stop_price)} if stop_price else {})
        fields.update({"new_client_order_id": new_name} if new_name else {})
        return self._say(user, {"type": "replace_order", **fields})

    def _named(self, name: str) -> dict[str, Any]:
        """By the engine's id, so that an example can try another user's order."""
        order_id = self._order_ids.get(name)
        return {"client_order_id": name} if order_id is None else {"order_id": order_id}

    def _position(self, user: str) -> list[str]:
        return self._say(user, {"type": "get_positions"})

    def _orders(self, user: str) -> list[str]:
        return self._say(user, {"type": "get_orders"})

    def _operate(self, wish: str) -> list[str]:
        word, *subjects = wish.split()
        if word == "halt" and len(subjects) == 2:
            return self._process(HaltInstrument(subjects[0], int(subjects[1])))
        make = _OPERATOR_COMMANDS.get(word)
        if make is not None:
            return self._process(make(*subjects))
        fields = {"do": word, "symbol" if subjects[0] in ("ACME", "all") else "user": subjects[0]}
        return self._process(wish_of(json.dumps(fields).encode()))

    def _indication(self) -> list[str]:
        """What whoever follows the book is told in a call."""
        line = self._encoder.auction_indication(indication(self._engine.book("ACME")))
        return list(outcomes("", json.loads(line, parse_float=Decimal)))

    def _restart(self) -> list[str]:
        restored = Engine.restore(json.loads(json.dumps(list(self._engine.snapshot()))))
        assert restored.state_hash() == self._engine.state_hash()
        self._engine = restored
        return []

    def _later(self, seconds: str) -> list[str]:
        return self._wait_until(self._now_ns + int(Decimal(seconds) * NS_PER_S))

    def _at(self, hours: str, minutes: str, seconds: str) -> list[str]:
        """The examples' clock begins at midnight."""
        return self._wait_until((int(hours) * 3_600 + int(minutes) * 60 + int(seconds)) * NS_PER_S)

    def _wait_until(self, end_ns: int) -> list[str]:
        """All that time brings until then; a random end is drawn as late as it may be."""
        told: list[str] = []
        while (due := next_due(self._engine.books.values(), end_ns)) is not None and due.at <= end_ns:
            self._now_ns = due.at
            told += self._process(due.drawn(lambda longest: longest))
        self._now_ns = end_ns
        return told

    # --- to the engine and back --------------------------------------------------------------------------

    def _say(self, user: str, request: dict[str, Any]) -> list[str]:
        line = json.dumps(request, default=lambda value: f"<{value}>")
        return self._process(decode(re.sub(r'"<([\d.]+)>"', r"\1", line).encode(), user))

    def _process(self, command: Any) -> list[str]:
        """Carry a command out; a request that never gets to the engine is its own answer."""
        events = [command] if isinstance(command, _REFUSED) else self._engine.process(command, self._now_ns)
        self._engine.check_invariants()
        return [told for event in events for told in self._told(event)]

    def _told(self, event: Any) -> Iterator[str]:
        if isinstance(event, Trade):
            yield f"{event.buyer} buys {event.quantity} @ {self._price(event.price)} from {event.seller}"
        elif not isinstance(event, _UNTOLD):
            message = json.loads(self._line(event), parse_float=Decimal)
            if message["type"] in ("order_accepted", "order_replaced"):
                self._order_ids[message["client_order_id"]] = message["order_id"]
                self._names[message["order_id"]] = message["client_order_id"]
            yield from outcomes(self._names.get(message.get("order_id", 0), ""), message)

    def _line(self, event: Any) -> bytes:
        """As a client is told of it."""
        if isinstance(event, InstrumentStatusChanged):
            return instrument_status(event)
        return self._encoder.encode(event)

    def _price(self, price: int) -> str:
        assert self._instrument is not None
        return plain(Decimal(self._instrument.price_text(price)))

    # --- books -------------------------------------------------------------------------------------------

    def _draw(self, drawing: str) -> None:
        """The first thing of an example is entered, what comes later is compared."""
        rows = [tuple(" ".join(cell.split()) for cell in row.split("|")) for row in drawing.splitlines()[1:]]
        if self._order_count == 0:
            for row in rows:
                for verb, cell in zip(("buys", "sells"), row, strict=True):
                    if cell:
                        self._enter_drawn(verb, cell)
        else:
            assert rows == self._book(), f"the page draws {rows}\n  the engine's book is {self._book()}"

    def _enter_drawn(self, verb: str, cell: str) -> None:
        """`alice 10 @ 50`, or `alice 10 of 100 @ 50` for an iceberg."""
        drawn = re.fullmatch(r"(\w+) (?:(\d+) of )?(\d+) @ ([\d.]+)", cell)
        assert drawn is not None, cell
        user, shown, quantity, price = drawn.groups()
        showing = f" showing {shown}" if shown else ""
        assert "accepted" in self._act(f"{user} {verb} {quantity} @ {price}{showing}")[0], cell

    def _book(self) -> list[tuple[str, str]]:
        book = self._engine.book("ACME")
        bids, asks = ([self._cell(order) for order in side.orders()] for side in (book.bids, book.asks))
        return list(zip_longest(bids, asks, fillvalue=""))

    def _cell(self, order: Order) -> str:
        price = "at market" if order.price is None else f"@ {self._price(order.price)}"
        shown, remaining = order.displayed_quantity, order.remaining_quantity
        quantity = f"{remaining}" if shown is None else f"{shown} of {remaining}"
        return f"{order.user} {quantity} {price}"


def _value(text: str) -> Any:
    """A number, a word, or a time of day."""
    return json.loads(text, parse_float=Decimal) if re.fullmatch(r"-?[\d.]+", text) else text


def _grouped(example: str) -> Iterator[tuple[str, list[str]]]:
    """Each line with the outcomes under it; a drawn book is one line of several."""
    lines = example.splitlines()
    while lines:
        line = lines.pop(0)
        if not line.strip():
            continue
        if line.startswith("BUY"):
            while lines and "|" in lines[0]:
                line += "\n" + lines.pop(0)
        outcomes = []
        while lines and lines[0].lstrip().startswith("→"):
            outcomes.append(lines.pop(0).lstrip(" →"))
        yield line.strip(), outcomes
