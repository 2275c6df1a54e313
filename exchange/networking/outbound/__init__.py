"""Lines → sockets: what one client is sent, what waits for slow ones, signs of life.

Must not know what a line says, and never makes the matching thread wait.  Reading order, the protections last:

* `connection`    one client: who it is, and what this batch tells it
* `outbox`        the way to its socket; what it does not take waits here
* `backlogs`      the thread that sends on what waits, and the bound of all that does
* `heartbeats`    signs of life
* `unfinished_answers`  a protection: what waits behind an answer that is made in pieces
* `long_answers`  a protection: the turns in which the pieces are made
"""
