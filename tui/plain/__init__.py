"""The plain client: prompts line by line, on a terminal or through a pipe.

Must not decide anything: it shows what the engine said and sends what the person asked.  Reading order:

    typed_line    what a line that was typed asks for (its terms and prices: `tui`, for both clients)
    shown_line    what is shown of a message
    line_streams  where lines come from and go to
    market_watch  what is known of the instrument: last trade, phase, auction
    plain_client  the loop between them and the engine
"""
