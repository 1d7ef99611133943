"""The services of a project and the projects of an account, page by page: what there is, without any ports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode

from nf_ports.errors import UnreadableAnswer
from nf_ports.northflank.client import Client
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.services import READ

PAGE: Final = 100
READ_PROJECTS: Final = "Project > Projects > Manage > Read"
_MOST_PAGES: Final = 100


@dataclass(frozen=True, slots=True)
class Listed:
    """A service of the list.

    Attributes:
        id: its id within the project.
        kind: ``combined``, ``deployment`` or ``build``; builds have no ports.
        account: the id of the user or team that it belongs to; empty where the list does not show it.
    """

    id: str
    kind: str
    account: str = ""


class Listing:
    """The lists of an account.

    Args:
        client: what carries the calls.
        page: how many entries to ask for at once.
    """

    def __init__(self, client: Client, page: int = PAGE) -> None:
        """Nothing is asked yet."""
        self._client = client
        self._page = page

    def services(self, project: str, team: str | None = None) -> Iterator[Listed]:
        """Every service of a project, one request a page.

        Raises:
            NotFound: there is no such project.
            NorthflankPortsError: the list cannot be read.
        """
        root = f"{_root(team)}/projects/{quote(project, safe='')}/services"
        attempt = Attempt(f"list the services of {'/'.join(filter(None, (team, project)))}", READ)
        for item in self._items(root, "services", attempt):
            # ``appId`` is /account/project/service.
            parts = str(item.get("appId") or "").split("/")
            yield Listed(str(item["id"]), str(item.get("serviceType")), parts[1] if len(parts) > 1 else "")

    def projects(self, team: str | None = None) -> Iterator[str]:
        """The id of every project, one request a page.

        Raises:
            NorthflankPortsError: the list cannot be read.
        """
        attempt = Attempt("list the projects", READ_PROJECTS)
        return (str(item["id"]) for item in self._items(f"{_root(team)}/projects", "projects", attempt))

    def _items(self, root: str, name: str, attempt: Attempt) -> Iterator[dict[str, Any]]:
        cursor: str | None = None
        for _page in range(_MOST_PAGES):
            query = {"per_page": str(self._page)} | ({"cursor": cursor} if cursor else {})
            found, pagination = self._client.get_page(f"{root}?{urlencode(query)}", attempt)
            items = found.get(name) if isinstance(found, dict) else None
            if not isinstance(items, list) or not all(isinstance(item, dict) and "id" in item for item in items):
                raise _unreadable(attempt, f"holds no list of {name}")
            yield from items
            cursor = pagination.get("cursor") if pagination.get("hasNextPage") is True else None
            if not isinstance(cursor, str):
                return
        raise _unreadable(attempt, "promises one page after the other without an end")


def _root(team: str | None) -> str:
    return f"/v1/teams/{quote(team, safe='')}" if team else "/v1"


def _unreadable(attempt: Attempt, what: str) -> UnreadableAnswer:
    return UnreadableAnswer(
        f"cannot {attempt.action}: the API's answer {what}. Run again; if it stays, upgrade nf_ports.", status=200
    )
