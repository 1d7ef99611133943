"""Load balancers and the paths of hosts, as the API shows them: ways to ports besides their own names.

Source: Northflank API reference, load balancers (2026) and paths of sub-domains (2025 and 2026).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple


def name_key(name: str) -> str:
    """The key that two spellings of a port's domain share: hosts have no case, paths have, and `host/` is the host."""
    host, slash, path = name.partition("/")
    return host.lower() + (slash + path if path else "")


class Target(NamedTuple):
    """A port that a path of a host leads to; its service without the team."""

    project: str
    service: str
    port: str


class Backend(NamedTuple):
    """A service behind a load balancer.

    Attributes:
        listeners: the ports that the load balancer listens on, such as ``443`` or ``8000-9000``.
        service: ``project/service``, in lower case.
        number: the internal port of the service.
        host: the sub-domain that is linked to the listeners; empty for none.
    """

    listeners: str
    service: str
    number: int
    host: str = ""


@dataclass(frozen=True, slots=True)
class LoadBalancer:
    """A load balancer of an account: it forwards TCP or UDP, and knows nothing of HTTP.

    Attributes:
        name: its name.
        protocol: of all its listeners.
        backends: the services behind it; add-ons are left out.
        private: True if only the private side of the cluster reaches it.
        status: in the API's words; empty if the list does not show it.
        endpoints: its addresses, if they are shown.
    """

    name: str
    protocol: Literal["tcp", "udp"]
    backends: tuple[Backend, ...]
    private: bool = False
    status: str = ""
    endpoints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostPath:
    """A path of a sub-domain.

    Attributes:
        host: the sub-domain's full name.
        uri: the path or the pattern; ``/`` is the base path.
        mode: how requests match it.
        priority: the highest that matches gets the request.
        ignores_case: True if upper and lower case are the same.
        rewrite: what replaces the matched part; None if nothing does.
        rewrites_by_pattern: True if a regular expression changes the path.
        sets: request headers that it sets or adds, in lower case.
        removes: request headers that it removes or sets, in lower case.
        target: the port that it leads to; None for no port, ``unread`` if that was not read.
    """

    host: str
    uri: str
    mode: Literal["prefix", "exact", "regex"] = "prefix"
    priority: int = 1
    ignores_case: bool = False
    rewrite: str | None = None
    rewrites_by_pattern: bool = False
    sets: frozenset[str] = frozenset()
    removes: frozenset[str] = frozenset()
    target: Target | Literal["unread"] | None = "unread"

    @property
    def name(self) -> str:
        """The path as a port's `domains` have it: ``host/path``; the base path is the host alone."""
        return name_key(f"{self.host}{self.uri}")
