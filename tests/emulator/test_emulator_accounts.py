"""Whose a route is: teams that are accounts of their own, and teams that are the token's own account."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from emulated_shop import PORTS, SERVICE, Shop, http_port, ok
from northflank import ApiClient

from nf_ports.emulator import Emulator
from nf_ports.emulator.errors import WireError
from nf_ports.emulator.server import serve


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
        nf.add_project("shop")
        nf.add_service("shop", "api", ports=[http_port()])
        nf.restart()
        assert nf.ports("shop", "api", team="mine") == nf.ports("shop", "api")
        nf.reset()
        with pytest.raises(WireError, match="Team not found"):
            nf.world.account("mine")


def test_a_state_file_of_the_first_version_is_read(tmp_path: Path) -> None:
    path = str(tmp_path / "world")
    with Emulator(state=path) as nf:
        nf.add_project("shop")
        nf.add_service("shop", "api", ports=[http_port()])
        before = nf.ports("shop", "api")
    with sqlite3.connect(path) as old:
        old.execute("DROP TABLE own_team")
        old.execute("PRAGMA user_version=1")
    old.close()
    with Emulator(state=path) as nf:
        nf.add_team("mine", own=True)
        assert nf.ports("shop", "api", team="mine") == before


def test_the_command_takes_own_teams(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve(["--team", "mine", "--own-team", "mine"]) == 2
    assert capsys.readouterr().err.startswith("emulator: the team mine cannot be added: There is already a team")
    seed = tmp_path / "seed.json"
    seed.write_text(json.dumps({"projects": [{"name": "shop", "team": "mine"}, {"name": "Shop"}]}))
    # Both projects have one identifier in one account: the seed goes to the account that the name means.
    assert serve(["--own-team", "mine", "--seed", str(seed)]) == 2
    assert "There is already a project" in capsys.readouterr().err


def test_the_official_sdk_finds_one_service_by_two_routes() -> None:
    with Emulator() as nf:
        nf.add_team("mine", own=True)
        nf.add_project("shop")
        nf.add_service("shop", "api", ports=[http_port(public=True)])
        client = ApiClient(api_token=nf.token, base_url=nf.url)
        short: Any = client.get.service(project_id="shop", service_id="api").data
        named: Any = client.get.service(project_id="shop", service_id="api", team_id="mine").data
        assert short == named
        ids = [
            client.get.service.ports(project_id="shop", service_id="api", team_id=team).data["ports"][0]["id"]
            for team in (None, "mine")
        ]
        assert ids[0] == ids[1]
