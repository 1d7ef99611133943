"""Load balancers of an account and paths of its sub-domains, read for what leads to ports besides their own names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from nf_ports.errors import UnreadableAnswer
from nf_ports.northflank.client import Client
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.paging import items
from nf_ports.northflank.route import path_of
from nf_ports.ports.ways_in import Backend, HostPath, LoadBalancer, Target

T = TypeVar("T")

READ_BALANCERS: Final = (
    "Account > LoadBalancers > General > Read (since mid-2026: Account > Networking > LoadBalancers > Read)"
)
READ_PATHS: Final = (
    "Account > SubdomainPaths > General > Read (since mid-2026: Account > Networking > SubdomainPaths > Read)"
)
_MODES: Final = ("prefix", "exact", "regex")


def load_balancers(client: Client, team: str | None) -> Iterator[LoadBalancer]:
    """Every load balancer of an account, one request a page.

    Raises:
        UnreadableAnswer: one is not of the published form.
        NorthflankPortsError: the list cannot be read; before 2026 the API has none.
    """
    attempt = Attempt("list the load balancers", READ_BALANCERS)
    found = items(client, path_of(team, "load-balancers"), attempt, key="name", name="loadBalancers")
    return (_read(attempt, _load_balancer, item) for item in found)


def host_paths(client: Client, domain: str, host: str, team: str | None) -> list[HostPath]:
    """The paths of a sub-domain, without the ports that they lead to; one request a page.

    Args:
        client: the API client.
        domain: the registered domain.
        host: the full name of the sub-domain, or of the domain itself.
        team: the team of the account.

    Raises:
        NotFound: the domain has no such sub-domain.
        UnreadableAnswer: a path is not of the published form.
        NorthflankPortsError: the list cannot be read.
    """
    attempt = Attempt(f"list the paths of {host}", READ_PATHS)
    path = path_of(team, *_parts(domain, host))
    return [
        _read(attempt, lambda found: _host_path(host, found), item)
        for item in items(client, path, attempt, key="uri", page=None)
    ]


def target_of(client: Client, domain: str, path: HostPath, team: str | None) -> Target | None:
    """The port that a path leads to; None for no port. One request.

    Raises:
        UnreadableAnswer: it is not of the published form.
        NorthflankPortsError: the path cannot be read.
    """
    attempt = Attempt(f"read the path {path.name}", READ_PATHS)
    data = client.get(path_of(team, *_parts(domain, path.host), path.uri), attempt)
    return _read(attempt, _target, data)


def _parts(domain: str, host: str) -> tuple[str, ...]:
    label = "@" if host == domain else host.removesuffix(f".{domain}")
    return "domains", domain, "subdomains", label, "paths"


def _read(attempt: Attempt, make: Callable[[Any], T], item: object) -> T:
    try:
        return make(item)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UnreadableAnswer(
            f"cannot {attempt.action}: the API's answer is not of the published form. Upgrade nf_ports.", status=200
        ) from error


def _load_balancer(item: Mapping[str, Any]) -> LoadBalancer:
    spec, state = item["spec"], item.get("state") or {}
    if spec["type"] not in ("tcp", "udp") or spec.get("visibility") not in ("public", "private", None):
        raise ValueError
    backends = (
        Backend(
            str(listener["port"]),
            str(backend["id"]).lower(),
            int(backend["port"]),
            str((listener.get("customSettings") or {}).get("subdomainId") or ""),
        )
        for listener in spec["ports"]
        for backend in listener["backends"]
        if backend["type"] == "service"
    )
    return LoadBalancer(
        str(item["name"]),
        spec["type"],
        tuple(backends),
        private=spec.get("visibility") == "private",
        status=str(state.get("status") or ""),
        endpoints=tuple(map(str, state.get("endpoints") or ())),
    )


def _host_path(host: str, item: Mapping[str, Any]) -> HostPath:
    options = item.get("options") or {}
    rewrite = options.get("rewrite") or {}
    headers = (options.get("headers") or {}).get("request") or {}
    sets = {str(name).lower() for key in ("set", "add") for name in headers.get(key) or ()}
    replaced = {str(name).lower() for key in ("set", "remove") for name in headers.get(key) or ()}
    uri, mode, priority = item["uri"], item["mode"], options.get("priority")
    # A lone surrogate, which no URL can have, is an error here.
    uri.encode()
    if mode not in _MODES or not isinstance(rewrite.get("uri", ""), str):
        raise ValueError
    return HostPath(
        host,
        uri,
        mode,
        # The base path has priority 0, any other 1, if it has none of its own (product guide).
        priority=int(uri != "/") if priority is None else int(priority),
        ignores_case=options.get("ignoreUriCase") is True,
        rewrite=rewrite.get("uri"),
        rewrites_by_pattern="regex" in rewrite,
        sets=frozenset(sets),
        removes=frozenset(replaced),
    )


def _target(data: Mapping[str, Any]) -> Target | None:
    assigned = data.get("assignment")
    return Target(str(assigned["project"]), str(assigned["service"]), str(assigned["port"])) if assigned else None
