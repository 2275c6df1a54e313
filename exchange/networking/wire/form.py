"""What a request type looks like: a table with a row per field, and what is made of its values.

A `Form` says nothing of any particular request: those are in `request_forms`.  `decode` judges lines by them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from exchange.engine.words import RejectCode
from exchange.networking.wire.fields import Checker, RefusedError
from exchange.networking.wire.requests import Request

Fields = dict[str, Any]  # as the line has them, without `type`
Values = dict[str, Any]  # checked, defaults filled in


class _Required:
    """Stands in a row where others have a default."""


REQUIRED = _Required()


class Form:
    """The rules of one request type.

    `rows` gives each field's checker and its default, or REQUIRED.  `build` gets the user ("" before a login) and
    the checked values, and may still raise RefusedError; `refuse` gets the unchecked fields and what is wrong.
    """

    __slots__ = ("checkers", "required", "defaults", "build", "refuse", "needs_login")

    def __init__(
        self,
        rows: Mapping[str, tuple[Checker, Any]],
        build: Callable[[str, Values], Request],
        refuse: Callable[[Fields, RefusedError], Request],
        needs_login: bool = True,
    ) -> None:
        self.checkers = {name: checker for name, (checker, _) in rows.items()}
        self.required = tuple(name for name, (_, default) in rows.items() if default is REQUIRED)
        self.defaults = {name: default for name, (_, default) in rows.items() if default is not REQUIRED}
        self.build = build
        self.refuse = refuse
        self.needs_login = needs_login


def missing(name: str) -> RefusedError:
    """The refusal of a request that lacks a field."""
    return RefusedError(RejectCode.MISSING_FIELD, f"{name} is missing")
