"""The lists of a project's services and of an account's projects, page by page, without ports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from nf_ports.errors import NotFound
from nf_ports.northflank.client import Client
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.paging import PAGE, items
from nf_ports.northflank.route import path_of
from nf_ports.ports.values import SLUG

READ: Final = "Project > Services > General > Read"
READ_PROJECTS: Final = "Project > Projects > Manage > Read"


@dataclass(frozen=True, slots=True)
class Listed:
    """A service of the list.

    Attributes:
        id: its id within the project.
        kind: ``combined``, ``deployment`` or ``build``; builds have no ports.
        account: the id of the user or team that it belongs to; empty if the list does not show it.
    """

    id: str
    kind: str
    account: str = ""


class Listing:
    """The lists of an account.

    Args:
        client: the API client.
        page: the number of entries in one request.
    """

    def __init__(self, client: Client, page: int = PAGE) -> None:
        """Store the arguments; no request is sent."""
        self._client = client
        self._page = page

    def services(self, project: str, team: str | None = None) -> Iterator[Listed]:
        """Every service of a project, one request a page.

        Raises:
            NotFound: there is no such project.
            NorthflankPortsError: the list cannot be read.
        """
        root = path_of(team, "projects", project, "services")
        attempt = Attempt(f"list the services of {'/'.join(filter(None, (team, project)))}", READ)
        for item in items(self._client, root, attempt, key="id", page=self._page, form=SLUG):
            # ``appId`` is /account/project/service.
            parts = str(item.get("appId") or "").split("/")
            yield Listed(str(item["id"]), str(item.get("serviceType")), parts[1] if len(parts) > 1 else "")

    def project_has_service(self, project: str, service: str, team: str | None = None) -> bool:
        """Return True if `service` is in its project's list of services; if not, it does not exist.

        Raises:
            NotFound: the token does not see the project, so nothing is known about its services.
            NorthflankPortsError: the list cannot be read to its end.
        """
        try:
            return any(one.id.lower() == service.lower() for one in self.services(project, team))
        except NotFound as error:
            where = "/".join(filter(None, (team, project)))
            raise NotFound(
                f"{error} This token does not see the project {where}, so it is unknown whether the service was"
                " deleted. If the project was deleted and your stack still has this resource, run 'pulumi state delete"
                " URN'.",
                status=error.status,
                error_id=error.error_id,
            ) from error

    def projects(self, team: str | None = None) -> Iterator[str]:
        """The id of every project, one request a page.

        Raises:
            NorthflankPortsError: the list cannot be read.
        """
        attempt = Attempt("list the projects", READ_PROJECTS)
        found = items(self._client, path_of(team, "projects"), attempt, key="id", page=self._page, form=SLUG)
        return (str(item["id"]) for item in found)
