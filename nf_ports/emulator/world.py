"""Accounts, projects and services, and Northflank's rules for changing them. No HTTP.

Call it inside `transaction`. A refusal is raised as `WireError` and stores nothing.
"""

from __future__ import annotations

import json
import re
import secrets
import string
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from nf_ports.emulator.domains import Domains
from nf_ports.emulator.errors import WireError, not_found
from nf_ports.emulator.ports import Json, Port, link_key
from nf_ports.emulator.settings import Settings
from nf_ports.emulator.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

OWN_ACCOUNT = "demo"
REGIONS = ("europe-west", "europe-west-netherlands", "us-central", "us-east", "us-west", "asia-east")
_LETTERS = string.ascii_lowercase + string.digits


@dataclass(slots=True)
class Service:
    """A service as stored. `ports` is the current list; `before` is shown by the next `stale_reads` reads."""

    made: int
    account: str
    project: str
    id: str
    type: str
    uid: str
    dns_suffix: str
    spec: Json
    ports: list[Port]
    before: list[Port]
    stale_reads: int

    @property
    def app_id(self) -> str:
        """`/<account>/<project>/<service>`."""
        return f"/{self.account}/{self.project}/{self.id}"

    def port(self, name: str) -> Port:
        """The port of that name, or 404."""
        found = next((port for port in self.ports if port.name == name), None)
        if found is None:
            raise not_found("Port", name)
        return found


class World:
    """All data of the emulated Northflank, in memory or in a file that survives a restart."""

    def __init__(
        self,
        state: str | None = None,
        settings: Settings | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open `state` (None: memory only). Raises UnreadableStateError.

        `now` gives the dates; `clock` (monotonic seconds) measures the time since a port became public.
        """
        self.settings = settings or Settings()
        self.now = now
        self._clock = clock
        self._store = Store(state)
        self.domains = Domains(self._store)
        with self.transaction():
            self._add_account(OWN_ACCOUNT)

    def transaction(self) -> AbstractContextManager[None]:
        """Store all of the block or none of it."""
        return self._store.transaction()

    def close(self) -> None:
        """Close the state file."""
        self._store.close()

    def reset(self) -> None:
        """Forget everything but the token's own account."""
        with self.transaction():
            self._store.clear()
            self._add_account(OWN_ACCOUNT)

    def timestamp(self) -> str:
        """The present, as the API writes dates."""
        return wire_date(self.now())

    def _add_account(self, name: str) -> None:
        dns_id = f"{name[:4]}-{_word(4)}"
        self._store.write("INSERT OR IGNORE INTO account VALUES (?, ?)", name, dns_id)

    def add_team(self, team: str, *, own: bool = False) -> None:
        """A further account namespace, or another name of the token's own; adding it again changes nothing.

        Raises:
            WireError: 409 for a team that is there and of the other kind.
        """
        if team in (self.teams() if own else self.own_teams()):
            raise WireError(409, "There is already a team with this identifier, and its account is another one")
        if own:
            self._store.write("INSERT OR IGNORE INTO own_team VALUES (?)", team)
        else:
            self._add_account(team)

    def account(self, team: str | None) -> str:
        """The account of a route: the team's, or the token's own. 404 for an unknown team."""
        if team is None or team in self.own_teams():
            return OWN_ACCOUNT
        if team not in self.teams():
            raise not_found("Team", team)
        return team

    def dns_id(self, account: str) -> str:
        """The account's part of CNAME targets."""
        return str(self._store.count("SELECT dns_id FROM account WHERE id = ?", account))

    def add_project(self, account: str, spec: Json) -> Json:
        """Create from a valid body. 404 for an unknown region, 409 for a taken identifier (both observed)."""
        if spec.get("region", REGIONS[0]) not in REGIONS:
            raise not_found("Region", spec["region"])
        made = {**spec, "id": slug(spec["name"]), "createdAt": self.timestamp()}
        if self._store.row("SELECT 1 FROM project WHERE account = ? AND id = ?", account, made["id"]):
            raise WireError(409, "There is already a project with the same derived identifier")
        sql = "INSERT INTO project (account, id, spec) VALUES (?, ?, ?)"
        self._store.write(sql, account, made["id"], json.dumps(made))
        return made

    def project(self, account: str, project: str) -> Json:
        """The specification of a project, or 404."""
        row = self._store.row("SELECT spec FROM project WHERE account = ? AND id = ?", account, project)
        if row is None:
            raise not_found("Project", project)
        found: Json = json.loads(row["spec"])
        return found

    def save_project(self, account: str, spec: Json) -> None:
        """Store a changed project."""
        sql = "UPDATE project SET spec = ? WHERE account = ? AND id = ?"
        self._store.write(sql, json.dumps(spec), account, spec["id"])

    def admit(self, account: str, project: str) -> None:
        """Refuse a project that the token does not see, or sees without more; an unknown one may pass."""
        if project in self.settings.hidden_projects:
            raise not_found("Project", project)
        if project in self.settings.closed_projects and self.project(account, project):
            raise WireError(401, "Unauthorized")

    def projects(self, account: str) -> list[tuple[int, Json]]:
        """Every project of the account with its place in the order of creation."""
        rows = self._store.rows("SELECT made, spec FROM project WHERE account = ? ORDER BY made", account)
        return [(row["made"], json.loads(row["spec"])) for row in rows]

    def add_service(self, account: str, project: str, service_type: str, spec: Json, ports: list[Port]) -> Service:
        """Create from a valid body without its ports. 409 for a taken identifier (stated)."""
        service = slug(spec["name"])
        if self._store.row(
            "SELECT 1 FROM service WHERE account = ? AND project = ? AND id = ?", account, project, service
        ):
            raise WireError(409, "There is already a service with the same derived identifier")
        stamp = self.timestamp()
        self._store.write(
            "INSERT INTO service (account, project, id, type, uid, dns_suffix, spec, ports)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, '[]')",
            *(account, project, service, service_type, secrets.token_hex(12), _word(12)),
            json.dumps({**spec, "createdAt": stamp, "updatedAt": stamp}),
        )
        made = self.service(account, project, service)
        self.write_ports(made, ports)
        made.stale_reads = 0
        self.save_service(made)
        return made

    def service(self, account: str, project: str, service: str) -> Service:
        """A service, or 404 for the project or the service."""
        self.project(account, project)
        row = self._store.row(
            "SELECT * FROM service WHERE account = ? AND project = ? AND id = ?", account, project, service
        )
        if row is None:
            raise not_found("Service", service)
        return _service(row)

    def services(self, account: str, project: str) -> list[tuple[int, Service]]:
        """Every service of a project with its place in the order of creation."""
        self.project(account, project)
        rows = self._store.rows(
            "SELECT * FROM service WHERE account = ? AND project = ? ORDER BY made", account, project
        )
        return [(row["made"], _service(row)) for row in rows]

    def save_service(self, service: Service) -> None:
        """Store a changed service with its ports, without their links."""
        self._store.write(
            "UPDATE service SET spec = ?, ports = ?, before = ?, stale_reads = ? WHERE made = ?",
            json.dumps(service.spec),
            _ports_text(service.ports),
            _ports_text(service.before),
            service.stale_reads,
            service.made,
        )

    def write_ports(self, service: Service, ports: list[Port], *, stale_reads: int | None = None) -> None:
        """Replace the list, link its domains, and remember the old list for `Settings.stale_reads` reads.

        Raises:
            WireError: a domain that may not be linked, with the index of its port.
        """
        for other, host in self.domains.link(service, ports, self.settings):
            self._unlink_host(other, host)
        service.before = service.ports
        service.stale_reads = self.settings.stale_reads if stale_reads is None else stale_reads
        service.ports = self._dated(ports)
        service.spec["updatedAt"] = self.timestamp()
        self.save_service(service)

    def force_ports(self, service: Service, ports: list[Port]) -> None:
        """Replace the list as somebody else would: no domain is checked, and it shows at once."""
        for other, host in self.domains.force(service, ports):
            self._unlink_host(other, host)
        service.ports, service.stale_reads = self._dated(ports), 0
        self.save_service(service)

    def _dated(self, ports: list[Port]) -> list[Port]:
        for port in ports:
            if port.public and port.since is None:
                port.since = self._clock()
        return ports

    def read_ports(self, service: Service, view: Literal["service", "ports"]) -> list[Port]:
        """The list that a read shows: for `stale_reads` reads the one before the last write, then the current one."""
        if not service.stale_reads or self.settings.stale_view not in {"both", view}:
            return service.ports
        service.stale_reads -= 1
        self.save_service(service)
        return service.before

    def dns_names(self, service: Service, ports: list[Port]) -> list[str | None]:
        """The generated host name of every public port, or None while it is not there yet; counts as one read.

        The name lasts as long as the service and the port's name: its random part belongs to the service.
        """
        ready = [port.public and not self._waits(port) for port in ports]
        if waiting := [port for port, is_ready in zip(ports, ready, strict=True) if port.public and not is_ready]:
            for port in waiting:
                port.reads += 1
            self.save_service(service)
        names = [f"{port.name}--{service.id}--{service.dns_suffix}.code.run".lower() for port in ports]
        return [name if is_ready else None for name, is_ready in zip(names, ready, strict=True)]

    def _waits(self, port: Port) -> bool:
        # A clock that begins anew, after the machine has, is behind every time of before: then the wait is over.
        seconds = self._clock() - port.since if port.since is not None else 0
        return port.reads < self.settings.dns_delay_reads or 0 <= seconds < self.settings.dns_delay_s

    def service_of_host(self, host: str) -> Service | None:
        """The service whose port a host name is linked to."""
        row = self._store.row(
            "SELECT service.* FROM link JOIN service ON service.made = link.service WHERE host = ?", link_key(host)
        )
        return _service(row) if row else None

    def unlink(self, host: str) -> None:
        """Take a host name off the port that has it, if any."""
        if service := self.service_of_host(host):
            self._unlink_host(service.made, host)

    def _unlink_host(self, made: int, host: str) -> None:
        row = self._store.row("SELECT * FROM service WHERE made = ?", made)
        if row is not None:
            service = _service(row)
            for port in service.ports:
                port.spec["domains"] = [name for name in port.hosts if link_key(name) != link_key(host)]
            self.force_ports(service, service.ports)

    def delete_service(self, service: Service) -> None:
        """Delete it; its domains become free."""
        self._store.write("DELETE FROM service WHERE made = ?", service.made)

    def add_load_balancer(self, account: str, name: str, spec: str) -> bool:
        """Store a load balancer as text under its identifier; False if there is one."""
        sql = "INSERT OR IGNORE INTO load_balancer (account, id, spec) VALUES (?, ?, ?)"
        return self._store.write(sql, account, name, spec) > 0

    def load_balancers(self, account: str) -> list[tuple[int, str, str]]:
        """Place in the order of creation, identifier and text of every load balancer."""
        rows = self._store.rows("SELECT made, id, spec FROM load_balancer WHERE account = ? ORDER BY made", account)
        return [(row["made"], row["id"], row["spec"]) for row in rows]

    def teams(self) -> list[str]:
        """Every team that is an account of its own."""
        rows = self._store.rows("SELECT id FROM account WHERE id <> ? ORDER BY id", OWN_ACCOUNT)
        return [row["id"] for row in rows]

    def own_teams(self) -> list[str]:
        """Every team that is the token's own account by another name."""
        return [row["id"] for row in self._store.rows("SELECT id FROM own_team ORDER BY id")]


def slug(name: str) -> str:
    """The identifier derived from a name: `My App` becomes `my-app`."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def wire_date(moment: datetime) -> str:
    """A date as the API writes it: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _word(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def _service(row: Any) -> Service:
    parsed = {key: row[key] for key in row.keys()}  # noqa: SIM118 (a Row iterates over values)
    parsed["spec"] = json.loads(row["spec"])
    parsed["ports"] = [Port(**port) for port in json.loads(row["ports"])]
    parsed["before"] = [Port(**port) for port in json.loads(row["before"])]
    return Service(**parsed)


def _ports_text(ports: list[Port]) -> str:
    return json.dumps([port.as_json() for port in ports])
