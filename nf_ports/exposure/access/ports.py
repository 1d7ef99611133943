"""The access to a port, by caller and path.

Sources: Northflank API reference, *Update service ports*, and product guides (network, domains, security).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, NamedTuple

from nf_ports.exposure.access import questions
from nf_ports.exposure.access.checks import Caller, checks_of, combined, ip_rules_access, is_private, switched, unread
from nf_ports.exposure.access.formula import Access, everyone, nobody, uncertain
from nf_ports.exposure.access.paths import Match, PathClass, PathRule, decided, path_classes, rules_of
from nf_ports.exposure.access.private_name import CheckList, on_private_name
from nf_ports.ports.canonical import domains_of
from nf_ports.ports.deferred import is_deferred
from nf_ports.ports.port import AdvancedOptions, Port, SecurePathConfiguration, Security

OTHER_PATHS: Final = "all other paths"
_PATHS: Final = "security.securePathConfiguration"
_SKIP: Final = "skipSecurityPoliciesForInternalTrafficViaPublicDns"
_PASSTHROUGH: Final = "advancedOptions.enableTlsPassthrough"
_SPECIAL: Final = re.compile(r"[^A-Za-z0-9/_~%-]")


def _unchanged(access: Access) -> Access:
    return access


class PathAccess(NamedTuple):
    """The access to a port on some paths, and the keys of the path rules that may decide there."""

    access: Access
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicNames:
    """The public names of a port.

    Attributes:
        custom: its own domains, in order.
        generated: True if the generated name is on; None if that is unknown.
        known: True if `custom` is all of them.
    """

    custom: tuple[str, ...] = ()
    generated: bool | None = False
    known: bool = True

    def lead_here(self, host: str) -> bool:
        """True if a host name is one of the custom domains; ``*`` stands for one label."""
        name = host.lower().removesuffix(".")
        return name in self.custom or f"*.{name.partition('.')[2]}" in self.custom

    def may_lead_here_by_path(self, host: str, path: str) -> bool:
        """True if a path of a host name may be linked here: a domain may be a host name with a path of it.

        The list of ports does not show whether such a path is a prefix, the whole path or a pattern, nor which path of
        the host is looked at first.
        """
        name = host.lower().removesuffix(".")
        starts = (f"{name}/", f"*.{name.partition('.')[2]}/")
        uris = [
            f"/{domain.removeprefix(start)}" for domain in self.custom for start in starts if domain.startswith(start)
        ]
        # A pattern without special letters is the path itself; letters may count in any case (``ignoreUriCase``).
        return any(_SPECIAL.search(uri) or path.lower().startswith(uri.lower()) for uri in uris)


@dataclass(frozen=True, slots=True)
class PathSet:
    """Paths of one or two ports on which the access is the same.

    Attributes:
        accesses: the access to each port.
        classes: the paths; none for all paths.
    """

    accesses: tuple[PathAccess, ...]
    classes: tuple[PathClass, ...] = field(default=())

    def words(self) -> str:
        """The paths for a person; empty for all of them."""
        if not self.classes:
            return ""
        if any(each.mode == "other" and not each.patterns for each in self.classes):
            return OTHER_PATHS
        wide: dict[tuple[frozenset[str], str], set[str]] = {}
        for each in self.classes:
            if each.mode == "prefix":
                wide.setdefault((each.patterns, each.path.rstrip("/")), set()).add(each.path)
        everywhere = {each.patterns for each in self.classes if each.mode == "other"}
        named = [
            each
            for each in self.classes
            if each.mode == "other" or not (each.patterns in everywhere or _is_covered(each, wide))
        ]
        named.sort(key=lambda each: (sorted(each.patterns), each.path))
        return ", ".join(each.words() for each in named)


def _is_covered(paths: PathClass, wide: Mapping[tuple[frozenset[str], str], set[str]]) -> bool:
    """True if the words of another class cover these paths: of a prefix of the path, with the same patterns.

    Args:
        paths: a class.
        wide: the paths of all prefixes, by patterns and path without a slash at the end.
    """
    above = [paths.path[:at] for at, letter in enumerate(paths.path) if letter == "/"]
    found = {path for start in above for path in wide.get((paths.patterns, start), ())}
    found |= wide.get((paths.patterns, paths.path.rstrip("/")), set()) & {paths.path}
    return bool(found - ({paths.path} if paths.mode == "prefix" else set()))


def names_of(port: object) -> PublicNames:
    """The public names of a port; none if it is certainly not public."""
    if not isinstance(port, Port):
        return PublicNames(generated=None, known=not is_deferred(port))
    if is_private(port):
        return PublicNames()
    listed = domains_of(port)
    custom = tuple(sorted(domain for domain, there in listed.items() if not is_deferred(there)))
    known = len(custom) == len(listed) and (port.domains is None or isinstance(port.domains, Mapping))
    off = port.disable_nf_domain
    on: bool | None = None
    if off in (None, False) or (known and not custom):
        # Without a linked domain the generated name works, whatever the switch says (product guide).
        on = True
    elif off is True and custom:
        on = False
    return PublicNames(custom, on if port.public is True or on is False else None, known)


@dataclass(frozen=True, slots=True)
class PortAccess:
    """The access to a port, for one kind of caller.

    Attributes:
        own: the access by the port's own checks.
        rules: the path rules that may be in force.
        with_switches: adds the switches of the port to the access by checks and path rules on a path.
    """

    own: Access
    rules: tuple[PathRule, ...] = ()
    with_switches: Callable[[Access], Access] = _unchanged

    def on_paths(self, match: Callable[[PathRule], Match]) -> PathAccess:
        """The access on the paths whose rules `match` finds."""
        if not self.rules:
            return PathAccess(self.with_switches(self.own))
        access, keys = decided(self.rules, match, self.own, _PATHS)
        return PathAccess(self.with_switches(access), keys)


def port_access(port: object, caller: Caller) -> PortAccess:
    """The access to a canonical port, for one kind of caller."""
    if not isinstance(port, Port):
        return PortAccess(unread(port, "the port"))
    if caller == "private":
        return _on_the_private_name(port)
    checked = _by_path(port.security, caller)
    switch, on = ("vpcAccessible", port.vpc_accessible) if caller == "vpc" else ("public", port.public)
    passes = _passthrough(port)
    if on in (None, False) or passes is True:
        # No path rule makes a difference.
        checked = PortAccess(checked.own)
    closed = nobody(
        switch, "the port is not on the private load balancer" if caller == "vpc" else "the port is not public"
    )
    wide = everyone(switch, "the port is on the private load balancer")
    through = _passed_through(port)

    def with_switches(access: Access) -> Access:
        inside = switched(passes, _PASSTHROUGH, through, checked.with_switches(access))
        if caller == "vpc":
            inside = uncertain((inside, wide), "undetermined", questions.VPC, switch)
        return switched(on, switch, inside, closed)

    return PortAccess(checked.own, checked.rules, with_switches)


def path_sets(ports: Sequence[object], caller: Caller) -> Iterator[PathSet]:
    """All paths, grouped by the access to some ports there.

    Raises:
        TooManyChecks: there are too many regular expressions to tell all combinations apart; of one port never.
    """
    port_accesses = [port_access(port, caller) for port in ports]
    found: dict[tuple[Access, ...], list[PathClass]] = {}
    path_accesses: dict[tuple[Access, ...], list[PathAccess]] = {}
    at: dict[PathClass, tuple[Access, ...]] = {}
    for paths in path_classes([rule for each in port_accesses for rule in each.rules], len(ports)):
        here = [each.on_paths(paths.match) for each in port_accesses]
        accesses = at[paths] = tuple(each.access for each in here)
        # A class is part of another one if one pattern fewer makes no difference.
        if any(at[replace(paths, patterns=paths.patterns - {pattern})] == accesses for pattern in paths.patterns):
            continue
        found.setdefault(accesses, []).append(paths)
        merged = path_accesses.setdefault(accesses, here)
        for index, each in enumerate(here):
            merged[index] = PathAccess(each.access, tuple(dict.fromkeys((*merged[index].rules, *each.rules))))
    for accesses, classes in found.items():
        yield PathSet(tuple(path_accesses[accesses]), tuple(classes) if len(found) > 1 else ())


def _passthrough(port: Port) -> object:
    options = port.advanced_options
    return options.enable_tls_passthrough if isinstance(options, AdvancedOptions) else options


def _passed_through(port: Port) -> Access:
    """Access with TLS passthrough: only the container can read a request; IP rules may still apply to its address."""
    says = everyone(_PASSTHROUGH, "no check is possible with TLS passthrough")
    policies: object = port.security
    at = "security"
    if isinstance(port.security, Security):
        policies, at = port.security.policies, "security.policies"
    if policies is None:
        return says
    access = ip_rules_access(policies, at) if isinstance(policies, Mapping) else unread(policies, at)
    return uncertain((access, says), "undetermined", questions.PASSTHROUGH, _PASSTHROUGH)


def _by_path(security: object, caller: Caller) -> PortAccess:
    """Access by the port's own checks and the path rules that are in force."""
    if security is None:
        return PortAccess(everyone("security", "no check is required"))
    if not isinstance(security, Security):
        return PortAccess(unread(security, "security"))
    own = combined(checks_of(security, "security", caller), security.verification_mode, "security")
    configuration = security.secure_path_configuration
    if configuration is None:
        return PortAccess(own)
    if not isinstance(configuration, SecurePathConfiguration):
        return PortAccess(unread(configuration, _PATHS))
    skips_inside = configuration.skip_security_policies_for_internal_traffic_via_public_dns
    skip = skips_inside if caller == "internal" else None
    skips = everyone(f"{_PATHS}.{_SKIP}", "internal callers skip all checks")
    either = uncertain((own, skips), "undetermined", questions.SKIP_SWITCH, f"{_PATHS}.{_SKIP}")
    off = switched(skip, f"{_PATHS}.{_SKIP}", either, own)
    if configuration.enabled is False:
        return PortAccess(off)
    rules = rules_of(configuration, _PATHS, caller)

    def with_switches(access: Access) -> Access:
        by_rules = access if rules is not None else unread(configuration.rules, f"{_PATHS}.rules")
        on = switched(skip, f"{_PATHS}.{_SKIP}", skips, by_rules)
        return _if_enabled(configuration, on, off)

    return PortAccess(own, tuple(rules or ()), with_switches)


def _on_the_private_name(port: Port) -> PortAccess:
    """Access on the private name: without checks if the port is not public, else as `private_name` says.

    Whether path rules apply there is undetermined: they may, they may be skipped, or everyone may pass.
    """
    nothing = everyone("public", "no check applies on the private name of a port that is not public")
    if port.public in (None, False) and port.vpc_accessible in (None, False):
        return PortAccess(nothing)
    checked = _checked_on_the_private_name(port.security)

    def with_switches(access: Access) -> Access:
        inside = checked.with_switches(access)
        either = uncertain((inside, nothing), "undetermined", questions.PRIVATE_VPC, "vpcAccessible")
        return switched(port.public, "public", inside, switched(port.vpc_accessible, "vpcAccessible", either, nothing))

    return PortAccess(checked.own, checked.rules, with_switches)


def _checked_on_the_private_name(security: object) -> PortAccess:
    if security is None:
        return PortAccess(everyone("security", "no check is required"))
    if not isinstance(security, Security):
        return PortAccess(unread(security, "security"))
    own = on_private_name([CheckList(security, "security", partial(_combined, security.verification_mode))], "security")
    configuration = security.secure_path_configuration
    passes = everyone(_PATHS, "path rules do not apply on the private name")

    def either(access: Access) -> Access:
        return uncertain((access, own, passes), "undetermined", questions.PRIVATE_RULES, _PATHS)

    if configuration is None:
        return PortAccess(own)
    if not isinstance(configuration, SecurePathConfiguration):
        return PortAccess(either(unread(configuration, _PATHS)))
    rules = rules_of(configuration, _PATHS, "private")
    skipped = tuple(replace(rule, access=either(rule.access)) for rule in rules or ())

    def with_switches(access: Access) -> Access:
        on = access if rules is not None else either(unread(configuration.rules, f"{_PATHS}.rules"))
        return _if_enabled(configuration, on, own)

    return PortAccess(own, () if configuration.enabled is False else skipped, with_switches)


def _combined(mode: object, kinds: tuple[Access, ...]) -> Access:
    return combined(kinds, mode, "security")


def _if_enabled(configuration: SecurePathConfiguration, on: Access, off: Access) -> Access:
    """The access where path rules are in force, or not."""
    enabled: object = configuration.enabled
    if enabled is None:
        return uncertain((on, off), "undetermined", questions.SWITCH, f"{_PATHS}.enabled")
    return switched(enabled, f"{_PATHS}.enabled", on, off)
