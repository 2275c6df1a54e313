"""The operator's own way in: a local socket in the data directory, one JSON object per line.

Must not touch the engine: an operator's request goes through the same queue as everybody's.

Reading order: `channel` (the socket), `conversation` (one operator), `operator_wish` (a line → a command),
`answers_for_people` (the answers, for who reads them).
"""
