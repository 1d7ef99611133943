"""Load balancers and the paths of sub-domains: seeds, API versions, pages, permissions, and the official SDK."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from emulated_shop import Shop, ok
from northflank import ApiClient
from world import http_port

from nf_ports.emulator import Emulator, Settings
from nf_ports.emulator.seed import InvalidSeedError, dump

_BALANCERS = "/v1/load-balancers"
_PATHS = "/v1/domains/shop.example/subdomains/api/paths"


def _spec(port: int = 9000, kind: str = "tcp", **members: Any) -> dict[str, Any]:
    backends = [{"id": "shop/api", "type": "service", "port": port}]
    return {
        "type": kind,
        "target": {"type": "region", "targetId": "europe-west"},
        "ports": [{"id": "port-1", "port": "9000", "backends": backends}],
        **members,
    }


def _paths(nf: Emulator) -> None:
    """The host api.shop.example with three paths, two of which lead to a port."""
    nf.add_project("shop")
    nf.add_domain(
        "shop.example",
        subdomains={"api": True},
        paths=[
            "api.shop.example/v1",
            {"path": "api.shop.example/v2", "mode": "exact", "options": {"priority": 7, "rewrite": {"uri": "/"}}},
        ],
    )
    nf.add_service("shop", "api", ports=[http_port(public=True, domains=["api.shop.example"])])
    nf.add_service("shop", "old", ports=[http_port(public=True, domains=["API.shop.example/v1"])])


def test_load_balancers_are_unknown_in_the_oldest_version() -> None:
    with Shop(era="2025") as shop:
        shop.nf.add_load_balancer("edge", _spec())

        assert shop.http.get(_BALANCERS).status_code == 404
        assert shop.http.get("/v1/teams/acme/load-balancers").status_code == 404


def test_visibility_state_and_the_words_of_the_state_are_those_of_the_version() -> None:
    with Shop(era="2026a") as shop:
        shop.nf.add_load_balancer("My Edge", _spec(visibility="private"), state={"endpoints": ["192.0.2.9"]})
        (old,) = shop.get(_BALANCERS)["data"]["loadBalancers"]
        read = shop.get(f"{_BALANCERS}/my-edge")["data"]
        shop.set(era="2026b")
        (new,) = shop.get(_BALANCERS)["data"]["loadBalancers"]

    assert (old["id"], old["name"], "state" in old, "visibility" in old["spec"]) == ("my-edge", "My Edge", False, False)
    assert (read["state"]["status"], read["state"]["endpoints"]) == ("provisioned", ["192.0.2.9"])
    assert "lastTransitionTime" in read["state"]
    assert (new["spec"]["visibility"], new["state"]) == ("private", {"status": "created", "endpoints": ["192.0.2.9"]})


def test_the_load_balancers_of_a_team_are_its_own() -> None:
    with Shop() as shop:
        shop.nf.add_load_balancer("edge", _spec(), team="acme")

        assert shop.get(_BALANCERS)["data"]["loadBalancers"] == []
        assert shop.http.get(f"{_BALANCERS}/edge").status_code == 404
        assert [one["id"] for one in shop.get("/v1/teams/acme/load-balancers")["data"]["loadBalancers"]] == ["edge"]


def test_a_token_without_the_permission_gets_401_and_a_fault_can_answer_403() -> None:
    denied = frozenset({"Account > LoadBalancers > General > Read", "Account > SubdomainPaths > General > Read"})
    with Shop(denied_permissions=denied) as shop:
        for path in (_BALANCERS, _PATHS):
            answer = shop.http.get(path)
            assert (answer.status_code, answer.json()["error"]["details"]["requiredPermission"][:3]) == (401, "ps_")
        assert shop.http.get("/v1/domains").status_code == 200
        shop.nf.fault(operation="list.loadBalancers", status=403, times=None)
        assert shop.http.get(_BALANCERS).status_code == 403


def test_a_sub_domain_has_its_base_path_and_the_paths_it_was_given() -> None:
    with Emulator() as nf:
        _paths(nf)
        shown = _get(nf, _PATHS)["data"]["paths"]

    assert [(path["uri"], path["mode"], path["options"]["priority"]) for path in shown] == [
        ("/", "prefix", 0),
        ("/v1", "prefix", 1),
        ("/v2", "exact", 7),
    ]
    assert [path["name"] for path in shown] == ["api.shop.example/", "api.shop.example/v1", "api.shop.example/v2"]
    assert all(path["subdomain"] == "api.shop.example" and "assignment" not in path for path in shown)


@pytest.mark.parametrize(
    ("path", "assignment"),
    [
        ("%2F", {"project": "shop", "service": "api", "port": "http"}),
        ("%2Fv1", {"project": "shop", "service": "old", "port": "http"}),
        ("api.shop.example%2Fv1", {"project": "shop", "service": "old", "port": "http"}),
        ("%2Fv2", None),
    ],
)
def test_one_path_shows_the_port_that_it_leads_to(path: str, assignment: dict[str, str] | None) -> None:
    with Emulator() as nf:
        _paths(nf)

        assert _get(nf, f"{_PATHS}/{path}")["data"].get("assignment") == assignment


def test_a_path_that_is_not_there_is_the_documented_404() -> None:
    with Shop() as shop:
        answer = shop.http.get(f"{_PATHS}/%2Fnone")

    assert (answer.status_code, answer.json()["error"]["message"]) == (404, "Path not found.")


def test_the_paths_of_a_sub_domain_that_is_deleted_go_with_it() -> None:
    with Emulator() as nf:
        _paths(nf)
        _request(nf, "DELETE", "/v1/domains/shop.example/subdomains/api")
        nf.add_domain("other.example")

        assert [port["domains"] for port in (*nf.ports("shop", "api"), *nf.ports("shop", "old"))] == [[], []]
        assert dump(nf.world)["domains"][0].get("paths") is None


def test_a_dump_with_load_balancers_and_paths_is_a_seed_of_the_same_world() -> None:
    with Emulator() as nf, Emulator() as again:
        _paths(nf)
        nf.add_load_balancer("edge", _spec(visibility="private"), state={"status": "error"})
        nf.add_team("acme")
        nf.add_load_balancer("edge", _spec(kind="udp"), team="acme")
        dumped = dump(nf.world)
        again.seed(dumped)

        assert [one.get("team") for one in dumped["loadBalancers"]] == [None, "acme"]
        assert dumped["domains"][0]["paths"] == [
            "api.shop.example/v1",
            {"path": "api.shop.example/v2", "mode": "exact", "options": {"priority": 7, "rewrite": {"uri": "/"}}},
        ]
        for member in ("teams", "domains", "loadBalancers"):
            assert dump(again.world)[member] == dumped[member]


@pytest.mark.parametrize(
    ("seed", "place"),
    [
        ({"loadBalancers": [{"name": "edge"}]}, "loadBalancers.0.spec: is required"),
        ({"loadBalancers": [{"name": "edge", "spec": _spec(kind="http")}]}, "loadBalancers.0.spec.type: must be one"),
        (
            {"loadBalancers": [{"name": "edge", "spec": _spec(), "state": {"status": "fine"}}]},
            "loadBalancers.0.state.status: must be one of",
        ),
        ({"loadBalancers": [{"name": "***", "spec": _spec()}]}, "loadBalancers.0.id: must match"),
        (
            {"domains": [{"domain": "shop.example", "paths": ["api.shop.example"]}]},
            "domains.0.paths.0.path: is not of the form host/path",
        ),
        (
            {"domains": [{"domain": "shop.example", "paths": ["other.example/v1"]}]},
            "domains.0.paths.0.path: is not of the form host/path",
        ),
        (
            {"domains": [{"domain": "shop.example", "paths": [{"path": "shop.example/v1", "mode": "glob"}]}]},
            "domains.0.paths.0.mode: must be one of prefix, exact, regex",
        ),
        (
            {"domains": [{"domain": "a.io", "paths": [{"path": "a.io/v1", "options": {"priority": 101}}]}]},
            "domains.0.paths.0.options.priority: must be at most 100",
        ),
    ],
)
def test_a_seed_that_the_api_could_not_show_is_refused_by_its_place(seed: dict[str, Any], place: str) -> None:
    with Emulator() as nf:
        with pytest.raises(InvalidSeedError) as caught:
            nf.seed(seed)

        assert str(caught.value).startswith(f"the seed is not valid: {place}")
        assert (dump(nf.world)["domains"], dump(nf.world)["loadBalancers"]) == ([], [])


def test_the_official_sdk_reads_load_balancers_and_paths() -> None:
    with Emulator(Settings(era="2026b")) as nf:
        _paths(nf)
        for number in range(60):
            nf.add_load_balancer(f"edge {number}", _spec(), state={"endpoints": ["192.0.2.9"]})
        client = ApiClient(api_token=nf.token, base_url=nf.url)
        first = client.list.load_balancers()
        every: Any = client.list.load_balancers.all()
        one: Any = client.get.load_balancer(load_balancer_id="edge-7").data
        paths: Any = client.list.subdomain.path(domain="shop.example", subdomain="api").data
        path: Any = client.get.subdomain.path(domain="shop.example", subdomain="api", subdomain_path="/v1").data

    assert (len(first.data["loadBalancers"]), len(every.data["loadBalancers"])) == (50, 60)
    assert one["state"]["endpoints"] == ["192.0.2.9"]
    assert [each["uri"] for each in paths["paths"]] == ["/", "/v1", "/v2"]
    assert path["assignment"]["service"] == "old"


def _get(nf: Emulator, path: str) -> Any:
    return _request(nf, "GET", path)


def _request(nf: Emulator, method: str, path: str) -> Any:
    with httpx.Client(base_url=nf.url, transport=nf.transport()) as client:
        return ok(client.request(method, path, headers={"authorization": f"Bearer {nf.token}"}))
