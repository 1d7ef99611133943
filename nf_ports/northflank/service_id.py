"""The id of a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from typing_extensions import override

from nf_ports.errors import NorthflankPortsError
from nf_ports.northflank.route import path_of
from nf_ports.ports.values import SLUG


@dataclass(frozen=True, slots=True)
class ServiceId:
    """The id of a service.

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
        return path_of(self.team, "projects", self.project, "services")

    @property
    def path(self) -> str:
        """The path of the service."""
        return path_of(self.team, "projects", self.project, "services", self.service)

    @classmethod
    def parsed(cls, text: str, team: str | None) -> Self:
        """The service id in a text; without a team in it, the team is `team`.

        Raises:
            NorthflankPortsError: the text is not PROJECT/SERVICE or TEAM/PROJECT/SERVICE.
        """
        parts = text.split("/")
        if len(parts) not in (2, 3) or not all(SLUG.fullmatch(part) for part in parts):
            raise NorthflankPortsError("the id of a ServicePorts must be PROJECT/SERVICE or TEAM/PROJECT/SERVICE")
        *teams, project, service = parts
        return cls(project, service, teams[0] if teams else team)
