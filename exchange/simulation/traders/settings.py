"""The settings of the default mix that a calibration has found (`exchange study --calibrate`).

What the traders' classes say is a first guess; these are what makes the mix look most like a recorded hour of one
stock (see the README for the table before and after).  A number that is not here is what the class says.
"""

from __future__ import annotations

from exchange.simulation.traders.mix import Settings

GUESSED: Settings = {}
CALIBRATED: Settings = {
    "zi": {
        "RATE_PER_S": 0.137,
        "BRANCHING": 0.0799,
        "DECAY_PER_S": 10.3,
        "TAKE_CHANCE": 0.0607,
        "IMPROVE_CHANCE": 0.2,
        "JOIN_CHANCE": 0.111,
        "BEHIND_TAIL": 0.513,
        "LIFE_S": 0.319,
        "LIFE_SPREAD": 2.73,
    },
    "mm": {
        "SPREAD_PPM": 340.0,
        "STEP_PPM": 148.0,
        "TOLERANCE_PPM": 42.8,
        "REACTION_S": 0.003,
        "REACTION_SPREAD": 1.74,
        "LEAN_PPM": 5.0,
        "IMPACT_PPM": 35.8,
        "FOLLOW": 0.0458,
    },
    "momentum": {
        "RATE_PER_S": 0.356,
        "THRESHOLD_PPM": 338.0,
    },
    "reversion": {
        "RATE_PER_S": 0.547,
    },
    "informed": {
        "RATE_PER_S": 0.822,
        "ERROR_PPM": 146.0,
        "EDGE_PPM": 39.4,
    },
    "twap": {
        "RATE_PER_S": 0.0318,
        "PIECE_EVERY_S": 1.08,
    },
    "vwap": {
        "RATE_PER_S": 0.0132,
        "PIECE_EVERY_S": 0.922,
    },
    "pov": {
        "RATE_PER_S": 0.0163,
    },
}
