"""The groups of checks of a port and of its path rules, and the path rules themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nf_ports.errors import Location
from nf_ports.ports.maps import entry_at
from nf_ports.ports.port import PathPolicy, PolicyGroup, Port, SecurePathConfiguration, Security, SecurityPolicies


def groups_of(port: Port, path: Location) -> Iterator[tuple[Location, PolicyGroup]]:
    """Every known group of checks, with its location.

    Args:
        port: validated or in canonical form.
        path: the location of the port.
    """
    security = port.security
    if not isinstance(security, Security):
        return
    yield path.to("security"), security
    for where, _key, rule in _rules(port, path):
        policies = rule.security_policies if isinstance(rule, PathPolicy) else None
        if isinstance(policies, SecurityPolicies):
            for name, group in (("orPolicies", policies.or_policies), ("requiredPolicies", policies.required_policies)):
                if isinstance(group, PolicyGroup):
                    yield where.to("securityPolicies", name), group


def path_rules_of(port: Port, path: Location) -> Iterator[tuple[Location, str]]:
    """The location and the name of every path rule, such as ``prefix /admin``; arguments as above."""
    return ((where, key) for where, key, _rule in _rules(port, path))


def _rules(port: Port, path: Location) -> Iterator[tuple[Location, str, object]]:
    configuration = port.security.secure_path_configuration if isinstance(port.security, Security) else None
    rules = configuration.rules if isinstance(configuration, SecurePathConfiguration) else None
    for key, rule in rules.items() if isinstance(rules, Mapping) else ():
        yield entry_at(path.to("security", "securePathConfiguration", "rules"), "rules", key), key, rule
