"""The rules on two fields, or two ports, at once: one function per rule.

Each takes the known values and yields violations; an unknown value breaks no rule. Sources: Northflank API reference
and product guides (network, domains, security), 2025 and 2026.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from pydantic_core import PydanticCustomError

from nf_ports.errors import Fault, Location
from nf_ports.ports import values
from nf_ports.ports.deferred import is_deferred
from nf_ports.ports.groups import groups_of, path_rules_of
from nf_ports.ports.maps import entry_at, shown_name
from nf_ports.ports.port import SSO, HeaderRule, Port, Security

Ports = Mapping[str, Port]
Locations = Mapping[str, Location]
Found = Iterator[Fault]
OfPort = Callable[[Port, Location], Found]
OfAll = Callable[[Ports, Locations], Found]


def violations_together(ports: Ports, locations: Locations) -> Found:
    """The violations of the known ports.

    Args:
        ports: the known ports by name.
        locations: the location of every desired port, known or not, by name.
    """
    for name, port in ports.items():
        for rule in _OF_PORT:
            yield from rule(port, locations[name])
    for rule_of_all in _OF_ALL:
        yield from rule_of_all(ports, locations)


def warnings_together(ports: Ports, locations: Locations) -> Found:
    """Warnings of settings that are allowed but probably not intended; arguments as above."""
    for name, port in ports.items():
        for rule in _WARN_OF_PORT:
            yield from rule(port, locations[name])


def _map(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def public_needs_http(port: Port, path: Location) -> Found:
    """TCP and UDP reach the internet through a load balancer, which is another resource."""
    if port.public is True and port.protocol in {"TCP", "UDP"}:
        yield Fault(path.to("protocol"), "must be HTTP or HTTP/2, because the port is public")


def vpc_needs_http(port: Port, path: Location) -> Found:
    """The private load balancer also speaks HTTP only."""
    if port.vpc_accessible is True and port.protocol in {"TCP", "UDP"}:
        yield Fault(path.to("protocol"), "must be HTTP or HTTP/2, because the port is reachable in the VPC")


def domains_need_public(port: Port, path: Location) -> Found:
    """A custom domain leads to a public port."""
    if port.public is False and _map(port.domains):
        yield Fault(
            path.to("domains"), "must be empty, because the port is not public; set public, or move the domains"
        )


def header_name_is_a_name(port: Port, path: Location) -> Found:
    """A header name has to be valid, unless it is a regular expression."""
    for where, group in groups_of(port, path):
        for name, rule in _map(group.headers).items():
            if not isinstance(rule, HeaderRule) or is_deferred(rule.regex_mode):
                continue
            at = entry_at(where.to("headers"), "headers", name)
            if rule.regex_mode is not True:
                yield from _judged(values.check_header_name, name, at)


def headers_are_named_once(port: Port, path: Location) -> Found:
    """Header names are case-insensitive, so two that differ only in case are one header with two values."""
    for where, group in groups_of(port, path):
        first: dict[str, str] = {}
        for name, rule in _map(group.headers).items():
            if not isinstance(rule, HeaderRule) or rule.regex_mode is not False:
                continue
            other = first.setdefault(name.lower(), name)
            if other != name:
                at = entry_at(where.to("headers"), "headers", name)
                yield Fault(at, f"repeats the header {shown_name('headers', other)}: header names are case-insensitive")


def _judged(judge: Callable[[str], object], text: str, path: Location) -> Found:
    try:
        judge(text)
    except PydanticCustomError as error:
        yield Fault(path, str(error))


def sso_switches_agree(port: Port, path: Location) -> Found:
    """Some switches of single sign-on exclude each other (product guide)."""
    security = port.security if isinstance(port.security, Security) else None
    paths = security.secure_path_configuration if security else None
    skips = getattr(paths, "skip_security_policies_for_internal_traffic_via_public_dns", False) is True
    for where, group in groups_of(port, path):
        sso = group.sso
        if not isinstance(sso, SSO) or sso.validate_internal_traffic is not True:
            continue
        if sso.allow_internal_traffic_via_public_dns is True:
            yield Fault(where.to("sso"), "must not have validateInternalTraffic with allowInternalTrafficViaPublicDns")
        if skips:
            yield Fault(
                where.to("sso"),
                "must not have validateInternalTraffic while securePathConfiguration has"
                " skipSecurityPoliciesForInternalTrafficViaPublicDns",
            )


def numbers_are_used_once(ports: Ports, locations: Locations) -> Found:
    """One port per number and protocol."""
    first: dict[tuple[int, str], str] = {}
    for name, port in ports.items():
        if isinstance(port.internal_port, int) and isinstance(port.protocol, str):
            other = first.setdefault((port.internal_port, port.protocol), name)
            if other != name:
                yield Fault(locations[name].to("internalPort"), f"repeats number and protocol of {locations[other]}")


def domains_are_used_once(ports: Ports, locations: Locations) -> Found:
    """One port per domain."""
    first: dict[str, str] = {}
    for name, port in ports.items():
        for domain in _map(port.domains):
            other = first.setdefault(domain, name)
            if other != name:
                yield Fault(
                    locations[name].to("domains"),
                    f"has {domain}, which {locations[other]}.domains has already",
                )


def renames_are_clear(ports: Ports, locations: Locations) -> Found:
    """A former name must not be in use any more, and only one port may have it."""
    first: dict[str, str] = {}
    for name, port in ports.items():
        old = port.renamed_from
        if not isinstance(old, str):
            continue
        at = locations[name].to("renamedFrom")
        if old == name:
            yield Fault(at, "must differ from the name that the port has now")
        elif old in locations:
            yield Fault(at, f"must not be {old}, because a port of that name is declared")
        elif first.setdefault(old, name) != name:
            yield Fault(at, f"repeats the renamedFrom of {locations[first[old]]}")


def generated_name_stays_on(port: Port, path: Location) -> Found:
    """Without a linked domain Northflank keeps the generated name, whatever ``disableNfDomain`` is."""
    if port.disable_nf_domain is True and not is_deferred(port.domains) and not _map(port.domains):
        yield Fault(path.to("disableNfDomain"), "has no effect without a domain: the generated name stays reachable")


def empty_sso_asks_for_nothing(port: Port, path: Location) -> Found:
    """An empty ``sso`` is Northflank's default: no single sign-on."""
    for where, group in groups_of(port, path):
        if isinstance(group.sso, SSO) and not any(getattr(group.sso, name) for name in SSO.model_fields):
            yield Fault(
                where.to("sso"),
                "is empty, so nobody has to log in; name an organisation or directory groups, or leave it out",
            )


def regular_expressions_can_be_read(port: Port, path: Location) -> Found:
    """An invalid regular expression may match nothing or everything; Northflank does not document which."""
    for place, rule in path_rules_of(port, path):
        mode, _, pattern = rule.partition(" ")
        if mode == "regex":
            yield from _broken(pattern, place)
    for where, group in groups_of(port, path):
        for name, header in _map(group.headers).items():
            if isinstance(header, HeaderRule) and header.regex_mode is True:
                at = entry_at(where.to("headers"), "headers", name)
                yield from _broken(name, at.to("name"))
                # The reason would be a hint at the secret, so it is left out.
                value = header.value if isinstance(header.value, str) else ""
                yield from (Fault(violation.path, _UNREADABLE) for violation in _broken(value, at.to("value")))


def _broken(pattern: str, path: Location) -> Found:
    why = values.broken_regex(pattern)
    if why is not None:
        yield Fault(path, f"{_UNREADABLE}: {why}")


_UNREADABLE: Final = "is no valid regular expression in any common dialect"
_OF_PORT: Final[tuple[OfPort, ...]] = (
    public_needs_http,
    vpc_needs_http,
    domains_need_public,
    header_name_is_a_name,
    headers_are_named_once,
    sso_switches_agree,
)
_OF_ALL: Final[tuple[OfAll, ...]] = (numbers_are_used_once, domains_are_used_once, renames_are_clear)
_WARN_OF_PORT: Final[tuple[OfPort, ...]] = (
    generated_name_stays_on,
    empty_sso_asks_for_nothing,
    regular_expressions_can_be_read,
)
