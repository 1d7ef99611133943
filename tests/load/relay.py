"""A door in front of a server on loopback that counts who comes in."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from functools import partial
from types import TracebackType
from typing import Self


class Relay:
    """Carries every connection to `port` and back; `connections` tells how many there were."""

    def __init__(self, port: int) -> None:
        """Listen, on a port of its own."""
        self.connections = 0
        self._target = port
        self._server = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        """Let them in."""
        self._threads[0].start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        """Close, and wait for those who are inside to leave."""
        # Closing alone does not end the wait for the next one.
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for thread in self._threads:
            thread.join(5)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                self.connections += 1
                far = socket.create_connection(("127.0.0.1", self._target))
                for end in (near, far):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                both_done = threading.Barrier(2, partial(_close, near, far))
                for source, sink in ((near, far), (far, near)):
                    thread = threading.Thread(target=_carry, args=(source, sink, both_done), daemon=True)
                    self._threads.append(thread)
                    thread.start()


def _close(*ends: socket.socket) -> None:
    for end in ends:
        end.close()


def _carry(source: socket.socket, sink: socket.socket, both_done: threading.Barrier) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            sink.sendall(part)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
    both_done.wait(5)
