"""A stack of one resource on the lifecycle alone: its own Northflank, a clock that only sleeping moves, and a state."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import Any, Self

import httpx
from plain_host import Clock
from plain_ports import plain, typed
from truth import Ports, canonical_ports
from world import fill

from nf_ports.core.lifecycle import Lifecycle
from nf_ports.core.plan import Policies
from nf_ports.core.records import Desired, Recorded
from nf_ports.emulator import Emulator, Request, Settings
from nf_ports.northflank.client import Client
from nf_ports.northflank.domains import Domains
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.services import Services
from nf_ports.northflank.settings import ApiSettings
from nf_ports.notices import Notice
from nf_ports.ports.differences import same_ports

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


class Stack:
    """Creates, updates, reads and deletes the ports of ``shop/api`` and remembers what Pulumi's state would.

    Args:
        dialect: which endpoints to use.
        socket: whether requests go over a real connection.
        patience_s: how long to wait for an answer, over a connection or not.
        token: instead of the right one.
        nf: the Northflank of another stack.
        switches: of the emulator.
    """

    def __init__(
        self,
        *,
        dialect: str = "auto",
        socket: bool = False,
        patience_s: float | None = None,
        token: str | None = None,
        nf: Emulator | None = None,
        **switches: Any,
    ) -> None:
        """Fill the world; nothing is asked yet."""
        self.clock = Clock()
        self.told: list[str] = []
        self.nf = nf or Emulator(Settings(**switches), clock=self.clock)
        if nf is None:
            fill(self.nf, ["api", "web"], subdomains={"api": True, "www": True})
        if socket:
            self.nf.start()
        self._settings = ApiSettings(token or self.nf.token, self.nf.url, "the environment variable NF_API_TOKEN")
        self._transport = None if socket else self.nf.transport()
        self._patience_s = patience_s
        self._dialect = dialect
        self.left: Recorded | None = None
        self.policies = Policies()
        self.service = API
        self.client = self.connected()
        self.restart()

    def connected(self, transport: httpx.BaseTransport | None = None) -> Client:
        """A client of this Northflank, or over another `transport`, on this clock."""
        client = Client(
            self._settings,
            transport=transport or self._transport,
            sleep=self.clock.sleep,
            tell=self._told,
            clock=self.clock,
        )
        if self._patience_s is not None:
            client._http.timeout = httpx.Timeout(self._patience_s)
        return client

    def restart(self, client: Client | None = None) -> None:
        """Begin another run: what a process knows is forgotten, what Pulumi recorded is not."""
        self.client.close()
        self.client = client or self.connected()
        self.services = Services(self.client, self._dialect, self._told, self.clock.sleep)
        self.domains = Domains(self.client)
        self.lifecycle = Lifecycle(self.services, self._told, self.clock.sleep)

    def _told(self, notice: Notice) -> None:
        self.told.append(str(notice))

    def __enter__(self) -> Self:
        """Use it in a `with` statement."""
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        """Close connections and world."""
        self.client.close()
        self.nf.__exit__(_kind, _error, _trace)

    def twin(self) -> Self:
        """Another stack, with a memory of its own, for the same service."""
        return type(self)(nf=self.nf)

    @property
    def recorded(self) -> Ports | None:
        """The ports that were recorded last."""
        return None if self.left is None else plain(self.left.ports)

    def up(self, ports: Ports = SHOP, **policies: Any) -> Recorded | None:
        """Come to `ports` as `pulumi up` does: create, update, or nothing where nothing is declared anew."""
        self.policies = Policies(**policies)
        desired = Desired(API, typed(ports), self.policies)
        if self.left is None:
            self.left = self.lifecycle.create(desired)
        elif not same_ports(self.left.ports, desired.ports):
            self.left = self.lifecycle.update(self.left, desired)
        elif self.left.pending:
            self.left = self.lifecycle.read_pending(self.left, desired)
        else:
            return None
        return self.left

    def refresh(self) -> Recorded | None:
        """Take over what is there, as `pulumi refresh` does; None where the service is gone."""
        self.left = self.lifecycle.read(API, self.left, self.policies)
        return self.left

    def destroy(self) -> None:
        """Leave the service, as `pulumi destroy` does."""
        assert self.left is not None
        self.lifecycle.delete(Desired(API, self.left.ports, self.policies), self.left)
        self.left = None

    def set(self, **switches: Any) -> None:
        """Change switches of the emulator."""
        self.nf.settings = self.nf.settings.changed(switches)

    def edit(self, **ports: Json | None) -> None:
        """Change ports elsewhere: members to change by port name, None to remove a port; others stay."""
        there = {port["name"]: port for port in self.nf.ports("shop", "api")}
        for name, change in ports.items():
            if change is None:
                del there[name]
            else:
                there[name] = there.get(name, {"name": name}) | change
        self.nf.set_ports("shop", "api", there.values())

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

    def calls_since(self) -> Counter[str]:
        """The requests by operation since this was asked last."""
        calls = self.calls
        self.nf.clear_requests()
        return calls

    @property
    def text(self) -> str:
        """Everything that was said."""
        return "\n".join(self.told)
