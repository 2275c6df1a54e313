#!/usr/bin/env python3
"""The floor of the TCP benchmarks: a bare server that parses each JSON line and sends it back, and does no more.

With `line` it writes once for each line, as a simple server would; with `chunk` once for all the lines that one
`recv` brought, which is the least that any server in Python can do.  Prints `HOST:PORT` when it listens and runs
until it is terminated.
"""

from __future__ import annotations

import json
import socket
import socketserver
import sys


class LineEchoHandler(socketserver.StreamRequestHandler):
    """Each line in, the same object out."""

    def handle(self) -> None:
        """Echo until the client is done."""
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for line in self.rfile:
            self.wfile.write(json.dumps(json.loads(line)).encode() + b"\n")


class ChunkEchoHandler(socketserver.BaseRequestHandler):
    """All lines that have come in, the same objects out in one go."""

    def handle(self) -> None:
        """Echo until the client is done."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        rest = b""
        while received := self.request.recv(65_536):
            *lines, rest = (rest + received).split(b"\n")
            if lines:
                answers = [json.dumps(json.loads(line)) for line in lines]
                self.request.sendall(("\n".join(answers) + "\n").encode())


HANDLERS: dict[str, type[socketserver.BaseRequestHandler]] = {"line": LineEchoHandler, "chunk": ChunkEchoHandler}


def main() -> None:
    """Listen on a free port of the loopback interface."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), HANDLERS[sys.argv[1]]) as server:
        server.daemon_threads = True
        print("{}:{}".format(*server.server_address[:2]), flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
