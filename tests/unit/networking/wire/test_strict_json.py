"""Strict JSON, and the hostile lines that a line-based server meets (what each is refused as, and why)."""

from __future__ import annotations

import json

import pytest

from exchange.engine.words import RejectCode
from exchange.networking.wire.codes import WireCode
from exchange.networking.wire.decode import decode
from exchange.networking.wire.encode import Encoder
from exchange.networking.wire.requests import BadRequest, Ping
from exchange.networking.wire.strict_json import MalformedLineError, NumberText, parse_object

ORDER = b'{"type":"new_order","client_order_id":"a1","side":"BUY","order_type":"LIMIT","quantity":1,"price":1'


def nested(depth: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    """An object whose value makes it nest `depth` deep in all."""
    return b'{"a":' + opening * (depth - 1) + b"1" + closing * (depth - 1) + b"}"


MALFORMED = {
    "empty": b"",
    "spaces": b" \t\r",
    "no object": b"[1]",
    "string": b'"ping"',
    "number": b"1",
    "null": b"null",
    "two objects": b'{"type":"ping"}{"type":"ping"}',
    "rest": b'{"type":"ping"} x',
    "trailing comma": b'{"type":"ping",}',
    "trailing comma in a list": b'{"type":"ping","id":[1,]}',
    "single quotes": b"{'type':'ping'}",
    "comment": b'{"type":"ping"/**/}',
    "bare key": b'{type:"ping"}',
    "no value": b'{"type":}',
    "unterminated": b'{"type":"ping"',
    "unterminated string": b'{"type":"ping',
    "NaN": ORDER[:-1] + b"NaN}",
    "Infinity": ORDER[:-1] + b"Infinity}",
    "-Infinity": ORDER[:-1] + b"-Infinity}",
    "NaN in depth": b'{"type":"ping","id":[{"a":NaN}]}',
    "leading zero": ORDER[:-1] + b"01}",
    "plus": ORDER[:-1] + b"+1}",
    "bare point": ORDER[:-1] + b"1.}",
    "no whole part": ORDER[:-1] + b".5}",
    "no exponent": ORDER[:-1] + b"1e}",
    "hexadecimal": ORDER[:-1] + b"0x1}",
    "fullwidth digit": ORDER[:-1] + "\uff11}".encode(),
    "no-break space": '{"type":\u00a0"ping"}'.encode(),
    "duplicate key": b'{"type":"ping","type":"ping"}',
    "duplicate by escape": b'{"type":"ping","t\\u0079pe":"ping"}',
    "duplicate in depth": b'{"type":"ping","id":[{"a":1,"a":2}]}',
    "nine deep": nested(9),
    "nine deep in objects": nested(9, b'{"a":', b"}"),
    "nine deep after strings": b'{"\\"]]]]":"]]]]]","a":' + b"[" * 8 + b"]" * 8 + b"}",
    "100,000 lists": b"[" * 100_000,
    "100,000 lists in a field": b'{"type":"ping","id":' + b"[" * 100_000,
    "100,000 objects": b'{"a":' * 100_000,
    "100,000 closed lists": b"]" * 100_000 + b"[" * 100_000,
    "latin-1": b'{"type":"ping","id":"\xe9"}',
    "overlong": b'{"type":"ping","id":"\xc0\xaf"}',
    "encoded surrogate": b'{"type":"ping","id":"\xed\xa0\x80"}',
    "BOM": b'\xef\xbb\xbf{"type":"ping"}',
    "UTF-16": '{"type":"ping"}'.encode("utf-16"),
    "UTF-16 without BOM": '{"type":"ping"}'.encode("utf-16-le"),
    "UTF-32": '{"type":"ping"}'.encode("utf-32"),
    "lone high surrogate": b'{"type":"ping","id":"\\ud800"}',
    "lone low surrogate": b'{"type":"ping","id":"\\udc00"}',
    "surrogates in the wrong order": b'{"type":"ping","id":"\\udc00\\ud800"}',
    "surrogate in a key": b'{"type":"ping","\\udfff":1}',
    "surrogate in depth": b'{"type":"ping","id":[{"a":["\\udbff"]}]}',
    "raw tab": b'{"type":"ping","id":"a\tb"}',
    "raw NUL": b'{"type":"ping","id":"a\x00b"}',
    "raw newline": b'{"type":"ping","id":"a\nb"}',
    "raw DEL": b'{"type":"ping","id":"a\x7fb"}',
    "escaped newline": b'{"type":"ping","id":"a\\nb"}',
    "escaped NUL": b'{"type":"ping","id":"a\\u0000b"}',
    "escaped DEL": b'{"type":"ping","id":"a\\u007fb"}',
    "C1 control": '{"type":"ping","id":"a\u0085b"}'.encode(),
    "control in a key": b'{"type":"ping","a\\u001f":1}',
    "bad escape": b'{"type":"ping","id":"\\x41"}',
    "short escape": b'{"type":"ping","id":"\\u12"}',
    "HTTP": b"GET / HTTP/1.1",
    "TLS": bytes.fromhex("16030100c8010000c40303"),
    "SSH": b"SSH-2.0-OpenSSH_9.6",
}


@pytest.mark.parametrize("line", MALFORMED.values(), ids=MALFORMED.keys())
def test_line_is_malformed_and_says_so_in_few_words(line: bytes) -> None:
    request = decode(line, "alice")
    assert isinstance(request, BadRequest)
    assert request.code is WireCode.MALFORMED
    answer = Encoder().encode(request)
    assert answer.isascii()
    assert len(answer) < 200
    assert json.loads(answer) == {"type": "error", "code": "MALFORMED", "text": request.text}


@pytest.mark.parametrize("line", [nested(8), nested(8, b'{"a":', b"}")])
def test_eight_deep_is_not_too_deep(line: bytes) -> None:
    assert parse_object(line) == json.loads(line)


@pytest.mark.parametrize("sibling", [b"[]", b"{}", b'{"b":[{}]}'])
def test_siblings_do_not_nest(sibling: bytes) -> None:
    line = b'{"a":[' + b",".join([sibling] * 20) + b"]}"
    assert parse_object(line) == json.loads(line)


def test_brackets_in_strings_do_not_nest() -> None:
    line = b'{"[[[[[[[[[":"{{{{{{{{{\\\\","a":"\\"[[[[[[[[["}'
    assert parse_object(line) == json.loads(line)


def test_what_is_wrong_with_the_text_is_named() -> None:
    with pytest.raises(MalformedLineError, match="same key twice"):
        parse_object(b'{"a":1,"a":1}')
    with pytest.raises(MalformedLineError, match="deeper than 8, at character 12"):
        parse_object(nested(9))
    with pytest.raises(MalformedLineError, match="NaN"):
        parse_object(b'{"a":NaN}')


def test_numbers_that_are_no_short_integers_stay_text() -> None:
    values = parse_object(b'{"a":1.50,"b":1e999,"c":-12,"d":' + b"9" * 4301 + b"}")
    assert type(values["c"]) is int
    assert values["c"] == -12
    kept = [values[name] for name in "abd"]
    assert [type(number) for number in kept] == [NumberText] * 3
    assert [number.text for number in kept] == ["1.50", "1e999", "9" * 4301]


def test_a_pair_of_surrogates_is_one_good_character() -> None:
    assert parse_object(b'{"a":"\\ud83d\\ude00"}') == {"a": "\U0001f600"}


@pytest.mark.parametrize("value", [b"\xe2\x80\xa8", b"\\u2028"])
def test_line_separator_is_json_but_no_name_takes_it(value: bytes) -> None:
    request = decode(b'{"type":"cancel_all","symbol":"' + value + b'"}', "alice")
    assert isinstance(request, BadRequest)
    assert request.code is RejectCode.BAD_VALUE
    assert "u2028" in request.text


def test_the_next_line_is_served() -> None:
    refused = decode(b"\xff\xfe", None)
    assert isinstance(refused, BadRequest)
    assert refused.code is WireCode.MALFORMED
    assert decode(b'{"type":"ping"}', None) == Ping(None)
