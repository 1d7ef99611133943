"""The answer of the page for one port: a sentence, its names, and lists of what else is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Final, NamedTuple

from nf_ports.cli.exposure.map import ORDER, ExposureMap, Place
from nf_ports.cli.text import counted
from nf_ports.exposure import Protection
from nf_ports.exposure.access.ports import OTHER_PATHS
from nf_ports.exposure.answers.port_exposure import NOT_KNOWN
from nf_ports.exposure.findings.rules import Severity
from nf_ports.text import printable

_MOST_SAID: Final = 3
_COLOURS: Final[dict[Severity, Protection | None]] = {"error": "public", "warning": "unknown", "note": None}

Expected = Mapping[tuple[str, str], Sequence["Line"]]
"""The expectations of ports, by service and port."""


class Line(NamedTuple):
    """A line of a list.

    Attributes:
        label: what it is, such as ``NF201 warning``; empty for none.
        text: a sentence.
        protection: the protection whose colours it has; None for no colours.
    """

    label: str
    text: str
    protection: Protection | None = None


@dataclass(frozen=True, slots=True)
class PortAnswer:
    """A port of the page.

    Attributes:
        service: whose.
        port: its name.
        places: where it can be reached: the internet first, the least protected first.
        findings: what is wrong with it.
        ways_in: ways that lead around its own security.
        expectations: what is expected of it, and whether it is so.
        past_checks: True if a load balancer leads from the internet past its checks.
    """

    service: str
    port: str
    places: Sequence[Place]
    findings: Sequence[Line] = ()
    ways_in: Sequence[Line] = ()
    expectations: Sequence[Line] = ()
    past_checks: bool = False

    @property
    def id(self) -> str:
        """The fragment that leads to it: ``shop/api/http``."""
        return printable(f"{self.service}/{self.port}")

    @property
    def protection(self) -> Protection:
        """The lowest protection of all its paths."""
        return min((place.surface.protection for place in self.places), key=ORDER.index)

    @property
    def names(self) -> list[str]:
        """The public names that lead to it."""
        return list(dict.fromkeys(name for place in self.places for name in place.names))

    @property
    def sentence(self) -> str:
        """The callers who get in, in one sentence."""
        said = [*self._said()]
        more = len(said) - _MOST_SAID
        parts = [*said[:_MOST_SAID], f"{counted(more, 'more answer')} by path"] if more > 0 else said
        if self.past_checks:
            parts.append("through a load balancer everyone gets in, without a check")
        text = "; ".join(parts)
        return f"{text[:1].upper()}{text[1:]}."

    @property
    def lists(self) -> Iterator[tuple[str, Sequence[Line]]]:
        """The lists that have a line, each with its title."""
        titled = {"Findings": self.findings, "Other ways in": self.ways_in, "Expectations": self.expectations}
        return ((title, lines) for title, lines in titled.items() if lines)

    def _said(self) -> Iterator[str]:
        # The paths without a rule of their own tell most.
        for place in sorted(self.places, key=lambda place: (*_rank(place), place.surface.region != OTHER_PATHS)):
            doubt = " (undetermined)" if place.surface.undetermined else ""
            on = f" on {place.surface.region}" if place.surface.region else ""
            gate = place.surface.gate
            if place.from_internet and place.surface.protection == "private":
                yield "not on the internet"
            elif place.from_internet and gate == "everyone":
                yield f"everyone on the internet gets in{on}{doubt}"
            elif place.from_internet:
                yield place.protection + on + ("" if gate == NOT_KNOWN else f": {gate}{doubt}")
            elif self.protection == "private" and place.surface.callers == "private":
                yield f"inside the project{', everyone gets in' if gate == 'everyone' else f': {gate}'}{doubt}"


Services = Sequence[tuple[str, Sequence[PortAnswer]]]
"""Services by id, each with the answers for its ports."""


def _severity(port: PortAnswer) -> int:
    """The place of a port among others, those that everyone reaches first."""
    return 0 if port.past_checks else ORDER.index(port.protection)


def _rank(place: Place) -> tuple[bool, int]:
    return not place.from_internet, ORDER.index(place.surface.protection)


def port_answers(shown: ExposureMap, expected: Expected = MappingProxyType({})) -> Services:
    """The answers for all ports, the least protected service first.

    Whatever else the map knows of a port goes into the lists of its answer here.

    Args:
        shown: the map.
        expected: the expectations of its ports, by service and port.
    """
    answers: dict[tuple[str, str], list[Place]] = {}
    findings: dict[tuple[str, str], list[Line]] = {}
    for service, found in shown.coded().left:
        # A check has a place within the port.
        at = f"{'.'.join(map(printable, found.at))}: " if found.code.startswith("NF2") and found.at else ""
        line = Line(f"{found.code} {found.severity}", f"{at}{found.text}", _COLOURS[found.severity])
        findings.setdefault((service, found.port), []).append(line)
    for service, found, entry in shown.coded().applied.ignored:
        line = Line(f"{found.code} ignored", f"{found.text} (ignored: {printable(entry.reason)})")
        findings.setdefault((service, found.port), []).append(line)
    past_checks = {(service, way.port) for service, way in shown.past_checks()}
    for place in shown.places():
        answers.setdefault((place.service, place.port), []).append(place)
    ports = [
        PortAnswer(
            *key,
            places,
            findings=findings.get(key, ()),
            ways_in=[Line("", way) for place in places for way in place.beside],
            expectations=expected.get(key, ()),
            past_checks=key in past_checks,
        )
        for key, places in answers.items()
    ]
    worst: dict[str, int] = {}
    for port in ports:
        rank = _severity(port)
        worst[port.service] = min(rank, worst.get(port.service, rank))
    ports.sort(key=lambda port: (worst[port.service], port.service, _severity(port), port.port))
    return [(service, list(group)) for service, group in groupby(ports, key=lambda port: port.service)]
