"""A policy pack for the ports of Northflank services: `pulumi preview --policy-pack policy`.

Three rules, each advisory by default; a policy configuration makes them mandatory or turns them off. The rules
themselves are functions of `nf_ports.policy_pack`; this file only passes the resources to them.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
)

from nf_ports.core.state import is_ours
from nf_ports.policy_pack import known_properties, open_allow_lists, unprotected_ports, unstated_exposure

Rule = Callable[[Mapping[str, Any]], Iterator[str]]


def of_ports(name: str, description: str, find: Rule) -> ResourceValidationPolicy:
    """A policy on every `ServicePorts`."""

    def validate(resource: ResourceValidationArgs, report: ReportViolation) -> None:
        if is_ours(resource.resource_type, known_properties(resource.props)):
            for violation in find(resource.props):
                report(violation)

    return ResourceValidationPolicy(name=name, description=description, validate=validate)


PolicyPack(
    name="northflank-ports",
    enforcement_level=EnforcementLevel.ADVISORY,
    policies=[
        of_ports(
            "no-unprotected-port",
            "Every caller from the internet has to pass a check: credential, IP rule, single sign-on or header.",
            unprotected_ports,
        ),
        of_ports(
            "no-allow-list-of-everyone",
            "An allow-list names the addresses to allow, not a large part of the internet.",
            open_allow_lists,
        ),
        of_ports(
            "reach-is-stated",
            'Every ServicePorts states the exposure of its ports: exposure="private", "protected" or "public".',
            unstated_exposure,
        ),
    ],
)
