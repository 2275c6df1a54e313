"""The exchange without sockets and threads: a market on a virtual clock, and the days that were recorded.

It stands on the core and the storage, and speaks in the client library's values, so that a bot does not know the
difference.  Must not open a socket, start a thread or read the time: what happens here happens again.

Reading order:

* `market`          the core on a virtual clock, and who takes part
* `clock`           the time, which stands still until somebody moves it
* `scheduler`       what is to happen, in one order
* `latency`         how long requests and answers take; everybody's random numbers
* `session`         one participant's way to the exchange and back
* `request_check`   what a participant asks → a checked request
* `announcer`       what happened → who hears it    `feeds`, `book_feed`  who follows what
* `event_values`    what the engine says → the client library's values
* `records`         what is kept of a day
* `market_connection`  the client library's own client, on a market; `event_messages`  values → dicts
* `book_table`      a book drawn as a table
* `backtest`        a bot's day among others    `bot_driver`  the very bot that runs over TCP, on a market
* `hand_driven`     a whole exchange for a test    `testing`  makes it a fixture
* `gym`             a market as an environment of gymnasium
* `history`         a recorded day at any of its commands; behind it `journal_day` (a data directory as a day),
                    `frozen_files`, `command_blocks` (where commands stand), `checkpoints`, `day_index` (what
                    happened when)
* `moment_view`     one moment of it in words, its books, and who stands in a queue
* `record`          writes a live market down as recorded order flow
* `explain`         the life of an order in sentences; behind it `order_life` (the facts), `order_search` (by its
                    user's name for it), `book_picture` (a book as a value), `order_words` (how things are said)
* `what_if`         the day without an order, or with it changed; behind it `altered_day` (both days at once),
                    `what_if_report` (told in lines)
* `auction_designs` frequent batch auctions beside continuous trading, on one flow
* `flow_day`        recorded order flow as a day's commands
* `flow`            recorded order flow    `recorded_market`  plays it as the market that others trade in
"""
