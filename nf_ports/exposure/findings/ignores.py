"""Ignored findings: which entries of an ignore list apply to which findings on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from typing_extensions import override

from nf_ports.exposure.findings.rules import Finding
from nf_ports.text import printable


@dataclass(frozen=True, slots=True)
class Ignore:
    """An entry of an ignore list.

    Attributes:
        code: of the rule whose findings are ignored.
        reason: why, for the reader of a report.
        service: the service ids, with ``*`` and ``?`` as wildcards; one without a team holds in every team.
        port: the port's name; None for every port.
        until: the last day on which it applies; None for no end.
    """

    code: str
    reason: str
    service: str = "*"
    port: str | None = None
    until: dt.date | None = None

    def covers(self, service: str, finding: Finding) -> bool:
        """True if the entry is about a finding of a service, on whatever day."""
        without_team = "/".join(service.split("/")[-2:])
        names = any(fnmatchcase(name, self.service) for name in (service, without_team))
        # Who says of a port by its name that it is meant to be open says so of the change that opens it, but not of
        # another application or domain that moves there: such a finding has a place in the port.
        opens = self.code == "NF101" and self.port is not None and not finding.at
        codes = {self.code, "NF301"} if opens else {self.code}
        return names and finding.code in codes and self.port in (None, finding.port)

    def has_ended(self, today: dt.date) -> bool:
        """True if its last day is over."""
        return self.until is not None and self.until < today

    @override
    def __str__(self) -> str:
        """The entry for a person, without its reason: ``NF101 of shop/*, port http, until 2027-01-31``."""
        port = f", port {printable(self.port)}" if self.port is not None else ""
        end = f", until {self.until}" if self.until else ""
        return f"{self.code} of {'every service' if self.service == '*' else printable(self.service)}{port}{end}"


@dataclass(frozen=True, slots=True)
class Applied:
    """Findings by service after an ignore list.

    Attributes:
        left: the findings that count, each with its service.
        ignored: the others, each with its service and the entry.
        ended: the entries that would cover a finding and have ended.
        unused: the entries that cover no finding.
    """

    left: tuple[tuple[str, Finding], ...]
    ignored: tuple[tuple[str, Finding, Ignore], ...]
    ended: tuple[Ignore, ...]
    unused: tuple[Ignore, ...]


def applied(findings: Mapping[str, Iterable[Finding]], ignores: Iterable[Ignore], today: dt.date) -> Applied:
    """Apply an ignore list; of several entries that cover a finding, the first one that has not ended is named.

    Args:
        findings: by service id.
        ignores: the entries.
        today: the day on which they have to apply.
    """
    entries = list(ignores)
    left: list[tuple[str, Finding]] = []
    ignored: list[tuple[str, Finding, Ignore]] = []
    covering: list[Ignore] = []
    for service, found in findings.items():
        for finding in found:
            over = [entry for entry in entries if entry.covers(service, finding)]
            covering += over
            entry = next((entry for entry in over if not entry.has_ended(today)), None)
            if entry is None:
                left.append((service, finding))
            else:
                ignored.append((service, finding, entry))
    ended = tuple(entry for entry in entries if entry in covering and entry.has_ended(today))
    unused = tuple(entry for entry in entries if entry not in covering)
    return Applied(tuple(left), tuple(ignored), ended, unused)
