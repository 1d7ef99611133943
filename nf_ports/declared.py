"""What is declared for a service, and what an operation left of it. Plain facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nf_ports.canonical import CanonicalPort
from nf_ports.live import LivePort
from nf_ports.plan import Policies
from nf_ports.service import Service

Ports = Mapping[str, CanonicalPort]


@dataclass(frozen=True, slots=True)
class Declared:
    """What a resource is told, checked and complete.

    Attributes:
        service: whose ports.
        ports: canonical, by name.
        policies: what to do about others' ports and edits.
    """

    service: Service
    ports: Ports = field(repr=False)
    policies: Policies = Policies()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a resource is after an operation.

    Attributes:
        ports: canonical, by name, as they are now.
        live: what the API reported of them.
        found: the list that was there before the resource, where destroying it shall bring it back.
    """

    ports: Ports = field(repr=False)
    live: Mapping[str, LivePort] = field(repr=False)
    found: Ports | None = field(default=None, repr=False)
