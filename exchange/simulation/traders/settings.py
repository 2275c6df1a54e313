"""The settings of the default mix that a calibration has found, by hand and by `exchange study --calibrate`.

What the traders' classes say is a first guess; these are what makes the mix look most like a recorded hour of one
stock (see the README for the table before and after).  A number that is not here is what the class says.
"""

from __future__ import annotations

from exchange.simulation.traders.mix import Settings

GUESSED: Settings = {}
CALIBRATED: Settings = {
    "zi": {
        "RATE_PER_S": 0.07,
        "BRANCHING": 0.68,
        "TRADE_WEIGHT": 0.091,
        "DECAY_PER_S": 800.0,
        "TAKE_CHANCE": 0.03,
        "IMPROVE_CHANCE_PER_PPM": 0.000_36,
        "IMPROVE_TAIL": 1.3,
        "JOIN_CHANCE": 0.14,
        "BEHIND_PPM": 170.0,
        "BEHIND_SPREAD": 1.3,
        "LIFE_S": 0.0895,
        "LIFE_SPREAD": 2.8,
        "LIFE_PPM": 92.6,
        "DECAY_SPREAD": 2.7,
    },
    "mm": {
        "RATE_PER_S": 0.18,
        "SPREAD_PPM": 600.0,
        "SPREAD_VARIETY": 0.25,
        "STEP_PPM": 150.0,
        "TOLERANCE_PPM": 156.0,
        "REACTION_S": 0.001,
        "REACTION_SPREAD": 1.99,
        "REPLACE_CHANCE": 0.36,
        "LEAN_PPM": 5.0,
        "IMPACT_PPM": 80.0,
        "EXPECT": 0.06,
        "FOLLOW": 0.05,
    },
    "penny": {
        "RATE_PER_S": 0.38,
        "SPREAD_MIN_PPM": 220.0,
        "REACTION_S": 0.000_4,
        "REACTION_SPREAD": 1.7,
        "PATIENCE_S": 3.5,
        "PATIENCE_SPREAD": 1.78,
        "WITH_TRADES_CHANCE": 0.977,
    },
    "momentum": {
        "RATE_PER_S": 0.02,
        "THRESHOLD_PPM": 200.0,
    },
    "reversion": {
        "RATE_PER_S": 0.15,
    },
    "informed": {
        "RATE_PER_S": 0.11,
        "ERROR_PPM": 60.0,
        "EDGE_PPM": 140.0,
        "AGAIN_CHANCE": 0.83,
        "AGAIN_S": 0.001,
        "AGAIN_SPREAD": 3.5,
    },
    "twap": {
        "RATE_PER_S": 0.0202,
        "SLICES_MIN": 2.06,
        "SLICES_TAIL": 2.16,
        "CHILDREN_TAIL": 0.9,
        "CHILD_EVERY_S": 0.000_7,
        "CHILD_SPREAD": 3.5,
        "TAKE_CHANCE": 0.77,
        "TAKE_SPREAD_PPM": 260.0,
        "SLICE_EVERY_S": 0.607,
    },
    "vwap": {
        "RATE_PER_S": 0.0202,
        "SLICES_MIN": 1.32,
        "SLICES_TAIL": 2.0,
        "CHILDREN_TAIL": 0.9,
        "CHILD_EVERY_S": 0.000_509,
        "CHILD_SPREAD": 3.5,
        "TAKE_CHANCE": 0.739,
        "TAKE_SPREAD_PPM": 260.0,
        "SLICE_EVERY_S": 1.0,
    },
    "pov": {
        "RATE_PER_S": 0.0276,
        "SLICES_MIN": 1.01,
        "SLICES_TAIL": 2.36,
        "CHILDREN_TAIL": 1.22,
        "CHILD_EVERY_S": 0.000_952,
        "CHILD_SPREAD": 3.5,
        "TAKE_CHANCE": 1.0,
        "TAKE_SPREAD_PPM": 260.0,
        "SLICE_PER_UNITS": 863.0,
    },
    "herd": {
        "RATE_PER_S": 0.015,
    },
    "fat": {
        "RATE_PER_S": 0.000_101,
    },
}
