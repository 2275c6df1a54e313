"""Recorded order flow: the rows of a file, and what to ask for so that they happen again.

It must bend nothing: what can't be played is said, and which order an execution meets is the exchange's doing.
Reading order: `lobster_file` (rows), `recorded_book` (the book as history had it), `order_intents` (what may be
asked), `flow_translator` (rows to these), `execution_comparison` (did they hit what they hit in history?); the
other way round `flow_recorder` (what happens in a market of ours, as rows) and `feed_to_rows` (what
a public feed tells).
"""
