"""The facts of one run: the services that the program declares, their records, and the resources that move.

The engine tells a provider neither the program nor the plan. It checks every resource that the program declares
before it deletes one that the program has left, so what was checked is declared still when the delete comes; only a
deletion before a replacement comes earlier, and waits. In a destroy nothing is checked.
"""

from __future__ import annotations

import threading
import time
from typing import Final

from nf_ports.core.records import Move, Recorded
from nf_ports.northflank.service_id import ServiceId
from nf_ports.ports.canonical import Ports, Previewed

DECLARATION_WAIT_S: Final = 2.0
"""The wait of a deletion, in seconds after the last new declaration of a run, for a declaration of the same service."""


class Run:
    """The memory of one run, for all threads."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._lock = threading.Condition()
        self._declared: set[ServiceId] = set()
        self._declared_at = 0.0
        self._said: dict[ServiceId, Previewed] = {}
        self._refreshed: set[ServiceId] = set()
        self._recorded: dict[ServiceId, Recorded] = {}
        self._declared_before: dict[ServiceId, Recorded] = {}
        self._leaving: set[ServiceId] = set()
        self._made: set[ServiceId] = set()
        self._found: dict[ServiceId, list[Ports]] = {}
        self._kept: dict[ServiceId, list[Ports]] = {}
        self._moves: dict[ServiceId, Move] = {}
        self._routes: set[frozenset[ServiceId]] = set()

    def declares(self, service: ServiceId) -> None:
        """The program declares the ports of `service`."""
        with self._lock:
            if service not in self._declared:
                # Not again at its create or update: a deletion in the end of a run has nothing to wait for.
                self._declared.add(service)
                self._declared_at = time.monotonic()
            self._refreshed.discard(service)
            self._lock.notify_all()

    def carries_on(self, service: ServiceId, ports: Previewed) -> None:
        """A resource that is there, or has just been made, declares these ports."""
        with self._lock:
            self._said[service] = ports

    def is_another(self, service: ServiceId, ports: Ports) -> bool:
        """True if a new resource is not the existing one, which declares other ports.

        A resource that the engine replaces by force declares the same when it is made again.
        """
        with self._lock:
            return service in self._said and self._said[service] != ports

    def goes(self, service: ServiceId) -> None:
        """The resource that was there is deleted."""
        with self._lock:
            self._said.pop(service, None)

    def read(self, service: ServiceId) -> None:
        """The service was read for a refresh: the comparison that follows is of the past, not of what is to come."""
        with self._lock:
            self._refreshed.add(service)

    def is_refresh(self, service: ServiceId) -> bool:
        """True if the last operation on `service` was a refresh."""
        with self._lock:
            return service in self._refreshed

    def is_declared(self, service: ServiceId) -> bool:
        """True if the program declares the ports of `service`, by this very route."""
        with self._lock:
            return service in self._declared

    def namesakes(self, service: ServiceId) -> list[ServiceId]:
        """Declared services of the same project and service id in another account, or the same by another route."""
        with self._lock:
            same = (service.project, service.service)
            return sorted(
                (one for one in self._declared if (one.project, one.service) == same and one != service), key=str
            )

    def remember(self, service: ServiceId, recorded: Recorded) -> None:
        """A resource of this program has recorded this of `service`."""
        with self._lock:
            self._recorded[service] = recorded

    def remember_ports(self, service: ServiceId, ports: Ports) -> None:
        """A resource of this program has declared these ports of `service` in the run before; no more is known."""
        with self._lock:
            self._declared_before[service] = Recorded(ports, adopted=frozenset(ports))

    def recorded(self, service: ServiceId) -> Recorded | None:
        """The record that a resource of this program has of `service`, if it was seen in this run."""
        with self._lock:
            return self._recorded.get(service) or self._declared_before.get(service)

    def remembers(self, service: ServiceId) -> bool:
        """True if the record that a resource of this program has of `service` is completely known."""
        with self._lock:
            return service in self._recorded

    def made(self, service: ServiceId) -> None:
        """The resource that the program declares for `service` is there, in the state or since this run."""
        with self._lock:
            self._made.add(service)

    def is_made(self, service: ServiceId) -> bool:
        """True if that resource exists already, so that nothing can be handed over to it any more."""
        with self._lock:
            return service in self._made

    def found(self, service: ServiceId, found: Ports | None) -> None:
        """A state of `service` remembers these former ports, be it one that is to be deleted."""
        if found is not None:
            with self._lock:
                self._found.setdefault(service, []).append(found)

    def keeps(self, service: ServiceId, found: Ports | None) -> None:
        """The resource that the program declares remembers these former ports."""
        if found is not None:
            with self._lock:
                self._kept.setdefault(service, []).append(found)

    def is_kept(self, service: ServiceId, found: Ports) -> bool:
        """True if the resource that the program declares has these former ports recorded, too."""
        with self._lock:
            return found in self._kept.get(service, [])

    def left_over(self, service: ServiceId) -> Ports | None:
        """Former ports that only a state remembers that is to be deleted."""
        with self._lock:
            kept = self._kept.get(service, [])
            return next((found for found in self._found.get(service, []) if found not in kept), None)

    def leaves_for_unknown(self, service: ServiceId) -> None:
        """A resource may leave `service`: where it goes to is not known yet."""
        with self._lock:
            self._leaving.add(service)

    def may_stay(self, service: ServiceId) -> bool:
        """True if a resource whose service id is unknown may still declare `service`."""
        with self._lock:
            return service in self._leaving

    def is_one(self, one: ServiceId, other: ServiceId) -> None:
        """Two routes lead to one service."""
        with self._lock:
            self._routes.add(frozenset({one, other}))

    def are_one(self, one: ServiceId, other: ServiceId) -> bool:
        """True if two routes are known to lead to one service."""
        with self._lock:
            return one == other or frozenset({one, other}) in self._routes

    def await_declaration(self, service: ServiceId) -> None:
        """Wait a little for the program to declare a service whose resource is to be deleted, if it declares any.

        A deletion that comes before a replacement may come before the program has declared the rest. In the end of a
        long run, and in a destroy, there is nothing to wait for.
        """
        with self._lock:
            while service not in self._declared and self._declared:
                left_s = self._declared_at + DECLARATION_WAIT_S - time.monotonic()
                if left_s <= 0:
                    return
                self._lock.wait(left_s)

    def moves(self, to: ServiceId, move: Move) -> None:
        """A resource leaves `move.former` for `to`."""
        with self._lock:
            self._moves[to] = move

    def move(self, to: ServiceId) -> Move | None:
        """The former service of the resource that moves to `to`, if it takes domains along."""
        with self._lock:
            return self._moves.get(to)
