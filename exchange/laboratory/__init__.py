"""The exchange without sockets and threads: a market on a virtual clock, and the days that were recorded.

It stands on the core and the storage, and speaks in the client library's values, so that a bot does not know the
difference.  Must not open a socket, start a thread or read the time: what happens here happens again.
"""
