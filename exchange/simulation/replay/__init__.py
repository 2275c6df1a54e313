"""Recorded order flow, played against a running exchange, and its executions compared with history's.

It must bend nothing: what can't be played is counted, and which order an execution meets is the exchange's doing.
Files are read and rows become requests in `laboratory.flow`.  Reading order: `pace` (when a row is due),
`order_desk` (who sends and finds out), `replay`.
"""
