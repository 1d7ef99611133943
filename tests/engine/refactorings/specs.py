"""What a drawn program declares, in the words of the test: ports, resources, and the Pulumi program that they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pulumi
from truth import Ports, canonical_ports
from typing_extensions import override

from nf_ports import ServicePorts

PROJECT: Final = "shop"
TEAM: Final = "acme"
"""The token's own account, under a name."""
_GROUP: Final = "test:refactorings:Group"


@dataclass(frozen=True)
class PortSpec:
    """A port; a public one is protected by its logins and its allow-list, where it has any."""

    number: int
    protocol: str = "HTTP"
    public: bool = False
    logins: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()

    def wire(self, name: str) -> dict[str, Any]:
        """The port as Northflank stores it."""
        rules = [{"action": "ALLOW", "addresses": list(self.allowed)}] if self.allowed else []
        logins = [{"username": "ops", "password": word, "type": "basic-auth"} for word in self.logins]
        return {
            "name": name,
            "internalPort": self.number,
            "protocol": self.protocol,
            "public": self.public,
            "domains": list(self.domains),
            "security": {"credentials": logins, "policies": rules},
        }


@dataclass(frozen=True)
class Declared:
    """A `ServicePorts` of a program."""

    service: str
    ports: Mapping[str, PortSpec]
    team: str | None = None
    group: str | None = None
    """The component that it stands in."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """`unmanaged`, `on_conflict` and `on_delete`, where they are said."""
    says_exposure: bool = False
    trigger: int = 1
    """What a change of replaces the resource."""
    deletes_first: bool = False
    alias: str | None = None

    @property
    def wire(self) -> list[dict[str, Any]]:
        """The ports as Northflank stores them."""
        return [port.wire(name) for name, port in self.ports.items()]

    @property
    def shapes(self) -> Ports:
        """What the ports mean."""
        return canonical_ports(self.wire)

    @property
    def unmanaged(self) -> str:
        """What becomes of ports that nobody declares."""
        return self.settings.get("unmanaged", "fail")

    @property
    def on_delete(self) -> str | None:
        """What a delete leaves behind; None where the program does not say."""
        return self.settings.get("on_delete")

    @property
    def exposure(self) -> str | None:
        """The narrowest that these ports keep to, where it is said."""
        public = [port for port in self.ports.values() if port.public]
        bare = [port for port in public if not (port.logins or port.allowed)]
        reach = "public" if bare else "protected" if public else "private"
        return reach if self.says_exposure else None

    @override
    def __str__(self) -> str:
        ports = ", ".join(f"{name}: {port}" for name, port in self.ports.items())
        rest = {key: value for key, value in vars(self).items() if value and key not in {"service", "ports"}}
        return f"{self.service} {{{ports}}} {rest}"


Program = Mapping[str, Declared]
"""A program: its resources by name, in their order."""


class Group(pulumi.ComponentResource):
    """A component."""

    def __init__(self, name: str) -> None:
        """Hold nothing yet."""
        super().__init__(_GROUP, name)


def run(program: Program) -> None:
    """Declare the resources, as the Pulumi program would."""
    groups: dict[str, Group] = {}
    for name, one in program.items():
        if one.group and one.group not in groups:
            groups[one.group] = Group(one.group)
        ServicePorts(
            name,
            project_id=PROJECT,
            service_id=one.service,
            team_id=one.team,
            ports=one.wire,
            exposure=one.exposure,  # type: ignore[arg-type] # one of the three
            **one.settings,  # type: ignore[arg-type] # drawn from the settings
            opts=pulumi.ResourceOptions(
                parent=groups[one.group] if one.group else None,
                replacement_trigger=one.trigger,
                delete_before_replace=one.deletes_first or None,
                aliases=[pulumi.Alias(name=one.alias)] if one.alias else None,
            ),
        )


def urn(stack: str, name: str, one: Declared) -> str:
    """The engine's name for a resource of a program."""
    parent = f"{_GROUP}$" if one.group else ""
    return f"urn:pulumi:{stack}::local::{parent}pulumi-python:dynamic/northflank:ServicePorts::{name}"
