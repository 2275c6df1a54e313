"""Every limit of the protocol, in one place: how long, how deep, how many.  PROTOCOL.md tells them to the clients.

What an instrument or an operator limits (tick, lot, quantities, orders, messages per second) is not here: that is
theirs to choose.
"""

from __future__ import annotations

# --- a line ----------------------------------------------------------------------------------------------------

# The longest request, its newline included.
LINE_BYTES_MAX = 65_536
# The same before a login, which says little.
STRANGER_LINE_BYTES_MAX = 4_096
# How deep the brackets of a request may nest.
NESTING_MAX = 8

# --- names: characters -----------------------------------------------------------------------------------------

USER_CHARACTERS_MAX = 32
CLIENT_ORDER_ID_CHARACTERS_MAX = 64
SYMBOL_CHARACTERS_MAX = 16
TOKEN_CHARACTERS_MAX = 128

# --- numbers ---------------------------------------------------------------------------------------------------

INTEGER_MAX = 2**63 - 1
# Of any integer that becomes an int; no field has a use for one half as long.
INTEGER_CHARACTERS_MAX = 40
# In units of currency, in either direction from 0.
PRICE_MAX = 1_000_000_000

# --- sessions: seconds -----------------------------------------------------------------------------------------

HEARTBEAT_S_MIN = 0.1
HEARTBEAT_S_MAX = 3_600.0

# --- answers: rows ---------------------------------------------------------------------------------------------

# Of one answer to `get_fills`; also how many are given where the request does not say.
FILLS_MAX = 1_000

# --- feeds: trades of a snapshot -------------------------------------------------------------------------------

TRADES_LAST_MAX = 1_000

# --- feeds: levels per side of a book --------------------------------------------------------------------------

BOOK_DEPTH_DEFAULT = 20
# What is deeper is told as the whole book.
BOOK_DEPTH_MAX = 1_000

# --- refusals --------------------------------------------------------------------------------------------------

# Of an offending value in the text of a refusal.
SHOWN_CHARACTERS_MAX = 40
