"""The API's JSON of ports: read by shape in every era, written whole, and never a crash over what is new or odd."""

from __future__ import annotations

from typing import Any

import pytest
from examples import CANONICAL, as_list, view, visible
from hypothesis import given
from hypothesis import strategies as st
from plain_ports import plain
from plain_ports import port as typed_port
from strategies import Json, canonical

from nf_ports.northflank.live import Entry, LivePort
from nf_ports.northflank.wire import ports_body, read_live, service_body

HTTP: Json = {"internalPort": 8080, "protocol": "HTTP", "public": True}
_SKIP = "skipSecurityPoliciesForInternalTrafficViaPublicDns"


def body_of(port: Json, **entry: Any) -> Json:
    """The one item of *Update service ports* for a declared port."""
    (item,) = ports_body([Entry("http", typed_port(port), **entry)])
    return item


def shown(item: Json) -> LivePort:
    """One port as the API shows it."""
    ports = read_live([item])
    assert ports is not None
    (port,) = ports.values()
    return port


def test_everything_is_said_so_that_nothing_depends_on_what_the_api_keeps() -> None:
    assert body_of(HTTP) == {
        "name": "http",
        "internalPort": 8080,
        "public": True,
        "protocol": "HTTP",
        "domains": [],
        "disableNfDomain": False,
        "security": {
            "credentials": [],
            "policies": [],
            "sso": {},
            "headers": [],
            "securePathConfiguration": {"enabled": False, "rules": []},
        },
    }


def test_a_port_with_every_field_is_written_as_northflank_spells_it() -> None:
    (item,) = service_body([Entry("http", typed_port(CANONICAL["http"]))])
    expected = as_list({"http": CANONICAL["http"]})[0]
    del expected["renamedFrom"]
    order = expected["security"]["securePathConfiguration"]["rules"]
    order.sort(key=lambda rule: (rule["paths"][0]["routingMode"], rule["paths"][0]["path"]))
    assert item == expected


@pytest.mark.parametrize(("known", "written"), [("eonyui", {"id": "eonyui"}), (None, {}), ("", {})])
def test_only_update_ports_is_told_the_id(known: str | None, written: Json) -> None:
    assert {key: item for key, item in body_of(HTTP, id=known).items() if key == "id"} == written
    (item,) = service_body([Entry("http", typed_port(HTTP), known)])
    assert "id" not in item


def test_only_patch_service_is_told_the_advanced_options() -> None:
    port = {**HTTP, "advancedOptions": {"enableTlsPassthrough": True}}
    assert "advancedOptions" not in body_of(port)
    (item,) = service_body([Entry("http", typed_port(port))])
    assert item["advancedOptions"] == {"enableTlsPassthrough": True}


def test_a_field_of_a_later_api_is_written_only_where_it_is_used() -> None:
    assert "vpcAccessible" not in body_of(HTTP)
    assert body_of({**HTTP, "vpcAccessible": True})["vpcAccessible"] is True
    paths = {"enabled": True, _SKIP: True}
    written = body_of({**HTTP, "security": {"securePathConfiguration": paths}})["security"]["securePathConfiguration"]
    assert written == {**paths, "rules": []}


def test_how_a_port_came_to_its_name_is_not_written() -> None:
    assert "renamedFrom" not in body_of({**HTTP, "renamedFrom": "web"})


@given(ports=canonical())
def test_the_same_ports_are_written_as_the_same_bytes(ports: dict[str, Json]) -> None:
    entries = [Entry(name, typed_port(port)) for name, port in ports.items()]
    backwards = [Entry(name, typed_port(dict(reversed(port.items())))) for name, port in ports.items()]
    assert str(ports_body(entries)) == str(ports_body(backwards))
    assert str(service_body(entries)) == str(service_body(backwards))


def test_the_running_view_tells_id_dns_and_certificates() -> None:
    live = read_live(view(CANONICAL))
    assert live is not None
    http = live["http"]
    assert (http.id, http.dns, http.complete) == ("p00000", "http--api--h769bkzvfdpf.code.run", False)
    assert http.certificates == {
        "*.shop.example": {"inProgress": True},
        "api.shop.example": {"inProgress": True},
    }
    assert plain(http.port) == visible(CANONICAL)["http"]


def test_the_specified_view_tells_all_that_was_declared() -> None:
    live = read_live(as_list(CANONICAL))
    assert live is not None
    assert {name: plain(port.port) for name, port in live.items()} == CANONICAL
    assert all(port.complete and port.id is None and port.dns is None for port in live.values())


@pytest.mark.parametrize(
    "answer",
    [None, 5, "ports", {}, {"ports": []}, [5], [None], [{}], [{"name": 5, "internalPort": 1}], [{"name": "http"}]],
    ids=str,
)
def test_what_is_no_list_of_ports_is_not_read_as_one(answer: Any) -> None:
    assert read_live(answer) is None


def test_no_ports_are_no_ports() -> None:
    assert read_live([]) == {}


@pytest.mark.parametrize(
    "item",
    [
        {"surprise": {"deep": [1]}},
        {"dns": None, "security": None, "domains": None, "disableNfDomain": None},
        {"security": {"surprise": 1, "credentials": None, "sso": {"surprise": 1}}},
        {"security": {"policies": [], "headers": [], "verificationMode": None}},
        {"certificate": {}, "vpcDns": "x", "vpcAccessible": False},
    ],
    ids=str,
)
def test_a_new_field_or_a_null_is_no_change(item: Json) -> None:
    assert shown({"id": "eonyui", "name": "http", **HTTP, **item}).port == typed_port(HTTP)


def test_ports_of_one_name_are_both_there() -> None:
    live = read_live([{"id": "one", "name": "http", **HTTP}, {"id": "two", "name": "http", **HTTP}])
    assert live is not None
    assert {name: port.id for name, port in live.items()} == {"http": "one", "http (2)": "two"}


def test_a_certificate_tells_only_what_is_known() -> None:
    domains = [
        {"name": "a.example", "certificate": {"inProgress": False, "expiryDate": "2027-01-01", "refreshDate": None}},
        {"name": "b.example"},
        {"certificate": {"inProgress": True}},
        "c.example",
    ]
    live = shown({"id": "eonyui", "name": "http", **HTTP, "domains": domains})
    assert live.certificates == {"a.example": {"inProgress": False, "expiryDate": "2027-01-01"}}


_SECURITY = {"credentials": [{"username": "ops", "password": "x", "type": "basic-auth"}], "note": "new"}
_RAW = {"id": "eonyui", "dns": "x.code.run", "name": "b", **HTTP, "security": _SECURITY, "vpcAccessible": True}


def test_a_kept_port_is_left_to_the_promise_that_an_id_keeps_its_security() -> None:
    kept = shown({**_RAW, "domains": [{"name": "A.example", "certificate": {}}]})
    assert ports_body([Entry("b", kept=kept)]) == [
        {"id": "eonyui", "name": "b", **HTTP, "vpcAccessible": True, "domains": ["A.example"]}
    ]


def test_a_kept_port_is_patched_with_all_that_is_known_of_it() -> None:
    kept = shown({**_RAW, "advancedOptions": {"enableTlsPassthrough": True}})
    assert service_body([Entry("b", kept=kept)]) == [
        {
            "name": "b",
            **HTTP,
            "vpcAccessible": True,
            "domains": [],
            "security": _SECURITY,
            "advancedOptions": {"enableTlsPassthrough": True},
        }
    ]


def test_a_kept_port_without_an_id_keeps_its_security_by_being_told() -> None:
    raw = {key: item for key, item in _RAW.items() if key != "id"}
    (item,) = ports_body([Entry("b", kept=shown(raw))])
    assert item["security"] == _SECURITY


def test_no_text_of_a_live_port_holds_a_secret() -> None:
    live = shown({**_RAW, "security": {"credentials": [{"username": "ops", "password": "hunter2"}]}})
    assert "hunter2" not in f"{live!r} {Entry('b', live.port)!r} {Entry('b', kept=live)!r}"


_JSON: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(0, 99)
    | st.floats(0, 9)
    | st.sampled_from(["", "ops", "ALLOW", "/a", "exact"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "name",
                        "username",
                        "password",
                        "value",
                        "regexMode",
                        "type",
                        "action",
                        "addresses",
                        "paths",
                        "path",
                    ),
                    *(
                        "routingMode",
                        "priority",
                        "accessMode",
                        "securityPolicies",
                        "orPolicies",
                        "credentials",
                        "policies",
                    ),
                    *(
                        "ip",
                        "headers",
                        "sso",
                        "directoryGroupIds",
                        "securePathConfiguration",
                        "rules",
                        "enabled",
                        "certificate",
                    ),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
_ODD = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b", ""]), "internalPort": st.integers(0, 99) | st.just("eighty")},
    optional=dict.fromkeys(
        ["id", "dns", "protocol", "public", "domains", "security", "disableNfDomain", "advancedOptions"], _JSON
    ),
)


@given(items=st.lists(_ODD, max_size=3))
def test_no_answer_crashes_it_and_all_of_it_can_be_written_back(items: list[Json]) -> None:
    live = read_live(items)
    assert live is not None
    assert len(live) == len(items)
    kept = [Entry(name, kept=port) for name, port in live.items()]
    found = [Entry(name, port.port, port.id) for name, port in live.items()]
    for body in (ports_body(kept), service_body(kept), ports_body(found), service_body(found)):
        assert [item["internalPort"] for item in body] == [item["internalPort"] for item in items]
