"""The bridge between TCP and the engine: knows messages, decides nothing.

Two doors, `tcp_server` and `tcp_client`.  Behind them, in the order in which a line travels:

    wire        what is said: one line ⇄ one value
    inbound     bytes → checked request        (reader threads)
    publishing  outcome → who hears of it      (matching thread)
    outbound    lines → sockets                (whoever sends)
    operator    the operator's channel
    client      what stands behind `tcp_client`

PROTOCOL.md is the wire in words.  Must not match, keep or decide anything.
"""
