"""What can go wrong outside: each text is one line, fit to be shown as it is.

SimulationError
  ├─ CannotStartError   a login or symbol refused: nothing was sent
  │    └─ EngineAbsentError   no engine there
  └─ EngineGoneError    the engine went away, or does not answer any more, in the middle
"""

from __future__ import annotations


class SimulationError(Exception):
    """Anything of the world outside that ends a simulation or a replay."""


class CannotStartError(SimulationError):
    """There is no engine, or it does not let the simulation in."""


class EngineAbsentError(CannotStartError):
    """Nobody answers where the engine should be; it may come yet."""


class EngineGoneError(SimulationError):
    """The engine closed the connection, stopped, or stopped answering."""
