"""What the exchange is asked to cancel when it loses a client: an option, and what it is on the wire."""

from __future__ import annotations

from enum import Enum
from typing import Union


class DisconnectWish(Enum):
    """The value is how the option spells it: nothing, all but GTC orders, all."""

    NONE = "none"
    DAY = "day"
    ALL = "all"

    @property
    def wish(self) -> Union[bool, str, None]:
        """The field of a login; None: it is left out."""
        return {DisconnectWish.NONE: None, DisconnectWish.DAY: True, DisconnectWish.ALL: "ALL"}[self]
