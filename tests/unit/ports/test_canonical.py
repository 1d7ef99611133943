"""The canonical form: one spelling for all that means the same; the way through the API and back changes nothing."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from examples import CANONICAL, LISTED, MODELS, as_list, view, visible
from hypothesis import given
from hypothesis import strategies as st
from plain_ports import canonical_ports, desired_ports, entry, plain, typed
from strategies import Json, canonical
from trees import places, replaced

from nf_ports.northflank.live import Entry
from nf_ports.northflank.wire import ports_body, read_live, service_body
from nf_ports.ports.canonical import secrets_of
from nf_ports.ports.deferred import UNKNOWN

Ports = dict[str, Json]


def shuffled(value: Any, order: st.DataObject) -> Any:
    """A copy with every list and every map in another order."""
    if isinstance(value, dict):
        keys = order.draw(st.permutations(list(value)))
        return {key: shuffled(value[key], order) for key in keys}
    if isinstance(value, list):
        return [shuffled(item, order) for item in order.draw(st.permutations(value))]
    return value


def entries(ports: Ports) -> list[Entry]:
    """All ports as a plan would write them."""
    return [entry(name, port) for name, port in ports.items()]


def unnamed(ports: Ports) -> Ports:
    """Without the word of a rename, which is a way and no state, so the API has none."""
    return {name: {key: item for key, item in port.items() if key != "renamedFrom"} for name, port in ports.items()}


@pytest.mark.parametrize(
    ("written", "canonical_form"),
    [
        ({"domains": ["API.Example.com."]}, {"domains": {"api.example.com": True}}),
        ({"domains": ["bücher.example"]}, {"domains": {"xn--bcher-kva.example": True}}),
        ({"domains": ["a.example", "A.EXAMPLE"]}, {"domains": {"a.example": True}}),
        ({"domains": []}, {}),
        ({"internalPort": 80.0}, {"internalPort": 80}),
        ({"public": False, "vpcAccessible": False, "disableNfDomain": False}, {}),
        ({"public": True}, {"public": True}),
        ({"name": "http", "id": "eonyui", "dns": "a.code.run", "surprise": [1]}, {}),
        ({"domains": None, "security": None, "advancedOptions": None}, {}),
        ({"advancedOptions": {"enableTlsPassthrough": False}}, {}),
        ({"security": {}}, {}),
        ({"security": {"credentials": [], "policies": [], "sso": {}}}, {}),
        ({"security": {"sso": {"allowAnyOrgUsers": False, "organizationId": ""}}}, {}),
        (
            {"security": {"policies": [{"action": "ALLOW", "addresses": ["10.1.2.3/8", "10.0.0.0/8"]}]}},
            {"security": {"policies": {"ALLOW": {"10.0.0.0/8": True}}}},
        ),
        ({"security": {"policies": [{"action": "ALLOW", "addresses": []}]}}, {}),
        *(
            ({"security": {"securePathConfiguration": {"enabled": True, "rules": [rule]}}}, {})
            for rule in ({"paths": [], "accessMode": "protected"}, {"paths": None}, {"accessMode": "protected"})
        ),
        (
            {"security": {"ip": [{"action": "DENY", "addresses": ["2001:DB8::1"]}]}},
            {"security": {"policies": {"DENY": {"2001:db8::1/128": True}}}},
        ),
        (
            {"security": {"headers": [{"name": "X", "value": "", "regexMode": False}]}},
            {"security": {"headers": {"X": {"value": ""}}}},
        ),
        (
            {"security": {"credentials": [{"username": "ops", "password": "x", "type": "basic-auth"}]}},
            {"security": {"credentials": {"ops": {"password": "x"}}}},
        ),
        ({"security": {"securePathConfiguration": {"enabled": True, "rules": []}}}, {}),
        ({"security": {"securePathConfiguration": {"enabled": False, "rules": []}}}, {}),
    ],
    ids=lambda value: str(value)[:70],
)
def test_what_means_the_same_is_the_same(written: Json, canonical_form: Json) -> None:
    port = {"internalPort": 8080, "protocol": "HTTP"}
    assert canonical_ports({"http": port | written}) == {"http": {**port, "public": False, **canonical_form}}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ({"domains": ["not a domain"]}, {"domains": {"not a domain": True}}),
        ({"protocol": "QUIC"}, {"protocol": "QUIC"}),
        ({"internalPort": "eighty"}, {"internalPort": "eighty"}),
        (
            {"security": {"policies": [{"action": "LIMIT", "addresses": ["x"]}]}},
            {"security": {"policies": {"LIMIT": {"x": True}}}},
        ),
        ({"security": {"policies": [5]}}, {"security": {"policies": [5]}}),
        ({"security": {"credentials": 5}}, {"security": {"credentials": 5}}),
        (
            {"security": {"credentials": [{"password": "x"}]}},
            {"security": {"credentials": {"(no name)": {"password": "x"}}}},
        ),
        ({"security": "on"}, {"security": "on"}),
    ],
    ids=lambda value: str(value)[:70],
)
def test_what_cannot_be_read_is_kept(value: Json, kept: Json) -> None:
    port = {"internalPort": 80, "protocol": "HTTP", "public": False}
    assert canonical_ports([{"name": "http", **port, **value}])["http"] == {**port, **kept}


@pytest.mark.parametrize("value", [None, 5, "http", UNKNOWN], ids=["nothing", "number", "text", "unknown"])
def test_what_is_no_list_of_ports_has_no_ports(value: Any) -> None:
    assert canonical_ports(value) == {}


def test_ports_that_are_not_known_yet_stay_unknown() -> None:
    for place, _ in places(CANONICAL):
        if place:
            found = canonical_ports(replaced(CANONICAL, place, UNKNOWN))
            assert found == replaced(CANONICAL, place, UNKNOWN), place


@pytest.mark.parametrize("written", [LISTED, MODELS, CANONICAL], ids=["list", "models", "map"])
def test_every_way_to_declare_has_one_canonical_form(written: Any) -> None:
    assert desired_ports(written) == CANONICAL


def test_declared_path_rules_are_in_force_and_reported_ones_only_where_it_is_said() -> None:
    paths: Json = {"rules": {"exact /a": {"priority": 1, "accessMode": "protected"}}}
    ports = {"http": {"internalPort": 80, "protocol": "HTTP", "security": {"securePathConfiguration": paths}}}
    declared = desired_ports(ports)["http"]["security"]["securePathConfiguration"]
    reported = canonical_ports(ports)["http"]["security"]["securePathConfiguration"]
    assert (declared, reported) == ({"enabled": True, **paths}, paths)


@given(ports=canonical())
def test_a_canonical_port_is_its_own_canonical_form(ports: Ports) -> None:
    assert canonical_ports(ports) == ports
    assert desired_ports(ports) == ports
    assert canonical_ports(canonical_ports(ports)) == canonical_ports(ports)


@given(ports=canonical(), data=st.data())
def test_the_order_means_nothing(ports: Ports, data: st.DataObject) -> None:
    assert canonical_ports(shuffled(as_list(ports), data)) == ports
    assert canonical_ports(shuffled(ports, data)) == ports


@given(ports=canonical())
def test_a_list_is_the_map_by_name(ports: Ports) -> None:
    assert canonical_ports(as_list(ports)) == canonical_ports(ports)


@given(ports=canonical())
def test_the_canonical_form_changes_nothing_of_what_it_is_given(ports: Ports) -> None:
    for written in (ports, as_list(ports)):
        before = deepcopy(written)
        canonical_ports(written)
        assert written == before


@given(ports=canonical())
def test_no_default_and_nothing_empty_is_in_a_canonical_port(ports: Ports) -> None:
    spelled_out = [
        {"vpcAccessible": False, "disableNfDomain": False, "domains": [], "advancedOptions": {}, **port}
        | {
            "security": {"credentials": [], "policies": [], "ip": [], "sso": {}, "headers": []}
            | port.get("security", {})
        }
        for port in as_list(ports)
    ]
    assert canonical_ports(spelled_out) == ports
    for place, node in places(canonical_ports(spelled_out)):
        empty = node in ({}, [], None)
        assert not empty or place == (), place


@given(ports=canonical())
def test_what_the_api_shows_is_what_was_declared(ports: Ports) -> None:
    shown = read_live(view(ports))
    assert shown is not None
    assert {name: plain(live.port) for name, live in shown.items()} == visible(ports)
    assert all(not live.complete and live.id and live.dns for live in shown.values())


@given(ports=canonical())
def test_the_way_to_patch_service_and_back_changes_nothing(ports: Ports) -> None:
    assert canonical_ports(service_body(entries(ports))) == unnamed(ports)
    back = read_live(service_body(entries(ports)))
    assert back is not None
    assert {name: plain(live.port) for name, live in back.items()} == unnamed(ports)
    assert all(live.complete for live in back.values())


@given(ports=canonical(options=False))
def test_the_way_to_update_ports_and_back_changes_nothing(ports: Ports) -> None:
    assert canonical_ports(ports_body(entries(ports))) == unnamed(ports)


@given(ports=canonical())
def test_only_advanced_options_are_lost_on_the_way_to_update_ports(ports: Ports) -> None:
    expected = [
        {key: item for key, item in port.items() if key != "advancedOptions"} for port in unnamed(ports).values()
    ]
    assert list(canonical_ports(ports_body(entries(ports))).values()) == expected


def test_every_place_of_a_secret_is_found() -> None:
    found = dict(secrets_of(typed(CANONICAL)))
    assert found == {
        ("http", "user", "ops"): "correct horse",
        ("http", "user", "root-2"): "battery staple",
        ("http", "header", "X-Key"): "open sesame",
        ("http", "header", "^X-(A|B)$"): "^v[0-9]+$",
        ("http", "prefix /admin", "user", "ops"): "tr0ub4dor",
        ("http", "prefix /admin", "header", "X-Path"): "abracadabra",
    }


@given(ports=canonical())
def test_every_password_and_header_value_is_a_secret(ports: Ports) -> None:
    places_of_secrets = [place for place, _ in places(ports) if place[-1:] in {("password",), ("value",)}]
    assert len(secrets_of(typed(ports))) == len(places_of_secrets)


@pytest.mark.parametrize(
    "security",
    [
        {"credentials": UNKNOWN},
        {"credentials": {"ops": UNKNOWN}},
        {"headers": UNKNOWN},
        {"securePathConfiguration": {"rules": {"exact /": {"securityPolicies": {"orPolicies": {"headers": UNKNOWN}}}}}},
    ],
    ids=["logins", "a login", "headers", "headers of a path"],
)
def test_a_secret_that_is_not_known_yet_has_a_place_all_the_same(security: Json) -> None:
    assert [secret for _place, secret in secrets_of(typed({"http": {"security": security}}))] == [UNKNOWN]
