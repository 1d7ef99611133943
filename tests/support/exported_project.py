"""A project on an emulator in this process, and what an export makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, Final, Self

from examples import CANONICAL, as_list
from strategies import DOMAINS
from world import fill

from nf_ports.cli.account import Account
from nf_ports.cli.export.program import program
from nf_ports.cli.export.reading import Exported, Reading
from nf_ports.emulator import Emulator, Settings
from nf_ports.northflank.client import Client
from nf_ports.northflank.settings import ApiSettings

Json = dict[str, Any]


def every_feature() -> dict[str, Json]:
    """Canonical ports with every field that the API knows."""
    ports = deepcopy(CANONICAL)
    ports["http"].pop("renamedFrom")
    return ports


EVERYTHING: Final = as_list(every_feature())
"""The same as on the wire."""

SECRETS: Final = ("correct horse", "battery staple", "open sesame", "^v[0-9]+$", "tr0ub4dor", "abracadabra")
"""Every secret in it."""


class Project:
    """The project `shop`, reached without a socket."""

    def __init__(self, **switches: Any) -> None:
        """The domains of every strategy are there, and every name below them."""
        self.nf = Emulator(Settings(**switches))
        fill(self.nf, [], wildcards=DOMAINS)

    def __enter__(self) -> Self:
        """Open a client."""
        self.account = self.connected()
        return self

    def __exit__(self, *_: object) -> None:
        """Close it and the world."""
        self.account.client.close()
        self.nf.world.close()

    def connected(self, dialect: str = "auto") -> Account:
        """An account of its own on the same world."""
        settings = ApiSettings(self.nf.token, self.nf.url, "the test")
        return Account(Client(settings, transport=self.nf.transport()), dialect=dialect)

    def add(self, name: str, ports: Iterable[Json]) -> None:
        """A service with ports as on the wire."""
        self.nf.add_service("shop", name, ports=ports)

    def exported(self, name: str, account: Account | None = None) -> tuple[Exported, str, dict[str, str]]:
        """What the export finds of a service, the program, and the configuration that the program needs."""
        reading = Reading(account or self.account, "shop")
        one = reading.service(name, empty=True)
        assert one is not None
        settings = reading.models.settings
        config = {setting.key: setting.value for setting in settings if setting.value is not None}
        return one, program("nf-ports export shop", [one], settings), config

    def stored(self, name: str) -> Mapping[str, Json]:
        """Everything that is stored of a service's ports, by name."""
        return {port["name"]: port for port in self.nf.ports("shop", name)}
