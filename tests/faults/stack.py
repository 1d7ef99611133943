"""A stack of one resource: its own Northflank, a clock that only sleeping moves, and the host of plain dicts."""

from __future__ import annotations

from collections import Counter
from typing import Any, Self

from plain_host import Bag, Clock, PlainHost, clear
from pydantic.alias_generators import to_camel
from truth import Ports, canonical_ports
from world import edit, fill

from nf_ports.emulator import Emulator, Request, Settings
from nf_ports.northflank.client import Client
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.services import Services

Json = dict[str, Any]

API = ServiceId("shop", "api")
READ, NAMES, POST = "get.service", "get.service.ports", "update.service.ports"
"""The read of an operation, the read of ids and names beside it, and the write."""
PATCH = "patch.service.deployment"
PASSWORD = "canary-Zk4vQx"


def guarded(**members: Any) -> Json:
    """A public port behind a login, a header and an allow-list."""
    security = {
        "credentials": {"ops": {"password": PASSWORD}},
        "headers": {"X-Key": {"value": f"{PASSWORD}-header"}},
        "policies": {"ALLOW": {"198.51.100.0/24": True}},
    }
    return {"internalPort": 8080, "protocol": "HTTP", "public": True, "security": security} | members


def tcp(number: int = 9090) -> Json:
    """A private TCP port."""
    return {"internalPort": number, "protocol": "TCP", "public": False}


SHOP: Ports = canonical_ports({"http": guarded(), "metrics": tcp()})
GROWN: Ports = canonical_ports({"http": guarded(), "metrics": tcp(), "admin": tcp(9100)})
PATHS: Json = {
    "enabled": True,
    "rules": {
        "prefix /admin": {
            "priority": 9,
            "accessMode": "protected",
            "securityPolicies": {"requiredPolicies": {"credentials": {"root": {"password": f"{PASSWORD}-path"}}}},
        }
    },
}


def inputs(ports: Ports, service: str = "api", **policies: str) -> Bag:
    """What a program hands over."""
    settings = {to_camel(name): policy for name, policy in policies.items()}
    return {"projectId": "shop", "serviceId": service, "ports": ports, **settings}


class Stack:
    """The ports of ``shop/api`` as a host with one resource has them, in a shop of its own or in that of another stack.

    Args:
        dialect: which endpoints to use.
        socket: whether requests go over a real connection.
        nf: the Northflank of another stack.
        switches: of the emulator.
    """

    def __init__(
        self, *, dialect: str = "auto", socket: bool = False, nf: Emulator | None = None, **switches: Any
    ) -> None:
        """Fill the world; nothing is asked yet."""
        self.clock = Clock()
        self.nf = nf or fill(
            Emulator(Settings(**switches), clock=self.clock), ["api", "web"], subdomains={"api": True, "www": True}
        )
        if socket:
            self.nf.start()
        # What the check asks about domains has tests of its own.
        config = {"northflank:dialect": dialect, "northflank:checkDomains": "false"}
        self.host = PlainHost(self.nf, config, self.clock)
        if socket:
            self.host.transport = lambda: None

    def __enter__(self) -> Self:
        """Use it in a `with` statement."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close connections and world."""
        self.host.close()
        self.nf.stop()
        self.nf.world.close()

    @property
    def client(self) -> Client:
        """The client of the run that is going on."""
        return self.host.session._connection().client

    @property
    def services(self) -> Services:
        """What reads and writes in that run."""
        return self.host.session.lifecycle._services

    @property
    def outs(self) -> Bag:
        """All that was recorded last, in clear."""
        found: Bag = clear(self.host.state["api"].outs)
        return found

    @property
    def recorded(self) -> Ports | None:
        """The ports that were recorded last."""
        return self.host.ports("api") if "api" in self.host.state else None

    @property
    def told(self) -> list[str]:
        """Every line but who gets in, and by which secret."""
        return [line for line in self.host.told if not line.endswith(("[exposure]", "[new-secret]"))]

    def up(self, ports: Ports = SHOP, **policies: str) -> str:
        """`pulumi up`: what it did."""
        return self.host.up("api", inputs(ports, **policies))

    def step(self, ports: Ports = SHOP, **policies: str) -> str:
        """As `up`, within the run that is going on."""
        return self.host.step("api", inputs(ports, **policies))

    def refresh(self) -> bool:
        """`pulumi refresh`: whether the service is there."""
        return self.host.refresh("api")

    def destroy(self) -> None:
        """`pulumi destroy`."""
        self.host.destroy("api")

    def set(self, **switches: Any) -> None:
        """Change switches of the emulator."""
        self.nf.settings = self.nf.settings.changed(switches)

    def edit(self, **ports: Json | None) -> None:
        """Change ports elsewhere, as `world.edit` does."""
        edit(self.nf, **ports)

    @property
    def live(self) -> Ports:
        """What is really there, all of it, in canonical form."""
        return canonical_ports(self.nf.ports("shop", "api"))

    @property
    def ids(self) -> dict[str, str]:
        """The API's ids by port name."""
        return {port["name"]: port["id"] for port in self.nf.ports("shop", "api")}

    @property
    def writes(self) -> list[Request]:
        """Every write that reached Northflank."""
        return [request for request in self.nf.requests if request.method in {"POST", "PATCH"}]

    @property
    def calls(self) -> Counter[str]:
        """The requests so far by operation."""
        return Counter(request.operation for request in self.nf.requests)

    @property
    def text(self) -> str:
        """Everything that was said."""
        return "\n".join(self.told)
