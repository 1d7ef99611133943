"""Which service is meant. A plain fact."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from typing_extensions import override


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
