"""Records: the desired inputs of a service, and the result of an operation. Plain facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nf_ports.core.plan import Policies
from nf_ports.northflank.live import LivePort
from nf_ports.northflank.service_id import ServiceId
from nf_ports.ports.canonical import Ports


@dataclass(frozen=True, slots=True)
class Desired:
    """The desired inputs of a resource, checked and complete.

    Attributes:
        service: whose ports.
        ports: canonical, by name.
        policies: what to do about unmanaged ports and edits.
    """

    service: ServiceId
    ports: Ports = field(repr=False)
    policies: Policies = Policies()


@dataclass(frozen=True, slots=True)
class Recorded:
    """A resource after an operation, as its state keeps it for the next one.

    Attributes:
        ports: canonical, by name, as they are now.
        live: what the API reported of them: ids, generated names, certificates.
        found: the ports that this resource took over or removed, as they were before it, where destroying it shall
            bring them back.
        adopted: names of the ports that were found equal and never written by this resource.
        pending: names of the ports to look at again: no generated name is shown yet, or the protection of the last
            write was not verified.
        unverified: names of pending ports that the last write made public and whose protection was not seen.
        removed: the id (or empty text) of each port that this resource removed and has not seen gone, by name.
    """

    ports: Ports = field(repr=False)
    live: Mapping[str, LivePort] = field(default_factory=dict, repr=False)
    found: Ports | None = field(default=None, repr=False)
    adopted: frozenset[str] = frozenset()
    pending: frozenset[str] = frozenset()
    unverified: frozenset[str] = frozenset()
    removed: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Move:
    """A resource that leaves one service for another, and takes custom domains along.

    Attributes:
        former: the service that it leaves.
        left: what the last operation left there.
        domains: the custom domains that are recorded there and declared for the new one.
    """

    former: ServiceId
    left: Recorded
    domains: frozenset[str]
