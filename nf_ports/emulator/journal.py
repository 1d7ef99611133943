"""The log of all requests to the API, in memory, without headers: tests count and compare them."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(slots=True)
class Request:
    """One request. `operation` is the API's name for it, such as `get.service.ports`; empty for an unknown route.

    `account` is the account of the route, the same for all its names; None for an unknown team.
    `status` is None while it runs and for a connection dropped without an answer; times are monotonic seconds;
    `in_flight` counts the requests under way when it started, itself included. `body` is the JSON of a write
    and may hold passwords, so no repr shows it.
    """

    method: str
    path: str
    query: str
    operation: str
    account: str | None
    project: str | None
    service: str | None
    started: float = 0.0
    in_flight: int = 0
    body: Any = field(default=None, repr=False)
    status: int | None = None
    ended: float | None = None


class Journal:
    """The requests in the order of their arrival."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Start empty; `clock` gives monotonic seconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._running = 0
        self._requests: list[Request] = []

    def begin(self, request: Request) -> Request:
        """Add a request that starts now."""
        with self._lock:
            self._running += 1
            request.started, request.in_flight = self._clock(), self._running
            self._requests.append(request)
            return request

    def end(self, request: Request, status: int | None) -> None:
        """Close the entry."""
        with self._lock:
            self._running -= 1
            request.status, request.ended = status, self._clock()

    def all(self) -> list[Request]:
        """A copy of the list."""
        with self._lock:
            return list(self._requests)

    def clear(self) -> None:
        """Forget the entries; requests in flight stay counted."""
        with self._lock:
            self._requests.clear()

    def count(self, operation: str | None = None, *, service: str | None = None, project: str | None = None) -> int:
        """The number of requests that match the arguments."""
        return sum(
            operation in {None, request.operation}
            and service in {None, request.service}
            and project in {None, request.project}
            for request in self.all()
        )
