"""The state format: the inputs and outputs of a `ServicePorts` as Pulumi stores them, and back. Pure.

Every state that was ever written must load and preview without changes, so a state goes through the canonical form
again when it is read. The format has a number; it is raised when the former rules cannot read the new state.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import fields
from typing import Any, Final, get_args

from nf_ports.core import plan
from nf_ports.core.outputs import OUTPUTS, outputs
from nf_ports.core.plan import Policies
from nf_ports.core.records import Bag as Bag  # noqa: PLC0414 - a name of the state format, too
from nf_ports.core.records import Desired, Recorded
from nf_ports.errors import Fault, InvalidConfiguration
from nf_ports.northflank.live import LivePort
from nf_ports.northflank.service_id import ServiceId
from nf_ports.ports import values
from nf_ports.ports.canonical import (
    Ports,
    Previewed,
    canonical_ports,
    domains_of,
    known,
    plain,
    with_secrets_marked,
)
from nf_ports.ports.deferred import is_deferred
from nf_ports.ports.maps import quoted
from nf_ports.ports.plain import REFUSED
from nf_ports.ports.port import Port

VERSION: Final = 2
"""1 until 0.1.0. 2 has `adopted`, `pending`, `unverified` and `removed`; a state without them is still written as 1,
for both can read it. `expect` and `ignore` need no number: a version without the arguments does not need them."""
SERVICE_KEYS: Final = {"projectId": "project", "serviceId": "service", "teamId": "team"}
"""The inputs of the service id; a change of one of them replaces the resource."""
POLICIES: Final = {"unmanaged": plan.Unmanaged, "onConflict": plan.OnConflict, "onDelete": plan.OnDelete}
EXPOSURE: Final = "exposure"
SETTINGS: Final = {**POLICIES, EXPOSURE: values.StatedExposure}
"""The arguments with a few choices each; the stack's configuration can set them for all resources."""
EXPECT: Final = "expect"
IGNORE: Final = "ignore"
UNSENT: Final = (*SETTINGS, EXPECT, IGNORE)
"""The arguments beside the ports; Northflank never gets them."""
INPUTS: Final = (*SERVICE_KEYS, "ports", *UNSENT)
CONFIG_KEYS: Final = ("apiToken", "apiUrl", "teamId", "dialect", "checkDomains", "longestWait", *SETTINGS)
"""Every key of the stack's configuration that nf_ports reads, without the prefix."""
PACKAGED_CONFIG_KEYS: Final = (*CONFIG_KEYS, "refreshBeforeUpdate")
"""Those that the packaged provider reads."""
DYNAMIC_TYPE: Final = "pulumi-python:dynamic/northflank:ServicePorts"
PACKAGED_TYPE: Final = "northflank:index:ServicePorts"
TYPES: Final = (DYNAMIC_TYPE, PACKAGED_TYPE)
"""The types of the resource: by the dynamic provider and by the packaged one."""
PROVIDER_KEY: Final = "__provider"
PROVIDER: Final = "gASVMQAAAAAAAACMEW5mX3BvcnRzLnByb3ZpZGVylIwUU2VydmljZVBvcnRzUHJvdmlkZXKUk5QpgZQu"
"""The reference to the dynamic provider in every state: `nf_ports.provider.ServicePortsProvider()`, pickled."""
_ANY_DYNAMIC: Final = "pulumi-python:dynamic"
_OUR_PROVIDER: Final = b"nf_ports.provider"
_POLICY_FIELDS: Final = dict(zip(POLICIES, (field.name for field in fields(Policies)), strict=True))


def is_ours(kind: str, properties: Bag) -> bool:
    """True if a resource is a `ServicePorts`: by its type, or for any dynamic resource by its recorded provider.

    Args:
        kind: its type.
        properties: its desired or recorded properties.
    """
    if kind in TYPES or not kind.startswith(_ANY_DYNAMIC):
        return kind in TYPES
    carried = properties.get(PROVIDER_KEY)
    with suppress(ValueError):
        if isinstance(carried, str):
            return _OUR_PROVIDER in base64.b64decode(carried, validate=True)
    # A policy pack does not get the provider, and it may be masked; then the properties identify the resource.
    return properties.keys() >= {"projectId", "serviceId", "ports"}


def check_settings(inputs: Bag, configured: Collection[str]) -> list[Fault]:
    """The violations in all inputs but the ports.

    Args:
        inputs: complete inputs.
        configured: those that come from the stack's configuration, which are located by its key.
    """
    places = {key: f"northflank:{key}" if key in configured else key for key in INPUTS}
    violations = [Fault(key, "is not an argument of ServicePorts") for key in inputs if key not in INPUTS]
    for key in SERVICE_KEYS:
        value = inputs.get(key)
        if value is None and key != "teamId":
            violations.append(Fault(key, "is required"))
        elif value is not None and not is_deferred(value) and not _is_slug(value):
            violations.append(
                _wrong(places[key], value, "must be an id as Northflank shows it: letters, digits and hyphens")
            )
    for key, choices in SETTINGS.items():
        value = inputs.get(key)
        if value is not None and not is_deferred(value) and value not in get_args(choices):
            *others, last = get_args(choices)
            violations.append(_wrong(places[key], value, f"must be {', '.join(others)} or {last}"))
    return violations


def _wrong(place: str, value: object, reason: str) -> Fault:
    if isinstance(value, Mapping) and value.keys() == {REFUSED}:
        return Fault(place, str(value[REFUSED]))
    return Fault(place, f"{reason}, not {quoted(value)}" if isinstance(value, str | int | float) else reason)


def _is_slug(value: object) -> bool:
    return isinstance(value, str) and values.SLUG.fullmatch(value) is not None


def words(inputs: Bag) -> str:
    """The service id of inputs for a text, as far as it is known."""
    parts = (inputs.get("teamId"), inputs.get("projectId"), inputs.get("serviceId"))
    return "/".join(str(part) for part in parts if _is_slug(part)) or "ServicePorts"


def desired(inputs: Bag) -> Desired:
    """The desired ports of recorded or checked inputs."""
    return Desired(service_of(inputs), known(recorded_ports(inputs) or {}), policies_of(inputs))


def policies_of(inputs: Bag) -> Policies:
    """The access policy settings of recorded or checked inputs."""
    said = {name: choice for key, name in _POLICY_FIELDS.items() if (choice := _choice(inputs, key)) is not None}
    return Policies(**said)


def _choice(inputs: Bag, key: str) -> Any:
    return next((choice for choice in get_args(POLICIES[key]) if choice == inputs.get(key)), None)


def service_of(inputs: Bag) -> ServiceId:
    """The service id of recorded or checked inputs."""
    team = inputs.get("teamId")
    return ServiceId(str(inputs["projectId"]), str(inputs["serviceId"]), None if team is None else str(team))


def known_service(inputs: Bag) -> ServiceId | None:
    """The service id of inputs; None if a part of it is unknown or invalid."""
    parts = [inputs.get(key) for key in SERVICE_KEYS]
    required = all(_is_slug(inputs.get(key)) for key in SERVICE_KEYS if key != "teamId")
    return service_of(inputs) if required and all(part is None or _is_slug(part) for part in parts) else None


def check_version(state: Bag) -> None:
    """Make sure that a recorded state is not of a later format than this one.

    Raises:
        InvalidConfiguration: it is of a later format; the rules of this format could lose what that one added.
    """
    version = state.get("stateVersion", VERSION)
    if isinstance(version, int | float) and version > VERSION:
        raise InvalidConfiguration(
            f"the state of {service_of(state)} was written by a later nf_ports (format {int(version)}, this one knows"
            f" {VERSION}); upgrade nf_ports in this environment and run again"
        )


def recorded_ports(inputs: Bag) -> Previewed | None:
    """The ports of recorded or checked inputs; None if there are none, or the map is an unknown value."""
    return canonical_ports(inputs["ports"]) if isinstance(inputs.get("ports"), Mapping) else None


def recorded(state: Bag) -> Recorded:
    """The record of the last operation in a state."""
    ports = readable(recorded_ports(state) or {})
    return Recorded(
        ports,
        _recorded_live(state, ports),
        former_ports_of(state),
        adopted=frozenset(_map(state, "adopted")),
        pending=frozenset(_map(state, "pending")),
        unverified=frozenset(_map(state, "unverified")),
        removed={name: str(port_id) for name, port_id in _map(state, "removed").items()},
    )


def _recorded_live(state: Bag, ports: Ports) -> dict[str, LivePort]:
    """The recorded ids, generated names and certificates of `ports`, which some views of the API do not show."""
    ids, dns, certificates = (_map(state, key) for key in ("portIds", "dns", "certificates"))
    return {
        name: LivePort(
            port=port,
            id=str(ids.get(name) or "") or None,
            dns=str(dns.get(name) or "") or None,
            certificates={
                domain: known for domain in domains_of(port) if isinstance(known := certificates.get(domain), Mapping)
            },
        )
        for name, port in ports.items()
    }


def former_ports_of(state: Bag) -> Ports | None:
    """The former ports to restore, if they were recorded."""
    return readable(canonical_ports(state["found"])) if isinstance(state.get("found"), Mapping) else None


def readable(ports: Previewed) -> dict[str, Port]:
    """The ports that can be read; any other counts as never recorded, so the live port is used for it."""
    return {name: port for name, port in ports.items() if isinstance(port, Port)}


def _map(state: Bag, key: str) -> Mapping[str, object]:
    value = state.get(key)
    return value if isinstance(value, Mapping) else {}


def inputs_of(service: ServiceId, outcome: Recorded, settings: Bag) -> dict[str, object]:
    """The inputs that would declare the live ports, with the recorded settings."""
    identity = {key: getattr(service, name) for key, name in SERVICE_KEYS.items() if getattr(service, name) is not None}
    kept = {key: settings[key] for key in UNSENT if settings.get(key) is not None}
    return {**identity, "ports": dict(outcome.ports), **kept}


def state_of(inputs: Bag, outcome: Recorded) -> dict[str, object]:
    """The complete state: the inputs, and the values that come from the API."""
    since_2: dict[str, Mapping[str, object]] = {
        "adopted": dict.fromkeys(sorted(outcome.adopted), True),
        "pending": dict.fromkeys(sorted(outcome.pending), True),
        "unverified": dict.fromkeys(sorted(outcome.unverified), True),
        "removed": dict(outcome.removed),
    }
    more: dict[str, object] = {key: value for key, value in since_2.items() if value}
    version = VERSION if more else 1
    if outcome.former_ports is not None:
        more["found"] = dict(outcome.former_ports)
    known = outputs(str(inputs["serviceId"]), outcome.ports, outcome.live, outcome.pending)
    return {**inputs, **known, **more, "stateVersion": version}


def without_secrets(state: Bag) -> dict[str, object]:
    """The identity, ports and outputs of a state as plain data, without the secrets of the ports."""
    ports = state["ports"]
    known = {key: plain(state[key]) for key in (*SERVICE_KEYS, *OUTPUTS) if key in state}
    marked = with_secrets_marked(ports, lambda _secret, _place: None) if isinstance(ports, Mapping) else {}
    return {**known, "ports": _without_nulls(marked)}


def _without_nulls(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return value


def encoded(bag: Bag, mark_secret: Callable[[object], object]) -> dict[str, object]:
    """Inputs or state for a host: plain data, with every secret marked, whether or not the program marked it."""
    return {
        key: with_secrets_marked(value, lambda secret, _place: mark_secret(secret))
        if key in {"ports", "found"} and isinstance(value, Mapping)
        else plain(value)
        for key, value in bag.items()
    }
