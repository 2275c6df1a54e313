"""A bot that shows life all the time, for tests that stop its process: `pinging_bot.py PORT`.

It writes its token, then says that its order rests, and at the end how often it heard the exchange's own signs of
life since it last showed any itself.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from exchange.networking.tcp_client import ConnectionLost, ExchangeClient

HEARTBEAT_S = 0.2


def main(port: int) -> None:
    """Log in, rest an order, ping until the exchange hangs up."""
    with ExchangeClient.connect(port=port) as client:
        answer = client.login("bot", heartbeat_s=HEARTBEAT_S, cancel_on_disconnect="ALL")
        client.buy(1, 1)
        print("token", answer.token, flush=True)
        heard_count = 0
        try:
            while True:
                client.ping()
                heard_count = sum(event["type"] == "heartbeat" for event in client.messages(0.01))
        except ConnectionLost:
            heard_count += sum(event["type"] == "heartbeat" for event in client.messages(0.0))
        print("heartbeats", heard_count, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
