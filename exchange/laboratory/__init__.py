"""The exchange without sockets and threads: a market on a virtual clock, and the days that were recorded.

It stands on the core and the storage, and speaks in the client library's values, so that a bot does not know the
difference.  Must not open a socket, start a thread or read the time: what happens here happens again.

The doors, in reading order:

* `market`          the core on a virtual clock, and who takes part
* `participants`    fills a market with traders made of code
* `backtest`        a bot's day among others
* `hand_driven`     a whole exchange for a test    `testing`  makes it a fixture
* `gym`             a market as an environment of gymnasium
* `history`         a recorded day at any of its commands
* `record`          writes a live market down as recorded order flow
* `explain`         the life of an order in sentences
* `what_if`         the day without an order, or with it changed
* `auction_designs` frequent batch auctions beside continuous trading, on one flow

Behind them:

* `venue`           what the market is made of
* `recorded`        a day as it was kept
* `telling`         words and tables for people
* `flow`            recorded order flow: files, and rows → requests
"""
