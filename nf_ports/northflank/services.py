"""Read and write the ports of a service, by the ports endpoint or by the service's own.

Northflank has announced that *Get service ports* and *Update service ports* give way to *Get service* and *Patch
service*. Both are spoken here. ``auto`` uses the ports endpoint, goes over to the other when it is gone, remembers
that for the run, and says so once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, get_args
from urllib.parse import quote

from nf_ports.canonical import CanonicalPort, secrets_of
from nf_ports.errors import InvalidConfiguration, NotFound, RouteGone, UnreadableAnswer
from nf_ports.live import Entry, LivePort
from nf_ports.northflank.client import Client
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.wire import ports_body, read_live, service_body
from nf_ports.service import Service

Dialect = Literal["auto", "ports", "service"]
READ: Final = "Project > Services > General > Read"
UPDATE: Final = "Project > Services > General > Update"


@dataclass(frozen=True, slots=True)
class Live:
    """What the API reports now.

    Attributes:
        ports: by name.
        service_type: ``combined`` or ``deployment`` where *Get service* was asked; *Patch service* needs it.
    """

    ports: Mapping[str, LivePort]
    service_type: str | None = None


class Services:
    """The ports of services, for one run.

    Args:
        client: what carries the calls.
        dialect: which endpoints to use.
        tell: where the one notice on a change of dialect goes.
    """

    def __init__(self, client: Client, dialect: str = "auto", tell: Callable[[str], None] = lambda _line: None) -> None:
        """Nothing is known of the API yet."""
        if dialect not in get_args(Dialect):
            raise InvalidConfiguration("northflank:dialect must be auto, ports or service")
        self.client = client
        self._dialect = dialect
        self._tell = tell
        self._lock = threading.Lock()
        self._gone = False
        self._shows_all: bool | None = None

    def read(self, service: Service, *, whole: bool = False) -> Live:
        """The ports that `service` has now.

        Args:
            service: which service.
            whole: prefer the view that shows advanced options, for a port that declares them.

        Raises:
            NotFound: there is no such service.
        """
        if whole or self._speaks_service:
            return self._read_service(service)
        attempt = Attempt(f"read the ports of {service}", READ)
        try:
            data = self.client.get(f"{service.path}/ports", attempt)
        except RouteGone:
            if self._dialect == "ports":
                raise
            # Asking for the service itself tells whether it is the endpoint that is gone, or the service.
            live = self._read_service(service)
            self._remember()
            return live
        ports = read_live(data.get("ports")) if isinstance(data, dict) else None
        if ports is None:
            raise _unreadable(attempt)
        return Live(ports)

    def specified(self, service: Service) -> Mapping[str, LivePort]:
        """The ports in the view that shows everything that can be declared; empty where this API has no such view."""
        if self._shows_all is False:
            return {}
        ports = self._read_service(service).ports
        complete = {name: port for name, port in ports.items() if port.complete}
        if ports:
            self._shows_all = bool(complete)
        return complete

    @property
    def patches(self) -> bool:
        """Whether a write goes by *Patch service*, as far as is known before it."""
        return self._speaks_service

    def write(self, service: Service, entries: Sequence[Entry], before: Live) -> None:
        """Make `entries` the whole list of ports of `service`.

        Args:
            service: which service.
            entries: the list.
            before: what was read before. A list that was read by *Get service* is written by *Patch service*: only
                that can turn an option off, and the ids may be older than the list.

        Raises:
            ApiError: refused; nothing was changed.
            OutcomeUnknown: it may have landed.
        """
        service_type = before.service_type
        attempt = Attempt(
            f"update the ports of {service}",
            UPDATE,
            _secrets(entries),
            ports=tuple(entry.name for entry in entries),
            domains=_new_domains(entries, before.ports),
        )
        patches = self._speaks_service or service_type is not None
        if not (patches or any(entry.port and "advancedOptions" in entry.port for entry in entries)):
            try:
                self.client.write("POST", f"{service.path}/ports", {"ports": ports_body(entries)}, attempt)
            except RouteGone:
                if self._dialect == "ports":
                    raise
                service_type = self._read_service(service).service_type
                self._remember()
            else:
                return
        if service_type is None:
            service_type = self._read_service(service).service_type
        path = f"{service.root}/{quote(str(service_type), safe='')}/{quote(service.service, safe='')}"
        attempt = replace(attempt, action=f"update the ports of {service} by patching the {service_type} service")
        self.client.write("PATCH", path, {"ports": service_body(entries)}, attempt)

    @property
    def _speaks_service(self) -> bool:
        return self._gone or self._dialect == "service"

    def _remember(self) -> None:
        with self._lock:
            first, self._gone = not self._gone, True
        if first:
            self._tell(
                "Northflank's ports endpoint is gone; going on with GET service and PATCH service."
                " Set northflank:dialect to 'service' to save the attempt."
            )

    def _read_service(self, service: Service) -> Live:
        attempt = Attempt(f"read the ports of {service}", READ)
        try:
            data = self.client.get(service.path, attempt)
        except RouteGone as error:
            # This route is not deprecated: a 404 without a reason still means that there is no such service.
            raise NotFound(str(error), status=error.status, error_id=error.error_id) from error
        if not isinstance(data, dict) or not isinstance(data.get("serviceType"), str):
            raise _unreadable(attempt)
        if data["serviceType"] == "build":
            raise InvalidConfiguration(
                f"{service} is a build service, and build services have no ports; name a deployment or combined service"
            )
        ports = read_live(data.get("ports", []))
        if ports is None:
            raise _unreadable(attempt)
        return Live(ports, data["serviceType"])


def _ports(entries: Sequence[Entry]) -> dict[str, CanonicalPort]:
    return {entry.name: entry.port or (entry.kept.port if entry.kept else {}) for entry in entries}


def _secrets(entries: Sequence[Entry]) -> frozenset[str]:
    values = (holder[key] for holder, key, _path in secrets_of(_ports(entries)))
    return frozenset(value for value in values if isinstance(value, str) and value)


def _new_domains(entries: Sequence[Entry], live: Mapping[str, LivePort]) -> tuple[str, ...]:
    linked = {domain for item in live.values() for domain in _domains(item.port)}
    return tuple(
        f'{domain} (port "{name}")'
        for name, port in _ports(entries).items()
        for domain in _domains(port)
        if domain not in linked
    )


def _domains(port: CanonicalPort) -> list[str]:
    domains = port.get("domains")
    return list(domains) if isinstance(domains, dict) else []


def _unreadable(attempt: Attempt) -> UnreadableAnswer:
    return UnreadableAnswer(
        f"cannot {attempt.action}: the API's answer holds no list of ports that can be read. Run again; if it stays,"
        " upgrade nf_ports.",
        status=200,
    )
