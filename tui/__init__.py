"""The trader's side: what a person starts to trade.  Shows what the engine said, sends what the person asked.

    client           options in, connected and logged in, then one of the two below
    alone            what runs on the screen without an engine
    session_manager  the user's own order history      session_order  one order of it
                     order_history_file                the file that it is kept in
    settings_file    what the screen remembers of each user
    cancel_on_disconnect   what the exchange is asked to do when it loses a client
    token_reset      what both clients say once the operator has reset the user's token
    typed_terms      what an order shall be, as typed in either client   typed_price  its prices
    plain/           prompts, line by line
    screen/          the trading screen

Must not match, make order ids or touch a book: all it knows of the exchange comes over the wire.
"""
