"""Ports: identity, defaults, views, and both sides of every switch about them."""

from __future__ import annotations

import re
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
from emulated_shop import PATCH, PORTS, SERVICE, Shop, credential, details, ok
from world import fill, http_port

from nf_ports.emulator import Emulator, Settings
from nf_ports.emulator.errors import WireError

_LOCKED = {"credentials": [credential()]}
_EMPTY: dict[str, Any] = {"credentials": [], "policies": [], "sso": {}}
_WRITE_ONLY = {
    "ip": [{"addresses": ["192.0.2.7"], "action": "DENY"}],
    "securePathConfiguration": {"enabled": True, "rules": []},
}


def test_the_list_is_the_whole_wanted_list() -> None:
    with Shop() as shop:
        assert ok(shop.post(http_port("one", 1), http_port("two", 2))) == {"data": {}}
        assert [port["name"] for port in shop.ports()] == ["one", "two"]
        ok(shop.post(http_port("two", 2)))
        assert [port["name"] for port in shop.ports()] == ["two"]
        ok(shop.post())
        assert shop.ports() == []


def test_defaults_are_filled_in() -> None:
    with Shop() as shop:
        ok(shop.post(http_port()))
        (port,) = shop.ports()
        assert re.fullmatch("[a-z]{6}", port.pop("id"))
        assert port == http_port(public=False, domains=[], disableNfDomain=False, security=_EMPTY)


def test_an_id_keeps_identity_and_security_through_a_rename() -> None:
    with Shop() as shop:
        ok(shop.post(http_port(security=_LOCKED)))
        before = shop.ports()[0]
        ok(shop.post({**http_port("renamed", 9000), "id": before["id"]}))
        after = shop.ports()[0]
        assert (after["id"], after["name"], after["security"]) == (before["id"], "renamed", before["security"])


def test_a_given_security_replaces_the_stored_one_as_a_whole() -> None:
    with Shop() as shop:
        ok(shop.post(http_port(security=_LOCKED)))
        ok(shop.post(http_port(id=shop.ports()[0]["id"], security={"verificationMode": "or"})))
        assert shop.ports()[0]["security"] == {"verificationMode": "or"}


def test_two_items_cannot_share_an_id() -> None:
    with Shop() as shop:
        ok(shop.post(http_port()))
        same = shop.ports()[0]["id"]
        answer = shop.post(http_port(id=same), http_port("two", 2, id=same))
        assert details(answer) == {"ports.1.id": ["must be unique in the list"]}


@pytest.mark.parametrize(
    ("switches", "same_id", "kept"),
    [
        ({}, False, False),
        ({"post_without_id": "match_name"}, True, True),
        ({"post_without_id": "match_name", "security_omitted": "reset"}, True, False),
    ],
)
def test_switch_post_without_id(switches: dict[str, Any], same_id: bool, kept: bool) -> None:
    with Shop(**switches) as shop:
        ok(shop.post(http_port(security=_LOCKED)))
        before = shop.ports()[0]
        ok(shop.post(http_port(number=9000)))
        after = shop.ports()[0]
        assert (after["id"] == before["id"], after["security"] == before["security"]) == (same_id, kept)


@pytest.mark.parametrize("side", ["new", "match_name"])
def test_a_rename_without_id_is_a_new_port(side: str) -> None:
    with Shop(post_without_id=side) as shop:
        ok(shop.post(http_port(security=_LOCKED)))
        before = shop.ports()[0]
        ok(shop.post(http_port("renamed")))
        assert shop.ports()[0]["id"] != before["id"]
        assert shop.ports()[0]["security"] == _EMPTY


@pytest.mark.parametrize(("side", "kept"), [("keep", True), ("reset", False)])
def test_switch_security_omitted(side: str, kept: bool) -> None:
    with Shop(security_omitted=side) as shop:
        ok(shop.post(http_port(security=_LOCKED)))
        ok(shop.post(http_port(id=shop.ports()[0]["id"])))
        assert shop.ports()[0]["security"] == (_LOCKED if kept else _EMPTY)


def test_switch_unknown_id() -> None:
    with Shop(unknown_id="reject") as shop:
        assert shop.post(http_port(id="eonyui")).status_code == 400
        shop.set(unknown_id="new")
        ok(shop.post(http_port(id="eonyui")))
        assert shop.ports()[0]["id"] != "eonyui"


@pytest.mark.parametrize(("side", "kept"), [("reset", False), ("keep", True)])
def test_switch_patch_security_omitted(side: str, kept: bool) -> None:
    with Shop(patch_security_omitted=side) as shop:
        ok(shop.patch(http_port(security=_LOCKED)))
        ok(shop.patch(http_port(number=9000)))
        assert shop.ports()[0]["security"] == (_LOCKED if kept else _EMPTY)


@pytest.mark.parametrize(("side", "same"), [("keep", True), ("new", False)])
def test_switch_patch_ids(side: str, same: bool) -> None:
    with Shop(patch_ids=side) as shop:
        ok(shop.patch(http_port()))
        before = shop.ports()[0]["id"]
        ok(shop.patch(http_port(number=9000)))
        assert (shop.ports()[0]["id"] == before) is same


@pytest.mark.parametrize("write", ["post", "patch"])
@pytest.mark.parametrize(
    ("atomic", "names"), [(True, ["old", "other"]), (False, ["old", "new", "other"])], ids=["atomic", "not atomic"]
)
def test_switch_atomic_400(write: str, atomic: bool, names: list[str]) -> None:
    with Shop(atomic_400=atomic) as shop:
        shop.nf.set_ports("shop", "api", [http_port("old", 1), http_port("other", 2)])
        bad = [http_port("old", 3), http_port("new", 4), http_port("bad", 0), http_port("never", 5)]
        assert "ports.2.internalPort" in details(getattr(shop, write)(*bad))
        stored = shop.nf.ports("shop", "api")
        assert [port["name"] for port in stored] == names
        assert stored[0]["internalPort"] == (1 if atomic else 3)


def test_a_refused_domain_ends_a_list_that_is_not_atomic() -> None:
    with Shop(atomic_400=False) as shop:
        answer = shop.post(http_port(), http_port("web", 2, public=True, domains=["www.shop.example"]))
        assert answer.status_code == 400
        assert [port["name"] for port in shop.ports()] == ["http"]


def test_only_public_ports_have_a_dns_name_and_it_lasts() -> None:
    with Shop() as shop:
        ok(shop.post(http_port(public=True), http_port("raw", 1)))
        public, private = shop.ports()
        assert re.fullmatch(r"http--api--[a-z0-9]{12}\.code\.run", public["dns"])
        assert "dns" not in private
        ok(shop.post(http_port(id=public["id"])))
        assert "dns" not in shop.ports()[0]
        ok(shop.post(http_port(public=True)))
        assert shop.ports()[0]["dns"] == public["dns"]


def test_switch_dns_delay_reads() -> None:
    with Shop(dns_delay_reads=2) as shop:
        ok(shop.post(http_port(public=True)))
        assert ["dns" in shop.ports()[0] for _ in range(4)] == [False, False, True, True]
        ok(shop.post(http_port(public=True, id=shop.ports()[0]["id"])))
        assert "dns" in shop.ports()[0]


def test_switch_dns_delay_s() -> None:
    now = [100.0]
    with Shop(clock=lambda: now[0], dns_delay_s=25) as shop:

        def shown() -> list[bool]:
            return ["dns" in port for port in (*shop.ports(), *shop.get(SERVICE)["data"]["ports"])]

        ok(shop.post(http_port()))
        now[0] = 200
        ok(shop.post(http_port(id=shop.ports()[0]["id"], public=True)))
        now[0] = 224
        assert shown() == [False, False]
        ok(shop.post(http_port(id=shop.ports()[0]["id"], public=True, number=9000)))
        now[0] = 225
        assert shown() == [True, True]
        # A port that was private in between waits again, and so does one that somebody else makes.
        ok(shop.post(http_port(id=shop.ports()[0]["id"])))
        ok(shop.post(http_port(id=shop.ports()[0]["id"], public=True)))
        shop.nf.set_ports("shop", "web", [http_port(public=True)])
        assert shown() == [False, False]
        assert "dns" not in shop.ports("/v1/projects/shop/services/web/ports")[0]
        now[0] = 250
        assert shown() == [True, True]


def test_both_delays_of_a_dns_name_must_be_over() -> None:
    now = [0.0]
    with Shop(clock=lambda: now[0], dns_delay_s=5, dns_delay_reads=1) as shop:
        ok(shop.post(http_port(public=True)))
        now[0] = 5
        assert ["dns" in shop.ports()[0] for _ in range(2)] == [False, True]
        shop.set(dns_delay_s=6)
        assert "dns" not in shop.ports()[0]


def test_a_clock_that_begins_anew_ends_the_wait_for_a_dns_name(tmp_path: Path) -> None:
    with Emulator(Settings(dns_delay_s=5), state=str(tmp_path / "world"), clock=lambda: 1000.0) as nf:
        fill(nf, {"api": [http_port(public=True)]})
    for clock, ready in (([1004.0], False), ([3.0], True)):
        with (
            Emulator(Settings(dns_delay_s=5), state=str(tmp_path / "world"), clock=cycle(clock).__next__) as nf,
            httpx.Client(transport=nf.transport(), headers={"authorization": f"Bearer {nf.token}"}) as http,
        ):
            assert ("dns" in http.get(f"{nf.url}{PORTS}").json()["data"]["ports"][0]) is ready


@pytest.mark.parametrize("era", ["2026a", "2026b"])
def test_switch_stale_reads(era: str) -> None:
    with Shop(stale_reads=2, era=era) as shop:
        ok(shop.post(http_port()))
        assert shop.ports() == []
        assert shop.get(SERVICE)["data"]["ports"] == []
        assert [port["name"] for port in shop.ports()] == ["http"]
        echoed = ok(shop.patch(http_port("web")))["data"]["ports"]
        assert [port["name"] for port in echoed] == ["web"]
        assert [shop.ports()[0]["name"] for _ in range(3)] == ["http", "http", "web"]


@pytest.mark.parametrize("era", ["2026a", "2026b"])
@pytest.mark.parametrize("fault", [True, False], ids=["by fault", "by switch"])
def test_switch_stale_view(fault: bool, era: str) -> None:
    with Shop(stale_reads=0 if fault else 2, stale_view="service", era=era) as shop:

        def shown() -> tuple[int, int]:
            return len(shop.ports()), len(shop.get(SERVICE)["data"]["ports"])

        if fault:
            shop.nf.fault(operation="update.service.ports", stale=2, times=None)
        ok(shop.post(http_port()))
        assert [shown() for _ in range(3)] == [(1, 0), (1, 0), (1, 1)]
        shop.set(stale_view="ports")
        ok(shop.post())
        assert [shown() for _ in range(3)] == [(1, 0), (1, 0), (0, 0)]


def test_write_only_members_are_in_no_runtime_view() -> None:
    with Shop(era="2026a") as shop:
        ok(shop.patch(http_port(security={**_LOCKED, **_WRITE_ONLY}, advancedOptions={"enableTlsPassthrough": True})))
        for port in (shop.ports()[0], shop.get(SERVICE)["data"]["ports"][0]):
            assert set(port["security"]) == {"credentials", "policies"}
            assert port["security"]["credentials"] == [credential()]
            assert "advancedOptions" not in port
        stored = shop.nf.ports("shop", "api")[0]
        assert stored["security"] == {**_LOCKED, **_WRITE_ONLY}
        assert stored["advancedOptions"] == {"enableTlsPassthrough": True}


def test_the_specification_view_shows_what_was_written() -> None:
    with Shop(era="2026b") as shop:
        written = http_port(
            public=True,
            domains=["api.shop.example"],
            security={**_LOCKED, **_WRITE_ONLY},
            advancedOptions={"enableTlsPassthrough": True},
        )
        echo = ok(shop.patch(written))["data"]["ports"]
        assert echo == [{**written, "disableNfDomain": False}]
        assert shop.get(SERVICE)["data"]["ports"] == echo


def test_post_cannot_say_advanced_options_and_leaves_them_with_the_id() -> None:
    with Shop() as shop:
        ok(shop.patch(http_port(advancedOptions={"enableTlsPassthrough": True})))
        ok(shop.post(http_port(id=shop.ports()[0]["id"])))
        assert shop.nf.ports("shop", "api")[0]["advancedOptions"] == {"enableTlsPassthrough": True}
        ok(shop.patch(http_port()))
        assert "advancedOptions" not in shop.nf.ports("shop", "api")[0]


@pytest.mark.parametrize(("side", "actions"), [("both", ["ALLOW", "DENY"]), ("policies", ["ALLOW"]), ("ip", ["DENY"])])
def test_switch_ip_and_policies(side: str, actions: list[str]) -> None:
    policies = [{"addresses": ["192.0.2.0/24"], "action": "ALLOW"}]
    with Shop(ip_and_policies=side) as shop:
        ok(shop.post(http_port(security={"policies": policies, "ip": _WRITE_ONLY["ip"]})))
        assert [rule["action"] for rule in shop.ports()[0]["security"]["policies"]] == actions


_GUARDED: dict[str, Any] = {
    "credentials": [credential()],
    "policies": [{"addresses": ["192.0.2.0/24"], "action": "ALLOW"}],
    "ip": [{"addresses": ["192.0.2.7"], "action": "DENY"}],
    "headers": [{"name": "x-key", "value": "v"}],
    "sso": {"organizationId": "org"},
    "verificationMode": "and",
    "securePathConfiguration": {"enabled": True, "rules": []},
}


def _create(*ports: dict[str, Any]) -> dict[str, Any]:
    body = {"name": "made", "billing": {"deploymentPlan": "nf-compute-20"}, "deployment": {"instances": 1}}
    return {**body, "ports": list(ports)}


def _written(shop: Shop, write: str, *ports: dict[str, Any]) -> str:
    """The id of the service that has the ports now."""
    if write == "create":
        ok(shop.http.post("/v1/projects/shop/services/deployment", json=_create(*ports)))
        return "made"
    ok(getattr(shop, write)(*ports))
    return "api"


@pytest.mark.parametrize("era", ["2026a", "2026b"])
@pytest.mark.parametrize("write", ["post", "patch", "create"])
def test_switch_security_dropped_wholly(write: str, era: str) -> None:
    """As observed on a free plan: 200, and nothing of it is read back."""
    with Shop(era=era, security_dropped=frozenset({"all"})) as shop:
        service = _written(shop, write, http_port(public=True, security=_GUARDED))
        path = f"/v1/projects/shop/services/{service}"
        for port in [*shop.ports(f"{path}/ports"), *shop.get(path)["data"]["ports"]]:
            assert port["security"] == {"policies": [], "credentials": []}


@pytest.mark.parametrize("write", ["post", "patch", "create"])
@pytest.mark.parametrize(
    ("dropped", "missing"),
    [
        ({"credentials"}, {"credentials"}),
        ({"policies"}, {"policies", "ip"}),
        ({"headers"}, {"headers"}),
        ({"sso"}, {"sso"}),
        ({"verificationMode"}, {"verificationMode"}),
        ({"securePathConfiguration"}, {"securePathConfiguration"}),
        ({"headers", "sso"}, {"headers", "sso"}),
    ],
    ids=lambda value: "+".join(sorted(value)),
)
def test_switch_security_dropped_by_field(write: str, dropped: set[str], missing: set[str]) -> None:
    with Shop(era="2026b", security_dropped=frozenset(dropped)) as shop:
        service = _written(shop, write, http_port(public=True, security=_GUARDED))
        (port,) = shop.get(f"/v1/projects/shop/services/{service}")["data"]["ports"]
        kept = {name: value for name, value in _GUARDED.items() if name not in missing}
        assert {name: value for name, value in port["security"].items() if value != []} == kept


def test_security_that_was_kept_before_stays_where_a_write_does_not_name_it() -> None:
    with Shop(post_without_id="match_name") as shop:
        ok(shop.post(http_port(security=_LOCKED)))
        shop.set(security_dropped=["all"])
        ok(shop.post(http_port(number=9000)))
        assert shop.ports()[0]["security"] == _LOCKED
        ok(shop.post(http_port(security=_LOCKED)))
        assert shop.ports()[0]["security"] == {"policies": [], "credentials": []}
        shop.nf.set_ports("shop", "api", [http_port(security=_LOCKED)])
        assert shop.ports()[0]["security"] == _LOCKED


def _shown(shop: Shop, *ports: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """The ports in every view: the answer of the write, GET ports, GET service."""
    echo = ok(shop.patch(*ports))["data"]["ports"]
    return [echo, shop.ports(), shop.get(SERVICE)["data"]["ports"]]


@pytest.mark.parametrize("era", ["2026a", "2026b"])
@pytest.mark.parametrize(("side", "shown"), [("none", None), ("or", "or"), ("and", "and")])
def test_switch_verification_mode_filled(side: str, shown: str | None, era: str) -> None:
    with Shop(era=era, verification_mode_filled=side) as shop:
        for view in _shown(shop, http_port("one", 1), http_port("two", 2, security=_LOCKED)):
            assert [port["security"].get("verificationMode") for port in view] == [shown, shown]
        for view in _shown(shop, http_port(security={**_LOCKED, "verificationMode": "or"})):
            assert view[0]["security"]["verificationMode"] == "or"


@pytest.mark.parametrize("era", ["2026a", "2026b"])
def test_switch_security_unset(era: str) -> None:
    written = {**_LOCKED, "headers": []}
    empty: dict[str, Any] = {"policies": [], "headers": [], "sso": {}}
    unseen: dict[str, Any] = {"ip": [], "securePathConfiguration": {"rules": []}}
    with Shop(era=era) as shop:
        for view in _shown(shop, http_port(security=written)):
            assert {"sso", "ip", "securePathConfiguration"}.isdisjoint(view[0]["security"])
        shop.set(security_unset="empty")
        echo, ports, service = (view[0]["security"] for view in _shown(shop, http_port(security=written)))
        assert ports == {**_LOCKED, **empty}
        assert echo == {**ports, **unseen}
        assert service == (echo if era == "2026b" else ports)
        shop.set(security_unset="null")
        echo, ports, _ = (view[0]["security"] for view in _shown(shop, http_port(security=written)))
        assert ports == {**_LOCKED, **dict.fromkeys(empty)}
        assert echo == {**ports, **dict.fromkeys(unseen)}
        shop.set(security_unset="omitted")
        for view in _shown(shop, http_port("one", 1), http_port("two", 2, security=written)):
            assert ["security" in port for port in view] == [False, True]


@pytest.mark.parametrize("era", ["2026a", "2026b"])
@pytest.mark.parametrize(
    ("side", "shown"), [("absent", {}), ("null", {"advancedOptions": None}), ("empty", {"advancedOptions": {}})]
)
def test_switch_advanced_options_unset(side: str, shown: dict[str, Any], era: str) -> None:
    options = {"enableTlsPassthrough": True}
    with Shop(era=era, advanced_options_unset=side) as shop:
        views = _shown(shop, http_port("one", 1), http_port("two", 2, advancedOptions=options))
        for view in [views[0], views[2]] if era == "2026b" else views[:1]:
            assert [{name: port[name] for name in port if name == "advancedOptions"} for port in view] == [
                shown,
                {"advancedOptions": options},
            ]
        assert all("advancedOptions" not in port for port in views[1])


def test_what_is_filled_in_is_shown_and_not_stored() -> None:
    with Shop(era="2026b") as shop:
        shop.set(verification_mode_filled="and", security_unset="empty", advanced_options_unset="empty")
        ok(shop.patch(http_port(security=_LOCKED)))
        (stored,) = shop.nf.ports("shop", "api")
        assert (stored["security"], "advancedOptions" in stored) == (_LOCKED, False)
        assert set(shop.get(SERVICE)["data"]["ports"][0]["security"]) > set(_LOCKED)


def test_switch_sso_exclusivity() -> None:
    security = {"sso": {"validateInternalTraffic": True, "allowInternalTrafficViaPublicDns": True}}
    with Shop() as shop:
        ok(shop.post(http_port(security=security)))
        shop.set(sso_exclusivity="reject")
        assert "ports.0.security.sso.validateInternalTraffic" in details(shop.post(http_port(security=security)))


def test_an_sso_member_hides_from_an_older_era() -> None:
    with Shop(era="2026b") as shop:
        ok(shop.post(http_port(security={"sso": {"noindexRedirect": True, "organizationId": "org"}})))
        shop.set(era="2025")
        assert shop.ports()[0]["security"]["sso"] == {"organizationId": "org"}


@pytest.mark.parametrize("status", [404, 405, 410])
def test_switch_gone_status(status: int) -> None:
    """A removed route must be told from a missing service by its body."""
    with Shop(era="gone", gone_status=status) as shop:
        missing = shop.http.get("/v1/projects/shop/services/none").json()["error"]["message"]
        for answer in (shop.http.get(PORTS), shop.post(), shop.http.get("/v1/projects/shop/services/none/ports")):
            assert answer.status_code == status
            assert answer.json()["error"]["message"] != missing
        ok(shop.patch(http_port()))
        assert shop.get(SERVICE)["data"]["ports"][0]["name"] == "http"


@pytest.mark.parametrize("status", [404, 400])
def test_switch_build_ports_status(status: int) -> None:
    path = "/v1/projects/shop/services/images/ports"
    with Shop(build_ports_status=status) as shop:
        assert shop.http.get(path).status_code == status
        assert shop.post(path=path).status_code == status


@pytest.mark.parametrize("status", [404, 400, 405, 409])
def test_switch_wrong_type_status(status: int) -> None:
    with Shop(wrong_type_status=status) as shop:
        assert shop.patch(path="/v1/projects/shop/services/combined/api").status_code == status
        assert shop.patch(path="/v1/projects/shop/services/deployment/web").status_code == status
        ok(shop.patch(http_port(), path="/v1/projects/shop/services/combined/web"))


@pytest.mark.parametrize(("side", "names"), [("none", []), ("p01", ["p01"])])
def test_switch_port_detection(side: str, names: list[str]) -> None:
    body = {"name": "My App", "billing": {"deploymentPlan": "nf-compute-20"}, "deployment": {"instances": 1}}
    with Shop(port_detection=side) as shop:
        made = ok(shop.http.post("/v1/projects/shop/services/deployment", json=body))["data"]
        assert made["id"] == "my-app"
        assert [port["name"] for port in shop.ports("/v1/projects/shop/services/my-app/ports")] == names


def test_a_patch_of_something_else_leaves_the_ports() -> None:
    with Shop() as shop:
        ok(shop.post(http_port(security=_LOCKED)))
        before = shop.ports()
        echo = ok(shop.http.patch(PATCH, json={"description": "new", "runtimeEnvironment": {"A": "1"}}))["data"]
        assert (echo["description"], echo["runtimeEnvironment"]) == ("new", {"A": "1"})
        assert shop.ports() == before
        echo = ok(shop.http.patch(PATCH, json={"runtimeEnvironment": {"B": "2"}, "stageId": "prod"}))["data"]
        assert (echo["runtimeEnvironment"], echo["stageId"]) == ({"B": "2"}, "prod")
        assert "stageId" not in ok(shop.http.patch(PATCH, json={"stageId": None}))["data"]
        assert details(shop.http.patch(PATCH, json={"deployment": {}}))


def test_a_combined_service_keeps_the_instances_that_a_patch_omits() -> None:
    path = "/v1/projects/shop/services/combined/web"
    with Shop(era="2026b") as shop:
        ok(shop.http.patch(path, json={"deployment": {"instances": 3}}))
        echo = ok(shop.http.patch(path, json={"deployment": {"docker": {}}, "disabledCI": True}))["data"]
        assert echo["deployment"]["instances"] == 3


def test_an_edit_elsewhere_may_rename_remove_and_reorder() -> None:
    with Shop() as shop:
        ok(shop.post(http_port("one", 1), http_port("two", 2), http_port("six", 6)))
        one, two, _ = shop.nf.ports("shop", "api")
        shop.nf.set_ports("shop", "api", [{**two, "name": "zwei"}, http_port("one", 11)])
        assert [(p["id"], p["name"]) for p in shop.ports()] == [(two["id"], "zwei"), (one["id"], "one")]
        with pytest.raises(ValueError, match=r"ports\.0\.internalPort"):
            shop.nf.set_ports("shop", "api", [http_port(number=0)])


_PATH_RULES: dict[str, Any] = {
    "enabled": True,
    "rules": [
        {
            "paths": [{"path": "/healthz", "routingMode": "exact", "priority": 9}],
            "accessMode": "unprotected",
        }
    ],
}


def test_an_edit_elsewhere_keeps_ids_by_name_and_drops_nothing() -> None:
    with Shop(era="2026b", certificates_ready_after_reads=0) as shop:
        port = http_port(
            public=True,
            domains=["api.shop.example"],
            security=_GUARDED,
            advancedOptions={"enableTlsPassthrough": True},
            vpcAccessible=True,
        )
        ok(shop.patch(port, http_port("raw", 1, protocol="TCP")))
        before, shown = shop.nf.ports("shop", "api"), shop.ports()
        shop.nf.set_ports("shop", "api", before)
        assert (shop.nf.ports("shop", "api"), shop.ports()) == (before, shown)
        nameless = [{name: value for name, value in one.items() if name != "id"} for one in before]
        shop.nf.set_ports("shop", "api", reversed(nameless))
        assert shop.nf.ports("shop", "api") == list(reversed(before))


def test_an_edit_elsewhere_never_gives_two_ports_one_id() -> None:
    with Shop() as shop:
        ok(shop.post(http_port("one", 1), http_port("two", 2)))
        one, two = (port["id"] for port in shop.ports())
        shop.nf.set_ports("shop", "api", [http_port("two", 2, id=one), http_port("one", 1)])
        first, second = shop.ports()
        assert (first["id"], first["name"]) == (one, "two")
        assert second["id"] not in {one, two}
        with pytest.raises(ValueError, match=r"ports\.1\.id: must be unique"):
            shop.nf.set_ports("shop", "api", [http_port("two", 2, id=one), http_port("one", 1, id=one)])


def test_a_port_made_again_elsewhere_has_a_new_id_and_no_path_rules() -> None:
    with Shop(era="2026b", certificates_ready_after_reads=1) as shop:
        written = http_port(public=True, domains=["api.shop.example"], security={**_LOCKED, **_WRITE_ONLY})
        ok(shop.patch(written, http_port("raw", 1)))
        shop.ports()
        (before, raw), stored = shop.ports(), shop.nf.ports("shop", "api")[0]
        made = shop.nf.remake_port("shop", "api", "http")
        assert shop.ports()[0]["id"] == raw["id"]
        after = shop.ports()[1]
        assert made == after["id"] != before["id"]
        assert {**after, "id": ""} == {**before, "id": "", "domains": after["domains"]}
        security = {name: value for name, value in stored["security"].items() if name != "securePathConfiguration"}
        assert shop.nf.ports("shop", "api")[1] == {**stored, "id": made, "security": security}


def test_a_port_made_again_elsewhere_waits_for_its_names_and_certificates_again() -> None:
    with Shop(certificates_ready_after_reads=1, dns_delay_reads=1) as shop:
        ok(shop.post(http_port(public=True, domains=["api.shop.example"])))

        def seen() -> tuple[bool, bool]:
            (port,) = shop.ports()
            return "dns" in port, port["domains"][0]["certificate"]["inProgress"]

        assert [seen() for _ in range(2)] == [(False, True), (True, False)]
        shop.nf.remake_port("shop", "api", "http")
        assert [seen() for _ in range(2)] == [(False, True), (True, False)]


@pytest.mark.parametrize("before", [None, _WRITE_ONLY["securePathConfiguration"]])
def test_path_rules_are_edited_elsewhere_in_place(before: Any) -> None:
    with Shop(era="2026b") as shop:
        security = {**_LOCKED, "securePathConfiguration": before} if before else _LOCKED
        ok(shop.patch(http_port(security=security), http_port("raw", 1)))
        stored = shop.nf.ports("shop", "api")
        shop.nf.set_path_rules("shop", "api", "http", _PATH_RULES)
        shown = shop.get(SERVICE)["data"]["ports"][0]["security"]
        assert shown == {**_LOCKED, "securePathConfiguration": _PATH_RULES}
        shop.nf.set_path_rules("shop", "api", "http", None)
        assert shop.nf.ports("shop", "api") == [{**stored[0], "security": _LOCKED}, stored[1]]


def test_an_edit_elsewhere_of_what_is_not_there_or_not_valid_is_refused() -> None:
    with Shop() as shop:
        ok(shop.post(http_port()))
        before = shop.nf.ports("shop", "api")
        with pytest.raises(WireError, match="Port not found"):
            shop.nf.remake_port("shop", "api", "none")
        with pytest.raises(WireError, match="Port not found"):
            shop.nf.set_path_rules("shop", "api", "none", None)
        with pytest.raises(ValueError, match="securePathConfiguration"):
            shop.nf.set_path_rules("shop", "api", "http", {"rules": [{}]})
        assert shop.nf.ports("shop", "api") == before


def test_two_hundred_ports_and_five_thousand_addresses_are_taken() -> None:
    with Shop() as shop:
        ports = [http_port(f"p{n}", 1000 + n) for n in range(200)]
        ports[0]["security"] = {
            "policies": [{"addresses": [f"2001:db8::{n:x}" for n in range(5000)], "action": "DENY"}]
        }
        ok(shop.post(*ports))
        assert len(shop.ports()) == 200


def test_patch_and_create_know_the_rules_between_ports_too() -> None:
    twice = [http_port(), http_port("two")]
    with Shop() as shop:
        assert details(shop.patch(*twice)) == {"ports.1.internalPort": ["must be unique together with protocol"]}
        body = {"name": "My App", "billing": {"deploymentPlan": "nf-compute-20"}, "deployment": {"instances": 1}}
        answer = shop.http.post("/v1/projects/shop/services/deployment", json={**body, "ports": twice})
        assert details(answer) == {"ports.1.internalPort": ["must be unique together with protocol"]}
        assert shop.http.get("/v1/projects/shop/services/my-app").status_code == 404


def test_a_port_claimed_by_its_id_is_not_matched_by_its_name_as_well() -> None:
    with Shop(post_without_id="match_name") as shop:
        ok(shop.post(http_port("one", 1)))
        first = shop.ports()[0]["id"]
        ok(shop.post(http_port("two", 1, id=first), http_port("one", 2)))
        two, one = shop.ports()
        assert two["id"] == first != one["id"]


def test_sso_that_lets_nobody_pass_is_no_contradiction() -> None:
    with Shop(sso_exclusivity="reject") as shop:
        ok(shop.post(http_port(security={"sso": {"validateInternalTraffic": True}})))


def test_an_edit_elsewhere_takes_a_domain_off_the_port_that_had_it() -> None:
    with Shop() as shop:
        public = http_port(public=True, domains=["api.shop.example"])
        ok(shop.post(public))
        shop.nf.set_ports("shop", "web", [public])
        assert shop.ports()[0]["domains"] == []


def test_a_service_is_of_a_known_type() -> None:
    with Shop() as shop, pytest.raises(ValueError, match="must be one of deployment, combined, build"):
        shop.nf.add_service("shop", "other", service_type="job")


def test_a_description_shows_in_the_lists() -> None:
    with Shop() as shop:
        ok(shop.http.patch(PATCH, json={"description": "of the shop"}))
        assert shop.get("/v1/projects/shop/services")["data"]["services"][0]["description"] == "of the shop"
        assert shop.get("/v1/projects/shop")["data"]["services"][0]["description"] == "of the shop"
