"""Market participants made of code: simulated traders and recorded order flow, over TCP like anybody else.

They must reach the exchange through the client library alone: they never match, never touch the engine's book, and
read none of its files.  Reading order: `traded_instrument`, `entrance`, `pending_requests`, then `traders/` and
`replay/`, then `study/`, which measures.  Of what came of it tell `counts`, `summary_lines`, `progress_line` and
`errors`.
"""
