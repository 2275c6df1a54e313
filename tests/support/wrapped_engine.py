"""An engine of which a test changes how it carries out commands; by hand, for a compiled one has no subclasses."""

from __future__ import annotations

from typing import Any, cast

from exchange.engine.commands import Command
from exchange.engine.engine import Engine
from exchange.engine.events import Event


class WrappedEngine:
    """All of an engine but `process`, which is to be overridden."""

    def __init__(self) -> None:
        self.engine = Engine()

    def process(self, command: Command, timestamp: int) -> list[Event]:
        """As the engine does it."""
        return self.engine.process(command, timestamp)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def as_engine(self) -> Engine:
        """Itself, for who takes an engine."""
        return cast(Engine, self)
