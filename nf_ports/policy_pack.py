"""The rules of the policy pack, as pure functions of a resource's properties: what violates them, a sentence each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from nf_ports.exposure import exceeds
from nf_ports.exposure.addresses import block, joined
from nf_ports.ports.canonical import canonical_ports
from nf_ports.ports.deferred import UNKNOWN

_INTENTS: Final = ("private", "protected", "public")


def unprotected_ports(properties: Mapping[str, Any]) -> Iterator[str]:
    """Ports that ask nothing of whoever comes from the internet, unless the resource states that it is public."""
    known = known_properties(properties)
    if known.get("exposure") == "public":
        return
    for fault in exceeds(_ports(known), "protected"):
        yield (
            f"{_where(known)}: {fault.path}: asks nothing of whoever comes from the internet;"
            ' protect it, or state exposure="public"'
        )


def open_allow_lists(properties: Mapping[str, Any]) -> Iterator[str]:
    """Allow-lists that let half of the internet in, or more."""
    known = known_properties(properties)
    for name, port in _ports(known).items():
        for place, group in _groups(port):
            allowed = group.get("policies", {}).get("ALLOW") if isinstance(group.get("policies"), dict) else None
            ranges = [block(text) for text in allowed] if isinstance(allowed, dict) else []
            if joined([one for one in ranges if one is not None]).is_internet():
                at = f"ports.{name}.{place}.policies.ALLOW"
                yield f"{_where(known)}: {at}: lets everyone in; list whom it should let in"


def unstated_reach(properties: Mapping[str, Any]) -> Iterator[str]:
    """Resources that do not state how far their ports are meant to reach."""
    known = known_properties(properties)
    if known.get("exposure") is not UNKNOWN and known.get("exposure") not in _INTENTS:
        stated = 'exposure="private", "protected" or "public"'
        yield f"{_where(known)}: does not state how far its ports reach; add {stated}"


def known_properties(properties: Any) -> Any:
    """Plain data from what the policy SDK hands over, whose unknown values raise when they are looked at."""
    if isinstance(properties, Mapping):
        return {key: _known(properties, key) for key in properties}
    if isinstance(properties, Sequence) and not isinstance(properties, str | bytes):
        return [_known(properties, index) for index in range(len(properties))]
    return properties


def _known(holder: Any, key: Any) -> Any:
    try:
        return known_properties(holder[key])
    except Exception as error:
        if type(error).__name__ == "UnknownValueError":
            return UNKNOWN
        raise


def _ports(known: Mapping[str, Any]) -> dict[str, Any]:
    ports = known.get("ports")
    canonical = canonical_ports(ports) if isinstance(ports, dict) else {}
    return {name: port for name, port in canonical.items() if isinstance(port, dict)}


def _groups(port: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    security = port.get("security")
    if not isinstance(security, dict):
        return
    yield "security", security
    paths = security.get("securePathConfiguration")
    rules = paths.get("rules") if isinstance(paths, dict) else None
    for key, rule in rules.items() if isinstance(rules, dict) else ():
        policies = rule.get("securityPolicies") if isinstance(rule, dict) else None
        for name, group in policies.items() if isinstance(policies, dict) else ():
            if isinstance(group, dict):
                yield f"security.securePathConfiguration.rules.{key}.securityPolicies.{name}", group


def _where(known: Mapping[str, Any]) -> str:
    parts = (known.get("teamId"), known.get("projectId"), known.get("serviceId"))
    return "/".join(part for part in parts if isinstance(part, str)) or "ServicePorts"
