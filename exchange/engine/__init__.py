"""The brain of the exchange: deterministic and alone, with no clock, file, thread or socket.

Commands go in (`commands`), events come out (`events`); between them `Engine.process` changes the books and
nothing else.  A random number is as unknown here as a clock, so the same commands with the same timestamps give
the same events, byte for byte.

Reading order:

* values: `words`, `instrument`, `terms`, `order`, `trade`, `commands`, `events`, `limits`
* a market: `book_side` with `quantity_totals`, `orderbook`, `matching`, `order_arrival`
* what is asked: `order_entry` (new, cancel), `order_replace`, `order_changes` (what these share), `questions`,
  `administration`; `checks` and `terms_checks` (what is refused)
* all of it: `desk` (one user in one instrument), `account` (one user), `state`, `engine` (a command → its
  handler), `snapshot` and `old_snapshot` (the state as plain values)

Then the rules that a plain market does without, each in a file of its name: `stops`, `bands`, `auction`,
`schedule` and `phases`, `fees`, `endow_and_settle`, `day_statistics`.
"""
