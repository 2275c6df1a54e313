"""The full-screen trading screen: model, update, view, painter; `app` alone has threads and a clock.

Must not match, make order ids or touch a book: it shows what the engine said and sends what the person asked.

    keys, clicks ─► key_decoder ─┐                        ┌─► proposals ─► sending, canceling ─► ToEngine ─► engine
    engine ─► engine_link ───────┼─► update(model, …) ────┤
    time, signals ───────────────┘                        └─► model ─► view ─► cells ─► painter ─► terminal

Read in this order; all but the last know no clock, socket or terminal, and are tested without:

1. `messages` (what comes in, what goes out), `model` with `modes` (all that the screen knows), `update` (who
   handles what);
2. `update_from_engine` with `my_order`, `my_orders`, `my_fills` and `list_sorting`; `update_from_feeds` with
   `market_data` (book, tape), `level_flashes` and `session_phase`; `price_scale` (ticks), `price_rows` (grouped);
   `subscriptions` (which feeds);
3. `key_decoder` (bytes to keys), `burst_guard` (typed or pasted?), `key_layouts` (other keyboards), `key_table`
   (what each key does), `update_from_keys` with `panel_keys`, `update_from_mouse` with `dragging`;
4. `ticket`, `proposals` and `proposals_from_keys` (the next order), `crossing` (what it would trade at), `guards`
   (how large it may be), `sending` (what asks first), `canceling`;
5. the `:` line: `command_editor` (its text), `command_parser` (what it means), `command_runner` (doing it); the
   search over keys and commands: `availability` (why not now), `palette` (what is found), `help_search`;
6. `view` with `layout` (where), `panels` (what), `scrolling` (which prices), `ladder_rows` (what stands there);
   `banners` (what stands over it); `heat_view` (what the heat map shows), `second_ladder`, `panel_choice`;
   `cells`, `theme` with `eight_colors`, `painter`; `settings` (what is remembered);
   `tour/` (ten lessons on a practice market), `rewind/` (a recorded day);
7. `app` (threads, clock) with `link_reader`, `engine_link`, `terminal`, `terminal_output`, `noted_signals`,
   `wake_pipe`, `frame_pacer`, `saved_settings`.

To add a panel: a file in `panels`, its row in `view.DRAWERS`, its name and place in `layout`.
To add a key: its row in `key_table`, its handler in `update_from_keys`.
To show another message of the engine: its handler in `update_from_engine`.
"""
