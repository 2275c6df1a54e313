"""`Bot`: what a bot's author writes, and all that keeps its orders, positions and books for it.

Pure but for `bot_runner`: no clock, socket or chance, so that the same bot runs over TCP and on the laboratory's
virtual clock.  Must not know the laboratory.  Reading order:

    bot              the class to derive from          bot_callbacks    what it is told
    bot_session      what a driver calls
    bot_desk         sends, and keeps what is told     bot_line         what it needs of the world
    own_order        one order    own_orders           all of them      queue_position   what is before them
    two_sided_quote  `quote` with the fewest messages
    followed_market  one symbol as a bot sees it       held_position    what it holds and has earned
    bot_timers       what is to happen later           answer_times     how long the exchange took
    tcp_line         what it needs of the world, over TCP
    bot_runner       over TCP: logs in, comes back after a break, ends in order
    bot_file         a bot out of a file, with parameters    bot_loading      which must not trade by being loaded
    misspelt_callbacks  what looks like a callback and is none
    bot_failure      what is said when a callback raises
"""
