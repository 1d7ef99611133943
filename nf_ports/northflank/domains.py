"""The custom domains that an account can link, read once a run, so that a missing one is found in the preview.

One paged list shows the registered and verified domains. Sub-domains are not in it (API reference, 2025): they are read
for each registered domain above a new name, and the paths of a sub-domain for a new domain with a path. A sub-domain
that is not verified, or linked elsewhere, is refused only at the write; then `explained` reads more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Final, Generic, Literal, TypeVar

from nf_ports.errors import DomainRefused, NorthflankPortsError, NotFound, UnreadableAnswer
from nf_ports.northflank.client import Client, member
from nf_ports.northflank.failures import Attempt
from nf_ports.northflank.paging import items
from nf_ports.northflank.route import path_of
from nf_ports.northflank.ways_in import host_paths
from nf_ports.notices import Notice, Tell, quiet
from nf_ports.ports.values import host_of
from nf_ports.refusals import listed

READ: Final = "Account > Domains > General > Read (since mid-2026: Account > Networking > Domains > Read)"
READ_SUBDOMAINS: Final = (
    "Account > Subdomains > General > Read (since mid-2026: Account > Networking > Subdomains > Read)"
)
UNCHECKED: Final = "To turn this check off, set northflank:checkDomains to false."


Key = TypeVar("Key")
Answer = TypeVar("Answer")


class Domains:
    """The domains of one or more accounts.

    Args:
        client: the API client.
        tell: takes a warning if something could not be checked.
    """

    def __init__(self, client: Client, tell: Tell = quiet) -> None:
        """Store the arguments; no request is sent."""
        self._client = client
        self._tell = tell
        # By account: each has its own domains.
        self._lists = _Once(self._read_list)
        self._names = _Once(self._read_names)
        self._paths = _Once(self._read_paths)

    def refusals(self, domains: Sequence[str], team: str | None) -> dict[str, str]:
        """The reasons why the account cannot link some of `domains`, by domain; if a read fails, none is refused.

        Without domains, no request is sent; else one a run for the list, one for each registered domain above one of
        them, and one for each host name that is named with a path.

        Raises:
            NorthflankPortsError: the list could not be read.
        """
        found = {domain: self._refusal(domain, team) for domain in dict.fromkeys(domains)}
        return {domain: reason for domain, reason in found.items() if reason}

    def registered(self, team: str | None) -> Mapping[str, str]:
        """Status by name of every domain of the account: ``verified`` or ``pending``.

        Raises:
            NorthflankPortsError: the list could not be read; it is not read again.
        """
        return self._lists(team or None)

    def shortcomings(self, domains: Sequence[str], team: str | None, *, missing: bool) -> dict[str, str]:
        """As `refusals`, with the faulty entries of domains, for one more request each, after a refused write.

        Args:
            domains: the domains of the write, of which one was refused.
            team: the team of the account.
            missing: True if the API reported a missing one: then a name below a wildcard redirect may need an entry.

        Raises:
            NorthflankPortsError: the list could not be read.
        """
        found = self.refusals(domains, team)
        lacks = {domain: self._entry_lacks(domain, team) for domain in domains if domain not in found}
        found |= {
            domain: f"{domain} is not verified yet; add the DNS record that Northflank shows for it and verify it"
            for domain, lack in lacks.items()
            if lack == "verification"
        }
        if found or not missing:
            return found
        return {
            domain: f"{domain} has no entry among the sub-domains yet; add it in Northflank (Domains) and verify it"
            for domain, lack in lacks.items()
            if lack == "existence"
        }

    def _refusal(self, domain: str, team: str | None) -> str | None:
        host = host_of(domain)
        known = self._above(host, team)
        if not known:
            return (
                f"{domain} is not registered to this account, nor is a domain above it; register and verify"
                f" {_above(host)[-1]} in Northflank (Domains), or take it out of domains"
            )
        usable = [parent for parent, pending in known.items() if not pending]
        if not usable:
            return (
                f"{domain} belongs to {next(iter(known))}, which is registered but not verified yet; add the TXT record"
                " that Northflank shows for it and verify it, or take it out of domains"
            )
        # A registered domain itself always has an entry.
        parent = next((each for each in usable if host == each or self._has(each, host, team)), None)
        if parent is not None:
            return self._path_refusal(domain, parent, team)
        return (
            f"{domain} is not a sub-domain of {usable[0]} yet; add {host.removesuffix(f'.{usable[0]}')} to"
            f" {usable[0]} in Northflank (Domains) and verify it, or take it out of domains"
        )

    def _path_refusal(self, domain: str, parent: str, team: str | None) -> str | None:
        """The reason why a sub-domain does not have the path of `domain`; None if it has it or that cannot be read."""
        host = host_of(domain)
        if host == domain:
            return None
        try:
            paths = self._paths((team or None, parent, host))
        except NorthflankPortsError as error:
            self._tell(Notice(f"paths of {host} were not checked: {error} {UNCHECKED}", warning=True))
            return None
        if domain in paths:
            return None
        there = f"it has {listed(sorted(paths))}" if paths else "it has none"
        return (
            f"{domain} is not a path of {host} yet ({there}); add {domain.removeprefix(host)} to {host} in Northflank"
            " (Domains), or take it out of domains"
        )

    def _above(self, host: str, team: str | None) -> dict[str, bool]:
        """The registered domains that are `host` or above it, the nearest first, each with True if it is pending."""
        registered = self.registered(team)
        return {parent: registered[parent] == "pending" for parent in _above(host) if parent in registered}

    def _has(self, parent: str, host: str, team: str | None) -> bool:
        """Return True if `parent` has `host` as a sub-domain, directly or by a wildcard, or if that cannot be read."""
        try:
            names = self._names((team or None, parent))
        except NorthflankPortsError as error:
            text = f"sub-domains of {parent} were not checked: {error} {UNCHECKED}"
            self._tell(Notice(text, warning=True))
            return True
        return names is None or host in names or f"*.{host.partition('.')[2]}" in names

    def _entry_lacks(self, domain: str, team: str | None) -> Literal["existence", "verification"] | None:
        """The defect in the entry of a domain, if it can be read; under a sub-domain `*` a name has no entry."""
        host = host_of(domain)
        for parent in (parent for parent, pending in self._above(host, team).items() if not pending):
            label = "@" if host == parent else host.removesuffix(f".{parent}")
            try:
                names = None if host == parent else self._names((team or None, parent))
                if names is not None and host not in names:
                    continue
                path = path_of(team, "domains", parent, "subdomains", label)
                data = self._client.get(path, Attempt(f"read the sub-domain {host}", READ_SUBDOMAINS))
            except NotFound:
                return "existence"
            except NorthflankPortsError:
                continue
            if member(data, "verified") is False:
                return "verification"
        return None

    def _read_list(self, team: str | None) -> dict[str, str]:
        attempt = Attempt("read the list of domains", READ)
        found = items(self._client, path_of(team, "domains"), attempt, key="name")
        return {str(item["name"]).lower(): str(item.get("status")) for item in found}

    def _read_names(self, key: tuple[str | None, str]) -> frozenset[str] | None:
        """The full names of a domain's sub-domains; None if every name below it can be linked."""
        team, domain = key
        attempt = Attempt(f"read the sub-domains of {domain}", READ)
        data = self._client.get(path_of(team, "domains", domain), attempt)
        if member(member(data, "redirect"), "mode") not in ("default", None):
            # Below a wildcard redirect, names need no entries of their own.
            return None
        entries = member(data, "subdomains")
        if not isinstance(entries, list) or not all(isinstance(member(entry, "fullName"), str) for entry in entries):
            raise UnreadableAnswer(f"cannot {attempt.action}: the API's answer holds no list of them.", status=200)
        return frozenset(entry["fullName"].lower() for entry in entries)

    def _read_paths(self, key: tuple[str | None, str, str]) -> frozenset[str]:
        """The paths of a sub-domain, as domains of a port."""
        team, parent, host = key
        return frozenset(
            f"{host}{path.uri}" for path in host_paths(self._client, parent, host, team) if path.uri != "/"
        )


class _Once(Generic[Key, Answer]):
    """Answers by key, read once, also with several threads; an error is stored like an answer."""

    def __init__(self, ask: Callable[[Key], Answer]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._known: dict[Key, Answer | NorthflankPortsError] = {}

    def __call__(self, key: Key) -> Answer:
        with self._lock:
            if key not in self._known:
                try:
                    self._known[key] = self._ask(key)
                except NorthflankPortsError as error:
                    self._known[key] = error
            known = self._known[key]
        if isinstance(known, NorthflankPortsError):
            raise known
        return known


def explained(client: Client, error: DomainRefused, team: str | None) -> DomainRefused:
    """`error` with the state of its domains, read again: which one was refused, and why.

    Never raises; if a read does not help, `error` is returned unchanged.
    """
    try:
        reasons = Domains(client).shortcomings(error.domains, team, missing=error.status == HTTPStatus.NOT_FOUND)
    except NorthflankPortsError:
        return error
    if not reasons:
        return error
    text = f"{error} Northflank shows now: {'; '.join(reasons.values())}."
    return DomainRefused(text, status=error.status, error_id=error.error_id, domains=tuple(reasons))


def _above(host: str) -> list[str]:
    """`host` and the names above it, the longest first."""
    labels = host.removeprefix("*.").split(".")
    return [".".join(labels[start:]) for start in range(max(1, len(labels) - 1))]
