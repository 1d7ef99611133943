"""The map of some projects: every place where a port can be reached, the least protected first. Plain facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from nf_ports.cli.callers import generated_names, where
from nf_ports.cli.coded import Coded, coded
from nf_ports.cli.config import Config
from nf_ports.cli.live_ports import LivePorts
from nf_ports.cli.text import camel, counted, row
from nf_ports.exposure import PortExposure, Protection, exposure, findings_of
from nf_ports.exposure.access.words import EVERYONE_WORDS, INSIDE
from nf_ports.exposure.answers.other_ways import NOT_SEEN, OtherWay, ways_findings
from nf_ports.northflank.service_id import ServiceId
from nf_ports.ports.ways_in import HostPath

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
        beside: the other ways to the port, a sentence each; at its first place.
        balanced: True if a load balancer may lead to it from the internet now, past all checks.
    """

    service: str
    port: str
    number: str
    surface: PortExposure
    host: str = ""
    certain: bool = True
    beside: tuple[str, ...] = ()
    balanced: bool = False

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
        who = INSIDE if private else self.surface.gate
        past = self.balanced and self.from_internet and who != EVERYONE_WORDS
        return f"{who}; through a load balancer {EVERYONE_WORDS}" if past else who

    @property
    def remarks(self) -> tuple[str, ...]:
        """The conditions of the answer, a sentence each."""
        surface = self.surface
        strict = f"in the stricter case: {surface.strict_gate}" if surface.strict_gate != surface.gate else ""
        return tuple(filter(None, (*surface.undetermined, strict, *surface.not_known, *surface.notes)))


@dataclass(frozen=True)
class Mapped:
    """A service of the map; `ways` are the other ways to its ports."""

    service: ServiceId
    live: LivePorts
    ways: tuple[OtherWay, ...] = ()

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Every place where one of its ports can be reached; every format and count asks for them."""
        return tuple(self._places())

    def _places(self) -> Iterator[Place]:
        told: set[str] = set()
        for surface in exposure(self.live.ports):
            ways = [way for way in self.ways if way.port == surface.port and way.port not in told]
            told.add(surface.port)
            port = self.live.ports[surface.port]
            said = (port.internal_port, port.protocol)
            yield Place(
                service=str(self.service),
                port=surface.port,
                number=" ".join(str(each) for each in said if isinstance(each, int | str)),
                surface=surface,
                host=self.live.live[surface.port].dns or "",
                certain=self.live.whole or surface.protection in {"private", "public"},
                beside=tuple(way.line for way in ways),
                balanced=any(way.is_past_checks for way in self.ways if way.port == surface.port),
            )

    def as_dict(self) -> dict[str, object]:
        """The same for a machine."""
        ports: dict[str, dict[str, Any]] = {}
        # A path of a host that is rewritten may meet other path rules than those of the paths that are asked for.
        doubtful = {way.port for way in self.ways if way.kind == "path" and way.open}
        for place in self.places:
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
                    "otherWays": [way.as_dict() for way in self.ways if way.port == place.port],
                },
            )
            surface = {camel(key): item for key, item in place.surface.as_dict().items() if key != "port"}
            doubted = place.port in doubtful and place.surface.callers in {"internet", "internal"}
            there["surfaces"].append(surface | {"certain": place.certain and not doubted})
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
        paths: the paths of hosts that were read, by host.
        not_read: what of the other ways could not be read, and why, a line each.
        config: the findings that are ignored.
    """

    projects: Sequence[str]
    read_at: str
    services: list[Mapped] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)
    stopped: str = ""
    paths: Mapping[str, Sequence[HostPath]] = field(default_factory=dict)
    not_read: list[str] = field(default_factory=list)
    config: Config = field(default_factory=Config)
    _coded: Coded | None = field(default=None, init=False, repr=False)

    def coded(self) -> Coded:
        """The findings of all services, after the ignore list; to be asked for once every service is read."""
        if self._coded is None:
            findings = {
                str(each.service): [*findings_of(each.live.ports), *ways_findings(each.live.ports, each.ways)]
                for each in self.services
            }
            self._coded = coded(findings, self.config)
        return self._coded

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
        found = [place for each in self.services for place in each.places]
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
        balanced = len(self.balanced())
        around = f"{balanced} {'is' if balanced == 1 else 'are'} reached by a load balancer, without checks"
        unread = f"{counted(len(self.unread), 'service')} could not be read" if self.unread else ""
        stopped = "not all services were read" if self.stopped else ""
        return "; ".join(filter(None, (self._found(), around if balanced else "", stopped, unread)))

    def other_ways(self) -> list[tuple[str, OtherWay]]:
        """The other ways to ports, each with its service; those without checks from the internet first."""
        found = [(str(each.service), way) for each in self.services for way in each.ways]
        return sorted(found, key=lambda each: (each[1].checks, each[1].callers != "internet", each[0], each[1].port))

    def past_checks(self) -> list[tuple[str, OtherWay]]:
        """The load balancers that may lead from the internet past the checks of a port now, each with its service."""
        return [(service, way) for service, way in self.other_ways() if way.is_past_checks]

    def balanced(self) -> set[tuple[str, str]]:
        """The ports that a load balancer may lead to from the internet now, as service and port."""
        return {(service, way.port) for service, way in self.past_checks()}

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
        found = self.coded()
        return {
            "version": 1,
            "projects": list(self.projects),
            "readAt": self.read_at,
            "complete": self.complete,
            "headline": self.headline(),
            "counts": self.counts(),
            "services": [each.as_dict() | {"findings": found.as_dicts(str(each.service))} for each in self.services],
            "ignores": found.ignores_as_dict(),
            "leftOut": [{"id": name, "reason": reason} for name, reason in self.left_out],
            "unread": [{"id": name, "reason": reason} for name, reason in self.unread],
            "stopped": self.stopped or None,
            "notRead": self.not_read,
            "notSeen": NOT_SEEN,
        }
