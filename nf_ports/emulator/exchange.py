"""Carries one request from its arrival to its answer: the log entry around it, whatever delays or spoils it.

Written as steps that yield the seconds to wait, so that the socket waits without blocking others and the
in-process transport simply sleeps.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from nf_ports.emulator.journal import Journal, Request
from nf_ports.emulator.routes import Answer, Match, Routes
from nf_ports.emulator.world import OWN_ACCOUNT

if TYPE_CHECKING:
    from nf_ports.emulator.calls import Wire

Steps = Generator[float, None, Answer]
_WRITES = frozenset({"POST", "PATCH", "PUT"})


class Exchange:
    """What both servers run for every request."""

    def __init__(self, routes: Routes, journal: Journal) -> None:
        """Answer from `routes`, remember in `journal`."""
        self._routes = routes
        self._journal = journal

    def steps(self, wire: Wire) -> Steps:
        """Yield every wait in seconds; return the answer."""
        match = self._routes.match(wire.method, wire.path)
        entry = self._journal.begin(_entry(wire, match))
        status: int | None = None
        try:
            answer = self._routes.answer(wire)
            yield from ()
            status = answer.status
            return answer
        finally:
            self._journal.end(entry, status)


def _entry(wire: Wire, match: Match) -> Request:
    params = match.params
    body: Any = wire.json() if wire.method in _WRITES else None
    return Request(
        method=wire.method,
        path=wire.path,
        query=wire.query,
        operation=match.operation,
        account=params.get("teamId", OWN_ACCOUNT),
        project=params.get("projectId"),
        service=params.get("serviceId"),
        body=body,
    )
