"""Models, emulator and contract agree on what ports may be, on generated ports and on ports that are just not valid."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from contract import ERAS, fits, misfits
from examples import of_era, visible
from hypothesis import given
from mutations import near_ports
from plain_ports import desired_ports, entry
from strategies import DOMAINS, Json, canonical, examples
from trees import places
from truth import canonical_ports
from world import fill

from nf_ports.emulator import Emulator, Settings
from nf_ports.northflank.live import Entry
from nf_ports.northflank.wire import ports_body, service_body
from nf_ports.ports.validation import check_ports

Ports = dict[str, Json]
SERVICE = "/v1/projects/shop/services/api"
PORTS = f"{SERVICE}/ports"
PATCH = "/v1/projects/shop/services/deployment/api"


@contextmanager
def northflank(era: str) -> Iterator[httpx.Client]:
    """A client that we did not write, for an emulator of an era with one service and the generated domains."""
    nf = Emulator(Settings(era=era, rate_limit=10**9))  # type: ignore[arg-type]
    fill(nf, wildcards=DOMAINS)
    headers = {"authorization": f"Bearer {nf.token}"}
    with httpx.Client(base_url=nf.url, transport=nf.transport(), headers=headers) as http:
        yield http
    nf.world.close()


@pytest.fixture(scope="module", params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    """Every revision of the API."""
    return str(request.param)


@pytest.fixture(scope="module")
def http(era: str) -> Iterator[httpx.Client]:
    """One emulator for all examples: every write replaces the whole list."""
    with northflank(era) as http:
        yield http


def entries(ports: Ports) -> list[Entry]:
    """All ports as a plan would write them."""
    return [entry(name, port) for name, port in ports.items()]


def unnamed(ports: Ports) -> Ports:
    """Without the word of a rename, which the API does not have."""
    return {name: {key: item for key, item in port.items() if key != "renamedFrom"} for name, port in ports.items()}


_FEWER = examples(40)


@_FEWER
@given(ports=canonical(options=False))
def test_valid_ports_are_posted_and_read_back_as_they_are(era: str, http: httpx.Client, ports: Ports) -> None:
    ports = canonical_ports(of_era(ports, era))
    body = {"ports": ports_body(entries(ports))}
    assert misfits(f"UpdatePortsRequest{era}", body) == []
    answer = http.post(PORTS, json=body)
    assert (answer.status_code, answer.text) == (200, '{"data":{}}')
    shown = http.get(PORTS).json()
    assert misfits("GetServicePortsResponse", shown) == []
    assert canonical_ports(shown["data"]["ports"]) == visible(ports)


@_FEWER
@given(ports=canonical())
def test_valid_ports_are_patched_and_read_back_as_they_are(era: str, http: httpx.Client, ports: Ports) -> None:
    ports = canonical_ports(of_era(ports, era))
    body = {"ports": service_body(entries(ports))}
    assert misfits(f"PatchDeploymentServiceRequest{era}", body) == []
    answer = http.patch(PATCH, json=body)
    assert answer.status_code == 200, answer.text
    echo = answer.json()["data"]["ports"]
    assert [misfits("PortEcho", port) for port in echo if not fits("PortEcho", port)] == []
    assert canonical_ports(echo) == unnamed(ports)
    shown = http.get(SERVICE).json()["data"]["ports"]
    assert canonical_ports(shown) == (unnamed(ports) if era == "2026b" else visible(ports))


_NEWEST = ("UpdatePortsRequest2026b", "PatchDeploymentServiceRequest2026b")

DELIBERATE = {
    "must be an IPv4 or IPv6": "no pattern is published, but a rule with a broken address guards nothing",
    "must be a full host name": "no pattern is published, but such a name can be registered nowhere",
    "must be a host name": "as above",
    "must list at least one address": "an empty allow-list lets everybody in, or nobody: nobody says which",
    "must list at least one path": "product guide",
    "must not be empty": "an empty password, organisation, group, or path is a mistake",
    "must have a name of letters": "as published, the union of the two forms of a header binds nothing (section 5)",
    "must not be one of the numbers": "only one endpoint refuses them, but the other takes over any day",
    "repeats ": "one port per name and per number and protocol, one password per user, one value per header",
    "has ": "a domain leads to one port",
    "must be empty, because the port is not public": "a custom domain leads to a public port (section 12)",
    "must not have validateInternalTraffic": "product guide (section 11)",
}
"""Why the models refuse what the schemas take, by the beginning of the reason."""


@examples(400)
@given(listed=near_ports())
def test_what_the_models_take_northflank_takes_and_what_they_refuse_has_a_reason(listed: Any) -> None:
    checked = check_ports(listed)
    if checked.violations:
        taken = any(fits(schema, {"ports": listed}) for schema in _NEWEST)
        unexplained = [fault for fault in checked.violations if not fault.reason.startswith(tuple(DELIBERATE))]
        assert not taken or unexplained == []
        return
    ports = desired_ports(listed)
    assert misfits("PatchDeploymentServiceRequest2026b", {"ports": service_body(entries(ports))}) == []
    assert misfits("UpdatePortsRequest2026b", {"ports": ports_body(entries(ports))}) == []


def _with(**fields: Any) -> list[Json]:
    return [{"name": "http", "internalPort": 8080, "protocol": "HTTP", **fields}]


def _ip(*addresses: str) -> list[Json]:
    return _with(security={"policies": [{"action": "ALLOW", "addresses": list(addresses)}]})


def _header(**fields: Any) -> list[Json]:
    return _with(security={"headers": [{"name": "X-Key", "value": "x", **fields}]})


_RULE = {"paths": [{"path": "/a", "routingMode": "exact", "priority": 1}], "accessMode": "protected"}
_LOGIN = {"username": "ops", "type": "basic-auth"}


@pytest.mark.parametrize(
    ("listed", "reason"),
    [
        (_ip("10.0.0.0/99"), "must be an IPv4 or IPv6"),
        (_ip(), "must list at least one address"),
        (_with(public=True, domains=["localhost"]), "must be a full host name"),
        (_with(public=True, domains=["https://a.example"]), "must be a host name"),
        (_with(public=True, domains=["☃.example"]), "must be a host name"),
        (_with(domains=["a.example"]), "must be empty, because the port is not public"),
        (_with(internalPort=15000), "must not be one of the numbers"),
        (_with() + _with(internalPort=8081), "repeats "),
        (_with() + _with(name="other"), "repeats "),
        (
            _with(public=True, domains=["a.example"])
            + _with(name="other", internalPort=1, public=True, domains=["A.example"]),
            "has ",
        ),
        (_with(security={"credentials": [{**_LOGIN, "password": ""}]}), "must not be empty"),
        (_with(security={"credentials": [{**_LOGIN, "password": "x"}, {**_LOGIN, "password": "y"}]}), "repeats "),
        (_header(name="X Key"), "must have a name of letters"),
        (_header(name=""), "must not be empty"),
        (_with(security={"sso": {"organizationId": ""}}), "must not be empty"),
        (
            _with(security={"sso": {"validateInternalTraffic": True, "allowInternalTrafficViaPublicDns": True}}),
            "must not have validateInternalTraffic",
        ),
        (_with(security={"securePathConfiguration": {"rules": [_RULE, _RULE]}}), "repeats "),
        (
            _with(security={"securePathConfiguration": {"rules": [{**_RULE, "paths": []}]}}),
            "must list at least one path",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_deliberate_strictness_refuses_what_the_schemas_take(listed: list[Json], reason: str) -> None:
    assert any(fits(schema, {"ports": listed}) for schema in _NEWEST)
    assert [fault.reason.startswith(reason) for fault in check_ports(listed).violations] == [True]
    assert reason in DELIBERATE


STATED = {
    "must be unique among the ports of a service": "section 13",
    "must be unique together with protocol": "section 13",
    "can only be linked to a public port": "section 12",
    "must be linked to one port only": "section 12",
    "is not the id of a port of this service": "section 13",
    "must be unique in the list": "section 13: of ids",
}
"""What the emulator refuses on top of the schemas, with its source in the contract."""


def refused_for(answer: httpx.Response) -> set[str]:
    """Why a list was refused."""
    details = answer.json()["error"].get("details", {})
    return {text for texts in details.values() for text in texts}


@examples(150)
@given(listed=near_ports())
def test_the_emulator_refuses_what_the_schema_refuses_and_the_stated_rules(
    era: str, http: httpx.Client, listed: Any
) -> None:
    requests = (
        (http.post, PORTS, f"UpdatePortsRequest{era}"),
        (http.patch, PATCH, f"PatchDeploymentServiceRequest{era}"),
    )
    for send, path, schema in requests:
        answer = send(path, json={"ports": listed})
        if not fits(schema, {"ports": listed}):
            assert answer.status_code == 400
            assert refused_for(answer)
            assert not refused_for(answer) & STATED.keys()
        elif answer.status_code != 200:
            domains = [node for place, node in places(listed) if place[-1:] == ("domains",) and node]
            assert refused_for(answer) <= STATED.keys() or (answer.status_code in {400, 404} and domains)


@examples(150)
@given(listed=near_ports())
def test_models_and_emulator_agree_on_what_may_be_written(listed: Any) -> None:
    checked = check_ports(listed)
    if checked.violations:
        return
    ports = desired_ports(listed)
    known = all(
        domain.partition(".")[2] in DOMAINS or domain in DOMAINS
        for port in ports.values()
        for domain in port.get("domains", {})
    )
    with northflank("2026b") as http:
        answer = http.patch(PATCH, json={"ports": service_body(entries(ports))})
        assert answer.status_code == (200 if known else 404), answer.text
        if known:
            assert canonical_ports(http.get(SERVICE).json()["data"]["ports"]) == unnamed(ports)


@given(ports=canonical())
def test_the_generated_ports_are_all_valid(ports: Ports) -> None:
    assert check_ports(ports).violations == []


def test_the_generated_ports_use_every_field() -> None:
    used: set[str | int] = set()

    @examples(400)
    @given(ports=canonical())
    def collect(ports: Ports) -> None:
        used.update(place[-1] for place, _ in places(service_body(entries(ports))) if place)
        used.update(key for port in ports.values() for key in port)

    collect()
    fields = {
        *("name", "internalPort", "protocol", "public", "vpcAccessible", "domains", "disableNfDomain", "renamedFrom"),
        *("security", "credentials", "username", "password", "type", "policies", "action", "addresses", "headers"),
        *("value", "regexMode", "sso", "organizationId", "directoryGroupIds", "allowAnyOrgUsers", "noindexRedirect"),
        *("validateInternalTraffic", "setCookieOnRootDomain", "allowInternalTrafficViaPublicDns", "verificationMode"),
        *("securePathConfiguration", "enabled", "skipSecurityPoliciesForInternalTrafficViaPublicDns", "rules", "paths"),
        *("path", "routingMode", "priority", "accessMode", "securityPolicies", "orPolicies", "requiredPolicies"),
        *("advancedOptions", "enableTlsPassthrough"),
    }
    assert fields - used == set()
