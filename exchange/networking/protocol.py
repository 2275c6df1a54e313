"""The wire, seen from the exchange: one line ⇄ one value.  Pure: no socket, no thread, no clock, no logging.

Everything that a client may write or read is spelled behind this module and nowhere else.  In reading order:

* `requests`         what a line may ask of the session, and `BadRequest`
* `json_line`        bytes → a strict JSON object
* `protocol_fields`  a field's JSON value → a checked value
* `protocol_decode`  the tables of requests: JSON object → request
* `protocol_encode`  event or answer → line
* `protocol_session` what is said of sessions → line

Import the names from here.
"""

from exchange.networking.protocol_decode import decode
from exchange.networking.protocol_encode import Encodable, Encoder, Level, LevelChange
from exchange.networking.protocol_session import (
    error,
    everything,
    gap,
    heartbeat,
    logged_in,
    logged_out,
    login_rejected,
    pong,
    subscribed,
    unsubscribed,
)

__all__ = [
    "Encodable",
    "Encoder",
    "Level",
    "LevelChange",
    "decode",
    "error",
    "everything",
    "gap",
    "heartbeat",
    "logged_in",
    "logged_out",
    "login_rejected",
    "pong",
    "subscribed",
    "unsubscribed",
]
