"""Ports as plain data on both sides of what the package has typed: what a test writes down and compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nf_ports.northflank.live import Entry, LivePort
from nf_ports.ports import canonical
from nf_ports.ports.canonical import canonical_of, known
from nf_ports.ports.deferred import Unknown
from nf_ports.ports.port import Port

Plain = dict[str, Any]
Ports = Plain
"""Ports by name."""


def canonical_ports(value: object) -> Plain:
    """As `nf_ports.ports.canonical.canonical_ports`, in plain data."""
    made: Plain = plain(canonical.canonical_ports(value))
    return made


def desired_ports(value: object) -> Plain:
    """As `nf_ports.ports.canonical.desired_ports`, in plain data."""
    made: Plain = plain(canonical.desired_ports(value))
    return made


def plain(port: object) -> Any:
    """A port in plain data."""
    return canonical.plain(port)


def typed(ports: Mapping[str, Any]) -> dict[str, Port]:
    """Ports in canonical form, of which every one is known."""
    return known(canonical_of(dict(ports)))


def typed_or_unknown(ports: Mapping[str, Any]) -> dict[str, Port | Unknown]:
    """Ports in canonical form."""
    return canonical_of(dict(ports))


def port(plain_port: Mapping[str, Any]) -> Port:
    """One port in canonical form."""
    return typed({"it": plain_port})["it"]


def live(plain_port: Mapping[str, Any], **facts: Any) -> LivePort:
    """A live port."""
    return LivePort(port(plain_port), **facts)


def entry(name: str, plain_port: Mapping[str, Any], **facts: Any) -> Entry:
    """An item of a list to write."""
    return Entry(name, port(plain_port), **facts)


def with_secrets(ports: Mapping[str, Any], new: Callable[[object], object]) -> Plain:
    """Ports in plain data, with others in place of their secrets."""
    return canonical.with_secrets_marked(canonical_of(dict(ports)), lambda secret, _place: new(secret))
