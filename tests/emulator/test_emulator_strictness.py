"""Everything that Northflank refuses is refused, at its path, and then nothing is stored."""

from __future__ import annotations

from typing import Any

import pytest
from emulated_shop import PATCH, PORTS, SECRET, SERVICE, Shop, credential, details, ok
from world import http_port

_NAMELESS = {"internalPort": 8080, "protocol": "HTTP"}


@pytest.mark.parametrize(
    ("ports", "path", "text"),
    [
        ([http_port(surprise=1)], "ports.0.surprise", "is not allowed"),
        ([http_port(security={"surprise": 1})], "ports.0.security.surprise", "is not allowed"),
        ([_NAMELESS], "ports.0.name", "is required"),
        ([http_port("n" * 9)], "ports.0.name", "must have at most 8 characters"),
        ([http_port("9a")], "ports.0.name", "must match ^[a-zA-Z](-?[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*)?$"),
        ([http_port("a\n")], "ports.0.name", "must match ^[a-zA-Z](-?[a-zA-Z0-9]+(-[a-zA-Z0-9]+)*)?$"),
        ([http_port(number=0)], "ports.0.internalPort", "must be at least 1"),
        ([http_port(number=65536)], "ports.0.internalPort", "must be at most 65535"),
        ([http_port(internalPort="80")], "ports.0.internalPort", "must be of type integer"),
        ([http_port(internalPort=80.5)], "ports.0.internalPort", "must be of type integer"),
        ([http_port(number=15000)], "ports.0.internalPort", "is reserved"),
        ([http_port(number=15020)], "ports.0.internalPort", "is reserved"),
        ([http_port(number=65000)], "ports.0.internalPort", "is reserved"),
        ([http_port(protocol="HTTP2")], "ports.0.protocol", "must be one of HTTP, HTTP/2, TCP, UDP"),
        ([http_port(protocol="TCP", public=True)], "ports.0.protocol", "must be one of HTTP, HTTP/2"),
        ([http_port(protocol="TCP", vpcAccessible=True)], "ports.0.protocol", "must be one of HTTP, HTTP/2"),
        ([http_port(domains=["api.shop.example"])], "ports.0.domains", "can only be linked to a public port"),
        ([http_port(advancedOptions={})], "ports.0.advancedOptions", "is not allowed"),
        ([http_port(id="X")], "ports.0.id", "must match ^[a-z]-?[a-z0-9]+(-[a-z0-9]+)*$"),
        ([http_port(id="eonyui")], "ports.0.id", "is not the id of a port of this service"),
        ([http_port(), http_port(number=81)], "ports.1.name", "must be unique among the ports of a service"),
        ([http_port(), http_port("two")], "ports.1.internalPort", "must be unique together with protocol"),
        ([http_port(), http_port()], "ports", "must not contain the same item twice"),
        ([5], "ports.0", "must be of type object"),
        (
            [http_port(security={"credentials": [{"username": "op", "password": SECRET, "type": "basic-auth"}]})],
            "ports.0.security.credentials.0.username",
            "must have at least 3 characters",
        ),
        (
            [http_port(security={"credentials": [{"username": "operator", "type": "basic-auth"}]})],
            "ports.0.security.credentials.0.password",
            "is required",
        ),
        (
            [http_port(security={"policies": [{"addresses": ["192.0.2.1"], "action": "allow"}]})],
            "ports.0.security.policies.0.action",
            "must be one of ALLOW, DENY",
        ),
        ([http_port(security={"headers": [{"name": "x"}]})], "ports.0.security.headers.0.value", "is required"),
        (
            [http_port(security={"verificationMode": "xor"})],
            "ports.0.security.verificationMode",
            "must be one of or, and",
        ),
        (
            [
                http_port(
                    security={
                        "securePathConfiguration": {
                            "rules": [
                                {
                                    "paths": [{"path": "x", "routingMode": "exact", "priority": 1}],
                                    "accessMode": "protected",
                                }
                            ]
                        }
                    }
                )
            ],
            "ports.0.security.securePathConfiguration.rules.0.paths.0.path",
            r"must match ^\/([_a-zA-Z0-9-&?=.]*)((\/[_a-zA-Z0-9-&?=.]+)*(\/)?)?$",
        ),
    ],
)
def test_a_faulty_list_is_refused_at_its_path_and_stores_nothing(
    ports: list[dict[str, Any]], path: str, text: str
) -> None:
    with Shop(era="2026b") as shop:
        shop.nf.set_ports("shop", "api", [http_port("kept", 7000)])
        before = shop.nf.ports("shop", "api")
        assert text in details(shop.post(*ports))[path]
        assert shop.nf.ports("shop", "api") == before


@pytest.mark.parametrize(
    ("body", "path", "text"),
    [
        ({}, "ports", "is required"),
        ({"ports": {}}, "ports", "must be of type array"),
        ({"ports": [], "more": 1}, "more", "is not allowed"),
        ([], "body", "must be of type object"),
    ],
)
def test_a_faulty_body_is_refused(body: Any, path: str, text: str) -> None:
    with Shop() as shop:
        assert text in details(shop.http.post(PORTS, json=body))[path]


@pytest.mark.parametrize("content", [b"{", b"\xff", b'{"ports": NaN}', b"", b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused_as_an_empty_one(content: bytes) -> None:
    with Shop() as shop:
        answer = shop.http.post(PORTS, content=content, headers={"content-type": "application/json"})
        assert details(answer) == {"body": ["must be of type object"]}


def test_a_body_without_the_json_content_type_is_not_read() -> None:
    with Shop() as shop:
        assert "body" in details(shop.http.post(PORTS, content=b'{"ports": []}'))


def test_whole_numbers_are_integers_as_in_javascript() -> None:
    with Shop() as shop:
        assert shop.post(http_port(internalPort=8080.0)).status_code == 200
        assert repr(shop.ports()[0]["internalPort"]) == "8080"


def test_every_fault_is_reported_at_once() -> None:
    with Shop() as shop:
        found = details(shop.post(http_port(number=0, surprise=1), http_port("two", protocol="TCP", public=True)))
        assert set(found) == {"ports.0.internalPort", "ports.0.surprise", "ports.1.protocol"}


def test_one_bad_port_among_ten_changes_nothing() -> None:
    with Shop() as shop:
        ports = [http_port(f"p{n}", 8000 + n) for n in range(9)] + [http_port("bad", 0)]
        assert list(details(shop.post(*ports))) == ["ports.9.internalPort"]
        assert shop.ports() == []


@pytest.mark.parametrize("number", [15000, 15020, 65000])
def test_patch_takes_the_numbers_that_post_reserves(number: int) -> None:
    with Shop() as shop:
        assert shop.patch(http_port(number=number)).status_code == 200


def test_patch_takes_no_id_and_no_name_of_the_service() -> None:
    with Shop() as shop:
        assert details(shop.patch(http_port(id="eonyui"))) == {"ports.0.id": ["is not allowed"]}
        assert details(shop.http.patch(PATCH, json={"name": "other"})) == {"name": ["is not allowed"]}


@pytest.mark.parametrize(
    ("era", "security", "taken"),
    [
        ("2025", {"sso": {"allowAnyOrgUsers": True}}, False),
        ("2026a", {"sso": {"allowAnyOrgUsers": True}}, True),
        ("2026a", {"sso": {"noindexRedirect": True}}, False),
        ("2026b", {"sso": {"noindexRedirect": True}}, True),
    ],
)
def test_members_are_taken_from_the_era_that_brought_them(era: str, security: dict[str, Any], taken: bool) -> None:
    with Shop(era=era) as shop:
        assert (shop.post(http_port(security=security)).status_code == 200) is taken


def test_vpc_accessible_is_unknown_before_2026b() -> None:
    with Shop(era="2026a") as shop:
        assert details(shop.post(http_port(vpcAccessible=True))) == {"ports.0.vpcAccessible": ["is not allowed"]}


@pytest.mark.parametrize(
    "credentials",
    [
        SECRET,
        [SECRET],
        [{**credential(), "password": [SECRET]}],
        [{**credential(), "username": SECRET * 3}],
        [{**credential(), "type": SECRET}],
        [credential(), {"password": SECRET}],
    ],
)
def test_an_error_never_quotes_a_password(credentials: Any) -> None:
    with Shop() as shop:
        answers = [shop.post(http_port(security={"credentials": credentials})) for _ in range(1)]
        answers.append(shop.patch(http_port(security={"credentials": credentials})))
        for answer in answers:
            assert answer.status_code == 400
            assert SECRET not in answer.text


@pytest.mark.parametrize(
    "query",
    ["per_page=0", "per_page=101", "per_page=ten", "page=0", "cursor=short", "cursor=zzzzzzzzzzzzzzzzzzzzzzzz"],
)
def test_a_faulty_page_is_refused(query: str) -> None:
    with Shop() as shop:
        assert list(details(shop.http.get(f"/v1/projects?{query}"))) == [query.partition("=")[0]]


def test_a_project_needs_a_region_or_a_cluster() -> None:
    with Shop() as shop:
        assert "region" in details(shop.http.post("/v1/projects", json={"name": "Second"}))
        both = {"name": "Second", "region": "europe-west", "clusterId": "one"}
        assert "region" in details(shop.http.post("/v1/projects", json=both))
        unknown = shop.http.post("/v1/projects", json={"name": "Second", "region": "moon"})
        assert unknown.status_code == 404


def test_a_taken_identifier_is_a_conflict() -> None:
    with Shop() as shop:
        body = {"name": "API", "billing": {"deploymentPlan": "nf-compute-20"}, "deployment": {"instances": 1}}
        answer = shop.http.post("/v1/projects/shop/services/deployment", json=body)
        assert answer.status_code == 409
        assert answer.json()["error"]["message"] == "There is already a service with the same derived identifier"
        assert shop.http.post("/v1/projects", json={"name": "Shop", "region": "us-east"}).status_code == 409


@pytest.mark.parametrize("era", ["2025", "2026b"])
def test_members_that_no_schema_has_are_stored_and_shown_where_a_switch_says_so(era: str) -> None:
    login = {"username": "ops", "password": "made-up", "type": "basic-auth", "mfa": True}
    port = http_port(public=True, rateLimit=5, security={"captcha": {"on": True}, "credentials": [login]})
    with Shop(era=era) as shop:
        assert details(shop.post(port)) == {
            "ports.0.rateLimit": ["is not allowed"],
            "ports.0.security.captcha": ["is not allowed"],
            "ports.0.security.credentials.0.mfa": ["is not allowed"],
        }
        shop.nf.settings = shop.nf.settings.changed({"unknown_members": "store"})
        ok(shop.post(port))
        for shown in (shop.ports(), shop.get(SERVICE)["data"]["ports"]):
            assert shown[0]["rateLimit"] == 5
            assert shown[0]["security"]["captcha"] == {"on": True}
            assert shown[0]["security"]["credentials"] == [login]


def test_a_documented_member_of_another_place_dialect_or_value_is_refused_all_the_same() -> None:
    with Shop(era="2026a", unknown_members="store") as shop:
        assert details(shop.patch(http_port() | {"id": "abcdef"})) == {"ports.0.id": ["is not allowed"]}
        assert details(shop.post(http_port() | {"vpcAccessible": True})) == {
            "ports.0.vpcAccessible": ["is not allowed"]
        }
        assert details(shop.post(http_port() | {"rateLimit": 5, "public": "yes"})) == {
            "ports.0.public": ["must be of type boolean"]
        }
