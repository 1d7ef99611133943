"""The account of a route, the part of it that a token sees, and the words of refusals."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from emulated_shop import PORTS, SERVICE, Shop, ok
from northflank import ApiClient
from world import fill, http_port

from nf_ports.cli.main import main
from nf_ports.emulator import Emulator
from nf_ports.emulator.errors import WireError


def _of(team: str, path: str) -> str:
    return f"/v1/teams/{team}{path.removeprefix('/v1')}"


def test_an_own_team_reaches_the_very_same_services() -> None:
    with Shop() as shop:
        shop.nf.add_team("shop-co", own=True)
        ok(shop.post(http_port(public=True), path=_of("shop-co", PORTS)))
        assert shop.ports() == shop.ports(_of("shop-co", PORTS)) != []
        for path in (SERVICE, "/v1/projects", "/v1/projects/shop", "/v1/projects/shop/services", "/v1/dns-id"):
            assert shop.get(path) == shop.get(_of("shop-co", path))
        assert shop.get(_of("shop-co", SERVICE))["data"]["appId"] == "/demo/shop/api"
        ok(shop.http.delete(_of("shop-co", SERVICE)))
        assert shop.http.get(SERVICE).status_code == 404


def test_an_own_team_has_the_very_same_domains() -> None:
    with Shop() as shop:
        shop.nf.add_team("shop-co", own=True)
        assert shop.get("/v1/domains") == shop.get(_of("shop-co", "/v1/domains"))
        public = http_port(public=True, domains=["api.shop.example"])
        ok(shop.post(public, path=_of("shop-co", PORTS)))
        again = shop.http.post(_of("shop-co", "/v1/domains"), json={"domain": "shop.example"})
        assert again.status_code == 409


def test_other_teams_stay_apart_and_unknown_ones_unknown() -> None:
    with Shop() as shop:
        shop.nf.add_team("shop-co", own=True)
        assert shop.http.get(_of("acme", PORTS)).status_code == 404
        assert shop.http.get(_of("demo", PORTS)).status_code == 404
        assert shop.http.get(_of("nobody", PORTS)).status_code == 404
        assert [entry.account for entry in shop.nf.requests] == ["acme", None, None]


def test_the_log_and_the_faults_know_a_service_by_either_route() -> None:
    with Shop() as shop:
        shop.nf.add_team("shop-co", own=True)
        shop.nf.fault(operation="update.service.ports", stale=1)
        ok(shop.post(http_port(), path=_of("shop-co", PORTS)))
        assert [len(shop.ports()) for _ in range(2)] == [0, 1]
        assert {entry.account for entry in shop.nf.requests} == {"demo"}
        # A route of nobody touches nothing, though it ends in the name of a service.
        shop.nf.fault(edit=[])
        assert shop.http.get(_of("demo", PORTS)).status_code == 404
        assert len(shop.ports()) == 1


def test_the_helpers_of_the_object_take_either_name() -> None:
    with Shop() as shop:
        shop.nf.add_team("shop-co", own=True)
        shop.nf.set_ports("shop", "api", [http_port()], team="shop-co")
        assert shop.nf.ports("shop", "api") == shop.nf.ports("shop", "api", team="shop-co") != []


@pytest.mark.parametrize("own", [True, False])
def test_a_team_is_of_one_kind_only(own: bool) -> None:
    with Shop() as shop:
        shop.nf.add_team("twice", own=own)
        shop.nf.add_team("twice", own=own)
        with pytest.raises(WireError, match="already a team"):
            shop.nf.add_team("twice", own=not own)


def test_a_seed_names_own_teams_and_a_dump_shows_them() -> None:
    with Shop() as shop:
        ok(shop.http.post("/_emulator/world", json={"teams": [{"name": "mine", "own": True}, {"name": "theirs"}]}))
        assert shop.get("/_emulator/world")["teams"] == ["acme", "theirs", {"name": "mine", "own": True}]
        assert shop.http.get(_of("mine", PORTS)).status_code == 200
        assert shop.http.post("/_emulator/world", json={"teams": ["mine"]}).status_code == 409
        assert shop.http.post("/_emulator/world", json={"teams": [{"own": True}]}).status_code == 400


def test_the_state_file_keeps_own_teams(tmp_path: Path) -> None:
    with Emulator(state=str(tmp_path / "world")) as nf:
        nf.add_team("mine", own=True)
        fill(nf, {"api": [http_port()]})
        nf.restart()
        assert nf.ports("shop", "api", team="mine") == nf.ports("shop", "api")
        nf.reset()
        with pytest.raises(WireError, match="Team not found"):
            nf.world.account("mine")


def test_a_state_file_of_the_first_version_is_read(tmp_path: Path) -> None:
    path = str(tmp_path / "world")
    with Emulator(state=path) as nf:
        fill(nf, {"api": [http_port()]})
        before = nf.ports("shop", "api")
    with sqlite3.connect(path) as old:
        old.execute("DROP TABLE own_team")
        old.execute("DROP TABLE path")
        old.execute("DROP TABLE load_balancer")
        old.execute("ALTER TABLE link DROP COLUMN issued")
        old.execute("PRAGMA user_version=1")
    old.close()
    with Emulator(state=path) as nf:
        nf.add_team("mine", own=True)
        assert nf.ports("shop", "api", team="mine") == before


def test_the_command_takes_own_teams(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["emulator", "--team", "mine", "--own-team", "mine"]) == 2
    assert capsys.readouterr().err.startswith("error: the team mine cannot be added: There is already a team")
    seed = tmp_path / "seed.json"
    services = [{"name": "api"}]
    both = [{"name": "shop", "team": "mine", "services": services}, {"name": "Shop", "services": services}]
    seed.write_text(json.dumps({"projects": both}))
    # Both projects have one identifier in one account: the seed goes to the account that the name means.
    assert main(["emulator", "--own-team", "mine", "--seed", str(seed)]) == 2
    assert "There is already a service" in capsys.readouterr().err


def test_the_official_sdk_finds_one_service_by_two_routes() -> None:
    with Emulator() as nf:
        nf.add_team("mine", own=True)
        fill(nf, {"api": [http_port(public=True)]})
        client = ApiClient(api_token=nf.token, base_url=nf.url)
        short: Any = client.get.service(project_id="shop", service_id="api").data
        named: Any = client.get.service(project_id="shop", service_id="api", team_id="mine").data
        assert short == named
        ids = [
            client.get.service.ports(project_id="shop", service_id="api", team_id=team).data["ports"][0]["id"]
            for team in (None, "mine")
        ]
        assert ids[0] == ids[1]


_TEXTS = {
    "noun": "{noun} not found",
    "id": "{noun} {name} not found",
    "plain": "Not Found",
}


@pytest.mark.parametrize("wording", _TEXTS)
@pytest.mark.parametrize(
    ("method", "path", "noun", "name"),
    [
        ("GET", "/v1/teams/the-domain/projects", "Team", "the-domain"),
        ("GET", "/v1/projects/domain-co", "Project", "domain-co"),
        ("GET", "/v1/projects/domain-co/services", "Project", "domain-co"),
        ("GET", "/v1/projects/domain-co/services/api/ports", "Project", "domain-co"),
        ("GET", "/v1/projects/shop/services/domain-api", "Service", "domain-api"),
        ("GET", "/v1/projects/shop/services/domain-api/ports", "Service", "domain-api"),
        ("POST", "/v1/projects/shop/services/domain-api/ports", "Service", "domain-api"),
        ("PATCH", "/v1/projects/shop/services/deployment/domain-api", "Service", "domain-api"),
        ("PATCH", "/v1/projects/shop/services/combined/api", "Service", "api"),
        ("POST", "/v1/projects/shop/services/images/ports", "Service", "images"),
        ("DELETE", "/v1/projects/shop/services/domain-api", "Service", "domain-api"),
        ("GET", "/v1/domains/none.example", "Domain", "none.example"),
    ],
)
def test_switch_not_found_text(wording: str, method: str, path: str, noun: str, name: str) -> None:
    with Shop(not_found_text=wording) as shop:
        body: Any = {"ports": []} if method in {"POST", "PATCH"} else None
        answer = shop.http.request(method, path, json=body)
        error = {"status": 404, "message": _TEXTS[wording].format(noun=noun, name=name)}
        assert (answer.status_code, answer.json()) == (404, {"error": error})


@pytest.mark.parametrize("wording", _TEXTS)
def test_stated_texts_are_in_no_other_words(wording: str) -> None:
    with Shop(not_found_text=wording) as shop:
        answer = shop.post(http_port(public=True, domains=["other.example"]))
        assert "has not been registered" in answer.json()["error"]["message"]
        assert shop.http.get("/v1/nowhere").json()["error"]["message"] == "Not Found"


def _token_routes(shop: Shop) -> list[Any]:
    """Every route of the project, by every method that it has."""
    create = {"name": "new", "billing": {"deploymentPlan": "nf-compute-20"}, "deployment": {"instances": 1}}
    target = {"serviceId": "api", "projectId": "shop", "portName": "http"}
    http = shop.http
    return [
        http.get("/v1/projects/shop"),
        http.get("/v1/projects/shop/services"),
        http.get(SERVICE),
        http.get(PORTS),
        shop.post(),
        shop.patch(),
        http.delete(SERVICE),
        http.post("/v1/projects/shop/services/deployment", json=create),
        http.post("/v1/domains/shop.example/subdomains/api/assign", json=target),
    ]


def test_a_hidden_project_is_404_on_every_route_and_in_no_list() -> None:
    with Shop(hidden_projects=frozenset({"shop"})) as shop:
        shop.nf.add_project("open")
        shop.nf.set_ports("shop", "api", [http_port(public=True)])
        for answer in _token_routes(shop):
            assert (answer.status_code, answer.json()["error"]["message"]) == (404, "Project not found")
        assert [one["id"] for one in shop.get("/v1/projects")["data"]["projects"]] == ["open"]
        assert [port["name"] for port in shop.nf.ports("shop", "api")] == ["http"]
        ok(shop.http.get("/v1/projects/open/services"))


def test_a_closed_project_is_in_the_list_and_401_on_every_route() -> None:
    with Shop() as shop:
        shop.nf.set_ports("shop", "api", [http_port(public=True)])
        ok(shop.http.patch("/_emulator/settings", json={"closed_projects": ["shop", "none"]}))
        for answer in _token_routes(shop):
            assert (answer.status_code, answer.json()["error"]) == (401, {"status": 401, "message": "Unauthorized"})
        assert [one["id"] for one in shop.get("/v1/projects")["data"]["projects"]] == ["shop"]
        assert [port["name"] for port in shop.nf.ports("shop", "api")] == ["http"]
        assert shop.http.get("/v1/projects/none").status_code == 404


@pytest.mark.parametrize(("status", "text"), [(403, "Forbidden"), (401, "Unauthorized")])
def test_an_organisations_token_needs_the_team_form_of_a_route(status: int, text: str) -> None:
    with Shop(organisation_token=True, organisation_token_status=status) as shop:
        shop.nf.add_team("shop-co", own=True)
        for path in ("/v1/projects", "/v1/projects/none", PORTS, "/v1/domains", "/v1/dns-id"):
            answer = shop.http.get(path)
            assert (answer.status_code, answer.json()) == (status, {"error": {"status": status, "message": text}})
        assert shop.post().status_code == status
        # What comes before it, and what has no team form.
        assert shop.http.get(PORTS, headers={"authorization": "Bearer wrong"}).status_code == 401
        assert shop.http.get("/v1/nowhere").status_code == 404
        ok(shop.http.get("/v1/login"))
        assert shop.ports(_of("shop-co", PORTS)) == []
        assert shop.http.get(_of("nobody", PORTS)).status_code == 404
        assert shop.get(_of("acme", "/v1/projects"))["data"]["projects"] == []
