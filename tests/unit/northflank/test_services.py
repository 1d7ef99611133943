"""Apply, read, plan again: nothing. In every era and dialect, from any list to any other, ids kept by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from examples import of_era
from hypothesis import given
from plain_ports import canonical_ports, typed
from strategies import DOMAINS, Json, canonical, examples
from world import fill

from nf_ports.core.lifecycle import Lifecycle
from nf_ports.core.plan import plan_write
from nf_ports.core.records import Desired
from nf_ports.emulator import Emulator, Settings
from nf_ports.errors import InvalidConfiguration
from nf_ports.northflank.client import Client
from nf_ports.northflank.service_id import ServiceId
from nf_ports.northflank.services import Services
from nf_ports.northflank.settings import ApiSettings
from nf_ports.ports.differences import same_ports

Ports = dict[str, Json]

_WAYS = [
    ("2025", "auto"),
    ("2025", "service"),
    ("2026a", "auto"),
    ("2026a", "service"),
    ("2026b", "auto"),
    ("2026b", "ports"),
    ("2026b", "service"),
    ("gone", "auto"),
]


class Way:
    """One API and one dialect, with a service of each type."""

    def __init__(self, era: str, dialect: str) -> None:
        """Build the world."""
        self.era = era
        self.contract_era = "2026b" if era == "gone" else era
        self.nf = Emulator(Settings(era=era, rate_limit=10**9))  # type: ignore[arg-type]
        fill(self.nf, ["api", "web"], wildcards=DOMAINS)
        client = Client(ApiSettings(self.nf.token, self.nf.url), transport=self.nf.transport(), sleep=lambda _s: None)
        self.services = Services(client, dialect, wait=lambda _s: None)
        self.lifecycle = Lifecycle(self.services, sleep=lambda _s: None)

    def stored(self, service: ServiceId) -> Ports:
        """All that the API holds, write-only fields and all."""
        return canonical_ports(self.nf.ports(service.project, service.service))

    def ids(self, service: ServiceId) -> dict[str, str]:
        """The identity of every port."""
        return {port["name"]: port["id"] for port in self.nf.ports(service.project, service.service)}


@pytest.fixture(scope="module", params=_WAYS, ids="-".join)
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    """Every era with every dialect that it has."""
    way = Way(*request.param)
    yield way
    way.nf.world.close()


def unnamed(ports: Ports) -> Ports:
    """Without the word of a rename: it is a way, not a state, and these lists have nothing to rename."""
    return {name: {key: item for key, item in port.items() if key != "renamedFrom"} for name, port in ports.items()}


@examples(20)
@given(first=canonical(most=2), second=canonical(most=2))
@pytest.mark.parametrize("name", ["api", "web"])
def test_from_any_list_to_any_other_and_then_nothing(way: Way, name: str, first: Ports, second: Ports) -> None:
    service = ServiceId("shop", name)
    for either in ("api", "web"):
        # A name that the other service still has could not be linked.
        way.nf.set_ports("shop", either, [])
    lists = [canonical_ports(of_era(unnamed(ports), way.contract_era)) for ports in (first, second, second)]
    recorded: Any = None
    ids: dict[str, str] = {}
    for desired in lists:
        declared = Desired(service, typed(desired))
        done = way.lifecycle.create(declared) if recorded is None else way.lifecycle.update(recorded, declared)
        assert same_ports(done.ports, typed(desired))
        assert way.stored(service) == desired
        live = way.services.read(service).ports
        assert not plan_write("shop/api", declared.ports, live, declared.ports, declared.policies).changes
        seen = way.lifecycle.read(service, done)
        assert seen is not None
        assert same_ports(seen.ports, typed(desired))
        now = way.ids(service)
        assert {port: now[port] for port in ids.keys() & now.keys()} == {
            port: ids[port] for port in ids.keys() & now.keys()
        }
        recorded, ids = done, now


@pytest.mark.parametrize("dialect", ["", "both", "Ports", "AUTO"])
def test_a_dialect_that_is_none_is_refused(dialect: str) -> None:
    client = Client(ApiSettings("nf-demo-token"))
    with pytest.raises(InvalidConfiguration, match="northflank:dialect must be auto, ports or service"):
        Services(client, dialect)
    client.close()


@pytest.mark.parametrize(
    ("service", "text", "path"),
    [
        (ServiceId("shop", "api"), "shop/api", "/v1/projects/shop/services/api"),
        (ServiceId("shop", "api", "acme"), "acme/shop/api", "/v1/teams/acme/projects/shop/services/api"),
        (ServiceId("a/b", "../x", "t?"), "t?/a/b/../x", "/v1/teams/t%3F/projects/a%2Fb/services/..%2Fx"),
    ],
    ids=["account", "team", "odd"],
)
def test_a_service_has_one_path_that_nothing_in_it_can_leave(service: ServiceId, text: str, path: str) -> None:
    assert (str(service), service.path) == (text, path)
