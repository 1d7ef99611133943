"""The lists of checks of a port: its own, and those of its path rules."""

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
    configuration = security.secure_path_configuration
    rules = configuration.rules if isinstance(configuration, SecurePathConfiguration) else None
    for key, rule in rules.items() if isinstance(rules, Mapping) else ():
        policies = rule.security_policies if isinstance(rule, PathPolicy) else None
        if isinstance(policies, SecurityPolicies):
            where = f"{path}.security.securePathConfiguration.rules.{told('rules', key)}.securityPolicies"
            for name, group in (("orPolicies", policies.or_policies), ("requiredPolicies", policies.required_policies)):
                if isinstance(group, PolicyGroup):
                    yield f"{where}.{name}", group
