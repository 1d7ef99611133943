"""What other resources get from a service's ports: known as early as the declaration tells it, and nothing made up."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from plain_ports import port, typed, typed_or_unknown
from strategies import Json, canonical

from nf_ports.core.outputs import address, desired_url, outputs
from nf_ports.northflank.live import LivePort
from nf_ports.ports.deferred import UNKNOWN

HTTP: Json = {"internalPort": 8080, "protocol": "HTTP", "public": True}
TCP: Json = {"internalPort": 9090, "protocol": "TCP", "public": False}
DNS = "http--api--h769bkzvfdpf.code.run"


@pytest.mark.parametrize(
    ("service", "port", "expected"),
    [
        ("api", HTTP, "api:8080"),
        ("api", {"internalPort": 8080.0}, "api:8080"),
        ("api", {"internalPort": UNKNOWN}, UNKNOWN),
        ("api", {}, UNKNOWN),
        ("api", UNKNOWN, UNKNOWN),
        (UNKNOWN, HTTP, UNKNOWN),
    ],
    ids=["known", "as the host has it", "unknown number", "no number", "unknown port", "unknown service"],
)
def test_the_private_address_is_known_with_service_and_number(service: Any, port: Any, expected: Any) -> None:
    assert address(service, typed_or_unknown({"it": port})["it"]) == expected


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ({**HTTP, "domains": {"b.example": True, "a.example": True}}, "https://a.example"),
        ({**HTTP, "domains": {"*.example.com": True, "b.example": True}}, "https://b.example"),
        ({**HTTP, "domains": {"*.example.com": True}}, UNKNOWN),
        (HTTP, UNKNOWN),
        (TCP, None),
        ({**HTTP, "public": UNKNOWN}, UNKNOWN),
        ({**HTTP, "domains": UNKNOWN}, UNKNOWN),
        (UNKNOWN, UNKNOWN),
    ],
    ids=[
        "first",
        "no wildcard",
        "only a wildcard",
        "generated",
        "private",
        "unknown",
        "unknown domains",
        "all unknown",
    ],
)
def test_the_declaration_tells_the_url_where_it_can(port: Any, expected: Any) -> None:
    assert desired_url(typed_or_unknown({"it": port})["it"]) == expected


def test_all_outputs_of_a_service() -> None:
    ports = {"http": {**HTTP, "domains": {"a.example": True}}, "gen": {**HTTP, "internalPort": 1}, "metrics": TCP}
    live = {
        "http": LivePort(port(ports["http"]), "eonyui", DNS, {"a.example": {"inProgress": True}}),
        "gen": LivePort(port(ports["gen"]), "abcdef", "gen--api--x.code.run"),
        "other": LivePort(port(TCP), "foreign", None, {"b.example": {}}),
    }
    assert outputs("api", typed(ports), live) == {
        "urls": {"http": "https://a.example", "gen": "https://gen--api--x.code.run"},
        "addresses": {"http": "api:8080", "gen": "api:1", "metrics": "api:9090"},
        "dns": {"http": DNS, "gen": "gen--api--x.code.run"},
        "portIds": {"http": "eonyui", "gen": "abcdef", "metrics": ""},
        "certificates": {"a.example": {"inProgress": True}},
    }


@pytest.mark.parametrize(
    ("declared", "dns", "urls"),
    [
        (HTTP, None, {}),
        ({**HTTP, "disableNfDomain": True, "domains": {"*.a.example": True}}, DNS, {}),
        ({**HTTP, "disableNfDomain": True}, DNS, {"http": f"https://{DNS}"}),
        (TCP, None, {}),
    ],
    ids=["no name yet", "name turned off", "name that cannot be turned off", "private"],
)
def test_a_port_without_a_public_name_has_no_url(declared: Json, dns: str | None, urls: Json) -> None:
    live = {"http": LivePort(port(declared), "eonyui", dns)}
    assert outputs("api", typed({"http": declared}), live, {"http"})["urls"] == urls


def test_a_name_that_no_view_shows_has_a_stand_in_that_no_host_can_have() -> None:
    shown = outputs("api", typed({"http": HTTP}), {"http": LivePort(port(HTTP))})

    assert shown["urls"] == {"http": "https://http--api.generated-name-unknown.invalid"}
    assert shown["dns"] == {}


@given(ports=canonical())
def test_every_port_has_an_address_and_an_id_and_only_public_ones_a_url(ports: dict[str, Json]) -> None:
    live = {name: LivePort(item, name, f"{name}.code.run") for name, item in typed(ports).items()}
    found = outputs("api", typed(ports), live)
    assert found["addresses"].keys() == found["portIds"].keys() == ports.keys()
    assert found["urls"].keys() <= {name for name, item in ports.items() if item["public"]}
    assert all(str(url).startswith("https://") and "*" not in str(url) for url in found["urls"].values())
