"""The paths of the API, and the route of a request: it decides about an error before the words of the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote, unquote

Kind = Literal["ports", "service", "typed", "project", "domain", "account"]
"""The ports endpoint, *Get service*, *Patch service*, a project or its list of services, a domain, or a list."""

_PATCHED_TYPES: Final = frozenset({"combined", "deployment"})


@dataclass(frozen=True, slots=True)
class Route:
    """The route of a request.

    Attributes:
        kind: the kind of its target.
        ids: the ids in the path: team, project, service or domain.
        team: True if a team is among them.
        writes: True if the request changes something.
        lasting: True if the route exists in every API version, so that a 404 is about the ids. The ports endpoint is
            deprecated, and *Patch service* may not know a type of service.
    """

    kind: Kind = "account"
    ids: tuple[str, ...] = ()
    team: bool = False
    writes: bool = False
    lasting: bool = False


def path_of(team: str | None, *parts: str) -> str:
    """The path of a resource of the team, or of the account that the token belongs to."""
    root = ("v1", "teams", team) if team else ("v1",)
    return "".join(f"/{quote(part, safe='')}" for part in (*root, *parts))


def route_of(method: str, path: str) -> Route:
    """The route of a request; `path` is percent-encoded, with or without a query."""
    _, *parts = (unquote(part) for part in path.partition("?")[0].strip("/").split("/"))
    team, rest = (parts[1:2], parts[2:]) if parts[:1] == ["teams"] else ([], parts)
    kind, ids, lasting = _target(method, rest)
    ids = (*team, *ids)
    return Route(kind, ids, bool(team), method != "GET", lasting and bool(ids))


def _target(method: str, parts: list[str]) -> tuple[Kind, tuple[str, ...], bool]:
    match parts:
        case ["projects", project, "services", service_type, service] if method == "PATCH":
            return "typed", (project, service), service_type in _PATCHED_TYPES
        case ["projects", project, "services", service, "ports"]:
            return "ports", (project, service), False
        case ["projects", project, "services", service]:
            return "service", (project, service), True
        case ["projects", project, *_]:
            return "project", (project,), True
        case ["domains", domain, *_]:
            return "domain", (domain,), True
        case _:
            return "account", (), True


def domains_of(body: object) -> tuple[tuple[str, ...], ...]:
    """The custom domains in the body of a write of ports, by the number of their port."""
    ports = body.get("ports") if isinstance(body, Mapping) else None
    return tuple(map(_domains, ports)) if isinstance(ports, list) else ()


def _domains(port: object) -> tuple[str, ...]:
    domains = port.get("domains") if isinstance(port, Mapping) else None
    return tuple(domain for domain in domains if isinstance(domain, str)) if isinstance(domains, list) else ()
