"""The command `exchange`: one file per subcommand, options in, parts wired, nothing else.

The top of the house: it may import every wing, and only `scripts` and `python -m exchange` import it.  It must not
know how anything is done.  Reading order:

    subcommands        the table of all there are, from which help and completion are made
    main               finds the subcommand, loads that one alone, runs it
    command_parser     what a subcommand's file must have, and the options that many share
    loading            a subcommand's file and parser, and what is said where a part of it is not installed
    compiled_engine    which engine runs: the source, or the same source compiled
    overview           `exchange --help` and `--version`
    completion_table   what can be typed where         completion_script  as bash and zsh want to be told
    client_options     the options of who speaks to an engine
    simulated_run      what simulate and replay share    pause_key  Enter has a replay stand still
    operator_line      what operate and simulate ask of the engine on a data directory
    recorded_day       which day explain, what-if and rewind look into
    own_process        how a subcommand starts another one    demo_market  the market of the demo

and a file per subcommand, of the same name (a recipe tells how to add one, exchange/RECIPES.md):

    demo               an engine, a simulated market and the trading screen together
    engine             start the exchange
    trade              trade by hand
    operate            watch over a running one
    verify             check what a stopped one has kept
    tour               ten lessons on a practice market
    rewind             a recorded day on the trading screen
    bot                run a bot of one's own
    simulate           let simulated users trade
    replay             play recorded order flow
    completion         print a script for bash or zsh
    backtest           let a bot trade among others, without a network
    record             write a live market down as order flow
    explain            the life of an order out of a recorded day
    what_if            a recorded day without an order, or with it changed
    designs            frequent batch auctions beside continuous trading
    study              how much a simulated market looks like a recorded one
"""
