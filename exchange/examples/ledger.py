"""The trades of a day as a table: an example for a notebook, of cells that editors show as one (`# %%`).

The ledger is a file of one JSON object per trade, so the standard library reads it; the table is pandas', which is
no part of the exchange: `pip install pandas`.  Run it where the exchange's data is, or with EXCHANGE_HOME set.
"""

# %% the trades, exact: prices as Decimal
from __future__ import annotations

import json
import os
from collections import Counter
from decimal import Decimal
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

LEDGER = Path(os.environ.get("EXCHANGE_HOME", "data")) / "trades" / "trades.jsonl"
with LEDGER.open() as lines:
    trades = [json.loads(line, parse_float=Decimal) for line in lines]
print(f"{len(trades)} trades in {LEDGER}")

# %% volume and the price paid on average, by symbol
volume: Counter[str] = Counter()
value: dict[str, Decimal] = {}
for trade in trades:
    volume[trade["symbol"]] += trade["quantity"]
    value[trade["symbol"]] = value.get(trade["symbol"], Decimal(0)) + trade["quantity"] * Decimal(trade["price"])
for symbol, quantity in volume.most_common():
    print(f"{symbol}: {quantity} traded, at {value[symbol] / quantity:.4f} on average")

# %% who traded how much
by_user: Counter[str] = Counter()
for trade in trades:
    by_user[trade["buyer"]] += trade["quantity"]
    by_user[trade["seller"]] += trade["quantity"]
for user, quantity in by_user.most_common(10):
    print(f"{user}: {quantity}")

# %% open, high, low, close and volume of each minute, with pandas
if find_spec("pandas") is None:
    print("pandas is not installed: the table of minutes is left out")
else:
    pandas = import_module("pandas")
    table = pandas.DataFrame(trades)
    table["time"] = pandas.to_datetime(table["timestamp"], utc=True)
    table["price"] = table["price"].astype(float)
    minutes = table.set_index("time").groupby("symbol").resample("1min")
    candles = minutes["price"].ohlc().join(minutes["quantity"].sum().rename("volume"))
    print(candles.tail(20))
