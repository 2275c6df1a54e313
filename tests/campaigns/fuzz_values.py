"""What requests must refuse: values by field, as the JSON text they are written in.  Tables only.

From PROTOCOL.md and from what has killed parsers elsewhere: booleans and floats for integers, numbers beyond any
float, integers too long for `int`, nesting too deep for a recursive parser, lone surrogates, look-alike digits.
"""

from __future__ import annotations

_NOT_A_VALUE = ("null", "[]", "{}", '[1,"BUY"]', '{"price":1}', "[[[[[[[]]]]]]]", '[{"a":[{}]}]')
_NOT_A_TEXT = (*_NOT_A_VALUE, "true", "0", "-1", "1.5", "1e999", "9" * 4_301)
_NOT_A_NUMBER = (*_NOT_A_VALUE, "true", "false", '"1"', '""', '"NaN"', '"\\u0661"')
_NOT_AN_INTEGER = (*_NOT_A_NUMBER, "1.0", "1e2", "-0.0", "1E400", "1e-400", str(2**63), "9" * 30, "9" * 4_301)
_ODD_TEXTS = ('""', '"\\u00e9"', '"é"', '"\\u2028"', '"\u2028"', '"\\ud83d\\ude00"', '"😀"', '"ab\\u202ecd"')
_NOT_AN_ID = (*_NOT_A_TEXT, *_ODD_TEXTS, '"' + "x" * 65 + '"')
_NOT_A_CHOICE = (*_NOT_A_TEXT, *_ODD_TEXTS, '"buy"', '"LIMIT "', '"BUY\\u0020"', '"STOPS"', '"NaN"')
_NOT_A_SYMBOL = (*_NOT_A_TEXT, *_ODD_TEXTS, '"fuzz"', '"../../x"', '"FUZZ "', '"' + "X" * 17 + '"')
# By field, values as JSON text that are BAD_VALUE.
BAD_VALUES: dict[str, tuple[str, ...]] = {
    "client_order_id": _NOT_AN_ID,
    "new_client_order_id": _NOT_AN_ID,
    "symbol": _NOT_A_SYMBOL,
    "side": _NOT_A_CHOICE,
    "order_type": _NOT_A_CHOICE,
    "time_in_force": _NOT_A_CHOICE,
    "self_trade_prevention": _NOT_A_CHOICE,
    "channel": _NOT_A_CHOICE,
    "quantity": _NOT_AN_INTEGER,
    "price": (*_NOT_A_NUMBER, "1e999", "-1e999", "1e10", "-1000000001", "9" * 4_301, "9" * 4_301 + ".5"),
    "post_only": (*_NOT_A_VALUE, "0", "1", '"true"', "1.0"),
    "depth": (*_NOT_A_NUMBER, "1.0", "1e2", "1E400", "-1", str(-(2**63)), "-" + "9" * 4_301),
    "id": (*_NOT_A_VALUE, "true", "1.0", "1e2", "-0.0", "1E400"),
    # For a LIMIT order any stop price is bad.
    "stop_price": (*_NOT_A_NUMBER, "1e999", "1e10", "100", "0", "-1", "9" * 4_301),
    "display_quantity": (*_NOT_AN_INTEGER, "0", "-1", "1000"),
}
# By field, values as JSON text and the code each is refused with.  Only the engine does so, which of a replace
# first looks for the order: so for new orders alone.
REFUSED_BY_THE_MARKET: dict[str, tuple[tuple[str, str], ...]] = {
    "quantity": tuple((text, "QUANTITY_OUT_OF_RANGE") for text in ("0", "-1", "-0", "1000000001", str(2**63 - 1))),
    "price": tuple(
        (text, "PRICE_NOT_ON_TICK") for text in ("0", "-1", "0.0", "-0.0", "100.001", "1e-9", "1e-999", "-99.5")
    ),
    "symbol": (('"NOPE"', "UNKNOWN_SYMBOL"), ('"-"', "UNKNOWN_SYMBOL"), ('"0.0"', "UNKNOWN_SYMBOL")),
}
# Values that make the line they stand in MALFORMED.
NOT_JSON = (
    *("NaN", "Infinity", "-Infinity", "01", "-01", "+1", "1.", "-", ".5", "0x10", "1e", "1,", "tru", "'a'", "1 2"),
    *('"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\u001f"', '"\\u007f"', '"\x7f"', '"\x85"', '"\\u009f"'),
    *('"\\x41"', '"\\u12"', '"a\tb"', '"a\x00b"', '"abc', "[1,]", "[1", "{1:2}", '{"a":1,"a":2}', '{"a":1,}'),
    *("[" * 8 + "]" * 8, "[" * 30_000, '{"a":' * 5_000 + "1" + "}" * 5_000, "[" * 200 + "]" * 200, "//", "None"),
)
UNKNOWN_NAMES = ("user", "Price", "price ", "", "quantitiy", "__class__", "\\u202e", "x" * 3_000, "é", "seq")
UNKNOWN_TYPES = ('"NEW_ORDER"', '"new_order "', '""', '"order_accepted"', '"é"', '"login2"')
