"""Bytes of a client → checked requests, in the reader threads: who is it, how much may they, what do they ask.

Must not touch the engine or answer anybody: it only fills the inbound queue.  Reading order, the protections last:
the exchange trades without them.

* `connection_reader`  one connection, from its first byte to its last
* `login_check`        who is it?
* `credentials`        tokens and their hashes
* `lingering`          a protection: what a client was told last is not cut off
* `rate_limit`         a protection: how much one user may send
* `reading_turns`      a protection: how much of the time decoding for one user may take
* `look_up_turns`      a protection: how much of it reading the past may
"""
