"""A typed value → the message it was made of, for who reads dicts.  Pure.

What has its default stands in it as well: who reads it back gets the same value.
"""

from __future__ import annotations

import re
from typing import Any

from exchange.networking.client.message_json import Message
from exchange.networking.client.message_to_event import TypedEvent
from exchange.networking.client.typed_events import BookChange, BookLevel, ErrorEvent, Gap, OtherEvent

# What the wire writes as a list in a list.
_ROWS = (BookLevel, BookChange)


def message_of(event: TypedEvent) -> Message:
    """The message with this event's type and fields."""
    if isinstance(event, OtherEvent):
        return event.message
    if isinstance(event, Gap):
        return {"type": "gap", "from": event.first_seq, "to": event.last_seq}
    name = "error" if isinstance(event, ErrorEvent) else _wire_name(type(event).__name__)
    return {"type": name, **_plain(event)}


def _wire_name(class_name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", class_name).lower()


def _plain(value: Any) -> Any:
    if isinstance(value, _ROWS):
        return list(value)
    if hasattr(value, "_asdict"):
        return {name: _plain(field) for name, field in value._asdict().items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
