"""Simulated users, each a thread with a connection and an agent that decides; together they keep a market alive.

An agent must decide from what it is shown and its own randomness alone: no clock, no socket, nobody else's mind.
Reading order: `market_view`, `agent`, `noise_trader`, `market_maker`, `momentum_trader`, `agent_types` (who takes
part), then `working_orders`, `run_state`, `trader` (one user) and `simulator` (all of them).
"""
