"""Expectations of a resource, by a host of plain data: what fails, what is told, what is asked and what is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from plain_host import CheckFailed, PlainHost, clear
from world import shop

from nf_ports import allows, denies
from nf_ports.ports.deferred import UNKNOWN
from nf_ports.ports.plain import Plain

Json = dict[str, Any]
LOGIN: Json = {"credentials": {"ops": {"password": "made-up"}}}
HTTP: Json = {"internalPort": 8080, "protocol": "HTTP", "public": True}
GUARDED: Json = HTTP | {"security": LOGIN}
OPEN = 'port "http", /: let in: no check is required (decided by ports.http.security) (NF401)'


def inputs(*expect: Any, http: Json = GUARDED, **more: Any) -> Json:
    """The inputs of a resource."""
    listed = Plain().of(list(expect))
    return {"projectId": "shop", "serviceId": "api", "ports": {"http": http}, "expect": listed, **more}


@pytest.fixture
def host() -> Iterator[PlainHost]:
    """A stack, and a shop of its own."""
    with shop(era="2026b") as nf:
        host = PlainHost(nf)
        yield host
        host.close()


def refused(host: PlainHost, desired: Json) -> list[str]:
    """What the check says."""
    with pytest.raises(CheckFailed) as raised:
        host.up("api", desired)
    return raised.value.reasons


def test_an_expectation_that_is_not_met_fails_the_check_before_any_request(host: PlainHost) -> None:
    said = refused(host, inputs(allows(port="http"), denies(port="http"), http=HTTP))

    assert said == [f"shop/api: expect.1: must deny a caller from the internet, but {OPEN}"]
    assert host.nf.requests == []


def test_what_is_undetermined_fails_too(host: PlainHost) -> None:
    (said,) = refused(host, inputs(denies(port="http", caller="private")))

    assert said.startswith("shop/api: expect.0: must deny a caller on the private name, but ")
    assert ": undetermined whether it gets in: Northflank " in said


def test_invalid_ports_and_expectations_are_told_at_once(host: PlainHost) -> None:
    wrong = inputs({"verdict": "denys", "port": "http"}, denies(port="htp"), http=GUARDED | {"internalPort": 0})

    assert [line.split(": ")[1] for line in refused(host, wrong)] == [
        "expect.0.verdict",
        "expect.1",
        "ports.http.internalPort",
    ]


@pytest.mark.parametrize("ports", [3, None, [3], {"name": "http"}], ids=repr)
def test_what_is_no_list_of_ports_is_told_alone(host: PlainHost, ports: Any) -> None:
    assert [line for line in refused(host, inputs(denies(port="http")) | {"ports": ports}) if "expect" in line] == []


def test_expectations_never_go_to_northflank_and_are_recorded_in_one_form(host: PlainHost) -> None:
    host.up("api", inputs(denies(port="http", path="/", caller="internet"), allows(port="http", login="ops")))

    assert "expect" not in str([request.body for request in host.nf.requests])
    wanted = [{"verdict": "denies", "port": "http"}, {"verdict": "allows", "port": "http", "login": "ops"}]
    recorded = host.state["api"]
    assert clear(recorded.inputs)["expect"] == clear(recorded.outs)["expect"] == wanted
    assert clear(recorded.outs)["stateVersion"] == 1
    assert host.refresh("api")
    assert clear(host.state["api"].inputs)["expect"] == clear(host.state["api"].outs)["expect"] == wanted


def test_a_change_of_expectations_alone_is_an_update_without_a_request(host: PlainHost) -> None:
    host.up("api", inputs(denies(port="http")))
    asked = len(host.nf.requests)

    assert host.up("api", inputs(denies(port="http", path="/admin"))) == "update"
    assert clear(host.state["api"].outs)["expect"] == [{"verdict": "denies", "port": "http", "path": "/admin"}]
    assert host.up("api", inputs()) == "update"
    assert "expect" not in clear(host.state["api"].outs)
    assert len(host.nf.requests) == asked
    assert host.up("api", inputs()) == "same"


def test_no_expectations_are_the_same_as_an_empty_list(host: PlainHost) -> None:
    without = inputs()
    del without["expect"]
    host.up("api", without)

    assert host.up("api", inputs()) == "same"
    assert host.up("api", inputs() | {"expect": None}) == "same"
    assert "expect" not in clear(host.state["api"].outs)


@pytest.mark.parametrize(
    ("expect", "ports", "which"),
    [
        ([denies(port="http"), denies(port="http", address=UNKNOWN)], {"http": GUARDED}, "expect.1"),
        ([denies(port="http"), UNKNOWN], {"http": GUARDED}, "expect.1"),
        (UNKNOWN, {"http": GUARDED}, "expect.0"),
        ([denies(port="http"), denies(port="http")], {"http": HTTP | {"security": UNKNOWN}}, "expect.0, expect.1"),
        ([denies(port="http")], UNKNOWN, "expect.0"),
    ],
    ids=["a part", "one", "all", "a check", "all ports"],
)
def test_what_is_unknown_is_told_in_the_preview_and_checked_in_up(
    host: PlainHost, expect: Any, ports: Any, which: str
) -> None:
    checked = host.check("api", inputs() | {"expect": Plain().of(expect), "ports": ports})

    assert host.said == [f"shop/api: cannot be checked before 'pulumi up', because of unknown values: {which}"]
    assert host.changes("api", checked)
    assert refused(host, inputs(denies(port="http"), http=HTTP)) == [
        f"shop/api: expect.0: must deny a caller from the internet, but {OPEN}"
    ]


def test_an_unknown_value_that_makes_no_difference_is_no_reason_to_wait(host: PlainHost) -> None:
    password = {"credentials": {"ops": {"password": UNKNOWN}}}
    host.check("api", inputs(denies(port="http"), allows(port="http", login="ops"), http=HTTP | {"security": password}))

    assert host.said == []


def test_a_refresh_warns_of_live_ports_that_are_not_as_expected(host: PlainHost) -> None:
    host.up("api", inputs(denies(port="http"), allows(port="http", login="ops")))
    host.told.clear()
    assert host.refresh("api")
    assert host.said == []

    host.nf.set_ports("shop", "api", [{"name": "http", **HTTP}])
    assert host.refresh("api")
    assert f"warning: shop/api: is not as expected: expect.0: must deny a caller from the internet, but {OPEN}" in (
        host.told
    )
    host.nf.set_ports("shop", "api", [])
    host.told.clear()
    assert host.refresh("api")
    assert sorted(line.split(": ")[3] for line in host.told if "is not as expected" in line) == ["expect.0", "expect.1"]


def test_a_moved_or_imported_service_has_no_expectations_of_another(host: PlainHost) -> None:
    host.nf.add_service("shop", "web")
    host.up("api", inputs(denies(port="http")))
    said = refused(host, inputs(denies(port="http"), http=HTTP, serviceId="web"))

    assert [line.split(": ")[1] for line in said] == ["expect.0"]
    assert host.up("api", inputs(serviceId="web")) == "replace"
    assert "expect" not in clear(host.state["api"].outs)
