"""Reads the other ways to ports: load balancers and paths of hosts. What cannot be read is a line of the answer."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from nf_ports.cli.account import Account
from nf_ports.cli.budget import affords, shortage
from nf_ports.errors import NorthflankPortsError, NotFound, RouteGone, Unauthorized
from nf_ports.exposure.access.words import shown
from nf_ports.northflank import ways_in
from nf_ports.northflank.domains import READ, Domains
from nf_ports.ports.ways_in import HostPath, LoadBalancer, Target

T = TypeVar("T")

REQUESTS: Final = (
    "one request for each hundred load balancers; where ports have custom domains, one for each hundred domains of the"
    " account, one for each host and one for each path of a host that no port of the answer has among its domains"
)
"""The requests for the other ways."""

_NO_ROUTE: Final = "this version of the API does not show them"


@dataclass(slots=True)
class WaysIn:
    """The load balancers and paths that were read.

    Attributes:
        balancers: the load balancers of the account.
        paths: the paths of hosts, by host.
        unread: what could not be read and why, a line each.
    """

    balancers: list[LoadBalancer] = field(default_factory=list)
    paths: dict[str, list[HostPath]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


class WaysReader:
    """Reads them once a run, within the hour's budget.

    Args:
        account: the API.
    """

    def __init__(self, account: Account) -> None:
        """Nothing is read yet."""
        self._account = account
        self._domains = Domains(account.client)
        self.found = WaysIn()

    def read_balancers(self) -> None:
        """Read the load balancers of the account."""
        self.found.balancers = (
            self._asked(
                "load balancers",
                ways_in.READ_BALANCERS,
                lambda: list(ways_in.load_balancers(self._account.client, self._account.team)),
            )
            or []
        )

    def read_paths(
        self,
        hosts: Iterable[str],
        owners: Mapping[str, Target],
        wanted: Callable[[Sequence[HostPath]], Iterable[HostPath | None]] = lambda paths: paths,
    ) -> None:
        """Read the paths of some hosts.

        Args:
            hosts: full names of sub-domains.
            owners: the ports that are known to have a name among their domains, by name.
            wanted: of the paths of a host, those whose port matters.
        """
        for host in hosts:
            # No name of an account is anything else.
            domains = self._domains_of(host) if host.isascii() else []
            if domains:
                self._read_host(domains, host, owners, wanted)

    def _read_host(
        self,
        domains: Sequence[str],
        host: str,
        owners: Mapping[str, Target],
        wanted: Callable[[Sequence[HostPath]], Iterable[HostPath | None]],
    ) -> None:
        client, team, what = self._account.client, self._account.team, f"paths of {shown(host)}"

        def ask() -> tuple[str, list[HostPath]]:
            for domain in domains:
                with contextlib.suppress(NotFound):
                    return domain, ways_in.host_paths(client, domain, host, team)
            # Below a wildcard redirect a name needs no entry of its own, and without one it has no paths.
            return domains[0], [HostPath(host, "/", priority=0)]

        found = self._asked(what, ways_in.READ_PATHS, ask)
        if found is None:
            return
        domain, listed = found
        paths = [replace(path, target=owners.get(path.name, "unread")) for path in listed]
        asked = {path for path in wanted(paths) if path is not None and path.target == "unread"}
        if len(paths) > 1:
            paths = [self._with_target(domain, path) if path in asked else path for path in paths]
        self.found.paths[host] = paths

    def _with_target(self, domain: str, path: HostPath) -> HostPath:
        client, team = self._account.client, self._account.team
        target = self._asked(
            f"port of {shown(path.name)}",
            ways_in.READ_PATHS,
            lambda: [ways_in.target_of(client, domain, path, team)],
            "the path is gone since the list was read",
        )
        return replace(path, target=target[0]) if target else path

    def _domains_of(self, host: str) -> list[str]:
        """The registered domains that a host may belong to, the nearest first; none if they cannot be read."""
        registered = self._asked("paths of hosts", READ, lambda: self._domains.registered(self._account.team))
        above = (name for name in registered or () if f".{host}".endswith(f".{name}"))
        return sorted(above, key=len, reverse=True)

    def _asked(self, what: str, permission: str, ask: Callable[[], T], gone: str = _NO_ROUTE) -> T | None:
        """The answer, or None and a line about it."""
        budget = self._account.client.budget
        try:
            if affords(budget):
                return ask()
            reason = shortage(budget)
        except Unauthorized as error:
            reason = f"not readable with this token (HTTP {error.status}); its role needs '{permission}'"
        except (NotFound, RouteGone) as error:
            reason = f"{gone} (HTTP {error.status})"
        except NorthflankPortsError as error:
            reason = str(error)
        line = f"{what}: {reason}"
        if line not in self.found.unread:
            self.found.unread.append(line)
        return None
