"""What was typed, clicked or pasted, into the model.  Called by `update`.

    confirm row open?   Enter sends, Esc drops, moving the same order goes further; all else drops it and acts
    command line open?  keys are text
    help open?          letters search, arrows choose, Enter does it, all else closes it
    messages open?      arrows scroll, Esc and m close them, most else does nothing
    else                the key's action, from the table in `key_table`

Cancel all works in all of them, but where `X` is a letter of a command line.
Changes the model and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

from tui.screen.availability import why_not_arm, why_not_detail, why_not_switch
from tui.screen.burst_guard import opens_command
from tui.screen.canceling import cancel, cancel_all, orders_of_side, selected_orders
from tui.screen.command_runner import open_command_line, type_command
from tui.screen.heat_view import HeatView
from tui.screen.help_search import open_help, search_pasted, type_in_help
from tui.screen.key_decoder import Alt, Focus, Key, Mouse, Paste
from tui.screen.key_layouts import latin_key
from tui.screen.key_table import ACTIONS, Action
from tui.screen.layout import Panel
from tui.screen.list_sorting import Sorting
from tui.screen.messages import Effect, Outgoing, Typed
from tui.screen.model import DISARM_AFTER_IDLE_S, Model, NoticeKind, refuse
from tui.screen.panel_keys import heat, heat_time, next_panel, sort_list, zoom
from tui.screen.proposals import MoveProposal, QuitProposal
from tui.screen.proposals_from_keys import flatten, join_best, move_selected, propose_at_cursor, reverse
from tui.screen.scrolling import centre, move_cursor, regroup, scroll_list
from tui.screen.second_ladder import trade_second
from tui.screen.sending import confirm, disarm, drop
from tui.screen.subscriptions import switch_symbol
from tui.screen.ticket import Ticket
from tui.screen.update_from_mouse import clicked

# What leaves the confirm row as it is; every other key drops what it asks, and then does what it always does.
_KEEPS_ASKING = frozenset({Action.ENTER, Action.ESCAPE, Action.THEME, Action.REPAINT, Action.SUSPEND, Action.QUIT})
# What closes the messages, and what of it then does what it always does.
_GOES_ON = frozenset({Action.COMMAND, Action.HELP})
_CLOSES_LOG = _GOES_ON | {Action.ESCAPE, Action.ENTER, Action.MESSAGES, Action.QUIT}
_MOVES = frozenset({Action.MOVE_UP, Action.MOVE_DOWN})


def typed(model: Model, message: Typed) -> list[Outgoing]:
    """Take one input."""
    what = message.input
    if isinstance(what, Focus):
        if not what.has_focus:
            disarm(model, "the window lost the focus")
        return []
    # An idle minute that nobody has noticed yet still disarms: this key must not send.
    if message.now - model.last_input_at >= DISARM_AFTER_IDLE_S:
        disarm(model, "no key for 60 s")
    model.last_input_at = message.now
    model.is_changed = True
    if isinstance(what, Paste):
        return _pasted(model, what)
    if isinstance(what, Mouse):
        return clicked(model, what, _act)
    return _pressed_with_alt(model, what) if isinstance(what, Alt) else _pressed(model, what)


def _pasted(model: Model, paste: Paste) -> list[Outgoing]:
    if model.command is not None:
        model.command.insert(paste.text.strip())
    elif model.is_help_shown:
        search_pasted(model, paste.text)
    else:
        model.say(NoticeKind.WARN, "a paste is not taken as keys; open the command line with : first")
    return []


def _pressed_with_alt(model: Model, alt: Alt) -> list[Outgoing]:
    """Alt and a key, or Escape and a key that came together: what is safe in both readings.

    The command line opens, empty: letters that follow are text there.  A line that is open stays open for the same
    reason.  What waits for Enter is dropped, as Escape may have been meant.  The key by itself never acts.
    """
    model.drag = None
    if opens_command(alt):
        _pressed(model, Key("escape"))
        return _pressed(model, Key(alt.name))
    if model.command is None:
        drop(model)
        model.say(NoticeKind.WARN, f"Esc and {alt.name} came together: taken as Alt, which does nothing here")
    return []


def _pressed(model: Model, key: Key) -> list[Outgoing]:
    model.drag = None
    if model.command is not None:
        return type_command(model, key)
    name = latin_key(key.name)
    action = ACTIONS.get(name)
    if model.confirm is None and action is not Action.CANCEL_ALL:
        if model.is_help_shown:
            return type_in_help(model, Key(name), _act)
        if model.is_log_shown:
            return _pressed_in_log(model, action)
    if action is not None:
        return _act(model, action)
    if model.confirm is None and len(name) == 1:
        model.say(NoticeKind.INFO, f"{key.name} is no key of this screen: ? searches for one")
    return []


def _act(model: Model, action: Action) -> list[Outgoing]:
    """What a key or its button does.

    What waits for Enter must swallow no key, and must not be sent by an Enter that was meant for another.
    """
    if model.confirm is not None:
        is_same_move = action in _MOVES and isinstance(model.confirm, MoveProposal)
        if action not in _KEEPS_ASKING and not is_same_move:
            drop(model)
    return _ACTIONS[action](model)


def _pressed_in_log(model: Model, action: Action | None) -> list[Outgoing]:
    """Up and down scroll; what closes it, closes it.  All else does nothing, as the ladder is not in sight."""
    steps = {Action.PRICE_UP: -1, Action.PRICE_DOWN: 1, Action.PAGE_UP: -10, Action.PAGE_DOWN: 10}
    if action in steps:
        model.log_scrolled = max(0, min(len(model.notices) - 1, model.log_scrolled + steps[action]))
    elif action in _CLOSES_LOG:
        model.is_log_shown = False
        return _ACTIONS[action](model) if action in _GOES_ON else []
    return []


# --- actions ---------------------------------------------------------------------------------------------------


def _by_rows(rows: int, *, is_page: bool = False) -> Callable[[Model], list[Outgoing]]:
    """Up (above 0) or down in whatever panel has the focus."""

    def move(model: Model) -> list[Outgoing]:
        page = max(1, model.layout.ladder_rows - 2) if is_page else 1
        if model.focus is Panel.ORDERS:
            model.orders.select_further(-rows * min(page, 10))
        elif model.focus is Panel.FILLS:
            scroll_list(model, Panel.FILLS, -rows * min(page, 10), len(model.fills))
        elif model.focus is Panel.TAPE:
            scroll_list(model, Panel.TAPE, -rows * min(page, 10), len(model.market.tape) if model.market else 0)
        elif model.focus is Panel.WATCH:
            return _next_symbol(-rows)(model)
        elif model.focus is Panel.HEAT:
            model.heat.scrolled += rows * min(page, 10)
        else:
            move_cursor(model, rows * page)
        return []

    return move


def _centre(model: Model) -> list[Outgoing]:
    centre(model)
    model.scrolled.clear()
    model.heat = HeatView()
    return []


def _regroup(step: int) -> Callable[[Model], list[Outgoing]]:
    def act(model: Model) -> list[Outgoing]:
        if model.focus is Panel.HEAT:
            model.heat.regroup(step)
            return []
        regroup(model, step)
        model.say(NoticeKind.INFO, f"{model.group} tick{'s' if model.group > 1 else ''} per row")
        return []

    return act


def _enter(model: Model) -> list[Outgoing]:
    if model.confirm is None and model.focus is Panel.LADDER_2:
        return trade_second(model)
    return confirm(model)


def _escape(model: Model) -> list[Outgoing]:
    if model.confirm is not None:
        drop(model)
    elif model.left_behind is not None:
        model.left_behind = None
    else:
        model.is_zoomed = False
    return []


def _on_ticket(change: Callable[[Ticket, int], None]) -> Callable[[Model], list[Outgoing]]:
    """An action that changes the ticket; `change` gets it and the lot size."""

    def act(model: Model) -> list[Outgoing]:
        change(model.ticket, model.lot_size)
        return []

    return act


def _preset(index: int) -> Callable[[Model], list[Outgoing]]:
    return _on_ticket(lambda ticket, lot_size: ticket.choose_preset(index, lot_size))


def _next_detail(model: Model) -> list[Outgoing]:
    return [] if model.ticket.next_detail() else refuse(model, why_not_detail(model))


def _arm(model: Model) -> list[Outgoing]:
    why_not = why_not_arm(model)
    if model.is_armed:
        disarm(model, "as you wished")
    elif why_not:
        return refuse(model, why_not)
    else:
        model.is_armed = True
        model.say(NoticeKind.WARN, "ARMED: b and s send without asking")
    return []


def _next_symbol(step: int) -> Callable[[Model], list[Outgoing]]:
    def go(model: Model) -> list[Outgoing]:
        why_not = why_not_switch(model)
        if why_not:
            model.say(NoticeKind.INFO, why_not)
            return []
        index = (model.symbols.index(model.symbol) + step) % len(model.symbols)
        return switch_symbol(model, model.symbols[index])

    return go


def _open_command(model: Model) -> list[Outgoing]:
    open_command_line(model)
    return []


def _help(model: Model) -> list[Outgoing]:
    open_help(model)
    return []


def _messages(model: Model) -> list[Outgoing]:
    model.is_log_shown, model.log_scrolled = True, 0
    return []


def _cancel_side(*, is_buy: bool) -> Callable[[Model], list[Outgoing]]:
    return lambda model: cancel(model, orders_of_side(model, is_buy=is_buy))


def _theme(model: Model) -> list[Outgoing]:
    model.theme = model.theme.next
    model.say(NoticeKind.INFO, f"theme {model.theme.value}")
    return [Effect.REPAINT]


def _quit(model: Model) -> list[Outgoing]:
    """Quit at once if nothing works, or if it was asked already; else ask."""
    working = model.orders.open()
    if not working or isinstance(model.confirm, QuitProposal):
        return [Effect.QUIT]
    model.confirm = QuitProposal(len(working))
    return []


_ACTIONS: dict[Action, Callable[[Model], list[Outgoing]]] = {
    Action.PRICE_UP: _by_rows(1),
    Action.PRICE_DOWN: _by_rows(-1),
    Action.PAGE_UP: _by_rows(1, is_page=True),
    Action.PAGE_DOWN: _by_rows(-1, is_page=True),
    Action.CENTRE: _centre,
    Action.GROUP_FINER: _regroup(-1),
    Action.GROUP_COARSER: _regroup(1),
    Action.BUY: lambda model: propose_at_cursor(model, is_buy=True),
    Action.SELL: lambda model: propose_at_cursor(model, is_buy=False),
    Action.JOIN_BID: lambda model: join_best(model, is_buy=True),
    Action.JOIN_ASK: lambda model: join_best(model, is_buy=False),
    Action.ENTER: _enter,
    Action.ESCAPE: _escape,
    Action.PRESET_1: _preset(0),
    Action.PRESET_2: _preset(1),
    Action.PRESET_3: _preset(2),
    Action.PRESET_4: _preset(3),
    Action.PRESET_5: _preset(4),
    Action.PRESET_PREVIOUS: _on_ticket(lambda ticket, lot_size: ticket.step_preset(-1, lot_size)),
    Action.PRESET_NEXT: _on_ticket(lambda ticket, lot_size: ticket.step_preset(1, lot_size)),
    Action.LOT_MORE: _on_ticket(lambda ticket, lot_size: ticket.add_lots(1, lot_size)),
    Action.LOT_LESS: _on_ticket(lambda ticket, lot_size: ticket.add_lots(-1, lot_size)),
    Action.ORDER_TYPE: _on_ticket(lambda ticket, _: ticket.next_type()),
    Action.TIME_IN_FORCE: _on_ticket(lambda ticket, _: ticket.next_time_in_force()),
    Action.DETAIL: _next_detail,
    Action.CANCEL: lambda model: cancel(model, selected_orders(model)),
    Action.CANCEL_ALL: cancel_all,
    Action.MOVE_UP: lambda model: move_selected(model, 1),
    Action.MOVE_DOWN: lambda model: move_selected(model, -1),
    Action.CANCEL_BIDS: _cancel_side(is_buy=True),
    Action.CANCEL_ASKS: _cancel_side(is_buy=False),
    Action.FLATTEN: flatten,
    Action.REVERSE: reverse,
    Action.ARM: _arm,
    Action.PANEL_NEXT: next_panel(1),
    Action.PANEL_PREVIOUS: next_panel(-1),
    Action.ZOOM: zoom,
    Action.HEAT: heat,
    Action.HEAT_SLOWER: heat_time(1),
    Action.HEAT_FASTER: heat_time(-1),
    Action.SYMBOL_NEXT: _next_symbol(1),
    Action.SYMBOL_PREVIOUS: _next_symbol(-1),
    Action.COMMAND: _open_command,
    Action.HELP: _help,
    Action.MESSAGES: _messages,
    Action.SORT: sort_list(Sorting.next_of),
    Action.SORT_TURNED: sort_list(lambda sorting, _: sorting.turned()),
    Action.THEME: _theme,
    Action.REPAINT: lambda _: [Effect.REPAINT],
    Action.SUSPEND: lambda _: [Effect.SUSPEND],
    Action.QUIT: _quit,
}
