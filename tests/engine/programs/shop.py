"""The smallest declarations of a shop's ports that a test can vary."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from nf_ports import BasicAuth, HeaderRule, IPRule, Port, Security, ServicePorts

METRICS: Final = Port(internal_port=9090, protocol="TCP")


def http(**fields: Any) -> Port:
    """The port on 8080: public, with what `fields` say."""
    return Port(**{"internal_port": 8080, "protocol": "HTTP", "public": True, **fields})


def api(ports: Any = None, name: str = "api", **arguments: Any) -> ServicePorts:
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
