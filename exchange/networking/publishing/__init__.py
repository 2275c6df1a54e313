"""What happened → who hears of it, in the matching thread: sessions, missed events, market-data feeds.

Must not wait for a client, and tells nothing that is not durable yet.  Reading order:

* `publisher`        one batch: each outcome to whom it concerns
* `sessions`         who is logged in on which connections
* `feeds`            who follows which book or trades, and what they are sent
* `book_views`       what has changed in the levels that a subscriber sees
* `trade_feeds`      every trade as it happens, and the last ones
* `indications`      what an auction would give now
* `login_answers`    a login is let in or turned away
* `missed_events`    what is told again to who comes back
* `session_answers`  ping, subscribe, logout
* `connection_ends`  what ends with a connection
* `update_pauses`    a protection: a book that many follow is told less often
"""
