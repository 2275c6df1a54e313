"""The brain of the exchange: pure, deterministic, alone.

Commands go in (`commands`), events come out (`events`); between them `Engine.process` changes the books and
nothing else.  No module here knows a clock, a thread, a file, a socket or a random number, so the same commands
with the same timestamps give the same events, byte for byte.

Reading order: `words`, `terms`, `order`, `commands`, `events`, `orderbook`, `matching`, `order_arrival`,
`order_entry`, `engine`.  Then the rules that a plain market does without, each in a file of its name: `stops`,
`bands`, `auction`, `schedule` and `phases`, `fees`, `endow_and_settle`.
"""
