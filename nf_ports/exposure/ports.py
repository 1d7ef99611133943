"""A port as gates: by the way a caller comes, and by path.

Sources: Northflank API reference, *Update service ports*, and product guides (network, domains, security).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from nf_ports.exposure import questions
from nf_ports.exposure.checks import Entry, addresses_gate, checks_of, combined, is_private, switched, unread
from nf_ports.exposure.gates import Gate, everyone, nobody, one_of
from nf_ports.exposure.paths import Match, Place, Rule, decided, places, rules_of
from nf_ports.ports.canonical import domains_of
from nf_ports.ports.deferred import is_deferred
from nf_ports.ports.port import AdvancedOptions, Port, SecurePathConfiguration, Security

_PATHS: Final = "security.securePathConfiguration"
_SKIP: Final = "skipSecurityPoliciesForInternalTrafficViaPublicDns"
_PASSTHROUGH: Final = "advancedOptions.enableTlsPassthrough"


def _as_it_is(gate: Gate) -> Gate:
    return gate


class Door(NamedTuple):
    """What stands before a port on one path: the gate, and the keys of the path rules that may decide there."""

    gate: Gate
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Names:
    """The public names of a port.

    Attributes:
        custom: its own domains, in order.
        generated: whether the code.run name is on; None where that is not known yet.
        known: whether `custom` is all of them.
    """

    custom: tuple[str, ...] = ()
    generated: bool | None = False
    known: bool = True

    def lead_here(self, host: str) -> bool:
        """Whether a host name is one of the custom domains; ``*`` stands for one label."""
        name = host.lower().removesuffix(".")
        return name in self.custom or f"*.{name.partition('.')[2]}" in self.custom

    def lead_here_by_path(self, host: str) -> bool:
        """Whether some paths of a host name are linked here: a domain may be a host name with a path."""
        start = f"{host.lower().removesuffix('.')}/"
        return any(f"{name}/".lower().startswith(start) for name in self.custom)


@dataclass(frozen=True, slots=True)
class Region:
    """Paths of one or two ports on which the gates are the same.

    Attributes:
        doors: the gate of each port.
        places: the paths; none where it is all of them.
    """

    doors: tuple[Door, ...]
    places: tuple[Place, ...] = field(default=())

    def words(self) -> str:
        """The paths for a person; empty for all of them."""
        if not self.places:
            return ""
        if any(place.mode == "other" and not place.patterns for place in self.places):
            return "all other paths"
        # Words for many paths say the paths among them, too.
        said = [
            place
            for place in self.places
            if not any(each != place and each.patterns == place.patterns and each.holds(place) for each in self.places)
        ]
        said.sort(key=lambda place: (sorted(place.patterns), place.path))
        return ", ".join(place.words() for place in said)


def names_of(port: object) -> Names:
    """The public names of a port; none where it is not public for sure."""
    if not isinstance(port, Port):
        return Names(generated=None, known=not is_deferred(port))
    if is_private(port):
        return Names()
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
    return Names(custom, on if port.public is True or on is False else None, known)


@dataclass(frozen=True, slots=True)
class Front:
    """What stands before a port, for callers who come by one way.

    Attributes:
        own: the gate of the port's own checks.
        rules: the path rules that may be in force.
        whole: from the gate that checks and path rules make on a path, the gate that callers meet there.
    """

    own: Gate
    rules: tuple[Rule, ...] = ()
    whole: Callable[[Gate], Gate] = _as_it_is

    def door(self, match: Callable[[Rule], Match]) -> Door:
        """The gate on paths for which `match` tells the rules."""
        if not self.rules:
            return Door(self.whole(self.own))
        gate, keys = decided(self.rules, match, self.own, _PATHS)
        return Door(self.whole(gate), keys)


def front(port: object, entry: Entry) -> Front:
    """What stands before a canonical port, for callers who come by `entry`."""
    if not isinstance(port, Port):
        return Front(unread(port, "the port"))
    if entry == "private":
        return Front(_on_the_private_name(port))
    checked = _by_path(port.security, entry)
    switch, on = ("vpcAccessible", port.vpc_accessible) if entry == "vpc" else ("public", port.public)
    passes = _passthrough(port)
    if on in (None, False) or passes is True:
        # No path rule makes a difference.
        checked = Front(checked.own)
    closed = nobody(
        switch, "the port is not on the private load balancer" if entry == "vpc" else "the port is not public"
    )
    wide = everyone(switch, "the port is on the private load balancer")
    through = _passed_through(port)

    def whole(gate: Gate) -> Gate:
        inside = switched(passes, _PASSTHROUGH, through, checked.whole(gate))
        if entry == "vpc":
            inside = one_of((inside, wide), "open", questions.VPC, switch)
        return switched(on, switch, inside, closed)

    return Front(checked.own, checked.rules, whole)


def regions(ports: Sequence[object], entry: Entry) -> Iterator[Region]:
    """All paths, by the gates that stand before some ports there.

    Raises:
        TooManyChecks: there are too many regular expressions to tell all combinations apart; of one port never.
    """
    fronts = [front(port, entry) for port in ports]
    found: dict[tuple[Gate, ...], list[Place]] = {}
    doors: dict[tuple[Gate, ...], list[Door]] = {}
    at: dict[Place, tuple[Gate, ...]] = {}
    for place in places([rule for each in fronts for rule in each.rules], len(ports)):
        here = [each.door(place.match) for each in fronts]
        gates = at[place] = tuple(each.gate for each in here)
        # Where one pattern fewer makes no difference, the place is part of that one.
        if any(at[replace(place, patterns=place.patterns - {pattern})] == gates for pattern in place.patterns):
            continue
        found.setdefault(gates, []).append(place)
        merged = doors.setdefault(gates, here)
        for index, each in enumerate(here):
            merged[index] = Door(each.gate, tuple(dict.fromkeys((*merged[index].rules, *each.rules))))
    for gates, where in found.items():
        yield Region(tuple(doors[gates]), tuple(where) if len(found) > 1 else ())


def _passthrough(port: Port) -> object:
    options = port.advanced_options
    return options.enable_tls_passthrough if isinstance(options, AdvancedOptions) else options


def _passed_through(port: Port) -> Gate:
    """Nobody but the container can look at a request, only at the address that it comes from."""
    says = everyone(_PASSTHROUGH, "TLS is passed through, so that nothing can be asked")
    policies: object = port.security
    at = "security"
    if isinstance(port.security, Security):
        policies, at = port.security.policies, "security.policies"
    if policies is None:
        return says
    gate = addresses_gate(policies, at) if isinstance(policies, Mapping) else unread(policies, at)
    return one_of((gate, says), "open", questions.PASSTHROUGH, _PASSTHROUGH)


def _by_path(security: object, entry: Entry) -> Front:
    """The port's own checks and its path rules, as far as they are in force."""
    if security is None:
        return Front(everyone("security", "nothing is asked"))
    if not isinstance(security, Security):
        return Front(unread(security, "security"))
    own = combined(checks_of(security, "security", entry).kinds, security.verification_mode, "security")
    configuration = security.secure_path_configuration
    if configuration is None:
        return Front(own)
    if not isinstance(configuration, SecurePathConfiguration):
        return Front(unread(configuration, _PATHS))
    enabled: object = configuration.enabled
    skips_inside = configuration.skip_security_policies_for_internal_traffic_via_public_dns
    skip = skips_inside if entry == "internal" else None
    skips = everyone(f"{_PATHS}.{_SKIP}", "callers inside skip all checks")
    either = one_of((own, skips), "open", questions.SKIP_SWITCH, f"{_PATHS}.{_SKIP}")
    off = switched(skip, f"{_PATHS}.{_SKIP}", either, own)
    if enabled is False:
        return Front(off)
    rules = rules_of(configuration, _PATHS, entry)

    def whole(gate: Gate) -> Gate:
        by_rules = gate if rules is not None else unread(configuration.rules, f"{_PATHS}.rules")
        on = switched(skip, f"{_PATHS}.{_SKIP}", skips, by_rules)
        if enabled is None:
            return one_of((on, off), "open", questions.SWITCH, f"{_PATHS}.enabled")
        return switched(enabled, f"{_PATHS}.enabled", on, off)

    return Front(own, tuple(rules or ()), whole)


def _on_the_private_name(port: Port) -> Gate:
    """Path rules are skipped, single sign-on by default; of the other checks the sources do not speak."""
    security = port.security
    if security is None:
        return everyone("security", "nothing is asked")
    if not isinstance(security, Security):
        return unread(security, "security")
    checks = checks_of(security, "security", "private")
    every = combined(checks.kinds, security.verification_mode, "security")
    if not checks.others:
        return every
    alone = checks.sso or everyone(
        "security", "single sign-on alone is asked for on the private name, and there is none"
    )
    return one_of((every, alone), "open", questions.PRIVATE_NAME, "security")
