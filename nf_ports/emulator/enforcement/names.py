"""The port that a name leads to: a custom domain, the generated name, the private load balancer's, the private name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nf_ports.emulator.ports import link_key
from nf_ports.emulator.views import generated_name, vpc_name
from nf_ports.emulator.world import OWN_ACCOUNT

if TYPE_CHECKING:
    from nf_ports.emulator.enforcement.security import Entry
    from nf_ports.emulator.ports import Port
    from nf_ports.emulator.world import Service, World


@dataclass(frozen=True, slots=True)
class Target:
    """A port that a request reaches, and where it enters."""

    service: Service
    port: Port
    entry: Entry


def target(world: World, host: str, path: str, project: str | None) -> Target | None:
    """The port that `host` leads to on a path; None for no such name.

    Args:
        world: call it inside a transaction.
        host: as in the header `Host`, with its port.
        path: as sent, without its query.
        project: the project that the caller runs in, `team/project` outside the token's own account; None for the
            internet. Only from there a private name, `service:port`, leads anywhere.
    """
    name, _, number = host.lower().partition(":")
    name = name.removesuffix(".")
    ports = [(service, port) for service in _services(world) for port in service.ports]
    if project is not None:
        for service, port in ports:
            at_home = _project(service) == project
            if at_home and (service.id, str(port.spec["internalPort"])) == (name, number or "80"):
                return Target(service, port, "private")
    found = max(
        ((rank, n) for n, (service, port) in enumerate(ports) if (rank := _rank(service, port, name, path))),
        default=None,
    )
    if found is None:
        return next((Target(*each, "vpc") for each in ports if _is_vpc_name(*each, name)), None)
    service, port = ports[found[1]]
    return Target(service, port, "internal" if project in _inside(world, service) else "internet")


def _services(world: World) -> Iterator[Service]:
    for account in (OWN_ACCOUNT, *world.teams()):
        for _made, project in world.projects(account):
            yield from (service for _made, service in world.services(account, project["id"]))


def _project(service: Service) -> str:
    return service.project if service.account == OWN_ACCOUNT else f"{service.account}/{service.project}"


def _inside(world: World, service: Service) -> set[str]:
    """The projects whose callers are internal: the service's own, and those that its project lets in."""
    networking = world.project(service.account, service.project).get("networking") or {}
    team = "" if service.account == OWN_ACCOUNT else f"{service.account}/"
    return {_project(service), *(f"{team}{name}" for name in networking.get("allowedIngressProjects") or [])}


def _rank(service: Service, port: Port, name: str, path: str) -> int:
    """The rank of a public name of the port among those that a request fits; 0 if it does not fit.

    The longest path of the host goes before the host itself, a custom domain before a wildcard of its level. How a
    path of a host matches is not in the list of ports: it is a prefix, the first mode of the product guide.
    """
    if not port.public:
        return 0
    # Stated: the generated name works again once no custom domain is linked.
    rank = 1 if name == generated_name(service, port) and not (port.spec.get("disableNfDomain") and port.hosts) else 0
    for key in map(link_key, port.hosts):
        host, slash, rest = key.partition("/")
        if host == f"*.{name.partition('.')[2]}" or host == name:
            below = f"{path.rstrip('/')}/".startswith(f"/{rest.rstrip('/')}/")
            if not slash or below:
                rank = max(rank, 2 + 2 * len(rest) + (host == name))
    return rank


def _is_vpc_name(service: Service, port: Port, name: str) -> bool:
    return bool(port.spec.get("vpcAccessible")) and vpc_name(service, port) == name
