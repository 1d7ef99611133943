"""Builds what tests find at Northflank: projects, services with ports, and domains, in an emulator."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from nf_ports.emulator import Emulator, Settings

Json = dict[str, Any]
Services = Mapping[str, Iterable[Json] | None] | Iterable[str]

API: Final = ("api",)
SUBDOMAINS: Final = {"api": True, "www": True}


def http_port(name: str = "http", number: int = 8080, **members: Any) -> Json:
    """A private HTTP port, as on the wire."""
    return {"name": name, "internalPort": number, "protocol": "HTTP", **members}


def fill(  # noqa: PLR0913 - a world has these parts, each by name
    nf: Emulator,
    services: Services = API,
    *,
    project: str = "shop",
    team: str | None = None,
    subdomains: Mapping[str, bool] | None = None,
    wildcards: Iterable[str] = (),
) -> Emulator:
    """Add a project to an emulator.

    Args:
        nf: the emulator.
        services: names, or ports by name; `web` is a combined service, `images` a build service.
        project: the project's name.
        team: its account, which exists; None for the token's own.
        subdomains: of shop.example, each with its verification; None for no such domain.
        wildcards: domains that are verified with all their sub-domains.
    """
    nf.add_project(project, team=team)
    if subdomains is not None:
        nf.add_domain("shop.example", subdomains=dict(subdomains), team=team)
    for domain in wildcards:
        nf.add_domain(domain, wildcard=True, team=team)
    listed = services if isinstance(services, Mapping) else dict.fromkeys(services)
    for name, ports in listed.items():
        kind = {"web": "combined", "images": "build"}.get(name, "deployment")
        more = {} if ports is None else {"ports": list(ports)}
        nf.add_service(project, name, service_type=kind, team=team, **more)
    return nf


@contextmanager
def shop(services: Services = API, *, served: bool = False, **switches: Any) -> Iterator[Emulator]:
    """An emulator with the project `shop` and the domains api.shop.example and www.shop.example.

    Args:
        services: as in `fill`.
        served: True to listen on a port; otherwise only `nf.transport()` leads there.
        switches: of the emulator.
    """
    nf = Emulator(Settings(**switches))
    try:
        if served:
            nf.start()
        yield fill(nf, services, subdomains=SUBDOMAINS)
    finally:
        nf.stop()
        nf.world.close()


def edit(nf: Emulator, service: str = "api", /, **ports: Json | None) -> None:
    """Change ports of the shop elsewhere: members to change by port name, None to remove a port; others stay."""
    there = {port["name"]: port for port in nf.ports("shop", service)}
    for name, change in ports.items():
        if change is None:
            del there[name]
        else:
            there[name] = there.get(name, {"name": name}) | change
    nf.set_ports("shop", service, there.values())


def stale(nf: Emulator, reads: int, service: str = "api") -> None:
    """Let so many of the next reads of a service of the shop show the list before the last write."""
    with nf.world.transaction():
        found = nf.world.service(nf.world.account(None), "shop", service)
        found.stale_reads = reads
        nf.world.save_service(found)


def environment(nf: Emulator, **more: str) -> dict[str, str]:
    """The environment variables that lead to an emulator."""
    return {"NORTHFLANK_API_TOKEN": nf.token, "NORTHFLANK_API_BASE_URL": nf.url, **more}
