"""The users of `--users N`: so many of the kinds that make a lively market, whatever rate they are asked to keep.

They are numbered, 1, 2 …, and a number always is of the same kind: one more user changes none of the others.
"""

from __future__ import annotations

from exchange.simulation.traders.fundamental_value import ValueModel
from exchange.simulation.traders.mix import Settings, TraderPlace, merged
from exchange.simulation.traders.settings import CALIBRATED

USER_COUNT_MAX = 1_000
# The first user is of the first kind, the second of the second …, and then from the first again.
KINDS_IN_TURN = ("mm", "zi", "momentum", "zi", "mm", "zi", "informed", "zi", "mm", "zi", "informed", "zi")
# Where each sends a few requests a second, more of them must trade than in the market that the study calibrates.
LIVELY: Settings = merged(
    CALIBRATED,
    {
        "zi": {"TAKE_CHANCE": 0.25, "LIFE_S": 4.0, "LIFE_SPREAD": 1.0, "IMPROVE_CHANCE_PER_PPM": 0.001},
        "mm": {"SPREAD_PPM": 270.0, "TOLERANCE_PPM": 43.0, "IMPACT_PPM": 36.0},
        "momentum": {"THRESHOLD_PPM": 100.0},
        "informed": {"ERROR_PPM": 146.0, "EDGE_PPM": 39.0},
    },
)


# What it is worth moves so that one sees it in a minute.
LIVELY_VALUE = ValueModel(volatility=0.000_15, jumps_per_hour=60.0, jump_size=0.002)


def user_places(user_count: int) -> list[TraderPlace]:
    """The places of so many users, called by their numbers."""
    return [
        TraderPlace(KINDS_IN_TURN[number % len(KINDS_IN_TURN)], str(number + 1)) for number in range(user_count)
    ]
