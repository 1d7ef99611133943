"""The lists of checks of a port, its own and those of its path rules, and the rules themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from nf_ports.ports.maps import told
from nf_ports.ports.port import PathPolicy, PolicyGroup, Port, SecurePathConfiguration, Security, SecurityPolicies


def groups_of(port: Port, path: str) -> Iterator[tuple[str, PolicyGroup]]:
    """Every list of checks that is known, with its path.

    Args:
        port: validated or in canonical form.
        path: the port's own path.
    """
    security = port.security
    if not isinstance(security, Security):
        return
    yield f"{path}.security", security
    for where, _key, rule in _rules(port, path):
        policies = rule.security_policies if isinstance(rule, PathPolicy) else None
        if isinstance(policies, SecurityPolicies):
            for name, group in (("orPolicies", policies.or_policies), ("requiredPolicies", policies.required_policies)):
                if isinstance(group, PolicyGroup):
                    yield f"{where}.securityPolicies.{name}", group


def path_rules_of(port: Port, path: str) -> Iterator[tuple[str, str]]:
    """The name of every path rule, such as ``prefix /admin``, with its path; arguments as above."""
    return ((where, key) for where, key, _rule in _rules(port, path))


def _rules(port: Port, path: str) -> Iterator[tuple[str, str, object]]:
    configuration = port.security.secure_path_configuration if isinstance(port.security, Security) else None
    rules = configuration.rules if isinstance(configuration, SecurePathConfiguration) else None
    for key, rule in rules.items() if isinstance(rules, Mapping) else ():
        yield f"{path}.security.securePathConfiguration.rules.{told('rules', key)}", key, rule
