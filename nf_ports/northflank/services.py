"""Read and write the ports of a service, by the ports endpoint or by the service endpoint.

Northflank has announced that *Get service* and *Patch service* replace *Get service ports* and *Update service ports*.
Both are supported. ``auto`` uses the ports endpoint; if that does not exist any more, it uses the service endpoint for
the rest of the run and shows one notice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, get_args
from urllib.parse import quote

from nf_ports.errors import (
    DomainRefused,
    InvalidConfiguration,
    InvalidRequest,
    NotFound,
    RouteGone,
    UnreadableAnswer,
    UnsafeChange,
)
from nf_ports.northflank.client import Client
from nf_ports.northflank.domains import explained
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.listing import READ, Listing
from nf_ports.northflank.live import Entry, LivePort, shown
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.settings import Dialect
from nf_ports.northflank.unknown_fields import UnknownField, texts, unknown_fields, with_unknown_fields, without
from nf_ports.northflank.wire import not_sent, ports_body, read_live, secrets_in, service_body
from nf_ports.notices import Notice, Tell, quiet
from nf_ports.ports.canonical import domains_of, secrets_of
from nf_ports.ports.port import Port
from nf_ports.refusals import Refusal, listed

UPDATE: Final = "Project > Services > General > Update"
STALE_PAUSE_S: Final = 1.0
"""The wait before an unexpected list is read again, in seconds."""


@dataclass(frozen=True, slots=True)
class Live:
    """The live ports of a service.

    Attributes:
        ports: by name.
        service_type: ``combined`` or ``deployment`` if *Get service* was read; *Patch service* needs it.
        app_id: the service's path in Northflank, ``/account/project/service``, if *Get service* was read: the same for
            every service id of the service.
    """

    ports: Mapping[str, LivePort]
    service_type: str | None = None
    app_id: str | None = None


class Services:
    """The ports of services, for one run.

    Args:
        client: the API client.
        dialect: the endpoints to use.
        tell: takes notices.
        wait: waits, in seconds, before two views that disagree are read again.
    """

    def __init__(
        self,
        client: Client,
        dialect: str = "auto",
        tell: Tell = quiet,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Store the arguments; no request is sent."""
        if dialect not in get_args(Dialect):
            raise InvalidConfiguration("northflank:dialect must be auto, ports or service")
        self.client = client
        self._dialect = dialect
        self._tell = tell
        self._wait = wait
        self._lock = threading.Lock()
        self._ports_endpoint_gone = False
        self._specifies: bool | None = None
        self._accounts_lock = threading.Lock()
        self._one_account: dict[frozenset[str | None], bool] = {}
        self._refused_fields: dict[str, frozenset[tuple[str, ...]]] = {}

    def read(self, service: ServiceId, *, names: bool = False) -> Live:
        """The live ports of `service`, as far as *Get service* shows them.

        Args:
            service: the service id.
            names: True if ids, generated names and certificates are needed. If *Get service* does not show them, *Get
                service ports* is read as well, as long as it exists.

        Raises:
            NotFound: the API does not find the service, or its project; see `is_gone`.
            UnsafeChange: the two views do not agree, read twice.
        """
        if self._dialect == "ports":
            return Live(self._read_ports(service))
        live = self._read_service(service)
        if not names or self._uses_service_endpoint or not any(item.complete for item in live.ports.values()):
            return live
        for again in (True, False):
            try:
                ports_view = self._read_ports(service)
            except RouteGone:
                self._remember()
                return live
            # A difference that stays may be one of the views alone, such as two spellings of IP rules: then
            # only the fields outside of security have to agree.
            if _agree(live.ports, ports_view, what=shown if again else _outside):
                merged = {name: _merged(item, ports_view[name]) for name, item in live.ports.items()}
                return replace(live, ports=merged)
            if again:
                # One of them may still be the list from before a write.
                self._wait(STALE_PAUSE_S)
                live = self._read_service(service)
        raise UnsafeChange(Refusal("views disagree", str(service)))

    def read_after_write(self, service: ServiceId, *, names: bool, paths: bool) -> Live:
        """The ports after a write, with as few requests as possible.

        Args:
            service: the service id.
            names: True if ids and generated names are needed.
            paths: True if path rules are needed, as far as the API shows them.

        Raises:
            NorthflankPortsError: see `read`.
        """
        if self._uses_service_endpoint or (paths and self._dialect == "auto" and self._specifies is not False):
            return self.read(service, names=names)
        try:
            return Live(self._read_ports(service))
        except RouteGone:
            if self._dialect == "ports":
                raise
            live = self._read_service(service)
            self._remember()
            return live

    def described(self, service: ServiceId) -> Live:
        """The ports by *Get service*, the view that shows the most, whatever the dialect. One read.

        Raises:
            NotFound: there is no such service.
        """
        return self._read_service(service)

    def is_gone(self, service: ServiceId) -> bool:
        """Return True if a service that was not found does not exist: it is not in its project's list.

        Raises:
            NotFound: the token does not see the project either.
            NorthflankPortsError: the list cannot be read.
        """
        return not Listing(self.client).project_has_service(service.project, service.service, service.team)

    def are_same_service(self, one: ServiceId, other: ServiceId) -> bool:
        """Return True if two service ids, with and without a team or with two teams, are the same service.

        The API shows this itself: the path of a service begins with its account. Read once a run for two accounts.

        Raises:
            NotFound: one of the services does not exist.
        """
        if one.project != other.project or one.service != other.service:
            return False
        teams = frozenset({one.team, other.team})
        with self._accounts_lock:
            if teams not in self._one_account:
                self._one_account[teams] = self.own_id(one) == self.own_id(other)
            return self._one_account[teams]

    def own_id(self, service: ServiceId) -> object:
        """What tells this service from the one with the same ids in another account; see `are_same_service`."""
        live = self._read_service(service)
        ids = frozenset(item.id for item in live.ports.values() if item.id)
        # Without either, every service id counts as a service of its own.
        return live.app_id or ids or service

    def write(self, service: ServiceId, entries: Sequence[Entry], before: Live, *, patch: bool = False) -> bool:
        """Make `entries` the complete list of ports of `service`.

        Args:
            service: the service id.
            entries: the list.
            before: the ports that were read before.
            patch: write by *Patch service*, because only that takes advanced options.

        Returns:
            True if it was written by *Patch service*: then the ids may have changed.

        Raises:
            ApiError: refused; nothing was changed.
            UnsafeChange: *Patch service* would remove fields of kept ports that no view shows.
            OutcomeUnknown: the write may have been applied.
        """
        service_type = before.service_type
        attempt = Attempt(
            f"update the ports of {service}",
            UPDATE,
            _secrets(entries),
            ports=tuple(entry.name for entry in entries),
            domains=_new_domains(entries, before.ports),
        )
        if not (patch or self._uses_service_endpoint):
            try:
                self._send("POST", f"{service.path}/ports", entries, attempt, service)
            except RouteGone:
                if self._dialect == "ports":
                    raise
                service_type = service_type or self._read_service(service).service_type
                self._remember()
            else:
                return False
        _refuse_unseen(entries, service)
        if service_type is None:
            service_type = self._read_service(service).service_type
        path = f"{service.root}/{quote(str(service_type), safe='')}/{quote(service.service, safe='')}"
        attempt = replace(attempt, action=f"update the ports of {service} by patching the {service_type} service")
        self._send("PATCH", path, entries, attempt, service)
        return True

    def patches(self, *, options: bool) -> bool:
        """Return True if a write uses *Patch service*, as far as is known before it.

        Args:
            options: True if advanced options are to be written.
        """
        return options or self._uses_service_endpoint

    def _send(self, method: str, path: str, entries: Sequence[Entry], attempt: Attempt, service: ServiceId) -> None:
        """Write the list; if the API refuses fields that nf_ports does not know, write again without them."""
        patch = method == "PATCH"
        items = service_body(entries) if patch else ports_body(entries)
        attempt = replace(attempt, secrets=attempt.secrets.union(*map(texts, items), secrets_in(items)))
        refused_fields = self._refused_fields.get(method, frozenset())
        while True:
            items = [
                without(item, (each.at for each in unknown_fields(item) if each.kind in refused_fields))
                for item in items
            ]
            self._tell_of_unknown_fields(service, entries, items, patch=patch)
            try:
                self.client.write(method, path, {"ports": items}, attempt)
            except DomainRefused as error:
                raise explained(self.client, error, service.team) from error
            except InvalidRequest as error:
                refused = {each.kind for place, item in enumerate(items) for each in _fields_meant(error, place, item)}
                if not refused:
                    raise
                refused_fields |= refused
            else:
                with self._lock:
                    self._refused_fields[method] = self._refused_fields.get(method, frozenset()) | refused_fields
                return

    def _tell_of_unknown_fields(
        self, service: ServiceId, entries: Sequence[Entry], items: Sequence[Mapping[str, object]], *, patch: bool
    ) -> None:
        for entry, item in zip(entries, items, strict=True):
            lost = not_sent(entry, item, "service" if patch else "ports")
            if lost:
                text = (
                    f'port "{entry.name}" has {listed(lost)}, which this version of nf_ports does not know and does'
                    " not send back, so this write may remove it; check the port in Northflank, and upgrade nf_ports"
                )
                self._tell(Notice(text, str(service), warning=True))

    @property
    def _uses_service_endpoint(self) -> bool:
        return self._ports_endpoint_gone or self._dialect == "service"

    def _remember(self) -> None:
        with self._lock:
            first, self._ports_endpoint_gone = not self._ports_endpoint_gone, True
        if first:
            text = (
                "Northflank's ports endpoint does not exist any more; using 'Get service' and 'Patch service' instead."
                " Set northflank:dialect to service to save the failed request."
            )
            self._tell(Notice(text))

    def _read_ports(self, service: ServiceId) -> dict[str, LivePort]:
        attempt = Attempt(f"read the ports of {service}", READ)
        data = self.client.get(f"{service.path}/ports", attempt)
        ports = read_live(data.get("ports"), ports_view=True) if isinstance(data, dict) else None
        if ports is None:
            raise _unreadable(attempt)
        return ports

    def _read_service(self, service: ServiceId) -> Live:
        attempt = Attempt(f"read the ports of {service}", READ)
        try:
            data = self.client.get(service.path, attempt)
        except RouteGone as error:
            # This route is not deprecated, so a 404 without a reason means that there is no such service.
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
        if ports:
            self._specifies = any(port.complete for port in ports.values())
        app_id = data.get("appId")
        return Live(ports, data["serviceType"], app_id if isinstance(app_id, str) else None)


def _agree(
    service_view: Mapping[str, LivePort], ports_view: Mapping[str, LivePort], what: Callable[[LivePort], object]
) -> bool:
    """True if two views show the same list, compared by `what`, which both can show of a port."""
    return service_view.keys() == ports_view.keys() and all(
        what(service_view[name]) == what(item) for name, item in ports_view.items()
    )


def _outside(item: LivePort) -> object:
    return item.port.internal_port, item.port.protocol, item.port.public, item.port.domains


def _merged(service_view: LivePort, ports_view: LivePort) -> LivePort:
    raw = with_unknown_fields(service_view.raw, ports_view.raw)
    if "domains" in ports_view.raw:
        raw["domains"] = ports_view.raw["domains"]
    return replace(
        service_view, id=ports_view.id, dns=ports_view.dns, certificates=ports_view.certificates, named=True, raw=raw
    )


def _fields_meant(error: InvalidRequest, place: int, item: Mapping[str, object]) -> Iterator[UnknownField]:
    """The unknown fields that a refusal may be about: all of them, if it names none."""
    for unknown in unknown_fields(item):
        at = ".".join(map(str, ("ports", place, *unknown.at)))
        if not error.fields or any(
            f"{at}.".startswith(f"{field}.") or field.startswith(f"{at}.") for field in error.fields
        ):
            yield unknown


def _refuse_unseen(entries: Sequence[Entry], service: ServiceId) -> None:
    unseen = tuple(entry.name for entry in entries if entry.kept and not entry.kept.complete)
    if unseen:
        raise UnsafeChange(Refusal("not shown", str(service), unseen))


def _ports(entries: Sequence[Entry]) -> dict[str, Port]:
    return {entry.name: port for entry in entries if (port := entry.written)}


def _secrets(entries: Sequence[Entry]) -> frozenset[str]:
    return frozenset(value for _place, value in secrets_of(_ports(entries)) if isinstance(value, str) and value)


def _new_domains(entries: Sequence[Entry], live: Mapping[str, LivePort]) -> tuple[str, ...]:
    linked = {domain for item in live.values() for domain in domains_of(item.port)}
    return tuple(domain for port in _ports(entries).values() for domain in domains_of(port) if domain not in linked)


def _unreadable(attempt: Attempt) -> UnreadableAnswer:
    return UnreadableAnswer(
        f"cannot {attempt.action}: the API's answer holds no list of ports that can be read. Run again; if the"
        " error stays, upgrade nf_ports.",
        status=200,
    )
