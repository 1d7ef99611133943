"""Writes down every list of ports that Northflank stores, as it stands the moment before and the moment after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from specs import PROJECT
from truth import Ports, canonical_ports

from nf_ports.emulator import Emulator
from nf_ports.emulator.ports import Port


@dataclass(frozen=True)
class Stored:
    """A list that was written by the API, and the lists of all services before it."""

    service: str
    world: Mapping[str, Ports]
    after: Ports

    @property
    def before(self) -> Ports:
        """The list that it replaced."""
        return self.world[self.service]


class Observer:
    """Looks on while the emulator stores lists."""

    def __init__(self, nf: Emulator) -> None:
        """Look from now on."""
        self._nf = nf
        self._history: list[Stored] = []
        world = nf.world
        store = world.write_ports

        def write_ports(service: Any, ports: Any, **options: Any) -> None:
            before = self._lists()
            store(service, ports, **options)
            after = self._lists()
            # A domain that moves changes another service's list, too.
            self._history += [Stored(name, before, after[name]) for name in after if after[name] != before[name]]

        world.write_ports = write_ports  # type: ignore[method-assign] # looks on, changes nothing

    def taken(self) -> list[Stored]:
        """What was stored since this was last asked."""
        taken, self._history = self._history, []
        return taken

    def lists(self) -> dict[str, Ports]:
        """The list of every service now."""
        with self._nf.world.transaction():
            return self._lists()

    def stale(self) -> set[str]:
        """Services whose next read shows another list than there is."""
        with self._nf.world.transaction():
            services = [service for _made, service in self._nf.world.services("demo", PROJECT)]
        return {one.id for one in services if one.stale_reads and _shapes(one.before) != _shapes(one.ports)}

    def _lists(self) -> dict[str, Ports]:
        services = self._nf.world.services("demo", PROJECT)
        return {service.id: _shapes(service.ports) for _made, service in services}


def _shapes(ports: Iterable[Port]) -> Ports:
    return canonical_ports([port.spec for port in ports])
