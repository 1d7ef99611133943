"""The records of a resource: what is desired, what an operation left, and a move to another service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from typing_extensions import override

from nf_ports.core.plan import Policies
from nf_ports.errors import NotInForce
from nf_ports.northflank.live import LivePort
from nf_ports.northflank.service_id import ServiceId
from nf_ports.ports.canonical import Ports
from nf_ports.text import argument

Bag = Mapping[str, object]
"""Inputs or state as Pulumi stores them, in plain data; unknown values are UNKNOWN."""


@dataclass(frozen=True, slots=True)
class Desired:
    """The desired ports of a service, checked and complete.

    Attributes:
        service: the service id.
        ports: canonical, by name.
        policies: the access policy settings.
    """

    service: ServiceId
    ports: Ports = field(repr=False)
    policies: Policies = Policies()


@dataclass(frozen=True, slots=True)
class Recorded:
    """The result of an operation, as the state records it for the next one.

    Attributes:
        ports: canonical, by name, after the operation.
        live: the live ports with ids, generated names and certificates.
        former_ports: the ports that this resource adopted, overwrote or removed, as they were before it; None unless
            destroying it shall restore them.
        adopted: names of the adopted ports: they were equal and this resource has never written them.
        pending: names of the ports to read again: no generated name is shown yet, or the protection of the last
            write was not verified.
        unverified: names of pending ports that the last write made public and whose protection was not verified.
        removed: the id (or empty text) of each port that this resource removed and that was still live, by name.
    """

    ports: Ports = field(repr=False)
    live: Mapping[str, LivePort] = field(default_factory=dict, repr=False)
    former_ports: Ports | None = field(default=None, repr=False)
    adopted: frozenset[str] = frozenset()
    pending: frozenset[str] = frozenset()
    unverified: frozenset[str] = frozenset()
    removed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """A resource that moves from one service to another, with its custom domains.

    Attributes:
        former: the service that it leaves.
        left: the record of the last operation there.
        domains: the custom domains that are recorded there and desired for the new one.
    """

    former: ServiceId
    left: Recorded
    domains: frozenset[str]


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource in the form that a host stores.

    Attributes:
        id: ``PROJECT/SERVICE`` or ``TEAM/PROJECT/SERVICE``.
        inputs: the inputs that would declare it as it is.
        state: the inputs, and the values that come from the API.
    """

    id: str
    inputs: Bag = field(repr=False)
    state: Bag = field(repr=False)


class WriteNotInForce(NotInForce):
    """A write was applied, but its protection is not in force.

    Attributes:
        finding: the protection that is not in force, and what was done about it.
        left: the resource's own ports after the write; None if they are not known.
        outcome: the record of them.
        resource: the resource after the write, for a host that can record it with this error.
    """

    def __init__(self, finding: str, left: Mapping[str, LivePort] | None = None) -> None:
        """Store the arguments."""
        super().__init__(finding)
        self.finding = finding
        self.left = left
        self.outcome: Recorded | None = None
        self.resource: Resource | None = None

    @override
    def __str__(self) -> str:
        """The sentence for a host that records nothing of a failed operation."""
        return (
            f"{self.finding} Nothing of this write is recorded. Then run 'pulumi up' again (with"
            f" {argument('on_conflict', 'overwrite')} if it reports the ports of this attempt as changed), or declare"
            " the port private."
        )

    @property
    def as_recorded(self) -> str:
        """The sentence for a host that records the resource with this error."""
        return (
            f"{self.finding} The ports are recorded as Northflank shows them. Then run 'pulumi up' again, or declare"
            " the port private."
        )
