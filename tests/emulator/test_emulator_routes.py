"""The order of refusals, teams, paging, the rate limit and the log."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from emulated_shop import PATCH, PORTS, SECRET, SERVICE, Shop, credential, details
from world import fill, http_port

from nf_ports.emulator import Emulator, Request, Settings

_WRONG = {"authorization": "Bearer wrong"}


def _error(answer: httpx.Response) -> dict[str, Any]:
    error: dict[str, Any] = answer.json()["error"]
    return error


def test_refusals_come_in_the_order_of_the_api() -> None:
    """Token, route, account and service, schema, domains: the first that applies answers."""
    with Shop() as shop:
        nothing = "/v1/projects/none/services/none/ports"
        assert shop.http.post("/v1/nowhere", json={}, headers=_WRONG).status_code == 401
        assert _error(shop.http.post("/v1/nowhere", json={}))["message"] == "Not Found"
        assert _error(shop.http.put(nothing))["message"] == "Method Not Allowed"
        assert _error(shop.http.post(f"/v1/teams/none{nothing[3:]}", json={}))["message"] == "Team not found"
        assert _error(shop.http.post(nothing, json={}))["message"] == "Project not found"
        assert _error(shop.http.post("/v1/projects/shop/services/no/ports", json={}))["message"] == "Service not found"
        faulty = http_port(public=True, number=0, domains=["unknown.example"])
        assert shop.post(faulty).status_code == 400
        unknown = shop.post({**faulty, "internalPort": 80})
        assert unknown.status_code == 404
        assert _error(unknown)["message"] == "One of the provided domains has not been registered to this account."
        assert shop.ports() == []


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic nf-demo-token", "nf-demo-token"])
def test_only_the_bearer_token_opens(value: str) -> None:
    with Shop() as shop:
        assert shop.http.get(PORTS, headers={"authorization": value}).status_code == 401
        assert shop.http.get("/v1/login", headers={"authorization": value}).status_code == 401
        assert shop.get("/v1/login") == {"data": {}}


@pytest.mark.parametrize(("method", "path"), [("PATCH", SERVICE), ("POST", "/v1/projects/shop/services")])
def test_a_service_path_without_its_type_does_not_allow_writing(method: str, path: str) -> None:
    with Shop() as shop:
        answer = shop.http.request(method, path, json={})
        assert (answer.status_code, _error(answer)["message"]) == (405, "Method Not Allowed")


def test_a_missing_permission_is_401_and_named() -> None:
    with Shop(denied_permissions=frozenset({"Project > Services > General > Update"})) as shop:
        assert shop.ports() == []
        for answer in (shop.post(http_port()), shop.patch(http_port())):
            assert answer.status_code == 401
            assert "does not have permission" in _error(answer)["message"]
            assert _error(answer)["details"] == {"requiredPermission": "ps_project_services_general_update"}


def test_domain_permissions_have_new_names_from_2026b() -> None:
    with Shop(era="2026b", denied_permissions=frozenset({"Account > Networking > Domains > Read"})) as shop:
        assert shop.http.get("/v1/domains").status_code == 401
        shop.set(era="2026a")
        assert shop.http.get("/v1/domains").status_code == 200


def test_each_team_is_a_world_of_its_own() -> None:
    with Shop() as shop:
        team = f"/v1/teams/acme{PORTS[3:]}"
        assert shop.http.get(team).status_code == 404
        fill(shop.nf, team="acme")
        assert shop.post(http_port("theirs"), path=team).status_code == 200
        assert shop.ports() == []
        assert [port["name"] for port in shop.ports(team)] == ["theirs"]
        assert shop.nf.ports("shop", "api", team="acme")[0]["name"] == "theirs"
        assert shop.get(f"/v1/teams/acme{SERVICE[3:]}")["data"]["appId"] == "/acme/shop/api"
        assert shop.http.get(f"/v1/teams/demo{PORTS[3:]}").status_code == 404
        assert shop.get("/v1/teams/acme/domains")["data"]["domains"] == []


def test_a_page_has_fifty_items_and_a_cursor_exactly_when_another_follows() -> None:
    with Shop() as shop:
        for n in range(60):
            shop.nf.add_project(f"more {n}")
        first = shop.get("/v1/projects")
        assert first["pagination"] | {"cursor": ""} == {"hasNextPage": True, "count": 50, "cursor": ""}
        cursor = first["pagination"]["cursor"]
        assert len(cursor) == 24
        second = shop.get("/v1/projects", cursor=cursor)
        assert second["pagination"] == {"hasNextPage": False, "count": 11}
        ids = [item["id"] for page in (first, second) for item in page["data"]["projects"]]
        assert ids == ["shop", *(f"more-{n}" for n in range(60))]
        assert shop.get("/v1/projects", page=2, per_page=60)["data"]["projects"][0]["id"] == "more-59"
        assert shop.get("/v1/projects", page=9)["pagination"] == {"hasNextPage": False, "count": 0}


def test_a_cursor_stays_in_place_when_something_is_deleted() -> None:
    with Shop() as shop:
        page = shop.get("/v1/projects/shop/services", per_page=2)
        shop.nf.delete_service("shop", "api")
        rest = shop.get("/v1/projects/shop/services", per_page=2, cursor=page["pagination"]["cursor"])
        assert [item["id"] for item in rest["data"]["services"]] == ["images"]


def test_rate_limit_headers_are_on_every_answer() -> None:
    now = [100.0]
    nf = Emulator(Settings(rate_limit=4), clock=lambda: now[0])
    with httpx.Client(base_url=nf.url, transport=nf.transport()) as http:
        token = {"authorization": f"Bearer {nf.token}"}
        seen = []
        for path in ("/v1/login", "/v1/nowhere", "/v1/projects/none", "/v1/projects", "/v1/projects"):
            answer = http.get(path, headers=token)
            seen.append((answer.status_code, answer.headers["x-ratelimit-remaining"]))
            now[0] += 1
        assert seen == [(200, "3"), (404, "2"), (404, "1"), (200, "0"), (429, "0")]
        assert answer.headers["x-ratelimit-limit"] == "4"
        assert answer.headers["x-ratelimit-reset"] == answer.headers["retry-after"] == "3596"
        assert _error(answer)["status"] == 429
        refused = http.get("/v1/projects")
        assert (refused.status_code, refused.headers["x-ratelimit-remaining"]) == (401, "3")
        now[0] = 100.0 + 3600
        fresh = http.get("/v1/projects", headers=token)
        assert (fresh.status_code, fresh.headers["x-ratelimit-reset"]) == (200, "3600")
    nf.world.close()


def test_a_spent_budget_stores_nothing() -> None:
    with Shop(rate_limit=0, rate_limit_retry_after=False) as shop:
        answer = shop.post(http_port())
        assert answer.status_code == 429
        assert "retry-after" not in answer.headers
        assert shop.nf.ports("shop", "api") == []


def test_the_log_tells_what_was_asked_and_keeps_no_secret_in_sight() -> None:
    with Shop() as shop:
        shop.get(SERVICE, some="query")
        shop.post(http_port(security={"credentials": [credential()]}))
        shop.http.get("/v1/nowhere")
        read, write, lost = shop.nf.requests
        assert (read.operation, read.path, read.query, read.status) == ("get.service", SERVICE, "some=query", 200)
        assert (write.operation, write.method, write.project, write.service) == (
            "update.service.ports",
            "POST",
            "shop",
            "api",
        )
        assert write.body["ports"][0]["security"]["credentials"][0]["password"] == SECRET
        assert SECRET not in repr(shop.nf.requests)
        assert shop.nf.token not in repr([_everything(entry) for entry in shop.nf.requests])
        assert (lost.operation, lost.status, lost.account) == ("", 404, "demo")
        assert read.ended is not None
        assert read.started <= read.ended <= write.started
        assert read.in_flight == 1


def _everything(entry: Request) -> dict[str, Any]:
    return {name: getattr(entry, name) for name in Request.__dataclass_fields__}


def test_requests_can_be_counted_and_forgotten() -> None:
    with Shop() as shop:
        shop.ports()
        shop.ports("/v1/projects/shop/services/web/ports")
        shop.get(SERVICE)
        assert shop.nf.count("get.service.ports") == 2
        assert shop.nf.count("get.service.ports", service="api") == 1
        assert shop.nf.count(service="api") == 2
        assert shop.nf.count(project="none") == 0
        shop.nf.clear_requests()
        assert shop.nf.count() == 0


def test_edits_behind_the_back_leave_no_log_entry() -> None:
    with Shop() as shop:
        shop.nf.set_ports("shop", "api", [http_port()])
        shop.nf.delete_service("shop", "web")
        assert shop.nf.requests == []


def test_encoded_path_segments_are_decoded() -> None:
    with Shop() as shop:
        assert shop.get("/v1/domains/shop.example/subdomains/%40")["data"]["name"] == "-default"
        assert shop.http.get("/v1/projects/shop%2Fservices").status_code == 404


def test_a_flag_of_the_query_is_true_or_false() -> None:
    with Shop() as shop:
        assert "delete_child_objects" in details(shop.http.delete(f"{SERVICE}?delete_child_objects=yes"))
        assert shop.http.delete(f"{SERVICE}?delete_child_objects=true").status_code == 200
        assert shop.http.delete(SERVICE).status_code == 404
        assert shop.http.patch(PATCH, json={}).status_code == 404
