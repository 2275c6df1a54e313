"""The settings of the default mix that a calibration has found (`exchange study --calibrate`).

What the traders' classes say is a first guess; these are what makes the mix look most like a recorded hour of one
stock (see the README for the table before and after).  A number that is not here is what the class says.
"""

from __future__ import annotations

from exchange.simulation.traders.mix import Settings

GUESSED: Settings = {}
CALIBRATED: Settings = {}
