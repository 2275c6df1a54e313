"""Simulated traders, each a `Bot` with a mind of its own, over TCP and on the virtual clock; together a market.

A trader must decide from what it is shown and its own draws alone: no clock, no socket, nobody else's mind.
Reading order: `simulated_trader`; the kinds `zero_intelligence`, `inventory_maker`, `penny_jumper`, `momentum`,
`mean_reversion`, `informed`, `execution`, `stop_loss_herd`, `fat_finger`; what they draw from: `chance`,
`arrivals`, `order_sizes`, `fundamental_value`; when they act: `turns`, and `rationed_turns` at a rate asked for.

Who takes part: `scenario`, `mix`, `settings`, `scenario_file`, and `crowd` for `--users`.  Then over TCP:
`request_budget`, `notices`, `counted_line` (one trader), `threaded_run` and `mix_run` (all of them).
"""
