#!/usr/bin/env python3
"""Clients who follow a book and read what they are told: `book_watchers.py HOST:PORT COUNT SYMBOL NAME`.

A process of its own, so that its work is not the measuring client's, and each reads every few milliseconds, so
that it does not take the processors from the exchange.  Says `ready` when all have it, then runs until killed.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from os.path import dirname, realpath

sys.path.insert(0, dirname(dirname(dirname(realpath(__file__)))))

from tests.benchmarks.served import connect, read_until

READ_EVERY_S = 0.005


def main(address: str, count: str, symbol: str, name: str) -> None:
    """Subscribe, then read for ever."""
    host, _, port = address.partition(":")
    watchers = [connect((host, int(port)), f"{name}-{number}") for number in range(int(count))]
    for watcher in watchers:
        watcher.sendall(f'{{"type":"subscribe","channel":"book","symbol":"{symbol}"}}\n'.encode())
        read_until(watcher, b'"book_snapshot"')
        watcher.setblocking(False)
    print("ready", flush=True)
    pause = threading.Event()
    while not pause.wait(READ_EVERY_S):
        for watcher in watchers:
            with suppress(BlockingIOError):
                if not watcher.recv(1 << 20):
                    return


if __name__ == "__main__":
    main(*sys.argv[1:])
