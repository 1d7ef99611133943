"""Reads all services of some projects for a map: page by page, one request a service, within the hour's budget."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from nf_ports.cli.account import Account
from nf_ports.cli.budget import BudgetSpent, affords, shortage
from nf_ports.cli.exposure.map import ExposureMap, Mapped
from nf_ports.cli.live_ports import LivePorts, read
from nf_ports.cli.ways_in import WaysReader
from nf_ports.errors import NotFound, RateLimited, ServerError, UnreadableAnswer
from nf_ports.exposure.answers.host_paths import by_host_paths, hosts_of, owners_of
from nf_ports.exposure.answers.load_balancers import by_load_balancers
from nf_ports.northflank.budget import words
from nf_ports.northflank.listing import Listing
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.services import Services

_AGAIN: Final = "the hour ends in {}; run again then, or name fewer projects"


class Survey:
    """One look at some projects.

    Args:
        account: the API.
        projects: whose services.
        hosts: whether to ask for generated names that *Get service* does not show: one request more for a service.
        ways: whether to ask for the other ways to ports, too.
        tell: where the progress goes.
    """

    def __init__(
        self,
        account: Account,
        projects: Sequence[str],
        *,
        hosts: bool = False,
        ways: bool = True,
        tell: Callable[[str], None],
    ) -> None:
        """Nothing is read yet."""
        self._account = account
        self._services = account.services()
        self._running = Services(account.client, account.dialect)
        self._hosts = hosts
        self._ways = ways
        self._tell = tell
        now = dt.datetime.now(dt.UTC).replace(microsecond=0)
        self._map = ExposureMap(list(dict.fromkeys(projects)), now.isoformat().replace("+00:00", "Z"))

    def taken(self) -> ExposureMap:
        """The map, as far as the requests of this hour go.

        Raises:
            NotFound: there is no such project.
            NorthflankPortsError: a list cannot be read, or the token is refused.
        """
        try:
            services = [service for project in self._map.projects for service in self._listed(project)]
            for number, service in enumerate(services, 1):
                self._tell(f"reading {service}: {number} of {len(services)} services")
                self._add(service)
        except (BudgetSpent, RateLimited) as error:
            self._map.stopped = str(error)
        self._add_ways()
        return self._map

    def _add_ways(self) -> None:
        found, every = self._map, self._map.services
        if not self._ways:
            found.not_read.append("load balancers and paths of hosts: left out by --no-other-ways")
        if not (self._ways and every):
            return
        self._tell("reading load balancers and paths of hosts")
        reader = WaysReader(self._account)
        reader.read_balancers()
        hosts = {host for each in every for port in each.live.ports.values() for host in hosts_of(port)}
        owners = owners_of((each.service.project, each.service.service, each.live.ports) for each in every)
        reader.read_paths(sorted(hosts), owners)
        ways = reader.found
        found.not_read += ways.unread
        found.paths = ways.paths
        for at, each in enumerate(every):
            service, ports = f"{each.service.project}/{each.service.service}", each.live.ports
            by = (*by_load_balancers(service, ports, ways.balancers), *by_host_paths(service, ports, ways.paths))
            every[at] = replace(each, ways=tuple(sorted(by, key=lambda way: way.port)))

    def _listed(self, project: str) -> list[ServiceId]:
        self._tell(f"listing the services of {project}")
        found = []
        for item in Listing(self._account.client).services(project, self._account.team):
            self._afford("the list of services")
            service = ServiceId(project, item.id, self._account.team)
            if item.kind == "build":
                self._map.left_out.append((str(service), "is a build service, and those have no ports"))
            else:
                found.append(service)
        return sorted(found, key=str)

    def _add(self, service: ServiceId) -> None:
        self._afford(str(service))
        try:
            live = self._with_hosts(service, read(self._services, service))
        except NotFound:
            self._map.left_out.append((str(service), "is gone since the list was read"))
        except (ServerError, UnreadableAnswer) as error:
            self._map.unread.append((str(service), str(error)))
        else:
            if live.live:
                self._map.services.append(Mapped(service, live))
            else:
                self._map.left_out.append((str(service), "has no ports"))

    def _with_hosts(self, service: ServiceId, live: LivePorts) -> LivePorts:
        nameless = [name for name, item in live.live.items() if item.port.public is True and not item.dns]
        if not self._hosts or not nameless:
            return live
        self._afford(str(service))
        shown = self._running.read_after_write(service, names=True, paths=False).ports
        hosts = {name: item.dns for name, item in shown.items()}
        return LivePorts({name: replace(item, dns=hosts.get(name)) for name, item in live.live.items()}, live.whole)

    def _afford(self, what: str) -> None:
        budget = self._account.client.budget
        if not affords(budget):
            raise BudgetSpent(f"stopped before {what}: {shortage(budget)}; {_AGAIN.format(words(budget.reset_s))}")
