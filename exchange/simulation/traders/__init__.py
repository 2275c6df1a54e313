"""Simulated users, each a thread with a connection and an agent that decides; together they keep a market alive.

An agent must decide from what it is shown and its own randomness alone: no clock, no socket, nobody else's mind.
Reading order: `market_view`, `agent`, `noise_trader`, `market_maker`, `momentum_trader`, `agent_types` (who takes
part), then `working_orders`, `run_state`, `threaded_run`, `trader` (one user) and `simulator` (all of them).

On the `Bot` base, over TCP and on the virtual clock: `simulated_trader`; the kinds `zero_intelligence`,
`inventory_maker`, `momentum`, `mean_reversion`, `informed`, `execution`, `stop_loss_herd`, `fat_finger`; what they
draw from: `chance`, `arrivals`, `order_sizes`, `fundamental_value`; who takes part: `scenario`, `mix`, `settings`,
`scenario_file`; then `counted_line` (one trader over TCP) and `mix_run` (all of them).
"""
