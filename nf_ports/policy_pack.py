"""The rules of the policy pack, as pure functions of a resource's properties: one sentence for each violation."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from nf_ports.errors import Location
from nf_ports.exposure import exceeds, stated
from nf_ports.exposure.access.addresses import block, union
from nf_ports.ports.canonical import canonical_ports
from nf_ports.ports.deferred import UNKNOWN, Unknown
from nf_ports.ports.groups import groups_of
from nf_ports.ports.port import Port


def unprotected_ports(properties: Mapping[str, object]) -> Iterator[str]:
    """Ports without a check for everyone on the internet, unless the resource states exposure="public"."""
    known = _known_map(properties)
    if known.get("exposure") == "public":
        return
    for violation in exceeds(_ports(known), "protected"):
        yield (
            f"{_where(known)}: {violation.path}: callers from the internet do not have to pass a check;"
            ' protect the port, or state exposure="public"'
        )


def open_allow_lists(properties: Mapping[str, object]) -> Iterator[str]:
    """Allow-lists that allow a third of the internet or more."""
    known = _known_map(properties)
    for name, port in _ports(known).items():
        for place, group in groups_of(port, Location.of(f"ports.{name}", "ports", name)):
            allowed = group.policies.get("ALLOW") if isinstance(group.policies, Mapping) else None
            ranges = [block(text) for text in allowed] if isinstance(allowed, Mapping) else []
            if union([one for one in ranges if one is not None]).is_internet():
                yield f"{_where(known)}: {place}.policies.ALLOW: allows everyone; list only the addresses to allow"


def unstated_exposure(properties: Mapping[str, object]) -> Iterator[str]:
    """Resources that do not state the most exposure that their ports may have."""
    known = _known_map(properties)
    said = known.get("exposure")
    if not isinstance(said, Unknown) and stated(said) is None:
        choices = 'exposure="private", "protected" or "public"'
        yield f"{_where(known)}: does not state the exposure of its ports; add {choices}"


def known_properties(properties: object) -> object:
    """Plain data from the properties of the policy SDK, whose unknown values raise an error when they are read."""
    if isinstance(properties, Mapping):
        return _known_map(properties)
    if isinstance(properties, Sequence) and not isinstance(properties, str | bytes):
        return [_known(partial(operator.getitem, properties, index)) for index in range(len(properties))]
    return properties


def _known_map(properties: Mapping[str, object]) -> dict[str, object]:
    return {key: _known(partial(operator.getitem, properties, key)) for key in properties}


def _known(look: Callable[[], object]) -> object:
    try:
        return known_properties(look())
    except Exception as error:
        if type(error).__name__ == "UnknownValueError":
            return UNKNOWN
        raise


def _ports(known: Mapping[str, object]) -> dict[str, Port]:
    ports = known.get("ports")
    canonical = canonical_ports(ports) if isinstance(ports, dict) else {}
    return {name: port for name, port in canonical.items() if isinstance(port, Port)}


def _where(known: Mapping[str, object]) -> str:
    parts = (known.get("teamId"), known.get("projectId"), known.get("serviceId"))
    return "/".join(part for part in parts if isinstance(part, str)) or "ServicePorts"
