"""The command `exchange`: one file per subcommand, options in, parts wired, nothing else.

The top of the house: it may import every wing, and only `scripts` and `python -m exchange` import it.  It must not
know how anything is done.  Reading order:

    subcommands        the table of all there are, from which help and completion are made
    main               finds the subcommand, loads that one alone, runs it
    command_parser     what a subcommand's file must have, and the options that many share
    loading            a subcommand's file and parser, and what is said where a part of it is not installed
    overview           `exchange --help` and `--version`
    data_home          where the data is when nobody says so

and a file per subcommand, of the same name (a recipe tells how to add one, exchange/RECIPES.md):

    engine             start the exchange
    verify             check what a stopped one has kept
"""
