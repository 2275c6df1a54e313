"""What an operator may ask: each wish is understood, and what is none is refused with its value and the rule."""

from __future__ import annotations

import json
from typing import Any

import pytest

from exchange.engine.commands import (
    BlockUser,
    Endow,
    HaltInstrument,
    ResetUser,
    ResumeInstrument,
    Say,
    SetPhase,
    Settle,
    UnblockUser,
)
from exchange.engine.words import Phase
from exchange.networking.operator.operator_wish import wish_of
from exchange.networking.wire.fields import RefusedError
from exchange.networking.wire.requests import ListEverything


@pytest.mark.parametrize(
    ("line", "wish"),
    [
        ({"do": "list"}, ListEverything()),
        ({"do": "block", "user": "alice"}, BlockUser("alice")),
        ({"do": "unblock", "user": "alice"}, UnblockUser("alice")),
        ({"do": "reset", "user": "alice"}, ResetUser("alice")),
        ({"do": "halt", "symbol": "ACME"}, HaltInstrument("ACME")),
        ({"symbol": "ACME", "do": "resume"}, ResumeInstrument("ACME")),
        ({"do": "halt", "symbol": "all"}, HaltInstrument(None)),
        ({"do": "resume", "symbol": "all"}, ResumeInstrument(None)),
        ({"do": "halt", "symbol": "ALL"}, HaltInstrument("ALL")),
        ({"do": "halt", "symbol": "ACME", "seconds": 30}, HaltInstrument("ACME", 30)),
        ({"do": "phase", "symbol": "ACME", "phase": "AUCTION"}, SetPhase("ACME", Phase.AUCTION)),
        ({"do": "say", "text": 'lunch "now"'}, Say('lunch "now"')),
        ({"do": "say", "text": "well done", "user": "alice"}, Say("well done", "alice")),
        ({"do": "endow", "user": "alice", "cash": 1_000.5}, Endow("alice", 1_000_500_000_000)),
        (
            {"do": "endow", "user": "alice", "cash": 0, "symbol": "ACME", "quantity": -5, "average": 1.25},
            Endow("alice", 0, "ACME", -5, 1_250_000_000),
        ),
        ({"do": "settle", "symbol": "ACME", "price": 0}, Settle("ACME", 0)),
    ],
)
def test_a_wish_is_understood(line: dict[str, Any], wish: Any) -> None:
    understood = wish_of(json.dumps(line).encode())
    assert (type(understood), understood) == (type(wish), wish)


WORDS = "list, block, unblock, reset, halt, resume, phase, say, endow, settle"
SECONDS_RULE = "must be a JSON integer from 1 to 86400"
CONTROL_RULE = "a string holds a control character or a lone surrogate"
SYMBOL_RULE = 'must be 1 to 16 characters of A-Z 0-9 . _ -, or "all"'


@pytest.mark.parametrize(
    ("line", "code", "text"),
    [
        (b"", "MALFORMED", "the line is empty"),
        (b"list", "MALFORMED", "not JSON: Expecting value at character 0"),
        (b"[]", "MALFORMED", "a message must be a JSON object"),
        (b"{}", "MISSING_FIELD", f"do is missing: one of {WORDS}"),
        (b'{"type":"ping"}', "MISSING_FIELD", f"do is missing: one of {WORDS}"),
        (b'{"do":null}', "BAD_VALUE", f"do null must be one of {WORDS}"),
        (b'{"do":["block"]}', "BAD_VALUE", f"do a list must be one of {WORDS}"),
        (b'{"do":"shutdown"}', "BAD_VALUE", f"do 'shutdown' must be one of {WORDS}"),
        (b'{"do":"list","user":"alice"}', "UNKNOWN_FIELD", "'user' is not a field of list"),
        (b'{"do":"block"}', "MISSING_FIELD", "user is missing: block must name one"),
        (b'{"do":"halt"}', "MISSING_FIELD", "symbol is missing: halt must name one"),
        (b'{"do":"block","symbol":"ACME"}', "UNKNOWN_FIELD", "'symbol' is not a field of block"),
        (b'{"do":"block","user":"alice","why":"x"}', "UNKNOWN_FIELD", "'why' is not a field of block"),
        (
            b'{"do":"block","user":"../../x"}',
            "BAD_VALUE",
            "user '../../x' must be 1 to 32 characters of A-Z a-z 0-9 _ -",
        ),
        (b'{"do":"halt","symbol":"acme"}', "BAD_VALUE", f"symbol 'acme' {SYMBOL_RULE}"),
        (
            b'{"do":"phase","symbol":"all","phase":"PRE_OPEN"}',
            "BAD_VALUE",
            "symbol 'all' must name one instrument: this is done to one at a time",
        ),
        (b'{"do":"halt","symbol":"A","seconds":0}', "BAD_VALUE", f"seconds 0 {SECONDS_RULE}"),
        (b'{"do":"halt","symbol":"A","seconds":1.5}', "BAD_VALUE", f"seconds 1.5 {SECONDS_RULE}"),
        (b'{"do":"resume","symbol":"ACME","seconds":1}', "UNKNOWN_FIELD", "'seconds' is not a field of resume"),
        (b'{"do":"say","text":""}', "BAD_VALUE", "text '' must be a string of 1 to 1000 characters"),
        (b'{"do":"say","text":"a\\u001bb"}', "MALFORMED", CONTROL_RULE),
        (b'{"do":"settle","symbol":"ACME"}', "MISSING_FIELD", "price is missing: settle must name one"),
        (
            b'{"do":"endow","user":"alice","cash":1,"symbol":"ACME"}',
            "MISSING_FIELD",
            "quantity is missing: a position has all three",
        ),
        (b'{"do":"halt","symbol":null}', "BAD_VALUE", f"symbol null {SYMBOL_RULE}"),
        (b'{"do":"block","user":"all","user":"bob"}', "MALFORMED", "not JSON: an object names the same key twice"),
    ],
)
def test_what_is_no_wish_is_refused_with_the_value_and_the_rule(line: bytes, code: str, text: str) -> None:
    with pytest.raises(RefusedError) as caught:
        wish_of(line)
    assert (caught.value.code.value, caught.value.text) == (code, text)
