"""Which service is meant, what is declared for it, and what an operation left. Plain facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from typing_extensions import override

from nf_ports.canonical import CanonicalPort
from nf_ports.live import LivePort
from nf_ports.plan import Policies

Ports = Mapping[str, CanonicalPort]


@dataclass(frozen=True, slots=True)
class Service:
    """Which service is meant.

    Attributes:
        project: the project's id, a slug such as ``shop``.
        service: the service's id within the project.
        team: the team's id; None for the account that the token belongs to.
    """

    project: str
    service: str
    team: str | None = None

    @override
    def __str__(self) -> str:
        """``project/service``, or ``team/project/service``: also the resource's id."""
        return "/".join(part for part in (self.team, self.project, self.service) if part)

    @property
    def root(self) -> str:
        """The path of the project's services."""
        team = f"/teams/{quote(self.team, safe='')}" if self.team else ""
        return f"/v1{team}/projects/{quote(self.project, safe='')}/services"

    @property
    def path(self) -> str:
        """The path of the service."""
        return f"{self.root}/{quote(self.service, safe='')}"


@dataclass(frozen=True, slots=True)
class Declared:
    """What a resource is told, checked and complete.

    Attributes:
        service: whose ports.
        ports: canonical, by name.
        policies: what to do about others' ports and edits.
    """

    service: Service
    ports: Ports = field(repr=False)
    policies: Policies = Policies()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a resource is after an operation.

    Attributes:
        ports: canonical, by name, as they are now.
        live: what the API reported of them.
        found: the list that was there before the resource, where destroying it shall bring it back.
    """

    ports: Ports = field(repr=False)
    live: Mapping[str, LivePort] = field(repr=False)
    found: Ports | None = field(default=None, repr=False)
