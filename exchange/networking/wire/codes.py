"""What is told of a line or a connection that the rules of the market never come to judge."""

from __future__ import annotations

from exchange.engine.words import Code


class WireCode(Code):
    """Why a line was refused before it could become a command, or a connection was."""

    MALFORMED = "MALFORMED"
    LINE_TOO_LONG = "LINE_TOO_LONG"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"
    UNKNOWN_FIELD = "UNKNOWN_FIELD"
    NOT_LOGGED_IN = "NOT_LOGGED_IN"
    RATE_LIMITED = "RATE_LIMITED"
    SLOW_CONSUMER = "SLOW_CONSUMER"
    ENGINE_STOPPING = "ENGINE_STOPPING"
