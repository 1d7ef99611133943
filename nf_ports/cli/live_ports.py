"""The ports of a live service, in the view that shows the most, and what of them no view may have shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from nf_ports.northflank.live import LivePort
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.services import Services
from nf_ports.ports.port import Port

UNSEEN: Final = "this version of the API shows neither path rules nor TLS passthrough"


@dataclass(frozen=True, slots=True)
class LivePorts:
    """The live ports of a service.

    Attributes:
        live: as the API reports it, by name.
        whole: whether everything that can be declared is shown; also where there is nothing.
    """

    live: Mapping[str, LivePort]
    whole: bool

    @property
    def ports(self) -> dict[str, Port]:
        """In canonical form, by name."""
        return {name: item.port for name, item in self.live.items()}


def read(services: Services, service: ServiceId) -> LivePorts:
    """The ports of a service by *Get service*, which shows path rules since mid-2026. One request.

    Raises:
        NotFound: there is no such service.
        NorthflankPortsError: they cannot be read.
    """
    live = services.described(service).ports
    return LivePorts(live, all(item.complete for item in live.values()))
