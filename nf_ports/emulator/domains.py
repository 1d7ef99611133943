"""Domains, sub-domains and their links to ports, and the rules by which a port may have a host name. No HTTP.

Steps as in the product guide: register, verify, add a sub-domain, verify it, link it to a public port. The
apex has an entry of its own, named `-default` in lists and addressed as `@`. Host names are compared without
regard to case. A port may also have `host/path`, a path of a sub-domain (product guide): it must exist like a domain.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nf_ports.emulator.errors import UNREGISTERED_DOMAIN, WireError, not_found
from nf_ports.emulator.ports import link_key

if TYPE_CHECKING:
    import sqlite3

    from nf_ports.emulator.ports import Json, Port
    from nf_ports.emulator.settings import Settings
    from nf_ports.emulator.store import Store
    from nf_ports.emulator.world import Service

APEX = "-default"
_MAX_NAME, _MAX_LABEL = 253, 63


@dataclass(frozen=True, slots=True)
class Domain:
    """A registered domain; `token` is the content of its TXT record."""

    made: int
    account: str
    name: str
    verified: bool
    token: str
    spec: Json

    @property
    def wildcard(self) -> bool:
        """True if its sub-domains count as verified (redirect mode, fixed at registration)."""
        return bool(self.spec.get("redirect", {}).get("mode") == "wildcard")


@dataclass(frozen=True, slots=True)
class SubdomainPath:
    """A path of a sub-domain; `name` is `host/path`, and that of the base path `host/`."""

    name: str
    uri: str
    mode: str
    options: Json


@dataclass(frozen=True, slots=True)
class Subdomain:
    """An entry of a domain; the apex is named `-default`."""

    name: str
    full_name: str
    verified: bool
    spec: Json


class Domains:
    """The domains of every account."""

    def __init__(self, store: Store) -> None:
        """Work on the tables of `store`."""
        self._store = store

    def register(self, account: str, spec: Json, *, verified: bool = False) -> Domain:
        """Create from a valid body, with its apex entry. 400 when too long, 409 when registered (stated texts)."""
        name = spec["domain"].lower()
        if not _fits(name):
            raise WireError(400, "The domain is not valid, possibly because it is too long.")
        if self._store.row("SELECT 1 FROM domain WHERE account = ? AND name = ?", account, name):
            raise WireError(409, "The domain is already registered with this account.")
        sql = "INSERT INTO domain (account, name, verified, token, spec) VALUES (?, ?, ?, ?, ?)"
        self._store.write(sql, account, name, verified, secrets.token_hex(16), json.dumps(spec))
        domain = self.get(account, name)
        self._insert(domain, Subdomain(APEX, name, verified=False, spec={}))
        return domain

    def get(self, account: str, name: str) -> Domain:
        """A domain, or 404."""
        row = self._store.row("SELECT * FROM domain WHERE account = ? AND name = ?", account, name.lower())
        if row is None:
            raise not_found("Domain", name)
        return _domain(row)

    def all(self, account: str) -> list[tuple[int, Domain]]:
        """Every domain of the account with its place in the order of registration."""
        rows = self._store.rows("SELECT * FROM domain WHERE account = ? ORDER BY made", account)
        return [(row["made"], _domain(row)) for row in rows]

    def verify(self, domain: Domain, *, verified: bool = True) -> None:
        """Mark as verified (or, for a seed, as pending); there is no DNS to ask."""
        self._store.write("UPDATE domain SET verified = ? WHERE made = ?", verified, domain.made)

    def delete(self, domain: Domain) -> None:
        """Delete it and its sub-domains (stated), and their paths."""
        for subdomain in self.subdomains(domain):
            self._forget_paths(domain.account, subdomain)
        self._store.write("DELETE FROM domain WHERE made = ?", domain.made)

    def add_subdomain(self, domain: Domain, spec: Json, *, verified: bool = False) -> Subdomain:
        """Add an entry. 400 for an unverified domain or a name too long, 409 for one that exists (stated texts).

        A full name that another account has added is refused like one's own: a sub-domain belongs to one only.
        """
        name = _stored_name(spec["subdomain"])
        full_name = domain.name if name == APEX else f"{name}.{domain.name}"
        if not domain.verified or not _fits(full_name):
            raise WireError(400, "The subdomain is not valid, or the domain is not verified.")
        sql = "SELECT 1 FROM subdomain WHERE full_name = ? AND (account = ? OR name <> ?)"
        if self._store.row(sql, full_name, domain.account, APEX):
            raise WireError(409, "The subdomain has already been added to this domain.")
        self._insert(domain, Subdomain(name, full_name, verified, spec))
        return self.subdomain(domain, name)

    def subdomain(self, domain: Domain, name: str) -> Subdomain:
        """An entry of the domain, or the stated 404. `@` and `-default` both mean the apex."""
        row = self._store.row(
            "SELECT * FROM subdomain WHERE account = ? AND domain = ? AND name = ?",
            *(domain.account, domain.name, _stored_name(name)),
        )
        if row is None:
            raise WireError(404, "The subdomain does not exist.")
        return _subdomain(row, domain)

    def subdomains(self, domain: Domain) -> list[Subdomain]:
        """Every entry, the apex first."""
        rows = self._store.rows(
            "SELECT * FROM subdomain WHERE account = ? AND domain = ? ORDER BY made", domain.account, domain.name
        )
        return [_subdomain(row, domain) for row in rows]

    def verify_subdomain(self, subdomain: Subdomain, domain: Domain) -> None:
        """Mark as verified; there is no DNS to ask."""
        self._store.write(
            "UPDATE subdomain SET verified = 1 WHERE account = ? AND domain = ? AND name = ?",
            *(domain.account, domain.name, subdomain.name),
        )

    def delete_subdomain(self, subdomain: Subdomain, domain: Domain) -> None:
        """Delete an entry. 400 for the apex (stated text)."""
        if subdomain.name == APEX:
            raise WireError(400, "The default (empty) subdomain cannot be deleted.")
        self._forget_paths(domain.account, subdomain)
        self._store.write(
            "DELETE FROM subdomain WHERE account = ? AND domain = ? AND name = ?",
            *(domain.account, domain.name, subdomain.name),
        )

    def add_path(self, account: str, name: str, spec: Json | None = None) -> None:
        """Let a sub-domain have a path, as `host/path`; the routes that write it are not served.

        `spec` is its mode and its options; the base path has a row only if it has other options than the default.
        """
        host, _, path = name.partition("/")
        sql = "INSERT OR IGNORE INTO path (account, name, spec) VALUES (?, ?, ?)"
        self._store.write(sql, account, f"{host.lower()}/{path}", json.dumps(spec or {}))

    def path_spec(self, account: str, name: str) -> Json:
        """The mode and the options that a path was given, both optional."""
        text = self._store.count("SELECT spec FROM path WHERE account = ? AND name = ?", account, name)
        spec: Json = json.loads(text or "{}")
        return spec

    def paths(self, account: str, subdomain: Subdomain) -> list[SubdomainPath]:
        """Every path of a sub-domain, the base path first: a prefix of priority 0; of others it is 1 (guide)."""
        sql = "SELECT name, spec FROM path WHERE account = ? AND substr(name, 1, ?) = ? ORDER BY name"
        start = f"{subdomain.full_name}/"
        specs = {row["name"]: json.loads(row["spec"]) for row in self._store.rows(sql, account, len(start), start)}
        return [
            SubdomainPath(
                name,
                name.removeprefix(subdomain.full_name),
                spec.get("mode", "prefix"),
                {"priority": 0 if name == start else 1} | spec.get("options", {}),
            )
            for name, spec in ({start: {}} | specs).items()
        ]

    def _forget_paths(self, account: str, subdomain: Subdomain) -> None:
        for path in self.paths(account, subdomain):
            self._store.write("DELETE FROM path WHERE account = ? AND name = ?", account, path.name)

    def check(self, account: str, name: str, settings: Settings) -> None:
        """Refuse a name that the account may not link: 404 unregistered (stated), else unverified (undetermined).

        A path that the host does not have is refused like a domain that is not registered (undetermined).
        """
        host, key = name.partition("/")[0], link_key(name)
        self._check_host(account, host, settings)
        known = self._store.row("SELECT 1 FROM path WHERE account = ? AND name = ?", account, key)
        if "/" in key and known is None:
            raise WireError(404, UNREGISTERED_DOMAIN)

    def _check_host(self, account: str, host: str, settings: Settings) -> None:
        pending = WireError(settings.domain_pending_status, "One of the provided domains has not been verified.")
        domain = self._parent(account, host.lower())
        if domain is None:
            raise WireError(404, UNREGISTERED_DOMAIN)
        if not domain.verified:
            raise pending
        label = host.lower().removesuffix(domain.name).rstrip(".")
        # `*` catches every name of its level; `eu` under `api.eu` is the level of `*.eu`.
        for name in (label or APEX, ".".join(["*", *label.split(".")[1:]]) if label else APEX):
            try:
                subdomain = self.subdomain(domain, name)
            except WireError:
                continue
            if not (subdomain.verified or domain.wildcard):
                raise pending
            return
        if not domain.wildcard or settings.wildcard_needs_subdomain:
            raise WireError(404, UNREGISTERED_DOMAIN)

    def _parent(self, account: str, host: str) -> Domain | None:
        labels = host.split(".")
        for n in range(len(labels) - 1):
            row = self._store.row("SELECT * FROM domain WHERE account = ? AND name = ?", account, ".".join(labels[n:]))
            if row is not None:
                return _domain(row)
        return None

    def link(self, service: Service, ports: list[Port], settings: Settings) -> list[tuple[int, str]]:
        """Make the links of a service those of `ports`; returns the (service, host) pairs to unlink elsewhere.

        Raises:
            WireError: with the index of the port whose domain may not be linked.
        """
        for n, port in enumerate(ports):
            for host in port.hosts:
                try:
                    self.check(service.account, host, settings)
                    self._check_free(service, host, settings)
                except WireError as error:
                    error.first_bad_port = n
                    raise
        return self.force(service, ports)

    def _check_free(self, service: Service, host: str, settings: Settings) -> None:
        row = self._store.row(
            "SELECT service.account, link.service FROM link JOIN service ON service.made = link.service WHERE host = ?",
            link_key(host),
        )
        if row is None or row["service"] == service.made:
            return
        if settings.domain_taken == "reject" or row["account"] != service.account:
            raise WireError(409, "One of the provided domains is already assigned to another service.")

    def force(self, service: Service, ports: list[Port]) -> list[tuple[int, str]]:
        """As `link`, without a check of the account."""
        wanted = {link_key(host) for port in ports for host in port.hosts}
        for name in wanted:
            if "/" in name:
                self.add_path(service.account, name)
        for row in self._store.rows("SELECT host FROM link WHERE service = ?", service.made):
            if row["host"] not in wanted:
                self._store.write("DELETE FROM link WHERE host = ?", row["host"])
        moved = []
        for host in sorted(wanted):
            holder = self._store.row("SELECT service FROM link WHERE host = ?", host)
            if holder is not None and holder["service"] == service.made:
                continue
            if holder is not None:
                moved.append((holder["service"], host))
            # A certificate is made anew for every link, so its count of reads starts at 0.
            sql = "INSERT OR REPLACE INTO link (host, service, reads) VALUES (?, ?, 0)"
            self._store.write(sql, host, service.made)
        return moved

    def certificate_issued(self, host: str, settings: Settings, now: datetime) -> datetime | None:
        """The time when the certificate of a linked host was issued; None before that. Counts as one read."""
        row = self._store.row("SELECT reads, issued FROM link WHERE host = ?", link_key(host))
        if row is None or row["reads"] < settings.certificates_ready_after_reads:
            self._store.write("UPDATE link SET reads = reads + 1 WHERE host = ?", link_key(host))
            return None
        if row["issued"] is None:
            self._store.write("UPDATE link SET issued = ? WHERE host = ?", now.isoformat(), link_key(host))
        return datetime.fromisoformat(row["issued"] or now.isoformat())

    def is_linked(self, host: str) -> bool:
        """True if some port has the host name."""
        return self._store.row("SELECT 1 FROM link WHERE host = ?", link_key(host)) is not None

    def _insert(self, domain: Domain, subdomain: Subdomain) -> None:
        self._store.write(
            "INSERT INTO subdomain (account, domain, name, full_name, verified, spec) VALUES (?, ?, ?, ?, ?, ?)",
            *(domain.account, domain.name, subdomain.name, subdomain.full_name, subdomain.verified),
            json.dumps(subdomain.spec),
        )


def _fits(name: str) -> bool:
    return len(name) <= _MAX_NAME and all(len(label) <= _MAX_LABEL for label in name.split("."))


def _stored_name(name: str) -> str:
    return APEX if name in {"@", APEX} else name.lower()


def _domain(row: sqlite3.Row) -> Domain:
    columns = row["made"], row["account"], row["name"], bool(row["verified"]), row["token"]
    return Domain(*columns, json.loads(row["spec"]))


def _subdomain(row: sqlite3.Row, domain: Domain) -> Subdomain:
    verified = bool(row["verified"]) or (domain.wildcard and domain.verified and row["name"] != APEX)
    return Subdomain(row["name"], row["full_name"], verified, json.loads(row["spec"]))
