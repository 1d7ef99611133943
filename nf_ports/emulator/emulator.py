"""The emulator as a Python object: start it, fill it, edit ports as somebody else would, read the requests."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from nf_ports.emulator import ports, seed, views
from nf_ports.emulator.app import App
from nf_ports.emulator.control import Control
from nf_ports.emulator.enforcement.app import EnforcementApp
from nf_ports.emulator.exchange import Exchange
from nf_ports.emulator.faults import Fault, Faults
from nf_ports.emulator.journal import Journal, Request
from nf_ports.emulator.listener import Listener
from nf_ports.emulator.routes import Routes
from nf_ports.emulator.settings import Settings
from nf_ports.emulator.transport import InProcessTransport
from nf_ports.emulator.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    import httpx

    from nf_ports.emulator.ports import Json

_NOT_LISTENING = "http://127.0.0.1"
_PATH_RULES = "securePathConfiguration"


class Emulator:
    """A Northflank on this machine. `with Emulator() as nf:` listens at `nf.url`; `transport()` needs no start.

    `settings` may be replaced at any time and holds from the next request on.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        token: str = "nf-demo-token",  # noqa: S107 (made up: it opens nothing)
        state: str | None = None,
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open the world; nothing listens yet.

        Args:
            settings: the switches.
            token: the one accepted API token.
            state: file that keeps the world; None keeps it in memory.
            port: loopback port; 0 takes a free one.
            clock: monotonic seconds, for the rate-limit window, the log and `Settings.dns_delay_s`.

        Raises:
            UnreadableStateError: the state file cannot be used.
        """
        self.token = token
        self._state = state
        self._port = port
        self._clock = clock
        self._journal = Journal(clock)
        self._faults = Faults()
        self._listener: Listener | None = None
        self._enforcing: Listener | None = None
        self._open(settings or Settings())

    def _open(self, settings: Settings) -> None:
        self.world = World(self._state, settings, clock=self._clock)
        routes = Routes(self.world, self.token, self._clock)
        self._control = Control(routes, self._journal, self._faults)
        self._exchange = Exchange(routes, self._journal, self._faults, self._control)

    def __enter__(self) -> Self:
        """Start listening."""
        self.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        """Stop listening and close the world."""
        self.stop()
        self.world.close()

    def start(self) -> None:
        """Listen; returns when requests are answered. OSError if the port is not available."""
        self._listener = Listener(App(self._exchange), self._port)
        self._port = self._listener.port

    def enforce(self, port: int = 0) -> str:
        """Answer requests to the ports themselves as their security has it, until `stop`; the URL to send them to.

        Which port a request is for is said by its header `Host`. `X-Emulator-Address` is the client's address,
        `X-Emulator-Project` the project that it runs in, `X-Emulator-Organizations` and `X-Emulator-Groups` its single
        sign-on. The answer is 200 where the port lets it in, else 401, 403, or 404 for a name of no port.

        Args:
            port: of loopback; 0 takes a free one.

        Raises:
            OSError: the port is not available.
        """
        if self._enforcing is None:
            self._enforcing = Listener(EnforcementApp(lambda: self.world), port)
        return self._enforcing.url

    def stop(self) -> None:
        """Stop listening; the world stays open."""
        for listener in (self._listener, self._enforcing):
            if listener is not None:
                listener.stop()
        self._listener = self._enforcing = None

    def restart(self) -> None:
        """Stop and start on the same ports with the same state, read again from its file if it has one."""
        listening, enforcing = self._listener is not None, self._enforcing
        self.stop()
        if self._state is not None:
            settings = self.settings
            self.world.close()
            self._open(settings)
        if listening:
            self.start()
        if enforcing is not None:
            self.enforce(enforcing.port)

    @property
    def url(self) -> str:
        """Its URL, without a trailing slash; a loopback address without a port if it does not listen."""
        return self._listener.url if self._listener else _NOT_LISTENING

    @property
    def settings(self) -> Settings:
        """The switches in force."""
        return self.world.settings

    @settings.setter
    def settings(self, settings: Settings) -> None:
        self.world.settings = settings

    def transport(self) -> httpx.BaseTransport:
        """A synchronous httpx transport that serves the same world in this process."""
        return InProcessTransport(self._exchange)

    def add_team(self, team: str, *, own: bool = False) -> None:
        """A further account namespace, reached under `/v1/teams/{team}/…`; with `own`, the token's own account."""
        with self.world.transaction():
            self.world.add_team(team, own=own)

    def add_project(self, name: str, team: str | None = None) -> str:
        """Create a project; its id."""
        with self.world.transaction():
            project = self.world.add_project(self.world.account(team), {"name": name, "region": "europe-west"})
        return str(project["id"])

    def add_service(
        self,
        project: str,
        name: str,
        *,
        service_type: str = "deployment",
        ports: Iterable[Json] = (),
        team: str | None = None,
    ) -> str:
        """Create a service with ports as on the wire, an `id` allowed, write-only members too; its id."""
        with self.world.transaction():
            place = self.world.account(team), project
            return seed.add_service(self.world, place, name, service_type, list(ports))

    def add_domain(  # noqa: PLR0913 (a domain has as many sides; all but the first by name)
        self,
        domain: str,
        *,
        verified: bool = True,
        subdomains: dict[str, bool] | None = None,
        wildcard: bool = False,
        paths: Iterable[str | Json] = (),
        team: str | None = None,
    ) -> None:
        """Register a domain with its sub-domains, each verified or not; `@` is the apex.

        `paths`: each `host/path`, or `{"path", "mode", "options"}`.
        """
        states: dict[str, Any] = {"verified": verified, "subdomains": subdomains, "wildcard": wildcard, "paths": paths}
        with self.world.transaction():
            seed.add_domain(self.world, self.world.account(team), domain, **states)

    def add_load_balancer(self, name: str, spec: Json, *, state: Json | None = None, team: str | None = None) -> None:
        """Add a load balancer of an account; `spec` and `state` as the newest API shows them."""
        item = {"name": name, "spec": spec} | ({"state": state} if state else {}) | ({"team": team} if team else {})
        seed.plant(self.world, {"loadBalancers": [item]})

    def seed(self, content: Json) -> None:
        """Add the content of a seed (see `nf_ports.emulator.seed.plant`): all of it or nothing."""
        seed.plant(self.world, content)

    def delete_service(self, project: str, service: str, team: str | None = None) -> None:
        """Delete it as somebody else would."""
        with self.world.transaction():
            self.world.delete_service(self.world.service(self.world.account(team), project, service))

    def set_ports(self, project: str, service: str, items: Iterable[Json], team: str | None = None) -> None:
        """Replace the list as somebody else would in the console: ids stay by `id` or name, nothing is inherited."""
        with self.world.transaction():
            found = self.world.service(self.world.account(team), project, service)
            checked = seed.checked(self.world, list(items))
            self.world.force_ports(found, ports.edited(found.ports, checked))

    def remake_port(self, project: str, service: str, port: str, team: str | None = None) -> str:
        """Delete a port and make it again as somebody else would; the new id.

        Everything that GET ports shows is as it was; path rules and advancedOptions are gone.
        """
        with self.world.transaction():
            found = self.world.service(self.world.account(team), project, service)
            old = found.port(port)
            made = ports.remade(old, [one.id for one in found.ports])
            rest = [one for one in found.ports if one is not old]
            # In two steps: what belonged to the old port, such as its certificates, goes with it.
            self.world.force_ports(found, rest)
            self.world.force_ports(found, [*rest, made])
            return made.id

    def set_path_rules(
        self, project: str, service: str, port: str, rules: Json | None, team: str | None = None
    ) -> None:
        """Give a port another `securePathConfiguration`, or none, as somebody else would; all else stays."""
        with self.world.transaction():
            found = self.world.service(self.world.account(team), project, service)
            security = found.port(port).spec["security"]
            security.pop(_PATH_RULES, None)
            if rules is not None:
                security[_PATH_RULES] = rules
            self.set_ports(project, service, [views.full_port(found, one) for one in found.ports], team)

    def ports(self, project: str, service: str, team: str | None = None) -> list[Json]:
        """Everything stored about a service's ports: `id`, `dns`, write-only members and all."""
        with self.world.transaction():
            found = self.world.service(self.world.account(team), project, service)
            return [views.full_port(found, port) for port in found.ports]

    def fault(self, **members: Any) -> Fault:
        """Add a fault for later requests; `nf_ports.emulator.faults.Fault` has the members, `fired` counts its uses.

        `nf.fault(operation="update.service.ports", when="after", drop=True)` ends the connection of the next
        write after the effect has landed.
        """
        fault = Fault.from_json(members)
        if fault.edit is not None:
            fault.edit = seed.checked(self.world, fault.edit)
        return self._faults.add(fault)

    def clear_faults(self) -> None:
        """Forget all faults."""
        self._faults.clear()

    def reset(self) -> None:
        """An empty world, an empty log, no faults, a new rate limit, and the settings of the start."""
        self._control.reset()

    @property
    def requests(self) -> list[Request]:
        """Every request to the API so far."""
        return self._journal.all()

    def clear_requests(self) -> None:
        """Forget the requests so far."""
        self._journal.clear()

    def count(self, operation: str | None = None, **where: Any) -> int:
        """The number of requests: all, of one operation, of one `service` or `project`."""
        return self._journal.count(operation, **where)
