"""Where which exchange was last seen: a file beside the tokens, like ssh's of known hosts.

    127.0.0.1:9009 5ec4e7…          the address as it was typed, and the name of the exchange (`engine_id`)

A line is added each time that another exchange answers at an address, so the last line of an address counts, and
what stands above it was there before.  Several programs may write at once; a line that is lost costs one login
that fails.  A person may add a line for an exchange that has moved.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from exchange.utils.helpers import write_atomically

# The owner alone may read it, as the tokens beside it.
ADDRESSES_FILE_MODE = 0o600
# Beyond that the oldest are forgotten: an engine on a free port has another address each time.
LINES_MAX = 1_000
LINES_KEPT = 500
_LINE = re.compile(r"(\S{1,300}:\d{1,5}) ([0-9a-z]{8,64})")


class Sighting(NamedTuple):
    """An exchange was at an address."""

    address: str
    engine_id: str


class EngineAddresses:
    """The file at `path`, which is made when the first exchange is seen."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def engines_at(self, address: str) -> list[str]:
        """The exchanges that were seen there, the last one first.  Raises OSError."""
        return _distinct(each.engine_id for each in self._sightings() if each.address == address)

    def addresses_of(self, engine_id: str) -> list[str]:
        """Where the exchange was seen, the last address first.  Raises OSError."""
        return _distinct(each.address for each in self._sightings() if each.engine_id == engine_id)

    def note(self, address: str, engine_id: str) -> None:
        """The exchange is at the address now.  Raises OSError."""
        lines = self._lines()
        at_address = [each.engine_id for each in _sightings_in(lines) if each.address == address]
        if at_address[-1:] == [engine_id]:
            return
        line = f"{address} {engine_id}"
        if len(lines) >= LINES_MAX:
            kept = "".join(f"{each}\n" for each in [*lines[-LINES_KEPT:], line])
            write_atomically(self.path, kept.encode(), ADDRESSES_FILE_MODE)
            return
        descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, ADDRESSES_FILE_MODE)
        with os.fdopen(descriptor, "ab") as file:
            # A line of its own, also behind one that was cut off.
            file.write(f"\n{line}\n".encode() if lines else f"{line}\n".encode())

    def _sightings(self) -> list[Sighting]:
        """The last one first."""
        return _sightings_in(self._lines())[::-1]

    def _lines(self) -> list[str]:
        try:
            text = self.path.read_bytes().decode("utf-8", "replace")
        except FileNotFoundError:
            return []
        return [line for line in text.splitlines() if line]


def _sightings_in(lines: list[str]) -> list[Sighting]:
    matches = (_LINE.fullmatch(line.strip()) for line in lines)
    return [Sighting(match[1], match[2]) for match in matches if match is not None]


def _distinct(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def address_text(host: str, port: int) -> str:
    """As it is written in a URL: the colons of an IPv6 address are not the port's."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def is_on_this_machine(address: str) -> bool:
    """Whether only programs of this machine can listen there."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
