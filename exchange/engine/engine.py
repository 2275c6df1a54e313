"""The matching engine: one `process(command, timestamp)` through which everything passes.

A deterministic state machine.  Its state is every book, account and id counter (see `state`); a command changes it
and returns the events that tell what happened, the asker's answer among them.  A refused command changes nothing.

    process ──► the command's handler (`order_entry`, `questions`, `administration`) ──► events

The handlers are functions of the state and a command; the table below says which is whose.

One thread calls it, one command at a time.  `sequence` counts the commands that changed something: replaying those
with their timestamps, in that order, onto a new engine (or onto a snapshot) gives the same state and the same
events (`state_hash` makes "the same" checkable).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeGuard

from exchange.engine import (
    administration,
    commands,
    endow_and_settle,
    order_entry,
    order_replace,
    questions,
    snapshot,
)
from exchange.engine.commands import CancelOrder, Command, NewOrder
from exchange.engine.events import Event
from exchange.engine.order_entry import cancel_order, new_order
from exchange.engine.state import State

_HANDLERS: Final[dict[type, Callable[[State, Any, int], list[Event]]]] = {
    commands.NewOrder: new_order,
    commands.CancelOrder: cancel_order,
    commands.ReplaceOrder: order_replace.replace_order,
    commands.CancelAll: order_entry.cancel_all,
    commands.CancelOrders: order_entry.cancel_orders,
    commands.GetOrders: questions.get_orders,
    commands.GetPositions: questions.get_positions,
    commands.ListInstrument: administration.list_instrument,
    commands.HaltInstrument: administration.halt_instrument,
    commands.ResumeInstrument: administration.resume_instrument,
    commands.SetPhase: administration.set_phase,
    commands.ChangePhase: administration.change_phase,
    commands.Say: administration.say,
    commands.Endow: endow_and_settle.endow,
    commands.Settle: endow_and_settle.settle,
    commands.ClaimUser: administration.claim_user,
    commands.ResetUser: administration.reset_user,
    commands.BlockUser: administration.block_user,
    commands.UnblockUser: administration.unblock_user,
    commands.SetLimits: administration.set_limits,
}


# Names that nothing can change any more, which the compiled engine need not look up for each command.
_NEW_ORDER: Final = NewOrder
_CANCEL_ORDER: Final = CancelOrder


class Engine(State):
    """The state and the one way to change it."""

    def process(self, command: Command, timestamp: int) -> list[Event]:
        """Carry out one command at `timestamp` (ns since the epoch) and tell what happened, in order."""
        # The two that come by the million: a call that goes to one function always costs half.
        if type(command) is _NEW_ORDER:
            return new_order(self, command, timestamp)
        if type(command) is _CANCEL_ORDER:
            return cancel_order(self, command, timestamp)
        return _HANDLERS[type(command)](self, command, timestamp)

    def understands(self, request: object) -> TypeGuard[Command]:
        """Whether `request` is a command for the engine."""
        return type(request) in _HANDLERS

    # --- the whole state ---------------------------------------------------------------------------------

    def snapshot(self) -> Iterator[list[Any]]:
        """The whole state as records of plain values (see `snapshot`).  Nothing may be processed meanwhile."""
        return snapshot.records(self)

    def live_snapshot(self) -> Iterator[list[Any]]:
        """The same without the done orders, which only decide refusals: for whoever replays what was not refused.

        Costs O(live orders) instead of up to a thousand orders more for each user.
        """
        return snapshot.records(self, with_done=False)

    @classmethod
    def restore(cls, records: Iterable[list[Any]]) -> Engine:
        """An engine in exactly the state that `records` tell."""
        engine = cls()
        snapshot.load(engine, records)
        return engine

    def state_hash(self) -> str:
        """SHA-256 over the whole state, in hex: equal exactly when the state is."""
        return snapshot.digest(self)
