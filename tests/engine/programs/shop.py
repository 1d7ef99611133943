"""The smallest declarations of a shop's ports that a test can vary."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import pulumi

import nf_ports.packaged
from nf_ports import (
    BasicAuth,
    HeaderRule,
    IPRule,
    PolicyGroup,
    Port,
    SecurePath,
    SecurePathConfiguration,
    SecurePathRule,
    Security,
    SecurityPolicies,
)
from nf_ports.hosts.program.declaration import Declaration

DYNAMIC: Final[type[Declaration]] = nf_ports.ServicePorts
PACKAGED: Final[type[Declaration]] = nf_ports.packaged.ServicePorts

ServicePorts: type[Declaration] = DYNAMIC
"""The resource that every program declares, by the host that the test asks for."""
METRICS: Final = Port(internal_port=9090, protocol="TCP")


def http(**fields: Any) -> Port:
    """The port on 8080: public, with what `fields` say."""
    return Port(**{"internal_port": 8080, "protocol": "HTTP", "public": True, **fields})


def api(ports: Any = None, name: str = "api", **arguments: Any) -> Declaration:
    """The ports of `shop/api`: one public and one private port unless `ports` are given."""
    declared = {"http": http(), "metrics": METRICS} if ports is None else ports
    return ServicePorts(name, **{"project_id": "shop", "service_id": "api", "ports": declared, **arguments})


def declares(ports: Any = None, **arguments: Any) -> Callable[[], object]:
    """The program that declares `api(...)` and nothing else."""
    return lambda: api(ports, **arguments)


def guarded(
    password: Any = "made-up-password",
    header: Any = "made-up-header",
    allow: Sequence[Any] = ("203.0.113.0/24",),
    **fields: Any,
) -> Port:
    """The port on 8080 behind a login, a header and an allow-list."""
    return http(
        security=Security(
            credentials=[BasicAuth("ops", password)],
            headers=[HeaderRule(name="X-Key", value=header)],
            policies=[IPRule(action="ALLOW", addresses=list(allow))],
        ),
        **fields,
    )


def several(services: Mapping[str, str], opts: pulumi.ResourceOptions | None = None, **arguments: Any) -> None:
    """A resource by each name for the service it stands for; every service has a number of its own.

    A service's ports are the same by whatever name it is declared.
    """
    for name, service in services.items():
        api(of_service(service), name=name, service_id=service, opts=opts, **arguments)


def of_service(service: str) -> dict[str, Port]:
    """Two ports, of which the number tells the service."""
    number = 8000 + sum(service.encode())
    return {"http": http(internal_port=number), "metrics": Port(internal_port=number + 1000, protocol="TCP")}


class Group(pulumi.ComponentResource):
    """A component, such as teams use to bundle what belongs together."""

    def __init__(self, name: str = "group") -> None:
        """Hold nothing yet."""
        super().__init__("test:index:Group", name)


def rules(path: str = "/admin", **policies: Any) -> SecurePathConfiguration:
    """One path rule: `path` and what is below it asks for a login."""
    login = PolicyGroup(credentials=[BasicAuth("root", "made-up-root")])
    return SecurePathConfiguration(
        rules=[
            SecurePathRule(
                paths=[SecurePath(path=path, routing_mode="prefix", priority=10)],
                access_mode="protected",
                security_policies=SecurityPolicies(required_policies=login),
            )
        ],
        **policies,
    )
