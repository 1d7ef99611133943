"""The memory of one run: the services that the program declares, their records, and the resources that move.

The engine passes neither the program nor the plan to a provider. It checks every resource of the program before it
deletes one that is not in the program any more, so a service that was checked is still declared when the deletion
comes; only a deletion before a replacement comes earlier, and waits. In a destroy nothing is checked.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from typing import Final

from nf_ports.core.records import Move, Recorded
from nf_ports.northflank.service_id import ServiceId
from nf_ports.ports.canonical import Ports, Previewed

DECLARATION_WAIT_S: Final = 2.0
"""The longest wait of a deletion for a declaration of its service, after the last new declaration of the run."""


class Run:
    """The memory of one run, for all threads."""

    def __init__(self) -> None:
        """Start without knowledge."""
        self._lock = threading.Condition()
        self._declared: set[ServiceId] = set()
        self._owners: dict[ServiceId, str] = {}
        self._by_name: defaultdict[tuple[str, str], set[ServiceId]] = defaultdict(set)
        self._declared_at = 0.0
        self._ports_declared: dict[ServiceId, Previewed] = {}
        self._refreshed: set[ServiceId] = set()
        self._recorded: dict[ServiceId, Recorded] = {}
        self._declared_before: dict[ServiceId, Recorded] = {}
        self._may_leave: set[ServiceId] = set()
        self._made: set[ServiceId] = set()
        self._former_ports: dict[ServiceId, list[Ports]] = {}
        self._kept_former_ports: dict[ServiceId, list[Ports]] = {}
        self._moves: dict[ServiceId, Move] = {}
        self._routes: set[frozenset[ServiceId]] = set()
        self._is_another_account = False

    def declares(self, service: ServiceId) -> None:
        """Note that the program declares the ports of `service`."""
        with self._lock:
            if service not in self._declared:
                # Not again at its create or update: a deletion at the end of a run has nothing to wait for.
                self._declared.add(service)
                self._by_name[service.project, service.service].add(service)
                self._declared_at = time.monotonic()
            self._refreshed.discard(service)
            self._lock.notify_all()

    def owner(self, service: ServiceId, resource: str) -> str:
        """The first resource of the program that declares `service`: `resource` itself, or another one."""
        with self._lock:
            return self._owners.setdefault(service, resource)

    def declares_ports(self, service: ServiceId, ports: Previewed) -> None:
        """Note the ports that a resource declares which exists or has just been created."""
        with self._lock:
            self._ports_declared[service] = ports

    def is_second_resource(self, service: ServiceId, ports: Ports) -> bool:
        """Return True if the service has a resource already, and that resource declares other ports.

        A resource that the engine replaces by force declares the same ports when it is created again.
        """
        with self._lock:
            return service in self._ports_declared and self._ports_declared[service] != ports

    def ends(self, service: ServiceId) -> None:
        """Note that the resource of the service is deleted."""
        with self._lock:
            self._ports_declared.pop(service, None)

    def read(self, service: ServiceId) -> None:
        """Note that the service was read for a refresh: the next diff compares with the past, not with the program."""
        with self._lock:
            self._refreshed.add(service)

    def is_refresh(self, service: ServiceId) -> bool:
        """Return True if the last operation on `service` is a refresh."""
        with self._lock:
            return service in self._refreshed

    def is_declared(self, service: ServiceId) -> bool:
        """Return True if the program declares the ports of `service` under this very service id."""
        with self._lock:
            return service in self._declared

    def namesakes(self, service: ServiceId) -> list[ServiceId]:
        """Declared services with the same project and service, and another team in the service id or none."""
        with self._lock:
            return sorted(self._by_name[service.project, service.service] - {service}, key=str)

    def declared_as(self, project: str, service: str) -> list[ServiceId]:
        """Declared services of this project and id, with any team."""
        with self._lock:
            return sorted(self._by_name[project, service], key=str)

    def remember(self, service: ServiceId, recorded: Recorded) -> None:
        """Store the record that a resource of this program has of `service`."""
        with self._lock:
            self._recorded[service] = recorded

    def remember_ports(self, service: ServiceId, ports: Ports) -> None:
        """Store the ports of `service` that a resource of this program declared in the last run; no more is known."""
        with self._lock:
            self._declared_before[service] = Recorded(ports, adopted=frozenset(ports))

    def recorded(self, service: ServiceId) -> Recorded | None:
        """The record that a resource of this program has of `service`, as far as this run knows it."""
        with self._lock:
            if self._is_another_account:
                return None
            return self._recorded.get(service) or self._declared_before.get(service)

    def enters_another_account(self) -> None:
        """Note that resources come from another account: a service has the same id there, and the record is not its."""
        with self._lock:
            self._is_another_account = True

    @property
    def is_another_account(self) -> bool:
        """True if resources come from another account."""
        with self._lock:
            return self._is_another_account

    def remembers(self, service: ServiceId) -> bool:
        """Return True if this run knows the complete record of `service`."""
        with self._lock:
            return service in self._recorded

    def made(self, service: ServiceId) -> None:
        """Note that the resource that the program declares for `service` exists, in the state or since this run."""
        with self._lock:
            self._made.add(service)

    def is_made(self, service: ServiceId) -> bool:
        """Return True if that resource exists already, so that no record can be passed to it any more."""
        with self._lock:
            return service in self._made

    def notes_former_ports(self, service: ServiceId, former_ports: Ports | None) -> None:
        """Note former ports of `service` that some state has, even one that is to be deleted."""
        if former_ports is not None:
            with self._lock:
                self._former_ports.setdefault(service, []).append(former_ports)

    def keeps_former_ports(self, service: ServiceId, former_ports: Ports | None) -> None:
        """Note former ports that the state of the declared resource has."""
        if former_ports is not None:
            with self._lock:
                self._kept_former_ports.setdefault(service, []).append(former_ports)

    def has_former_ports(self, service: ServiceId, former_ports: Ports) -> bool:
        """Return True if the state of the declared resource has these former ports as well."""
        with self._lock:
            return former_ports in self._kept_former_ports.get(service, [])

    def former_ports_left(self, service: ServiceId) -> Ports | None:
        """Former ports that are only in a state that is to be deleted."""
        with self._lock:
            kept = self._kept_former_ports.get(service, [])
            return next(
                (former_ports for former_ports in self._former_ports.get(service, []) if former_ports not in kept), None
            )

    def may_leave(self, service: ServiceId) -> None:
        """Note that a resource may leave `service` for a service that is an unknown value."""
        with self._lock:
            self._may_leave.add(service)

    def may_be_declared(self, service: ServiceId) -> bool:
        """Return True if a resource whose service is an unknown value may still declare `service`."""
        with self._lock:
            return service in self._may_leave

    def add_route(self, one: ServiceId, other: ServiceId) -> None:
        """Note that two service ids are the same service."""
        with self._lock:
            self._routes.add(frozenset({one, other}))

    def are_same_service(self, one: ServiceId, other: ServiceId) -> bool:
        """Return True if two service ids are known to be the same service."""
        with self._lock:
            return one == other or frozenset({one, other}) in self._routes

    def await_declaration(self, service: ServiceId) -> None:
        """Wait briefly for the program to declare a service whose resource is to be deleted, if it declares any.

        A deletion before a replacement may come before the program has declared the rest. At the end of a long run,
        and in a destroy, there is nothing to wait for.
        """
        with self._lock:
            while service not in self._declared and self._declared:
                left_s = self._declared_at + DECLARATION_WAIT_S - time.monotonic()
                if left_s <= 0:
                    return
                self._lock.wait(left_s)

    def moves(self, to: ServiceId, move: Move) -> None:
        """Note that a resource moves from `move.former` to `to`."""
        with self._lock:
            self._moves[to] = move

    def move(self, to: ServiceId) -> Move | None:
        """The move of a resource to `to`, if there is one."""
        with self._lock:
            return self._moves.get(to)
