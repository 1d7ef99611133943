"""Domains from registration to certificate, and both sides of every switch about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from emulated_shop import Shop, details, ok
from world import fill, http_port

from nf_ports.emulator import Emulator
from nf_ports.emulator.seed import dump

_WEB = "/v1/projects/shop/services/web/ports"
_SUBDOMAIN = "/v1/domains/shop.example/subdomains"


def _public(*hosts: str, name: str = "http") -> dict[str, Any]:
    return http_port(name, public=True, domains=list(hosts))


def _message(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text
    text: str = answer.json()["error"]["message"]
    return text


def test_the_way_of_a_domain_from_registration_to_certificate() -> None:
    with Shop() as shop:
        made = ok(shop.http.post("/v1/domains", json={"domain": "New.example"}))["data"]
        assert (made["name"], made["status"]) == ("new.example", "pending")
        assert made["hostname"].startswith("nfverify")
        assert made["redirect"] == made["certificates"] == {"mode": "default"}
        subdomains = "/v1/domains/new.example/subdomains"
        assert shop.http.post(subdomains, json={"subdomain": "app"}).status_code == 400
        ok(shop.http.post("/v1/domains/new.example/verify"))
        app = ok(shop.http.post(subdomains, json={"subdomain": "app"}))["data"]
        dns_id = shop.get("/v1/dns-id")["data"]["dns"]
        assert app == {
            "recordType": "CNAME",
            "name": "app",
            "fullName": "app.new.example",
            "content": f"app.new.example.{dns_id}.dns.northflank.app",
            "verified": False,
        }
        assert shop.post(_public("app.new.example")).status_code == 400
        ok(shop.http.post(f"{subdomains}/app/verify"))
        ok(shop.post(_public("APP.new.example")))
        (shown,) = shop.ports()[0]["domains"]
        assert shown == {"name": "APP.new.example", "certificate": {"inProgress": True}}
        (shown,) = shop.ports()[0]["domains"]
        assert set(shown["certificate"]) == {"inProgress", "expiryDate", "refreshDate"}
        assert set(shop.get(f"{subdomains}/app")["data"]["certificate"]) == {"inProgress", "expiryDate", "refreshDare"}


def test_the_list_of_domains_has_no_subdomains_and_one_domain_has() -> None:
    with Shop() as shop:
        (listed,) = shop.get("/v1/domains")["data"]["domains"]
        assert set(listed) == {"name", "status", "hostname", "token"}
        assert shop.get("/v1/domains/shop.example")["data"]["subdomains"] == [
            {"name": "-default", "fullName": "shop.example"},
            {"name": "api", "fullName": "api.shop.example"},
            {"name": "www", "fullName": "www.shop.example"},
        ]


def test_stated_conflicts_and_refusals() -> None:
    with Shop() as shop:
        again = shop.http.post("/v1/domains", json={"domain": "shop.example"})
        assert _message(again, 409) == "The domain is already registered with this account."
        long = shop.http.post("/v1/domains", json={"domain": f"{'a' * 64}.example"})
        assert _message(long, 400) == "The domain is not valid, possibly because it is too long."
        assert "domain" in details(shop.http.post("/v1/domains", json={"domain": "nodots"}))
        again = shop.http.post(_SUBDOMAIN, json={"subdomain": "api"})
        assert _message(again, 409) == "The subdomain has already been added to this domain."
        assert shop.http.post(_SUBDOMAIN, json={"subdomain": "@"}).status_code == 409
        apex = shop.http.delete(f"{_SUBDOMAIN}/@")
        assert _message(apex, 400) == "The default (empty) subdomain cannot be deleted."
        assert _message(shop.http.delete(f"{_SUBDOMAIN}/none"), 404) == "The subdomain does not exist."


def test_an_unregistered_name_is_404_with_the_stated_message() -> None:
    stated = "One of the provided domains has not been registered to this account."
    with Shop() as shop:
        for host in ("other.example", "none.shop.example", "api.shop.example.", "example", "deep.api.shop.example", ""):
            assert _message(shop.post(_public(host)), 404) == stated
            assert _message(shop.patch(_public(host)), 404) == stated
        assert shop.ports() == []


@pytest.mark.parametrize("status", [400, 404, 409])
def test_switch_domain_pending_status(status: int) -> None:
    with Shop(domain_pending_status=status) as shop:
        shop.nf.add_domain("pending.example", verified=False, subdomains={"api": True})
        assert shop.post(_public("www.shop.example")).status_code == status
        assert shop.post(_public("api.pending.example")).status_code == status
        assert shop.ports() == []


def test_switch_domain_taken() -> None:
    with Shop() as shop:
        ok(shop.post(_public("api.shop.example"), path=_WEB))
        answer = shop.post(_public("API.shop.example"))
        assert _message(answer, 409) == "One of the provided domains is already assigned to another service."
        shop.set(domain_taken="move")
        ok(shop.post(_public("API.shop.example")))
        assert shop.ports(_WEB)[0]["domains"] == []
        assert shop.ports()[0]["domains"][0]["name"] == "API.shop.example"


def test_a_name_moves_between_ports_of_one_service() -> None:
    with Shop() as shop:
        ok(shop.post(_public("api.shop.example")))
        ok(shop.post(_public("api.shop.example", name="other")))
        assert [port["name"] for port in shop.ports()] == ["other"]


def test_a_name_twice_in_a_list_is_refused() -> None:
    with Shop() as shop:
        answer = shop.post(_public("api.shop.example"), {**_public("Api.shop.example", name="two"), "internalPort": 81})
        assert details(answer) == {"ports.1.domains.0": ["must be linked to one port only"]}


def test_a_deleted_service_frees_its_names() -> None:
    with Shop() as shop:
        ok(shop.post(_public("api.shop.example"), path=_WEB))
        ok(shop.http.delete("/v1/projects/shop/services/web"))
        ok(shop.post(_public("api.shop.example")))


def test_the_apex_has_an_entry_of_its_own() -> None:
    with Shop() as shop:
        shop.nf.add_domain("bare.example", subdomains={"@": False})
        assert shop.post(_public("bare.example")).status_code == 400
        ok(shop.http.post("/v1/domains/bare.example/subdomains/@/verify"))
        ok(shop.post(_public("bare.example")))


def test_a_wildcard_domain_needs_no_verified_subdomains() -> None:
    with Shop() as shop:
        shop.nf.add_domain("wild.example", wildcard=True, subdomains={"known": False})
        assert shop.get("/v1/domains/wild.example")["data"]["redirect"]["mode"] == "wildcard"
        assert shop.get("/v1/domains/wild.example/subdomains/known")["data"]["verified"] is True
        ok(shop.post(_public("known.wild.example", "any.wild.example")))
        shop.set(wildcard_needs_subdomain=True)
        assert shop.post(_public("any.wild.example")).status_code == 404
        ok(shop.post(_public("known.wild.example")))


def test_a_star_subdomain_catches_its_level() -> None:
    with Shop() as shop:
        shop.nf.add_domain("star.example", subdomains={"*": True})
        ok(shop.post(_public("any.star.example")))
        assert shop.post(_public("two.levels.star.example")).status_code == 404


def test_the_longest_registered_parent_counts() -> None:
    with Shop() as shop:
        shop.nf.add_domain("eu.shop.example", subdomains={"api": True})
        ok(shop.post(_public("api.eu.shop.example")))


def test_switch_certificates_ready_after_reads() -> None:
    with Shop(certificates_ready_after_reads=2) as shop:
        ok(shop.post(_public("api.shop.example")))
        states = [shop.ports()[0]["domains"][0]["certificate"]["inProgress"] for _ in range(3)]
        assert states == [True, True, False]


def test_the_dates_of_a_certificate_stay() -> None:
    with Shop(certificates_ready_after_reads=0) as shop:
        first = datetime(2026, 1, 1, tzinfo=UTC)
        days = (first + timedelta(days=n) for n in range(9))
        shop.nf.world.now = days.__next__
        ok(shop.post(_public("api.shop.example")))
        shown = [shop.ports()[0]["domains"][0]["certificate"] for _ in range(2)]
        assert shown[0] == shown[1]
        assert shop.get(f"{_SUBDOMAIN}/api")["data"]["certificate"]["expiryDate"] == shown[0]["expiryDate"]


def test_switch_verify_fails() -> None:
    with Shop(verify_fails=True) as shop:
        answer = shop.http.post("/v1/domains/shop.example/verify")
        assert _message(answer, 400) == "Failed to verify the domain."
        answer = shop.http.post(f"{_SUBDOMAIN}/www/verify")
        assert _message(answer, 400) == "Failed to verify the subdomain."


def test_assign_and_unassign_write_the_ports() -> None:
    target = {"serviceId": "api", "projectId": "shop", "portName": "http"}
    with Shop() as shop:
        ok(shop.post(http_port(public=True), http_port("raw", 1)))
        ok(shop.http.post(f"{_SUBDOMAIN}/api/assign", json=target))
        assert shop.ports()[0]["domains"][0]["name"] == "api.shop.example"
        ok(shop.http.delete(f"{_SUBDOMAIN}/api/assign"))
        ok(shop.http.delete(f"{_SUBDOMAIN}/api/assign"))
        assert shop.ports()[0]["domains"] == []
        assert shop.http.post(f"{_SUBDOMAIN}/www/assign", json=target).status_code == 400
        assert shop.http.post(f"{_SUBDOMAIN}/api/assign", json={**target, "portName": "raw"}).status_code == 400
        assert shop.http.post(f"{_SUBDOMAIN}/api/assign", json={**target, "portName": "none"}).status_code == 404


def test_deleting_a_domain_or_subdomain_takes_its_names_off_the_ports() -> None:
    with Shop() as shop:
        ok(shop.post(_public("api.shop.example", "shop.example")))
        ok(shop.http.delete(f"{_SUBDOMAIN}/api"))
        assert [one["name"] for one in shop.ports()[0]["domains"]] == ["shop.example"]
        ok(shop.http.delete("/v1/domains/shop.example"))
        assert shop.ports()[0]["domains"] == []
        assert shop.http.get("/v1/domains/shop.example").status_code == 404


def test_a_subdomain_belongs_to_one_account_and_a_domain_to_several() -> None:
    with Shop() as shop:
        shop.nf.add_domain("shop.example", team="acme")
        answer = shop.http.post("/v1/teams/acme/domains/shop.example/subdomains", json={"subdomain": "api"})
        assert answer.status_code == 409
        fill(shop.nf, team="acme")
        ok(shop.post(_public("shop.example")))
        answer = shop.post(_public("shop.example"), path="/v1/teams/acme/projects/shop/services/api/ports")
        assert answer.status_code == 409
        ok(shop.http.delete("/v1/teams/acme/domains/shop.example"))
        assert shop.ports()[0]["domains"] != []


@pytest.mark.parametrize("era", ["2025", "2026b"])
def test_a_path_of_a_subdomain_is_linked_and_reads_back_as_it_was_sent(era: str) -> None:
    with Shop(era=era) as shop:
        shop.nf.add_domain("paths.example", subdomains={"app": True}, paths=["app.paths.example/api"])
        for answer in (shop.post(_public("APP.paths.example/api")), shop.patch(_public("APP.paths.example/api"))):
            ok(answer)
            (shown,) = shop.ports()[0]["domains"]
            assert shown["name"] == "APP.paths.example/api"


def test_a_path_that_the_host_does_not_have_is_refused_like_an_unknown_domain() -> None:
    unknown = "One of the provided domains has not been registered to this account."
    with Shop() as shop:
        assert _message(shop.post(_public("api.shop.example/v1")), 404) == unknown
        assert _message(shop.patch(_public("api.shop.example/v1")), 404) == unknown
        assert _message(shop.post(_public("api.other.example/v1")), 404) == unknown
        assert _message(shop.post(_public("www.shop.example/v1")), 400).endswith("not been verified.")


def test_a_path_that_somebody_else_has_linked_is_taken_again_and_by_one_port_only() -> None:
    with Shop() as shop:
        shop.nf.set_ports("shop", "api", [_public("api.shop.example/v1")])
        ok(shop.post(_public("api.shop.example/v1")))
        assert shop.post(_public("api.shop.example/v1"), path=_WEB).status_code == 409
        ok(shop.post())
        # The path stays a path of its host, linked or not; its letters count, those of the host do not.
        ok(shop.post(_public("Api.shop.example/v1"), path=_WEB))
        assert shop.post(_public("api.shop.example/V1")).status_code == 404


def test_the_paths_of_a_host_are_names_of_their_own_and_the_base_path_is_the_host() -> None:
    with Shop() as shop:
        shop.nf.set_ports("shop", "web", [_public("api.shop.example/v1", "api.shop.example/v2")])
        ok(shop.post(_public("api.shop.example/")))
        assert shop.post(_public("api.shop.example"), path=_WEB).status_code == 409
        both = _public("api.shop.example", "api.shop.example/")
        assert list(details(shop.post(both))) == ["ports.0.domains.1"]


def test_a_path_goes_with_its_subdomain_and_stays_where_only_the_host_is_unassigned() -> None:
    with Shop() as shop:
        shop.nf.set_ports("shop", "api", [_public("api.shop.example", "api.shop.example/v1")])
        ok(shop.http.delete(f"{_SUBDOMAIN}/api/assign"))
        assert shop.nf.ports("shop", "api")[0]["domains"] == ["api.shop.example/v1"]
        ok(shop.http.delete(f"{_SUBDOMAIN}/api/assign", params={"unassignPaths": "true"}))
        assert shop.nf.ports("shop", "api")[0]["domains"] == []
        ok(shop.post(_public("api.shop.example/v1")))
        ok(shop.http.delete(f"{_SUBDOMAIN}/api"))
        assert shop.nf.ports("shop", "api")[0]["domains"] == []


def test_a_world_with_paths_is_dumped_as_it_can_be_planted() -> None:
    with Shop() as shop:
        shop.nf.set_ports("shop", "api", [_public("api.shop.example/v1")])
        content = dump(shop.nf.world)
        assert [domain["paths"] for domain in content["domains"] if "paths" in domain] == [["api.shop.example/v1"]]
        with Emulator() as other:
            other.seed(content)
            assert dump(other.world)["domains"] == content["domains"]
