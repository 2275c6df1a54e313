"""The operator has reset the user's token while a client was open: how it shows, and what both clients say.

A client that went on by itself would claim the name, which is free then.  That is for the person to decide.
"""

from __future__ import annotations

from exchange.engine.words import RejectCode
from exchange.networking.tcp_client import Message


def is_reset(message: Message) -> bool:
    """Whether the engine says that the token of this session is void.  (A refused login is `login_rejected`.)"""
    return message["type"] == "error" and message.get("code") == RejectCode.BAD_TOKEN.value


def reset_text(user: str) -> str:
    """What the person is told, in one line."""
    return f"the operator has reset the token of {user}: start again to claim the name anew"
