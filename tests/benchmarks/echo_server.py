#!/usr/bin/env python3
"""The floor of the TCP benchmarks: a bare server that parses each JSON line and sends it back, and does no more.

Prints `HOST:PORT` when it listens and runs until it is terminated.
"""

from __future__ import annotations

import json
import socket
import socketserver


class EchoHandler(socketserver.StreamRequestHandler):
    """Each line in, the same object out."""

    def handle(self) -> None:
        """Echo until the client is done."""
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for line in self.rfile:
            self.wfile.write(json.dumps(json.loads(line)).encode() + b"\n")


def main() -> None:
    """Listen on a free port of the loopback interface."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), EchoHandler) as server:
        server.daemon_threads = True
        print("{}:{}".format(*server.server_address[:2]), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
