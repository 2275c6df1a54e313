"""A day as it was kept: a data directory or a file of order flow, as commands that can be played again.

Nothing here changes what it reads; the doors `history`, `explain`, `what_if` and `backtest` stand on it.

Reading order:

* `journal_day`     a data directory as a day; `frozen_files`  a running exchange's, held to its moment
* `flow_day`        recorded order flow as a day's commands
* `recorded_market` recorded order flow as the market that others trade in
* `command_blocks`  where commands stand    `checkpoints`  how the exchange was then
* `day_index`       what happened when    `day_volume`  what was traded until then
* `altered_day`     a day and the same one without an order, both at once
"""
