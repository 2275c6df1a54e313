"""What an exchange lists when it starts: what its engine has listed before, against what is wanted now.

It asks and decides; whoever starts the exchange has the commands carried out.
"""

from __future__ import annotations

from typing import Optional

from exchange.engine.checks import tick_size_changed
from exchange.engine.commands import ListInstrument
from exchange.engine.engine import Engine
from exchange.engine.instrument import Instrument

DEFAULT_INSTRUMENT = Instrument("ACME")


class ListingError(Exception):
    """The two can't be reconciled; the text is one clear line."""


def listings(engine: Engine, wanted: Optional[list[Instrument]]) -> list[ListInstrument]:
    """What brings the engine's list up to what is wanted; ListingError where the two can't be reconciled."""
    listed = {instrument.symbol: instrument for instrument in engine.instruments()}
    if wanted is None:
        wanted = [] if listed else [DEFAULT_INSTRUMENT]
    else:
        missing = sorted(set(listed) - {instrument.symbol for instrument in wanted})
        if missing:
            raise ListingError(
                f"the data directory holds the market of {', '.join(missing)}: list it too, "
                "or use another data directory"
            )
    for instrument in wanted:
        before = listed.get(instrument.symbol, instrument)
        if before.tick_size_nanos != instrument.tick_size_nanos:
            raise ListingError(tick_size_changed(before, instrument).text)
    return [ListInstrument(instrument) for instrument in wanted if listed.get(instrument.symbol) != instrument]
