"""The sending half of a connection over asyncio streams: what `EngineConnection.send` is for a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Optional

from exchange.networking.client.errors import ConnectionLost
from exchange.networking.client.message_json import Message
from exchange.networking.client.message_lines import encode_lines


class StreamLine:
    """Writes to `writer` without waiting: what the engine does not take yet waits in the stream's own buffer."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._batch: Optional[list[bytes]] = None
        self.sent_count = 0
        self.lost_because: Optional[str] = None

    def send(self, messages: Sequence[Message]) -> int:
        """Send the messages, or add them to the open batch; returns the count of the last.  Raises
        ConnectionLost.
        """
        data = encode_lines(messages)
        self.sent_count += len(messages)
        if self._batch is not None:
            self._batch.append(data)
        else:
            self._write(data)
        return self.sent_count

    def start_batch(self) -> None:
        """From now on `send` collects.  Batches don't nest."""
        assert self._batch is None, "a batch within a batch"
        self._batch = []

    def end_batch(self, *, is_dropped: bool) -> None:
        """Send what was collected, or drop it, and stop collecting.  Raises ConnectionLost."""
        assert self._batch is not None, "no batch was started"
        data, self._batch = b"".join(self._batch), None
        if data and not is_dropped:
            self._write(data)

    def flush_batch(self) -> None:
        """Send what was collected so far, if a batch is open, and go on collecting.  Raises ConnectionLost."""
        if self._batch:
            data, self._batch = b"".join(self._batch), []
            self._write(data)

    def _write(self, data: bytes) -> None:
        if self.lost_because is not None:
            raise ConnectionLost(self.lost_because)
        self._writer.write(data)
