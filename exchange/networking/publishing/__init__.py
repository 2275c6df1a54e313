"""What happened → who hears of it, in the matching thread: sessions, missed events, market-data feeds.

Must not wait for a client, and tells nothing that is not durable yet.
"""
