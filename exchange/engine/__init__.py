"""The brain of the exchange: deterministic and alone, with no clock, file, thread or socket.

Commands go in (`commands`), events come out (`events`); between them `Engine.process` changes the books and
nothing else.  A random number is as unknown here as a clock, so the same commands with the same timestamps give
the same events, byte for byte.

Reading order: `words`, `terms`, `order`, `commands`, `events`, `orderbook`, `matching`, `order_arrival`,
`order_entry`, `engine`.  Then the rules that a plain market does without, each in a file of its name: `stops`,
`bands`, `auction`, `schedule` and `phases`, `fees`, `endow_and_settle`.
"""
