"""Bots and recipes to begin from: each in one file, to be copied, changed and run.

They must reach the exchange through `tcp_client` alone, as a bot of your own does.  From the smallest on:

    hello           buys one and ends
    twap            buys or sells a large quantity in slices, evenly over a time
    momentum        follows the trend of the last trades
    market_maker    quotes both sides, and leans against what it holds
    arbitrage       two symbols for one thing: buys where it is cheap, sells where it is dear
    iceberg_hunter  finds orders that hide most of themselves, and steps ahead of them
    ledger          the day's trades as a table, in cells for a notebook
"""
