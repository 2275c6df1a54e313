"""Recorded order flow, played against a running exchange, and its executions compared with history's.

It must bend nothing: what can't be played is counted, and which order an execution meets is the exchange's doing.
Reading order: `lobster_file` (rows), `recorded_book` (the book as history had it), `flow_translator` (rows to
requests), `execution_comparison`, `pace` (when a row is due), `replay`.
"""
