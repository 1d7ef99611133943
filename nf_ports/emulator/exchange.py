"""One request from its arrival to its answer, with its log entry and the faults that apply.

Written as steps that yield the seconds to wait, so that the socket waits without blocking others and the
in-process transport simply sleeps.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from nf_ports.emulator.journal import Journal, Request
from nf_ports.emulator.routes import Answer, Match, Routes

if TYPE_CHECKING:
    from nf_ports.emulator.calls import Wire
    from nf_ports.emulator.faults import Fault, Faults
from nf_ports.emulator import ports
from nf_ports.emulator.control import PREFIX, Control
from nf_ports.emulator.errors import WireError

Steps = Generator[float, None, Answer]
_WRITES = frozenset({"POST", "PATCH", "PUT"})


class Exchange:
    """The steps of a request, for the socket and the in-process transport."""

    def __init__(self, routes: Routes, journal: Journal, faults: Faults, control: Control) -> None:
        """Answer by `routes`, log in `journal`, apply `faults`; `control` has routes of its own."""
        self._routes = routes
        self._journal = journal
        self._faults = faults
        self._control = control

    def steps(self, wire: Wire) -> Steps:
        """Yield every wait in seconds; return the answer."""
        if wire.path == PREFIX or wire.path.startswith(f"{PREFIX}/"):
            return self._control.answer(wire)
        entry = self._journal.begin(self._entry(wire, self._routes.match(wire.method, wire.path)))
        answer: Answer | None = None
        try:
            fault = self._faults.take(entry)
            answer = self._routes.answer(wire) if fault is None else (yield from self._spoiled(wire, entry, fault))
            return answer
        finally:
            self._journal.end(entry, answer.status if answer is not None and answer.cut != 0 else None)

    def _spoiled(self, wire: Wire, entry: Request, fault: Fault) -> Steps:
        # A read can only be stale after the write that it hides.
        after = fault.when == "after" or fault.stale is not None
        if not after:
            if fault.delay:
                yield fault.delay
            self._touch(entry, fault)
        answer = self._routes.unanswered(wire) if fault.prevents else self._routes.answer(wire)
        if after:
            self._touch(entry, fault)
            if fault.delay:
                yield fault.delay
        return fault.spoil(answer)

    def _entry(self, wire: Wire, match: Match) -> Request:
        params = match.params
        body: Any = wire.json() if wire.method in _WRITES else None
        return Request(
            method=wire.method,
            path=wire.path,
            query=wire.query,
            operation=match.operation,
            account=self._account(params.get("teamId")),
            project=params.get("projectId"),
            service=params.get("serviceId"),
            body=body,
        )

    def _account(self, team: str | None) -> str | None:
        world = self._routes.world
        with world.transaction():
            try:
                return world.account(team)
            except WireError:
                return None

    def _touch(self, entry: Request, fault: Fault) -> None:
        """Change the world as somebody else would: an edit, or a stale read."""
        world = self._routes.world
        if entry.account is None or entry.project is None or entry.service is None:
            return
        if fault.edit is None and fault.stale is None:
            return
        with world.transaction(), suppress(WireError):
            # A service that is not there can be neither edited nor stale; the client gets its 404.
            service = world.service(entry.account, entry.project, entry.service)
            if fault.stale is not None:
                service.stale_reads = fault.stale
                world.save_service(service)
            if fault.edit is not None:
                world.force_ports(service, ports.edited(service.ports, fault.edit))
