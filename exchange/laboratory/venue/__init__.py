"""What a market on a virtual clock is made of: time, ways to and fro, and who is told what.

Nothing here happens by itself: the door `exchange.laboratory.market` puts it together and moves the clock.

Reading order:

* `clock`           the time, which stands still until somebody moves it
* `scheduler`       what is to happen, in one order
* `latency`         how long requests and answers take; everybody's random numbers
* `session`         one participant's way to the exchange and back
* `request_check`   what a participant asks → a checked request
* `announcer`       what happened → who hears it    `feeds`, `book_feed`  who follows what
* `event_values`    what the engine says → the client library's values
* `kept_fills`      what everybody has traded, for who asks    `records`  what is kept of a day
* `market_connection`  the client library's own client, on a market; `event_messages`  values → dicts
* `bot_driver`      the very bot that runs over TCP, on a market
"""
