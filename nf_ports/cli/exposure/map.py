"""The map of some projects: every place where a port can be reached, the least protected first. Plain facts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from nf_ports.cli.callers import generated_names, where
from nf_ports.cli.live_ports import LivePorts
from nf_ports.cli.text import camel, counted, row
from nf_ports.exposure import PortExposure, Protection, exposure
from nf_ports.exposure.words import INSIDE
from nf_ports.northflank.service_id import ServiceId

ORDER: Final[tuple[Protection, ...]] = ("public", "unknown", "protected", "private")
"""The least protected first."""
WORDS: Final[dict[Protection, str]] = {
    "public": "open to everyone",
    "unknown": "undetermined",
    "protected": "protected",
    "private": "inside the project",
}
AS_SHOWN: Final = "incomplete view"


@dataclass(frozen=True, slots=True)
class Place:
    """A port of a service, on some paths, by one way.

    Attributes:
        service: whose.
        port: its name.
        number: what the container listens on, such as ``8080 HTTP``.
        surface: who gets in.
        host: its generated name, where that is known.
        certain: whether the API showed everything that could make it wider.
    """

    service: str
    port: str
    number: str
    surface: PortExposure
    host: str = ""
    certain: bool = True

    @property
    def from_internet(self) -> bool:
        """True if the callers come from the internet."""
        return self.surface.callers == "internet"

    @property
    def protection(self) -> str:
        """The protection in words."""
        return WORDS[self.surface.protection] + ("" if self.certain else f", {AS_SHOWN}")

    @property
    def where(self) -> str:
        """Way in and paths, in words; empty for all paths from the internet."""
        return where(self.surface.callers, self.surface.region)

    @property
    def names(self) -> list[str]:
        """The public names that lead there."""
        return [*self.surface.names, *generated_names(self.surface.generated, self.host)]

    @property
    def who(self) -> str:
        """The callers who get in, in words."""
        private = self.from_internet and self.surface.protection == "private"
        return INSIDE if private else self.surface.gate

    @property
    def remarks(self) -> tuple[str, ...]:
        """The conditions of the answer, a sentence each."""
        surface = self.surface
        strict = f"in the stricter case: {surface.strict_gate}" if surface.strict_gate != surface.gate else ""
        return tuple(filter(None, (*surface.undetermined, strict, *surface.not_known, *surface.notes)))


@dataclass(frozen=True, slots=True)
class Mapped:
    """A service of the map."""

    service: ServiceId
    live: LivePorts

    def places(self) -> Iterator[Place]:
        """Every place where one of its ports can be reached."""
        for surface in exposure(self.live.ports):
            port = self.live.ports[surface.port]
            said = (port.internal_port, port.protocol)
            yield Place(
                service=str(self.service),
                port=surface.port,
                number=" ".join(str(each) for each in said if isinstance(each, int | str)),
                surface=surface,
                host=self.live.live[surface.port].dns or "",
                certain=self.live.whole or surface.protection in {"private", "public"},
            )

    def as_dict(self) -> dict[str, object]:
        """The same for a machine."""
        ports: dict[str, dict[str, Any]] = {}
        for place in self.places():
            port = self.live.ports[place.port]
            there = ports.setdefault(
                place.port,
                {
                    "port": place.port,
                    "internalPort": port.internal_port,
                    "protocol": port.protocol,
                    "dns": place.host or None,
                    "protection": "private",
                    "surfaces": [],
                },
            )
            surface = {camel(key): item for key, item in place.surface.as_dict().items() if key != "port"}
            there["surfaces"].append(surface | {"certain": place.certain})
            there["protection"] = min(there["protection"], place.surface.protection, key=ORDER.index)
        return {"id": str(self.service), "showsAll": self.live.whole, "ports": list(ports.values())}


@dataclass(slots=True)
class ExposureMap:
    """Some projects.

    Attributes:
        projects: which.
        read_at: when, in UTC, as ISO 8601.
        services: those with ports.
        left_out: others, and why.
        unread: services that could not be read, and why.
        stopped: why the map ends early; empty where it is whole.
    """

    projects: Sequence[str]
    read_at: str
    services: list[Mapped] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    stopped: str = ""

    @property
    def complete(self) -> bool:
        """True if every service was read."""
        return not self.stopped and not self.unread

    @property
    def shows_all(self) -> bool:
        """True if the API showed everything that can be declared."""
        return all(each.live.whole for each in self.services)

    def places(self) -> list[Place]:
        """Every place, the least protected first, the internet before other ways."""
        found = [place for each in self.services for place in each.places()]
        return sorted(
            found,
            key=lambda place: (
                not place.from_internet,
                ORDER.index(place.surface.protection),
                place.service,
                place.port,
                place.where,
            ),
        )

    def counts(self) -> dict[Protection, int]:
        """The number of ports of each protection; a port counts by its least protected path."""
        worst: dict[tuple[str, str], Protection] = {}
        for place in self.places():
            worst.setdefault((place.service, place.port), place.surface.protection)
        return {protection: list(worst.values()).count(protection) for protection in ORDER}

    def headline(self) -> str:
        """The most important in a sentence without a full stop, and whether something is missing."""
        unread = f"{counted(len(self.unread), 'service')} could not be read" if self.unread else ""
        stopped = "not all services were read" if self.stopped else ""
        return "; ".join(filter(None, (self._found(), stopped, unread)))

    def _found(self) -> str:
        counts = self.counts()
        where = f"in {row(list(self.projects))}"
        if not sum(counts.values()):
            return f"no service {where} {'' if self.complete else 'that was read '}has ports"
        of = f"of {counted(sum(counts.values()), 'port')} {where}"
        if counts["public"]:
            return f"{counts['public']} {of} {'is' if counts['public'] == 1 else 'are'} open to everyone"
        if counts["unknown"]:
            return f"{counts['unknown']} {of} undetermined, and none is certainly open to everyone"
        return f"none {of} is open to everyone"

    def as_dict(self) -> dict[str, object]:
        """The same for a machine."""
        return {
            "version": 1,
            "projects": list(self.projects),
            "readAt": self.read_at,
            "complete": self.complete,
            "headline": self.headline(),
            "counts": self.counts(),
            "services": [each.as_dict() for each in self.services],
            "leftOut": [{"id": name, "reason": reason} for name, reason in self.left_out],
            "unread": [{"id": name, "reason": reason} for name, reason in self.unread],
            "stopped": self.stopped or None,
        }
